;; The product of a matrix and a vector in double precision, two numbers to an instruction.
(module
  (import "kernels" "memory" (memory 1))

  ;; $row, $vector, $product: addresses in bytes. Rows and vector have $rowBytes, a multiple of 64; the product has a number for each row.
  (func (export "multiply")
    (param $row i32) (param $rows i32) (param $rowBytes i32) (param $vector i32) (param $product i32)
    (local $productEnd i32) (local $rowEnd i32) (local $at i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $productEnd (i32.add (local.get $product) (i32.shl (local.get $rows) (i32.const 3))))
    (block $done
      (loop $nextRow
        (br_if $done (i32.ge_u (local.get $product) (local.get $productEnd)))
        (local.set $rowEnd (i32.add (local.get $row) (local.get $rowBytes)))
        (local.set $at (local.get $vector))
        (local.set $a (v128.const f64x2 0 0))
        (local.set $b (v128.const f64x2 0 0))
        (local.set $c (v128.const f64x2 0 0))
        (local.set $d (v128.const f64x2 0 0))
        ;; Four sums side by side: none waits for the one before.
        (loop $nextEight
          (local.set $a (f64x2.add (local.get $a)
            (f64x2.mul (v128.load (local.get $row)) (v128.load (local.get $at)))))
          (local.set $b (f64x2.add (local.get $b)
            (f64x2.mul (v128.load offset=16 (local.get $row)) (v128.load offset=16 (local.get $at)))))
          (local.set $c (f64x2.add (local.get $c)
            (f64x2.mul (v128.load offset=32 (local.get $row)) (v128.load offset=32 (local.get $at)))))
          (local.set $d (f64x2.add (local.get $d)
            (f64x2.mul (v128.load offset=48 (local.get $row)) (v128.load offset=48 (local.get $at)))))
          (local.set $row (i32.add (local.get $row) (i32.const 64)))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br_if $nextEight (i32.lt_u (local.get $row) (local.get $rowEnd))))
        (local.set $a (f64x2.add
          (f64x2.add (local.get $a) (local.get $b))
          (f64x2.add (local.get $c) (local.get $d))))
        (f64.store (local.get $product)
          (f64.add (f64x2.extract_lane 0 (local.get $a)) (f64x2.extract_lane 1 (local.get $a))))
        (local.set $product (i32.add (local.get $product) (i32.const 8)))
        (br $nextRow)))))
