;; Throws, and calls inside a `try`: what exceptions.cpp does. Each export repeats its work as often as it is told.
(module
  (tag $number (param i32))
  (global $zero (mut i32) (i32.const 0))
  (func $deep (param $depth i32) (result i32)
    (if (i32.eqz (local.get $depth)) (then (throw $number (i32.const 1))))
    (i32.add (call $deep (i32.sub (local.get $depth) (i32.const 1))) (global.get $zero)))
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (global.get $zero)))

  (func $throw (param $count i32) (param $depth i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum
        (i32.add (local.get $sum)
          (block $caught (result i32)
            (try_table (result i32) (catch $number $caught) (call $deep (local.get $depth))))))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
  (func (export "throw") (param i32) (result i32) (call $throw (local.get 0) (i32.const 0)))
  (func (export "throw_ten") (param i32) (result i32) (call $throw (local.get 0) (i32.const 10)))

  ;; Six values live across each call.
  (func (export "call") (param $count i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32)
    (loop $next
      (local.set $a (i32.add (local.get $a) (call $leaf (local.get $count))))
      (local.set $b (i32.xor (local.get $b) (local.get $a)))
      (local.set $c (i32.add (local.get $c) (local.get $b)))
      (local.set $d (i32.xor (local.get $d) (local.get $c)))
      (local.set $e (i32.add (local.get $e) (local.get $d)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $e))
  (func (export "call_in_try") (param $count i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32)
    (loop $next
      (local.set $a
        (i32.add (local.get $a)
          (block $caught (result i32)
            (try_table (result i32) (catch $number $caught) (call $leaf (local.get $count))))))
      (local.set $b (i32.xor (local.get $b) (local.get $a)))
      (local.set $c (i32.add (local.get $c) (local.get $b)))
      (local.set $d (i32.xor (local.get $d) (local.get $c)))
      (local.set $e (i32.add (local.get $e) (local.get $d)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $e)))
