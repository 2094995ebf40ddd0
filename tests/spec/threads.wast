;; Waiting, waking, and what threads see of each other's writes, after the text of the threads proposal.

;; A wait whose expectation fails does not wait; one that nobody ends runs out of time.
(module
  (memory (export "memory") 1 1 shared)
  (func (export "store32") (param i32 i32) (i32.atomic.store (local.get 0) (local.get 1)))
  (func (export "wait32") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait32 far") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 offset=0xfffffffc (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
  (func (export "notify odd") (param i32 i32) (result i32)
    (memory.atomic.notify offset=2 (local.get 0) (local.get 1)))
  (func (export "fence") (atomic.fence)))

(assert_return (invoke "wait32" (i32.const 0) (i32.const 1) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait64" (i32.const 0) (i64.const 1) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait32" (i32.const 0) (i32.const 0) (i64.const 0)) (i32.const 2))
(assert_return (invoke "wait32" (i32.const 0) (i32.const 0) (i64.const 1000000)) (i32.const 2))
(assert_return (invoke "wait64" (i32.const 65528) (i64.const 0) (i64.const 1000)) (i32.const 2))
(invoke "store32" (i32.const 4) (i32.const 7))
;; Both halves count.
(assert_return (invoke "wait64" (i32.const 0) (i64.const 0) (i64.const -1)) (i32.const 1))
(assert_return (invoke "wait64" (i32.const 0) (i64.const 0x700000000) (i64.const 10)) (i32.const 2))
(assert_return (invoke "notify" (i32.const 0) (i32.const 1)) (i32.const 0))
(assert_return (invoke "notify" (i32.const 65532) (i32.const -1)) (i32.const 0))
(invoke "fence")
(assert_trap (invoke "wait32" (i32.const 65536) (i32.const 0) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "wait64" (i32.const 65532) (i64.const 0) (i64.const 0)) "unaligned atomic")
(assert_trap (invoke "wait32" (i32.const 2) (i32.const 0) (i64.const 0)) "unaligned atomic")
(assert_trap (invoke "wait32 far" (i32.const 65536) (i32.const 0) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "notify" (i32.const 65536) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "notify odd" (i32.const 0) (i32.const 0)) "unaligned atomic")
(assert_return (invoke "notify odd" (i32.const 2) (i32.const 0)) (i32.const 0))

;; On a memory that is not shared, accesses work, nobody is woken, and a wait would never end.
(module
  (memory 1 1)
  (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 8) (local.get 0)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
  (func (export "wait32") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))
  (func (export "wait64") (result i32) (memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const 0))))

(assert_return (invoke "add" (i32.const 5)) (i32.const 0))
(assert_return (invoke "add" (i32.const 5)) (i32.const 5))
(assert_return (invoke "notify" (i32.const 0) (i32.const 1)) (i32.const 0))
(assert_trap (invoke "notify" (i32.const 65536) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "wait32") "expected shared memory")
(assert_trap (invoke "wait64") "expected shared memory")

;; Several memories, one with 64-bit addresses: each keeps its own kind.
(module
  (memory $plain 1 1)
  (memory $shared 1 4 shared)
  (memory $large i64 1 4 shared)
  (data (memory $shared) (i32.const 16) "\2a\00\00\00")
  (data (memory $large) (i64.const 65528) "\ff\ff\ff\ff\ff\ff\ff\ff")
  (func (export "shared") (result i32) (i32.atomic.load $shared (i32.const 16)))
  (func (export "plain") (result i32) (i32.atomic.load $plain (i32.const 16)))
  (func (export "large") (param i64) (result i64) (i64.atomic.rmw32.sub_u $large offset=4 (local.get 0) (i64.const 2)))
  (func (export "large far") (param i64) (result i32) (i32.atomic.load8_u $large offset=0xffffffffffffffff (local.get 0)))
  (func (export "wait large") (param i64) (result i32)
    (memory.atomic.wait32 $large offset=0xfffffffffffffffc (local.get 0) (i32.const 0) (i64.const 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow $shared (local.get 0)))
  (func (export "size") (result i32) (memory.size $shared))
  (func (export "grow large") (param i64) (result i64) (memory.grow $large (local.get 0)))
  (func (export "last") (result i32) (i32.atomic.load $shared (i32.const 0x3fffc))))

(assert_return (invoke "shared") (i32.const 42))
(assert_return (invoke "plain") (i32.const 0))
(assert_return (invoke "large" (i64.const 65528)) (i64.const 0xffffffff))
(assert_return (invoke "large" (i64.const 65528)) (i64.const 0xfffffffd))
(assert_trap (invoke "large" (i64.const 65536)) "out of bounds memory access")
(assert_trap (invoke "large" (i64.const 65530)) "unaligned atomic")
(assert_trap (invoke "large far" (i64.const 2)) "out of bounds memory access")
(assert_trap (invoke "wait large" (i64.const 8)) "out of bounds memory access")
(assert_trap (invoke "last") "out of bounds memory access")
(assert_return (invoke "grow" (i32.const 3)) (i32.const 1))
(assert_return (invoke "grow" (i32.const 1)) (i32.const -1))
(assert_return (invoke "size") (i32.const 4))
(assert_return (invoke "last") (i32.const 0))
(assert_return (invoke "grow large" (i64.const 4)) (i64.const -1))
(assert_return (invoke "grow large" (i64.const 1)) (i64.const 1))

(assert_invalid (module (memory 1 shared)) "shared memory must have maximum")
(assert_invalid
  (module (memory 1 1 shared) (func (result i32) (i32.atomic.load align=2 (i32.const 0))))
  "atomic alignment must be natural")
(assert_unlinkable
  (module (import "spectest" "memory" (memory 1 2 shared)))
  "incompatible import type")
(assert_unlinkable
  (module (import "spectest" "shared_memory" (memory 1 2)))
  "incompatible import type")

;; Who waits is woken, whichever of the two comes first.
(module $Mem (memory (export "shared") 1 1 shared))

(thread $Waiter (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wait") (result i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (assert_return (invoke "wait") (i32.const 0)))

(thread $Waker (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wake") (result i32)
      (local $woken i32)
      (loop $again
        (local.set $woken (memory.atomic.notify (i32.const 0) (i32.const 1)))
        (br_if $again (i32.eqz (local.get $woken))))
      (local.get $woken)))
  (assert_return (invoke "wake") (i32.const 1)))

(wait $Waiter)
(wait $Waker)

;; A 64-bit waiter and a 32-bit one at the same address are woken by one call, and others are not.
(module $Two (memory (export "shared") 1 1 shared)
  (func (export "woken") (result i32) (i32.atomic.load (i32.const 32))))

(thread $Narrow (shared (module $Two))
  (register "mem" $Two)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wait") (result i32)
      (i32.atomic.rmw.add (i32.const 16) (i32.const 1)) drop
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (assert_return (invoke "wait") (i32.const 0)))

(thread $Wide (shared (module $Two))
  (register "mem" $Two)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wait") (result i32)
      (i32.atomic.rmw.add (i32.const 16) (i32.const 1)) drop
      (memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const -1))))
  (assert_return (invoke "wait") (i32.const 0)))

(thread $Elsewhere (shared (module $Two))
  (register "mem" $Two)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wait") (result i32)
      (memory.atomic.wait32 (i32.const 256) (i32.const 0) (i64.const 50000000))))
  (assert_return (invoke "wait") (i32.const 2)))

(thread $Both (shared (module $Two))
  (register "mem" $Two)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wake") (result i32)
      (local $woken i32)
      (loop $again
        (br_if $again (i32.ne (i32.atomic.load (i32.const 16)) (i32.const 2))))
      (loop $again
        (local.set $woken (i32.add (local.get $woken) (memory.atomic.notify (i32.const 0) (i32.const -1))))
        (br_if $again (i32.lt_u (local.get $woken) (i32.const 2))))
      (i32.atomic.store (i32.const 32) (local.get $woken))
      (local.get $woken)))
  (assert_return (invoke "wake") (i32.const 2)))

(wait $Narrow)
(wait $Wide)
(wait $Elsewhere)
(wait $Both)
(assert_return (invoke $Two "woken") (i32.const 2))

;; Message passing: whoever sees the flag sees what was written before it.
(module $Messages (memory (export "shared") 1 1 shared))

(thread $Sender (shared (module $Messages))
  (register "mem" $Messages)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (i32.store (i32.const 0) (i32.const 42))
      (i32.atomic.store (i32.const 64) (i32.const 1))))
  (invoke "run"))

(thread $Receiver (shared (module $Messages))
  (register "mem" $Messages)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run") (result i32)
      (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 64)))))
      (i32.load (i32.const 0))))
  (assert_return (invoke "run") (i32.const 42)))

(wait $Sender)
(wait $Receiver)

;; Updates are not lost, whatever their width.
(module $Counters (memory (export "shared") 1 1 shared)
  (func (export "sum") (result i64) (i64.atomic.load (i32.const 0)))
  (func (export "bytes") (result i32) (i32.atomic.load (i32.const 8)))
  (func (export "exchanged") (result i32) (i32.atomic.load (i32.const 16))))

(thread $First (shared (module $Counters))
  (register "mem" $Counters)
  (module $Count
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (local $left i32) (local $old i32)
      (local.set $left (i32.const 10000))
      (loop $again
        (drop (i64.atomic.rmw.add (i32.const 0) (i64.const 3)))
        (drop (i32.atomic.rmw8.add_u (i32.const 9) (i32.const 1)))
        (drop (i32.atomic.rmw8.xor_u (i32.const 10) (i32.const 1)))
        (loop $retry
          (local.set $old (i32.atomic.load16_u (i32.const 16)))
          (br_if $retry
            (i32.ne
              (i32.atomic.rmw16.cmpxchg_u (i32.const 16) (local.get $old) (i32.add (local.get $old) (i32.const 1)))
              (local.get $old))))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
  (invoke "run"))

(thread $Second (shared (module $Counters))
  (register "mem" $Counters)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (local $left i32) (local $old i32)
      (local.set $left (i32.const 10000))
      (loop $again
        (drop (i64.atomic.rmw.sub (i32.const 0) (i64.const 1)))
        (drop (i32.atomic.rmw8.add_u (i32.const 9) (i32.const 1)))
        (drop (i32.atomic.rmw8.xor_u (i32.const 10) (i32.const 1)))
        (loop $retry
          (local.set $old (i32.atomic.load16_u (i32.const 16)))
          (br_if $retry
            (i32.ne
              (i32.atomic.rmw16.cmpxchg_u (i32.const 16) (local.get $old) (i32.add (local.get $old) (i32.const 1)))
              (local.get $old))))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
  (invoke "run"))

(wait $First)
(wait $Second)
(assert_return (invoke $Counters "sum") (i64.const 20000))
;; 20,000 is 0x4e20: the byte that counted has 0x20, the one beside it is 0 after as many changes.
(assert_return (invoke $Counters "bytes") (i32.const 0x2000))
(assert_return (invoke $Counters "exchanged") (i32.const 20000))
