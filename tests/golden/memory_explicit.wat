;; The same accesses where there is no guard: each is compared with the memory's length.
;;! explicit_checks = true
(module
  (memory 1)
  (func $load (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func $store (param i32 f64) (f64.store (local.get 0) (local.get 1))))
