;; A hash of 4 lanes over 64 KiB of memory, n times: loads, multiplications, rotations, comparisons, stores.
(module
  (memory 1)
  (func $fill
    (local $i i32)
    (loop $l
      (i32.store (local.get $i) (i32.mul (local.get $i) (i32.const 0x9e3779b1)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536)))))
  (func (export "run") (param $n i32) (result i32)
    (local $i i32) (local $acc v128) (local $x v128)
    (call $fill)
    (local.set $acc (v128.const i32x4 1 2 3 4))
    (loop $outer
      (local.set $i (i32.const 0))
      (loop $inner
        (local.set $x (i32x4.mul (v128.load (local.get $i)) (v128.const i32x4 0x85ebca77 0x85ebca77 0x85ebca77 0x85ebca77)))
        (local.set $x (v128.or (i32x4.shl (local.get $x) (i32.const 13)) (i32x4.shr_u (local.get $x) (i32.const 19))))
        (local.set $acc (i32x4.add (v128.xor (local.get $acc) (local.get $x)) (i32x4.shr_s (local.get $acc) (i32.const 3))))
        (local.set $x (v128.bitselect (local.get $x) (local.get $acc) (i32x4.gt_s (local.get $x) (local.get $acc))))
        (v128.store (local.get $i) (i32x4.sub (local.get $x) (i32x4.max_u (local.get $acc) (local.get $x))))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const 65536))))
      (br_if $outer (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
    (i32.add
      (i32.xor (i32x4.extract_lane 0 (local.get $acc)) (i32x4.extract_lane 1 (local.get $acc)))
      (i32.xor (i32x4.extract_lane 2 (local.get $acc)) (i32x4.extract_lane 3 (local.get $acc))))))
