;; Ends with 0 if the host's random numbers are not all the same.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (call $random_get (i32.const 0) (i32.const 64)) (then (call $proc_exit (i32.const 1))))
    (if (i64.eq (i64.load (i32.const 0)) (i64.load (i32.const 8))) (then (call $proc_exit (i32.const 2))))))
