;; Rounding without SSE4.1: the baseline calls the loader.
(module
  (func $ceil (param f64) (result f64) (f64.ceil (local.get 0)))
  (func $nearest (param f32) (result f32) (f32.nearest (local.get 0))))
