;; An image of 48 KiB blended, thresholded and counted byte by byte, 16 at a time, n times: saturating arithmetic, averages, comparisons, masks.
(module
  (memory 1)
  (func $fill
    (local $i i32)
    (loop $l
      (i32.store (local.get $i) (i32.mul (i32.add (local.get $i) (i32.const 12345)) (i32.const 0x9e3779b1)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 49152)))))
  (func (export "run") (param $n i32) (result i32)
    (local $i i32) (local $a v128) (local $b v128) (local $mask v128) (local $count i32)
    (call $fill)
    (loop $outer
      (local.set $i (i32.const 0))
      (loop $inner
        (local.set $a (v128.load (local.get $i)))
        (local.set $b (v128.load offset=24576 (local.get $i)))
        (local.set $mask (i8x16.gt_u (local.get $a) (local.get $b)))
        (local.set $count (i32.add (local.get $count) (i32.popcnt (i8x16.bitmask (local.get $mask)))))
        (local.set $a (i8x16.add_sat_u (i8x16.avgr_u (local.get $a) (local.get $b)) (v128.and (local.get $mask) (i8x16.splat (i32.const 7)))))
        (local.set $b (i8x16.sub (i8x16.max_u (local.get $a) (local.get $b)) (i8x16.min_s (local.get $a) (local.get $b))))
        (v128.store (local.get $i) (local.get $a))
        (v128.store offset=24576 (local.get $i) (i8x16.add (local.get $b) (i8x16.splat (local.get $n))))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 24576))))
      (br_if $outer (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
    (local.get $count)))
