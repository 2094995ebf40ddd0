;; Rounding and vectors where the CPU has them.
;;! cpu = "x86-64-v3"
(module
  (func $ceil (param f64) (result f64) (f64.ceil (local.get 0)))
  (func $multiply_add (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2))))
