;; What traps: divisions, conversions, `unreachable`.
(module
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $divide_by_seven (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 7)))
  (func $remainder (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func $convert (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $saturate (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0)))
  (func $unreachable (unreachable)))
