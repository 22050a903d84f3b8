;; A text of 48 KiB, 16 bytes at a time, n times: its lines counted, ASCII letters made lower case in place, whether all of it is ASCII.
(module
  (memory 1)
  (func $fill
    (local $i i32) (local $x i32)
    (loop $l
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store8 (local.get $i) (select (i32.const 10) (i32.add (i32.const 32) (i32.rem_u (i32.shr_u (local.get $x) (i32.const 16)) (i32.const 95))) (i32.lt_u (local.get $x) (i32.const 0x06000000))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 49152)))))
  (func (export "run") (param $n i32) (result i32)
    (local $i i32) (local $x v128) (local $high v128) (local $lines i32)
    (call $fill)
    (loop $outer
      (local.set $i (i32.const 0))
      (loop $inner
        (local.set $x (v128.load (local.get $i)))
        (local.set $high (v128.or (local.get $high) (local.get $x)))
        (local.set $lines (i32.add (local.get $lines) (i32.popcnt (i8x16.bitmask (i8x16.eq (local.get $x) (i8x16.splat (i32.const 10)))))))
        (v128.store (local.get $i)
          (i8x16.add (local.get $x)
            (v128.and (i8x16.splat (i32.const 32))
              (i8x16.lt_u (i8x16.sub (local.get $x) (i8x16.splat (i32.const 65))) (i8x16.splat (i32.const 26))))))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 49152))))
      (br_if $outer (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
    (i32.add (local.get $lines) (i8x16.bitmask (local.get $high)))))
