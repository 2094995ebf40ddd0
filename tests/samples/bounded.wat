;; Linked by bounded.c: takes what it is not given, never ends, and traps behind a host function.
(module
  (import "host" "again" (func $again (param i32)))
  (memory (export "memory") 1 100)
  (func (export "grow") (result i32) (local $count i32)
    (loop $next
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
        (then (local.set $count (i32.add (local.get $count) (i32.const 1))) (br $next))))
    (local.get $count))
  (func $deep (export "deep") call $deep)
  (func (export "spin") (loop $next (br $next)))
  (func (export "trap") unreachable)
  (tag $number (param i64))
  (func $throw (param i64) (throw $number (local.get 0)))
  ;; An exception that carries a number, and what one carries.
  (func (export "make") (param i64) (result exnref)
    (block $caught (result exnref) (try_table (catch_all_ref $caught) (call $throw (local.get 0))) unreachable))
  (func (export "look") (param exnref) (result i64)
    (block $caught (result i64) (try_table (catch $number $caught) (throw_ref (local.get 0))) unreachable))
  ;; Has the host leave another store's code, and traps on its own.
  (func (export "beyond") (call $again (i32.const -1)) (drop (i32.load (i32.const 0x7fffffff))))
  (func (export "nested") (param i32) (call $again (local.get 0))))
