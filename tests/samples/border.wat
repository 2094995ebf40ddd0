;; What a C program that has no loader can look at: an export's entry, which calls the program's own table of builtins.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "image")
  (table 2 funcref)
  (elem (i32.const 0) $mix $two)
  (func $mix (export "mix")
    (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 i32 i64) (result i64)
    (i64.load (i32.const 0)))
  (func $two (export "two") (param f64) (result f64 i32) (local.get 0) (i32.const 2))
  (func (export "indirect") (param i32) (result f64 i32)
    (call_indirect (param f64) (result f64 i32) (f64.const 1) (local.get 0))))
