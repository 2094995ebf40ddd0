;; Accesses to a 32-bit memory: no comparison unless the offset reaches past the guard.
(module
  (memory 1)
  (func $load (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func $load_narrow (param i32) (result i64) (i64.load8_s (local.get 0)))
  (func $store (param i32 f64) (f64.store (local.get 0) (local.get 1)))
  (func $sum (param i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.load offset=4 (local.get 0))))
  (func $far (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0)))
  (func $size_and_grow (result i32) (i32.add (memory.size) (memory.grow (i32.const 1)))))
