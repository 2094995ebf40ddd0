;; Tables: an element is one reference value, checked against the table's length now.
(module
  (table $table 10 externref)
  (func $get (param i32) (result externref) (table.get (local.get 0)))
  (func $set (param i32 externref) (table.set (local.get 0) (local.get 1)))
  (func $size (result i32) (table.size))
  (func $fill (param i32 externref i32) (table.fill (local.get 0) (local.get 1) (local.get 2))))
