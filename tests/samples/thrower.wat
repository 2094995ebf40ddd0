;; Linked by thrower.c: throws to the host, catches what the host throws, and is called back in between.
(module
  (import "host" "tag" (tag $host (param i32)))
  (import "host" "check" (func $check (param i32)))
  (import "host" "back" (func $back (param i32)))
  (tag $own (export "own") (param i32 f64))
  ;; Throws a number and its half.
  (func $throw (export "throw") (param $number i32)
    (throw $own (local.get $number) (f64.mul (f64.convert_i32_s (local.get $number)) (f64.const 0.5))))
  (func (export "trap") unreachable)
  ;; What the host throws of a number that it does not like, or 0.
  (func (export "caught") (param $number i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $host $caught) (call $check (local.get $number)))
      (i32.const 0)))
  ;; What comes through a host function that calls back: a number thrown by this module itself.
  (func (export "through") (param $number i32) (result i32 f64)
    (block $caught (result i32 f64)
      (try_table (catch $own $caught) (call $back (local.get $number)))
      unreachable)))
