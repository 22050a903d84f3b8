;; A pair of bytes searched for in a text of 48 KiB, 16 places at a time, n times: comparisons, an intersection, a test, the mask where there is one.
(module
  (memory 1)
  (func $fill
    (local $i i32) (local $x i32)
    (loop $l
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store8 (local.get $i) (i32.add (i32.const 32) (i32.rem_u (i32.shr_u (local.get $x) (i32.const 16)) (i32.const 95))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 49168)))))
  (func (export "run") (param $n i32) (result i32)
    (local $i i32) (local $hits v128) (local $found i32)
    (call $fill)
    (loop $outer
      (local.set $i (i32.const 0))
      (loop $inner
        (local.set $hits (v128.and
          (i8x16.eq (v128.load (local.get $i)) (i8x16.splat (i32.const 113)))
          (i8x16.eq (v128.load offset=1 (local.get $i)) (i8x16.splat (i32.const 117)))))
        (if (v128.any_true (local.get $hits))
          (then (local.set $found (i32.add (i32.mul (local.get $found) (i32.const 31))
            (i32.add (local.get $i) (i32.ctz (i8x16.bitmask (local.get $hits))))))))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 49152))))
      (br_if $outer (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
    (local.get $found)))
