;; Globals: constants are folded, others are slots of the context or, if imported, one pointer away.
(module
  (import "host" "global" (global $imported (mut i32)))
  (global $constant i32 (i32.const 1234))
  (global $variable (mut i64) (i64.const 1))
  (global $vector (mut v128) (v128.const i64x2 1 2))
  (func $read (result i32) (i32.add (global.get $constant) (global.get $imported)))
  (func $count (global.set $variable (i64.add (global.get $variable) (i64.const 1))))
  (func $write (global.set $imported (i32.const 5)))
  (func $vectors (result v128) (global.get $vector)))
