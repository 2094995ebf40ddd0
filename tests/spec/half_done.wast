;; What an instance looks like to others when a segment of it trapped: what came before is there, what comes after not.

(module $table
  (table (export "table") 2 funcref)
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))
(register "table" $table)

;; The first element segment puts `$look` into the imported table, the second is out of bounds: no data segment ran.
(assert_trap
  (module
    (import "table" "table" (table 2 funcref))
    (memory 1)
    (data (i32.const 0) "\2a")
    (elem (i32.const 0) $look)
    (elem (i32.const 2) $look)
    (func $look (result i32) (i32.load8_u (i32.const 0))))
  "out of bounds table access")
(assert_return (invoke $table "call" (i32.const 0)) (i32.const 0))

;; The first data segment ran, the second is out of bounds, and so the third did not.
(assert_trap
  (module
    (import "table" "table" (table 2 funcref))
    (memory 1)
    (elem (i32.const 1) $look)
    (data (i32.const 0) "\2a")
    (data (i32.const 65536) "x")
    (data (i32.const 1) "\2b")
    (func $look (result i32) (i32.load16_u (i32.const 0))))
  "out of bounds memory access")
(assert_return (invoke $table "call" (i32.const 1)) (i32.const 42))

;; Nothing traps: all of it is there.
(module
  (import "table" "table" (table 2 funcref))
  (memory 1)
  (elem (i32.const 0) $look)
  (data (i32.const 0) "\2a\01")
  (func $look (result i32) (i32.load16_u (i32.const 0))))
(assert_return (invoke $table "call" (i32.const 0)) (i32.const 298))
