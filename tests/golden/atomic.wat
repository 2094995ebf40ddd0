;; Memory that threads share: it is found through a pointer wherever it is defined, its length is loaded atomically, and
;; loops can be interrupted.
(module
  (memory 1 4 shared)
  (func $load (param i32) (result i32) (i32.atomic.load offset=16 (local.get 0)))
  (func $add (param i32 i64) (result i64) (i64.atomic.rmw16.add_u offset=2 (local.get 0) (local.get 1)))
  (func $exchange (param i32 i32 i32) (result i32)
    (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2)))
  (func $size (result i32) memory.size)
  (func $spin (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 0))))))
  (func $wait (result i32) (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1))))
