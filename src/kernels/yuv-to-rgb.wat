;; Rows of 8-bit YUV, in which 2 x 2 pixels share their colour, to interleaved RGB, sixteen pixels to a step.
(module
  (import "kernels" "memory" (memory 1))

  ;; $luma: address of $rows rows of $pixels bytes, both numbers even; $blueness, $redness: of half as many rows of half as many each.
  ;; $rgb: address of three bytes a pixel. Whole steps are read and written: up to 15 pixels more than a row has, where the next row comes
  ;; from and goes to later. $weights: address of six signed 16-bit numbers. A channel is the sum of (8 * luma - number 1) * number 0,
  ;; 8 * (redness - 128) * number 2 in red and number 4 in green, 8 * (blueness - 128) * number 3 in green and number 5 in blue, each
  ;; product in 65536ths and rounded down; it is held to 0..255.
  (func (export "yuvToRgb")
    (param $luma i32) (param $blueness i32) (param $redness i32)
    (param $pixels i32) (param $rows i32) (param $rgb i32) (param $weights i32)
    (local $end i32) (local $rowEnd i32) (local $excess i32) (local $back i32)
    (local $lumaWeight v128) (local $black v128) (local $middle v128)
    (local $redOfRedness v128) (local $greenOfBlueness v128) (local $greenOfRedness v128) (local $blueOfBlueness v128)
    (local $grey0 v128) (local $grey8 v128) (local $u v128) (local $v v128)
    (local $red v128) (local $green v128) (local $blue v128)
    (local $pixels0 v128) (local $pixels4 v128) (local $pixels8 v128)
    (local $pixelsTo0 v128) (local $pixelsTo16 v128) (local $pixelsTo32 v128)
    (local $blueTo0 v128) (local $blueTo16 v128) (local $blueTo32 v128)
    (local.set $lumaWeight (v128.load16_splat (local.get $weights)))
    (local.set $black (v128.load16_splat offset=2 (local.get $weights)))
    (local.set $redOfRedness (v128.load16_splat offset=4 (local.get $weights)))
    (local.set $greenOfBlueness (v128.load16_splat offset=6 (local.get $weights)))
    (local.set $greenOfRedness (v128.load16_splat offset=8 (local.get $weights)))
    (local.set $blueOfBlueness (v128.load16_splat offset=10 (local.get $weights)))
    (local.set $middle (i16x8.splat (i32.const 128)))
    ;; Where the bytes at 0, 16, and 32 of a step come from: of eight reds and eight greens, and of sixteen blues; -1 where the other gives.
    ;; They are set here, as V8 would make them anew in each step.
    (local.set $pixelsTo0 (v128.const i8x16 0 8 -1 1 9 -1 2 10 -1 3 11 -1 4 12 -1 5))
    (local.set $blueTo0 (v128.const i8x16 -1 -1 0 -1 -1 1 -1 -1 2 -1 -1 3 -1 -1 4 -1))
    ;; Of the pixels 4 to 11, whose first four reds and greens come before the other four.
    (local.set $pixelsTo16 (v128.const i8x16 5 -1 2 6 -1 3 7 -1 8 12 -1 9 13 -1 10 14))
    (local.set $blueTo16 (v128.const i8x16 -1 5 -1 -1 6 -1 -1 7 -1 -1 8 -1 -1 9 -1 -1))
    (local.set $pixelsTo32 (v128.const i8x16 -1 3 11 -1 4 12 -1 5 13 -1 6 14 -1 7 15 -1))
    (local.set $blueTo32 (v128.const i8x16 10 -1 -1 11 -1 -1 12 -1 -1 13 -1 -1 14 -1 -1 15))
    (local.set $end (i32.add (local.get $luma) (i32.mul (local.get $rows) (local.get $pixels))))
    (local.set $back (i32.shr_u (local.get $pixels) (i32.const 1)))
    (loop $nextRow
      (local.set $rowEnd (i32.add (local.get $luma) (local.get $pixels)))
      (loop $nextSixteen
        ;; The first eight pixels without their colour, and the last eight.
        (local.set $grey0 (call $product (local.get $lumaWeight)
          (i16x8.sub (i16x8.shl (v128.load8x8_u (local.get $luma)) (i32.const 3)) (local.get $black))))
        (local.set $grey8 (call $product (local.get $lumaWeight)
          (i16x8.sub (i16x8.shl (v128.load8x8_u offset=8 (local.get $luma)) (i32.const 3)) (local.get $black))))
        ;; The colours of eight pairs of pixels, and what they add to each channel.
        (local.set $u (i16x8.shl (i16x8.sub (v128.load8x8_u (local.get $blueness)) (local.get $middle)) (i32.const 3)))
        (local.set $v (i16x8.shl (i16x8.sub (v128.load8x8_u (local.get $redness)) (local.get $middle)) (i32.const 3)))
        (local.set $red (call $product (local.get $v) (local.get $redOfRedness)))
        (local.set $green (i16x8.add
          (call $product (local.get $u) (local.get $greenOfBlueness))
          (call $product (local.get $v) (local.get $greenOfRedness))))
        (local.set $blue (call $product (local.get $u) (local.get $blueOfBlueness)))
        ;; Eight reds and eight greens of the pixels from 0 on, and from 8 on; then sixteen blues.
        (local.set $pixels0 (i8x16.narrow_i16x8_u
          (i16x8.add (local.get $grey0)
            (i8x16.shuffle 0 1 0 1 2 3 2 3 4 5 4 5 6 7 6 7 (local.get $red) (local.get $red)))
          (i16x8.add (local.get $grey0)
            (i8x16.shuffle 0 1 0 1 2 3 2 3 4 5 4 5 6 7 6 7 (local.get $green) (local.get $green)))))
        (local.set $pixels8 (i8x16.narrow_i16x8_u
          (i16x8.add (local.get $grey8)
            (i8x16.shuffle 8 9 8 9 10 11 10 11 12 13 12 13 14 15 14 15 (local.get $red) (local.get $red)))
          (i16x8.add (local.get $grey8)
            (i8x16.shuffle 8 9 8 9 10 11 10 11 12 13 12 13 14 15 14 15 (local.get $green) (local.get $green)))))
        (local.set $blue (i8x16.narrow_i16x8_u
          (i16x8.add (local.get $grey0)
            (i8x16.shuffle 0 1 0 1 2 3 2 3 4 5 4 5 6 7 6 7 (local.get $blue) (local.get $blue)))
          (i16x8.add (local.get $grey8)
            (i8x16.shuffle 8 9 8 9 10 11 10 11 12 13 12 13 14 15 14 15 (local.get $blue) (local.get $blue)))))
        (local.set $pixels4
          (i8x16.shuffle 4 5 6 7 12 13 14 15 16 17 18 19 24 25 26 27 (local.get $pixels0) (local.get $pixels8)))
        (v128.store (local.get $rgb) (v128.or
          (i8x16.swizzle (local.get $pixels0) (local.get $pixelsTo0))
          (i8x16.swizzle (local.get $blue) (local.get $blueTo0))))
        (v128.store offset=16 (local.get $rgb) (v128.or
          (i8x16.swizzle (local.get $pixels4) (local.get $pixelsTo16))
          (i8x16.swizzle (local.get $blue) (local.get $blueTo16))))
        (v128.store offset=32 (local.get $rgb) (v128.or
          (i8x16.swizzle (local.get $pixels8) (local.get $pixelsTo32))
          (i8x16.swizzle (local.get $blue) (local.get $blueTo32))))
        (local.set $luma (i32.add (local.get $luma) (i32.const 16)))
        (local.set $blueness (i32.add (local.get $blueness) (i32.const 8)))
        (local.set $redness (i32.add (local.get $redness) (i32.const 8)))
        (local.set $rgb (i32.add (local.get $rgb) (i32.const 48)))
        (br_if $nextSixteen (i32.lt_u (local.get $luma) (local.get $rowEnd))))
      ;; The next row begins where this one ended; the lower one of two has the colours of the upper one.
      (local.set $excess (i32.sub (local.get $luma) (local.get $rowEnd)))
      (local.set $luma (local.get $rowEnd))
      (local.set $rgb (i32.sub (local.get $rgb) (i32.mul (local.get $excess) (i32.const 3))))
      (local.set $excess (i32.add (i32.shr_u (local.get $excess) (i32.const 1)) (local.get $back)))
      (local.set $blueness (i32.sub (local.get $blueness) (local.get $excess)))
      (local.set $redness (i32.sub (local.get $redness) (local.get $excess)))
      (local.set $back (i32.sub (i32.shr_u (local.get $pixels) (i32.const 1)) (local.get $back)))
      (br_if $nextRow (i32.lt_u (local.get $luma) (local.get $end)))))

  ;; The upper halves of the products of eight pairs of numbers.
  (func $product (param $a v128) (param $b v128) (result v128)
    (i16x8.narrow_i32x4_s
      (i32x4.shr_s (i32x4.extmul_low_i16x8_s (local.get $a) (local.get $b)) (i32.const 16))
      (i32x4.shr_s (i32x4.extmul_high_i16x8_s (local.get $a) (local.get $b)) (i32.const 16)))))
