;; The older encoding of exceptions: `try`, `catch`, `catch_all`, `delegate`, `rethrow`.

(module $tags
  (tag $shared (export "shared") (param i32)) (func (export "throw") (param i32) (throw $shared (local.get 0))))
(register "tags")

(module
  (import "tags" "shared" (tag $shared (param i32))) (import "tags" "throw" (func $throw_shared (param i32)))
  (tag $empty)
  (tag $number (param i32))
  (tag $pair (param i64 f64))
  (tag $vector (param v128))
  (table funcref (elem $throw_number))
  (type $taker (func (param i32)))

  (func $throw_number (param i32) (throw $number (local.get 0)))
  (func $throw_empty (throw $empty))
  (func $throw_if (param i32) (if (local.get 0) (then (throw $number (local.get 0)))))

  (func (export "nothing thrown") (result i32)
    try (result i32) (i32.const 1)
    catch_all (i32.const 2)
    end)

  (func (export "thrown here") (param i32) (result i32)
    try (result i32) (throw $number (local.get 0))
    catch $empty (i32.const -1)
    catch $number (i32.add (i32.const 1))
    end)

  (func (export "thrown by a call") (param i32) (result i32)
    try (result i32) (call $throw_number (local.get 0)) (i32.const 0)
    catch $number
    end)

  (func (export "thrown by an indirect call") (param i32) (result i32)
    try (result i32) (call_indirect (type $taker) (local.get 0) (i32.const 0)) (i32.const 0)
    catch $number
    end)

  (func (export "thrown by another instance") (param i32) (result i32)
    try (result i32) (call $throw_shared (local.get 0)) (i32.const 0)
    catch $number (drop) (i32.const -1)
    catch $shared
    end)

  (func (export "fields") (result i64 f64)
    try (result i64 f64) (throw $pair (i64.const 0x123456789a) (f64.const 0.5))
    catch $pair
    end)

  (func (export "vector") (result i32)
    try (result v128) (throw $vector (v128.const i32x4 1 2 3 4))
    catch $vector
    end (i32x4.extract_lane 2))

  (func (export "the first clause that fits") (result i32)
    try (result i32) (call $throw_empty) (i32.const 0)
    catch_all (i32.const 1)
    end)

  (func (export "an inner one that does not fit") (result i32)
    try (result i32)
    try (result i32) (call $throw_empty) (i32.const 0)
    catch $number
    end
    catch $empty (i32.const 7)
    end)

  (func (export "not caught") (param i32)
    try (call $throw_number (local.get 0))
    catch $empty
    end)

  (func (export "thrown in a clause") (result i32)
    try (result i32)
    try (result i32) (throw $empty)
    catch $empty (throw $number (i32.const 8))
    catch_all (i32.const -1)
    end
    catch $number
    end)

  (func (export "rethrow") (param i32) (result i32)
    try (result i32)
    try (result i32) (call $throw_number (local.get 0)) (i32.const 0)
    catch $number (drop) (rethrow 0)
    end
    catch $number (i32.add (i32.const 100))
    end)

  (func (export "rethrow of all") (param i32) (result i32)
    try (result i32)
    try (result i32) (call $throw_number (local.get 0)) (i32.const 0)
    catch_all (rethrow 0)
    end
    catch $number
    end)

  (func (export "rethrow from two levels out") (result i32)
    try (result i32)
    try (result i32) (call $throw_number (i32.const 1)) (i32.const 0)
    catch $number (drop)
    try (result i32) (call $throw_number (i32.const 2)) (i32.const 0)
    catch $number (drop) (rethrow 1)
    end end
    catch $number
    end)

  (func (export "delegate") (result i32)
    try $outer (result i32)
    try (result i32)
    try (result i32) (call $throw_empty) (i32.const 0)
    delegate $outer
    catch $empty (i32.const -1)
    end
    catch $empty (i32.const 3)
    end)

  (func (export "delegate to the next") (result i32)
    try (result i32)
    try (result i32) (call $throw_empty) (i32.const 0)
    delegate 0
    catch $empty (i32.const 4)
    end)

  (func (export "delegate past a block") (result i32)
    try (result i32) (block $inside (result i32)
    try (result i32)
    try (result i32) (call $throw_empty) (i32.const 0)
    delegate $inside
    catch $empty (i32.const -1)
    end)
    catch $empty (i32.const 5)
    end)

  (func $delegate_to_caller
    try
    try (call $throw_empty)
    delegate 1
    catch_all
    end)
  (func (export "delegate to the caller") (result i32)
    try (result i32) (call $delegate_to_caller) (i32.const 0)
    catch $empty (i32.const 6)
    end)

  (func (export "delegate to one whose clause runs") (result i32)
    try (result i32)
    try $inner (result i32) (throw $empty)
    catch $empty
    try (result i32) (call $throw_number (i32.const 9)) (i32.const 0)
    delegate $inner
    end
    catch $number
    end)

  (func (export "locals") (param i32) (result i32) (local i32) (local.set 1 (i32.const 10))
    try (local.set 1 (i32.const 20)) (call $throw_if (local.get 0)) (local.set 1 (i32.const 30))
    catch $number (drop)
    end (local.get 1))

  (func (export "in a loop") (param i32) (result i32) (local i32) (loop $again
    try (call $throw_if (i32.and (local.get 0) (i32.const 1)))
    catch $number (drop) (local.set 1 (i32.add (local.get 1) (i32.const 1)))
    end (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))

  (func (export "branches out") (param i32) (result i32) (block $out (result i32)
    try (br_if $out (i32.const 1) (local.get 0)) (drop) (call $throw_empty)
    catch $empty (br $out (i32.const 2))
    end (i32.const 3)))

  (func $deep (param i32)
    (if (local.get 0)
      (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
      (else (throw $number (i32.const 77)))))
  (func (export "from far below") (param i32) (result i32)
    try (result i32) (call $deep (local.get 0)) (i32.const 0)
    catch $number
    end)

  (func $tail (param i32)
    try (return_call $throw_number (local.get 0))
    catch_all
    end)
  (func (export "a tail call leaves its try") (result i32)
    try (result i32) (call $tail (i32.const 11)) (i32.const 0)
    catch $number
    end)

  (func (export "traps are not caught") (result i32)
    try (result i32) (i32.div_u (i32.const 1) (i32.const 0))
    catch_all (i32.const 1)
    end)

  (func (export "many values") (result i32 i64 f32 f64 i32)
    try (result i32 i64 f32 f64 i32) (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (call $throw_number (i32.const 0)) (i32.const 5)
    catch $number (drop) (i32.const 6) (i64.const 7) (f32.const 8) (f64.const 9) (i32.const 10)
    end)

  (func (export "unreachable tries") (return)
    try
    try
    delegate 0
    catch $empty
    catch_all (rethrow 0)
    end (unreachable))

  (func (export "parameters") (param i32) (result i32) (local.get 0)
    try (param i32) (result i32) (call $throw_if) (i32.const 1)
    catch $number
    end)
)

(assert_return (invoke "nothing thrown") (i32.const 1))
(assert_return (invoke "thrown here" (i32.const 5)) (i32.const 6))
(assert_return (invoke "thrown by a call" (i32.const 5)) (i32.const 5))
(assert_return (invoke "thrown by an indirect call" (i32.const 5)) (i32.const 5))
(assert_return (invoke "thrown by another instance" (i32.const 5)) (i32.const 5))
(assert_return (invoke "fields") (i64.const 0x123456789a) (f64.const 0.5))
(assert_return (invoke "vector") (i32.const 3))
(assert_return (invoke "the first clause that fits") (i32.const 1))
(assert_return (invoke "an inner one that does not fit") (i32.const 7))
(assert_exception (invoke "not caught" (i32.const 1)))
(assert_return (invoke "thrown in a clause") (i32.const 8))
(assert_return (invoke "rethrow" (i32.const 5)) (i32.const 105))
(assert_return (invoke "rethrow of all" (i32.const 5)) (i32.const 5))
(assert_return (invoke "rethrow from two levels out") (i32.const 1))
(assert_return (invoke "delegate") (i32.const 3))
(assert_return (invoke "delegate to the next") (i32.const 4))
(assert_return (invoke "delegate past a block") (i32.const 5))
(assert_return (invoke "delegate to the caller") (i32.const 6))
(assert_return (invoke "delegate to one whose clause runs") (i32.const 9))
(assert_return (invoke "locals" (i32.const 1)) (i32.const 20))
(assert_return (invoke "locals" (i32.const 0)) (i32.const 30))
(assert_return (invoke "in a loop" (i32.const 100)) (i32.const 50))
(assert_return (invoke "branches out" (i32.const 1)) (i32.const 1))
(assert_return (invoke "branches out" (i32.const 0)) (i32.const 2))
(assert_return (invoke "from far below" (i32.const 1000)) (i32.const 77))
(assert_return (invoke "a tail call leaves its try") (i32.const 11))
(assert_trap (invoke "traps are not caught") "integer divide by zero")
(assert_return (invoke "many values") (i32.const 6) (i64.const 7) (f32.const 8) (f64.const 9) (i32.const 10))
(assert_return (invoke "unreachable tries"))
(assert_return (invoke "parameters" (i32.const 3)) (i32.const 3))
(assert_return (invoke "parameters" (i32.const 0)) (i32.const 1))

(assert_invalid (module (func
    try
    catch 0
    end)) "unknown tag")
(assert_invalid (module (tag) (func
    try (result i32) (i32.const 1)
    catch 0
    end)) "type mismatch")
(assert_invalid (module (func (block (rethrow 0)))) "invalid rethrow label")
(assert_invalid (module (func
    try (rethrow 0)
    catch_all
    end)) "invalid rethrow label")
(assert_invalid (module (func
    try
    delegate 1)) "unknown label")
(assert_malformed (module quote "(func (catch_all))") "unexpected token")
