;; A store that is partly out of bounds writes nothing, also where the CPU stores a vector in parts.
(module
  (memory 1)
  (func (export "store") (param i32) (v128.store (local.get 0) (v128.const i64x2 -1 -1)))
  (func (export "store_far") (param i32) (v128.store offset=0x7fffffff (local.get 0) (v128.const i64x2 -1 -1)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))

(assert_trap (invoke "store" (i32.const 65521)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65521)) (i32.const 0))
(assert_return (invoke "load" (i32.const 65535)) (i32.const 0))
(assert_trap (invoke "store" (i32.const 65528)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65528)) (i32.const 0))
(assert_trap (invoke "store" (i32.const 65535)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65535)) (i32.const 0))
(assert_trap (invoke "store_far" (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "store" (i32.const 65520)))
(assert_return (invoke "load" (i32.const 65535)) (i32.const 255))
