;; Bilinear samples along a line through a picture, of interleaved bytes to planes of floats, one pixel to a step.
(module
  (import "kernels" "memory" (memory 1))

  ;; $origin: address of the RGB pixel at (0, 0), where that is in memory or not; $rowBytes: from one row of the picture to the next.
  ;; $x, $y: where the line begins, $stepX, $stepY: from one pixel to the next, in 32nds of a pixel. Samples beyond the bounds lie on
  ;; them; of each the pixels right and below are read as well. $red: address of $pixels floats, the other two planes each
  ;; $planeBytes behind. $scale, $low: byte * scale + low is written.
  (func (export "warpRow")
    (param $origin i32) (param $rowBytes i32)
    (param $x f64) (param $y f64) (param $stepX f64) (param $stepY f64)
    (param $leftmost f64) (param $topmost f64) (param $rightmost f64) (param $bottommost f64)
    (param $red i32) (param $pixels i32) (param $planeBytes i32) (param $scale f32) (param $low f32)
    (local $end i32) (local $column f64) (local $at i32) (local $xSteps i32) (local $ySteps i32) (local $fraction i32)
    (local $start v128) (local $step v128) (local $least v128) (local $most v128) (local $toInteger v128)
    (local $sum v128) (local $scales v128) (local $lows v128)
    (local.set $start (f64x2.replace_lane 1 (f64x2.splat (local.get $x)) (local.get $y)))
    (local.set $step (f64x2.replace_lane 1 (f64x2.splat (local.get $stepX)) (local.get $stepY)))
    (local.set $least (f64x2.replace_lane 1 (f64x2.splat (local.get $leftmost)) (local.get $topmost)))
    (local.set $most (f64x2.replace_lane 1 (f64x2.splat (local.get $rightmost)) (local.get $bottommost)))
    ;; Added to a small number, 1.5 * 2^52 leaves the nearest integer, ties to even, in the lower half of the double.
    (local.set $toInteger (f64x2.splat (f64.const 6755399441055744)))
    (local.set $scales (f32x4.splat (local.get $scale)))
    (local.set $lows (f32x4.splat (local.get $low)))
    (local.set $end (i32.add (local.get $red) (i32.shl (local.get $pixels) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $red) (local.get $end)))
        (local.set $sum (f64x2.add (local.get $toInteger)
          (f64x2.pmin (local.get $most) (f64x2.pmax (local.get $least)
            (f64x2.add (local.get $start) (f64x2.mul (local.get $step) (f64x2.splat (local.get $column))))))))
        (local.set $xSteps (i32x4.extract_lane 0 (local.get $sum)))
        (local.set $ySteps (i32x4.extract_lane 2 (local.get $sum)))
        (local.set $at (i32.add
          (i32.add (local.get $origin) (i32.mul (i32.shr_s (local.get $ySteps) (i32.const 5)) (local.get $rowBytes)))
          (i32.mul (i32.shr_s (local.get $xSteps) (i32.const 5)) (i32.const 3))))
        ;; Both pixels of the row above and of that below, by how near they are: at most 32 * 255.
        (local.set $fraction (i32.and (local.get $ySteps) (i32.const 31)))
        (local.set $sum (i16x8.add
          (i16x8.mul
            (i16x8.extend_low_i8x16_u (v128.load64_zero (local.get $at)))
            (i16x8.splat (i32.sub (i32.const 32) (local.get $fraction))))
          (i16x8.mul
            (i16x8.extend_low_i8x16_u (v128.load64_zero (i32.add (local.get $at) (local.get $rowBytes))))
            (i16x8.splat (local.get $fraction)))))
        ;; Left and right of each colour beside each other, and by how near they are.
        (local.set $fraction (i32.and (local.get $xSteps) (i32.const 31)))
        (local.set $sum (i32x4.dot_i16x8_s
          (i8x16.shuffle 0 1 6 7 2 3 8 9 4 5 10 11 4 5 10 11 (local.get $sum) (local.get $sum))
          (i32x4.splat (i32.or
            (i32.sub (i32.const 32) (local.get $fraction))
            (i32.shl (local.get $fraction) (i32.const 16))))))
        (local.set $sum (i32x4.shr_s (i32x4.add (local.get $sum) (i32x4.splat (i32.const 512))) (i32.const 10)))
        (local.set $sum (f32x4.add
          (f32x4.mul (f32x4.convert_i32x4_s (local.get $sum)) (local.get $scales)) (local.get $lows)))
        (v128.store32_lane 0 (local.get $red) (local.get $sum))
        (local.set $at (i32.add (local.get $red) (local.get $planeBytes)))
        (v128.store32_lane 1 (local.get $at) (local.get $sum))
        (v128.store32_lane 2 (i32.add (local.get $at) (local.get $planeBytes)) (local.get $sum))
        (local.set $red (i32.add (local.get $red) (i32.const 4)))
        (local.set $column (f64.add (local.get $column) (f64.const 1)))
        (br $next)))))
