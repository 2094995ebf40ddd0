;; Accesses to a 64-bit memory: each is compared with the memory's length.
(module
  (memory i64 1)
  (func $load (param i64) (result i32) (i32.load offset=16 (local.get 0)))
  (func $far (param i64) (result i64) (i64.load offset=0x1000000000 (local.get 0))))
