;; Calls: of a function of this module, of an import, and in tail position.
(module
  (import "host" "function" (func $import (param i32) (result i32)))
  (func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $direct (param i32) (result i32) (i32.add (call $leaf (local.get 0)) (i32.const 1)))
  (func $imported (param i32) (result i32) (call $import (local.get 0)))
  (func $tail (param i32) (result i32) (return_call $leaf (local.get 0)))
  (func $several (param i32) (result i32 i64) (local.get 0) (i64.const 7)))
