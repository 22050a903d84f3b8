;; Particles in a field, four at a time, n steps over 4,096 of them: loads, arithmetic, min and max, square roots, a comparison, stores.
(module
  (memory 1)
  (func $fill
    (local $i i32)
    (loop $l
      (f32.store (local.get $i) (f32.div (f32.convert_i32_s (i32.sub (i32.rem_u (i32.mul (local.get $i) (i32.const 2654435)) (i32.const 2001)) (i32.const 1000))) (f32.const 500)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 49152)))))
  (func (export "run") (param $n i32) (result f64)
    (local $i i32) (local $x v128) (local $y v128) (local $v v128) (local $r v128) (local $dt v128) (local $sum v128)
    (call $fill)
    (local.set $dt (f32x4.splat (f32.const 0.01)))
    (loop $outer
      (local.set $i (i32.const 0))
      (local.set $sum (v128.const f32x4 0 0 0 0))
      (loop $inner
        (local.set $x (v128.load (local.get $i)))
        (local.set $y (v128.load offset=16384 (local.get $i)))
        (local.set $v (v128.load offset=32768 (local.get $i)))
        (local.set $r (f32x4.add (f32x4.add (f32x4.mul (local.get $x) (local.get $x)) (f32x4.mul (local.get $y) (local.get $y))) (v128.const f32x4 0.5 0.5 0.5 0.5)))
        (local.set $v (f32x4.sub (local.get $v) (f32x4.div (f32x4.mul (local.get $x) (local.get $dt)) (f32x4.mul (local.get $r) (f32x4.sqrt (local.get $r))))))
        (local.set $v (f32x4.min (f32x4.max (local.get $v) (v128.const f32x4 -2 -2 -2 -2)) (v128.const f32x4 2 2 2 2)))
        (local.set $x (f32x4.add (local.get $x) (f32x4.mul (local.get $v) (local.get $dt))))
        (local.set $x (v128.bitselect (f32x4.neg (local.get $x)) (local.get $x) (f32x4.gt (f32x4.abs (local.get $x)) (v128.const f32x4 4 4 4 4))))
        (v128.store (local.get $i) (local.get $x))
        (v128.store offset=32768 (local.get $i) (local.get $v))
        (local.set $sum (f32x4.add (local.get $sum) (local.get $x)))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 16384))))
      (br_if $outer (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
    (f64.promote_f32
      (f32.add
        (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
        (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum)))))))
