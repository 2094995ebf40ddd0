;; A loop that another thread can stop.
;;! interruptible = true
(module
  (func $forever (loop $again (br $again))))
