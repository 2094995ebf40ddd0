;; References to exceptions outlive what caught them: in locals, globals, tables and other exceptions, while thousands
;; of others come and go.

(module
  (tag $number (param i32))
  (tag $nested (param exnref i32))
  (global $kept (mut exnref) (ref.null exn))
  (table $kept 10 exnref)

  (func $catch (param i32) (result exnref)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (throw $number (local.get 0)))
      (unreachable)))

  (func $number_of (param exnref) (result i32)
    (block $caught (result i32)
      (try_table (catch $number $caught) (throw_ref (local.get 0)))
      (unreachable)))

  (func $churn (param i32)
    (loop $again
      (drop (call $catch (local.get 0)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "churn") (param i32) (call $churn (local.get 0)))

  (func (export "local") (param i32) (result i32) (local exnref)
    (local.set 1 (call $catch (local.get 0)))
    (call $churn (i32.const 10000))
    (call $number_of (local.get 1)))

  (func (export "set global") (param i32) (global.set $kept (call $catch (local.get 0))))
  (func (export "global") (result i32) (call $number_of (global.get $kept)))

  (func (export "set table") (param i32)
    (table.set $kept (local.get 0) (call $catch (local.get 0))))
  (func (export "table") (param i32) (result i32) (call $number_of (table.get $kept (local.get 0))))

  (func $catch_nested (param i32) (result exnref)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (throw $nested (call $catch (local.get 0)) (i32.const 1)))
      (unreachable)))
  (func (export "nested") (param i32) (result i32) (local exnref)
    (local.set 1 (call $catch_nested (local.get 0)))
    (call $churn (i32.const 10000))
    (block $caught (result exnref i32)
      (try_table (catch $nested $caught) (throw_ref (local.get 1)))
      (unreachable))
    (drop)
    (call $number_of))

  ;; Each level of the recursion holds one.
  (func $hold (param i32) (result i32) (local exnref)
    (if (i32.eqz (local.get 0)) (then (call $churn (i32.const 10000)) (return (i32.const 0))))
    (local.set 1 (call $catch (local.get 0)))
    (i32.add (call $hold (i32.sub (local.get 0) (i32.const 1))) (call $number_of (local.get 1))))
  (func (export "hold") (param i32) (result i32) (call $hold (local.get 0)))
)

(assert_return (invoke "local" (i32.const 42)) (i32.const 42))
(assert_return (invoke "set global" (i32.const 43)))
(assert_return (invoke "set table" (i32.const 7)))
(assert_return (invoke "churn" (i32.const 10000)))
(assert_return (invoke "global") (i32.const 43))
(assert_return (invoke "table" (i32.const 7)) (i32.const 7))
(assert_trap (invoke "table" (i32.const 6)) "null exception reference")
(assert_return (invoke "nested" (i32.const 44)) (i32.const 44))
(assert_return (invoke "hold" (i32.const 2000)) (i32.const 2001000))
