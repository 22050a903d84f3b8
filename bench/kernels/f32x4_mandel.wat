;; The Mandelbrot set on n lines of 256 points, four at a time, at most 64 steps each; points that have left are masked.
(module
  (func (export "run") (param $n i32) (result i32)
    (local $line i32) (local $col i32) (local $step i32) (local $total i32)
    (local $cx v128) (local $cy v128) (local $x v128) (local $y v128) (local $xx v128) (local $yy v128) (local $inside v128) (local $count v128)
    (loop $lines
      (local.set $cy (f32x4.splat (f32.sub (f32.div (f32.convert_i32_s (i32.and (local.get $line) (i32.const 255))) (f32.const 128)) (f32.const 1))))
      (local.set $col (i32.const 0))
      (loop $points
        (local.set $cx (f32x4.sub
          (f32x4.mul
            (f32x4.add (f32x4.splat (f32.convert_i32_s (local.get $col))) (v128.const f32x4 0 1 2 3))
            (v128.const f32x4 0.01 0.01 0.01 0.01))
          (v128.const f32x4 2 2 2 2)))
        (local.set $x (local.get $cx))
        (local.set $y (local.get $cy))
        (local.set $count (v128.const i32x4 0 0 0 0))
        (local.set $step (i32.const 64))
        (block $done
          (loop $steps
            (local.set $xx (f32x4.mul (local.get $x) (local.get $x)))
            (local.set $yy (f32x4.mul (local.get $y) (local.get $y)))
            (local.set $inside (f32x4.le (f32x4.add (local.get $xx) (local.get $yy)) (v128.const f32x4 4 4 4 4)))
            (br_if $done (i32.eqz (v128.any_true (local.get $inside))))
            (local.set $count (i32x4.sub (local.get $count) (local.get $inside)))
            (local.set $y (f32x4.add (f32x4.mul (f32x4.add (local.get $x) (local.get $x)) (local.get $y)) (local.get $cy)))
            (local.set $x (f32x4.add (f32x4.sub (local.get $xx) (local.get $yy)) (local.get $cx)))
            (br_if $steps (local.tee $step (i32.sub (local.get $step) (i32.const 1))))))
        (local.set $total (i32.add (local.get $total)
          (i32.add
            (i32.add (i32x4.extract_lane 0 (local.get $count)) (i32x4.extract_lane 1 (local.get $count)))
            (i32.add (i32x4.extract_lane 2 (local.get $count)) (i32x4.extract_lane 3 (local.get $count))))))
        (br_if $points (i32.lt_u (local.tee $col (i32.add (local.get $col) (i32.const 4))) (i32.const 256))))
      (br_if $lines (i32.lt_u (local.tee $line (i32.add (local.get $line) (i32.const 1))) (local.get $n))))
    (local.get $total)))
