;; Greets, and counts what it was given: a whole WASI program.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; 0: a list of one slice, 8: how many bytes were written, 16: how many arguments, 20: their size
  (data (i32.const 32) "Hello from WebAssembly, with 0 arguments!\n")

  (func $write (param $address i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $address))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $start (export "_start")
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    ;; The program's name is the first argument; one digit is enough for a greeting.
    (i32.store8
      (i32.const 61)
      (i32.add (i32.const 48) (i32.rem_u (i32.sub (i32.load (i32.const 16)) (i32.const 1)) (i32.const 10))))
    (call $write (i32.const 32) (i32.const 42)))

  ;; 1 * 2 * ... * n
  (func $factorial (export "factorial") (param $n i64) (result i64)
    (if (result i64) (i64.eqz (local.get $n))
      (then (i64.const 1))
      (else (i64.mul (local.get $n) (call $factorial (i64.sub (local.get $n) (i64.const 1)))))))

  (func $at (param $index i32) (result i32)
    (i32.load (local.get $index)))

  ;; Traps: it reads past the memory's end.
  (func $beyond (export "beyond") (result i32)
    (call $at (i32.const 65536))))
