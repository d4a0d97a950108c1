;; Means of 2 x 2 pixels, of interleaved bytes to planes of floats, four pixels to a step.
(module
  (import "kernels" "memory" (memory 1))

  ;; $upper, $lower: addresses of two rows of RGB pixels, twice as many as are written; a step reads 24 bytes of each.
  ;; $red, $green, $blue: addresses of $pixels floats each; whole steps are written. $scale: what a sum of four bytes is multiplied by.
  (func (export "halveRows")
    (param $upper i32) (param $lower i32) (param $pixels i32)
    (param $red i32) (param $green i32) (param $blue i32) (param $scale f32)
    (local $end i32) (local $sums v128) (local $factor v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $red) (i32.shl (local.get $pixels) (i32.const 2))))
    (local.set $factor (f32x4.splat (local.get $scale)))
    (block $done
      (loop $nextFour
        (br_if $done (i32.ge_u (local.get $red) (local.get $end)))
        ;; Bytes 0 to 15 and 8 to 23 of both rows.
        (local.set $a (v128.load (local.get $upper)))
        (local.set $b (v128.load offset=8 (local.get $upper)))
        (local.set $c (v128.load (local.get $lower)))
        (local.set $d (v128.load offset=8 (local.get $lower)))
        (local.set $sums (i16x8.add
          (i16x8.add
            (i16x8.extend_low_i8x16_u
              (i8x16.shuffle 0 6 12 26 1 7 13 27 0 0 0 0 0 0 0 0 (local.get $a) (local.get $b)))
            (i16x8.extend_low_i8x16_u
              (i8x16.shuffle 3 9 15 29 4 10 24 30 0 0 0 0 0 0 0 0 (local.get $a) (local.get $b))))
          (i16x8.add
            (i16x8.extend_low_i8x16_u
              (i8x16.shuffle 0 6 12 26 1 7 13 27 0 0 0 0 0 0 0 0 (local.get $c) (local.get $d)))
            (i16x8.extend_low_i8x16_u
              (i8x16.shuffle 3 9 15 29 4 10 24 30 0 0 0 0 0 0 0 0 (local.get $c) (local.get $d))))))
        (v128.store (local.get $red)
          (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (local.get $sums))) (local.get $factor)))
        (v128.store (local.get $green)
          (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_u (local.get $sums))) (local.get $factor)))
        (local.set $sums (i16x8.add
          (i16x8.add
            (i16x8.extend_low_i8x16_u
              (i8x16.shuffle 2 8 14 28 0 0 0 0 0 0 0 0 0 0 0 0 (local.get $a) (local.get $b)))
            (i16x8.extend_low_i8x16_u
              (i8x16.shuffle 5 11 25 31 0 0 0 0 0 0 0 0 0 0 0 0 (local.get $a) (local.get $b))))
          (i16x8.add
            (i16x8.extend_low_i8x16_u
              (i8x16.shuffle 2 8 14 28 0 0 0 0 0 0 0 0 0 0 0 0 (local.get $c) (local.get $d)))
            (i16x8.extend_low_i8x16_u
              (i8x16.shuffle 5 11 25 31 0 0 0 0 0 0 0 0 0 0 0 0 (local.get $c) (local.get $d))))))
        (v128.store (local.get $blue)
          (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (local.get $sums))) (local.get $factor)))
        (local.set $upper (i32.add (local.get $upper) (i32.const 24)))
        (local.set $lower (i32.add (local.get $lower) (i32.const 24)))
        (local.set $red (i32.add (local.get $red) (i32.const 16)))
        (local.set $green (i32.add (local.get $green) (i32.const 16)))
        (local.set $blue (i32.add (local.get $blue) (i32.const 16)))
        (br $nextFour)))))
