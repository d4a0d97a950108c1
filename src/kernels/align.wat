;; Means of bilinear samples along a line through a picture, of interleaved bytes to floats, one pixel to a step.
(module
  (import "kernels" "memory" (memory 1))

  ;; $origin: address of the RGB pixel at (0, 0), where that is in memory or not; $rowBytes: from one row of the picture to the next.
  ;; $x, $y: the first sample, $right, $down: the way from one pixel to the next, as (x, y); the row below lies at (-y, x) of it.
  ;; $samples: along each side of a pixel. Samples beyond the bounds lie on them; of each the pixels right and below are read as well.
  ;; $out: address of the first pixel's floats, $green, $blue: where its others lie, counted from there, $step: from one pixel to the
  ;; next. $scales: address of what a sum is multiplied by, and behind it of what is added then, four floats each.
  (func (export "alignRow")
    (param $origin i32) (param $rowBytes i32)
    (param $x f64) (param $y f64) (param $right f64) (param $down f64) (param $samples i32)
    (param $leftmost f64) (param $topmost f64) (param $rightmost f64) (param $bottommost f64)
    (param $out i32) (param $green i32) (param $blue i32) (param $step i32) (param $pixels i32) (param $scales i32)
    (local $column f64) (local $spacing f64) (local $i i32) (local $j i32) (local $at i32)
    (local $start v128) (local $along v128) (local $across v128) (local $least v128) (local $most v128)
    (local $toInteger v128) (local $row v128) (local $place v128) (local $floor v128)
    (local $toRight v128) (local $upper v128) (local $lower v128) (local $sum v128)
    (local.set $start (f64x2.replace_lane 1 (f64x2.splat (local.get $x)) (local.get $y)))
    (local.set $along (f64x2.replace_lane 1 (f64x2.splat (local.get $right)) (local.get $down)))
    (local.set $across (f64x2.replace_lane 1 (f64x2.splat (f64.neg (local.get $down))) (local.get $right)))
    (local.set $least (f64x2.replace_lane 1 (f64x2.splat (local.get $leftmost)) (local.get $topmost)))
    (local.set $most (f64x2.replace_lane 1 (f64x2.splat (local.get $rightmost)) (local.get $bottommost)))
    ;; Added to a small whole number, 1.5 * 2^52 leaves it in the lower half of the double.
    (local.set $toInteger (f64x2.splat (f64.const 6755399441055744)))
    (local.set $spacing (f64.div (f64.const 1) (f64.convert_i32_s (local.get $samples))))
    (loop $nextPixel
      (local.set $sum (v128.const i32x4 0 0 0 0))
      (local.set $i (i32.const 0))
      (loop $nextRow
        (local.set $row (f64x2.add (local.get $start) (f64x2.mul (local.get $across)
          (f64x2.splat (f64.mul (local.get $spacing) (f64.convert_i32_s (local.get $i)))))))
        (local.set $j (i32.const 0))
        (loop $nextSample
          (local.set $place (f64x2.pmin (local.get $most) (f64x2.pmax (local.get $least)
            (f64x2.add (local.get $row) (f64x2.mul (local.get $along)
              (f64x2.splat (f64.add (local.get $column)
                (f64.mul (local.get $spacing) (f64.convert_i32_s (local.get $j))))))))))
          (local.set $floor (f64x2.floor (local.get $place)))
          (local.set $place (f32x4.demote_f64x2_zero (f64x2.sub (local.get $place) (local.get $floor))))
          (local.set $floor (f64x2.add (local.get $floor) (local.get $toInteger)))
          (local.set $at (i32.add
            (i32.add (local.get $origin) (i32.mul (i32x4.extract_lane 2 (local.get $floor)) (local.get $rowBytes)))
            (i32.mul (i32x4.extract_lane 0 (local.get $floor)) (i32.const 3))))
          (local.set $toRight (f32x4.splat (f32x4.extract_lane 0 (local.get $place))))
          (local.set $upper (call $pixel (local.get $at)))
          (local.set $upper (f32x4.add (local.get $upper) (f32x4.mul (local.get $toRight)
            (f32x4.sub (call $pixel (i32.add (local.get $at) (i32.const 3))) (local.get $upper)))))
          (local.set $at (i32.add (local.get $at) (local.get $rowBytes)))
          (local.set $lower (call $pixel (local.get $at)))
          (local.set $lower (f32x4.add (local.get $lower) (f32x4.mul (local.get $toRight)
            (f32x4.sub (call $pixel (i32.add (local.get $at) (i32.const 3))) (local.get $lower)))))
          (local.set $sum (f32x4.add (local.get $sum) (f32x4.add (local.get $upper)
            (f32x4.mul (f32x4.splat (f32x4.extract_lane 1 (local.get $place)))
              (f32x4.sub (local.get $lower) (local.get $upper))))))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (br_if $nextSample (i32.lt_s (local.get $j) (local.get $samples))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $nextRow (i32.lt_s (local.get $i) (local.get $samples))))
      (local.set $sum (f32x4.add
        (f32x4.mul (local.get $sum) (v128.load (local.get $scales)))
        (v128.load offset=16 (local.get $scales))))
      (v128.store32_lane 0 (local.get $out) (local.get $sum))
      (v128.store32_lane 1 (i32.add (local.get $out) (local.get $green)) (local.get $sum))
      (v128.store32_lane 2 (i32.add (local.get $out) (local.get $blue)) (local.get $sum))
      (local.set $out (i32.add (local.get $out) (local.get $step)))
      (local.set $column (f64.add (local.get $column) (f64.const 1)))
      (local.set $pixels (i32.sub (local.get $pixels) (i32.const 1)))
      (br_if $nextPixel (local.get $pixels))))

  ;; Red, green and blue of the pixel at an address, as floats; the fourth belongs to the next one.
  (func $pixel (param $at i32) (result v128)
    (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $at)))))))
