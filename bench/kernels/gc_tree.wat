;; A binary search tree of n pseudo-random keys with three kinds of node under one supertype: inserted, searched, its depths summed.
(module
  (rec
    (type $tree (sub (struct (field $key i32))))
    (type $leaf (sub final $tree (struct (field $key i32) (field $count (mut i32)))))
    (type $branch (sub final $tree (struct (field $key i32) (field $left (mut (ref $tree))) (field $right (mut (ref $tree)))))))
  (func $insert (param $t (ref $tree)) (param $key i32) (result (ref $tree))
    (local $b (ref null $branch)) (local $leaf (ref null $leaf))
    (block $isBranch (result (ref $branch))
      (local.set $leaf (ref.cast (ref $leaf) (br_on_cast $isBranch (ref $tree) (ref $branch) (local.get $t))))
      (if (i32.eq (local.get $key) (struct.get $leaf $key (local.get $leaf)))
        (then
          (struct.set $leaf $count (local.get $leaf) (i32.add (struct.get $leaf $count (local.get $leaf)) (i32.const 1)))
          (return (local.get $t))))
      (return
        (if (result (ref $tree)) (i32.lt_s (local.get $key) (struct.get $leaf $key (local.get $leaf)))
          (then (struct.new $branch (struct.get $leaf $key (local.get $leaf)) (struct.new $leaf (local.get $key) (i32.const 1)) (local.get $t)))
          (else (struct.new $branch (local.get $key) (local.get $t) (struct.new $leaf (local.get $key) (i32.const 1)))))))
    (local.set $b)
    (if (i32.lt_s (local.get $key) (struct.get $branch $key (local.get $b)))
      (then (struct.set $branch $left (local.get $b) (call $insert (struct.get $branch $left (local.get $b)) (local.get $key))))
      (else (struct.set $branch $right (local.get $b) (call $insert (struct.get $branch $right (local.get $b)) (local.get $key)))))
    (local.get $t))
  (func $count (param $t (ref $tree)) (param $key i32) (result i32)
    (local $b (ref null $branch))
    (loop $down
      (if (ref.test (ref $branch) (local.get $t))
        (then
          (local.set $b (ref.cast (ref $branch) (local.get $t)))
          (local.set $t
            (if (result (ref $tree)) (i32.lt_s (local.get $key) (struct.get $branch $key (local.get $b)))
              (then (struct.get $branch $left (local.get $b)))
              (else (struct.get $branch $right (local.get $b)))))
          (br $down))))
    (if (result i32) (i32.eq (struct.get $tree $key (local.get $t)) (local.get $key))
      (then (struct.get $leaf $count (ref.cast (ref $leaf) (local.get $t))))
      (else (i32.const 0))))
  (func $depths (param $t (ref $tree)) (param $depth i32) (result i32)
    (local $b (ref null $branch))
    (if (ref.test (ref $leaf) (local.get $t)) (then (return (local.get $depth))))
    (local.set $b (ref.cast (ref $branch) (local.get $t)))
    (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
    (i32.add
      (call $depths (struct.get $branch $left (local.get $b)) (local.get $depth))
      (call $depths (struct.get $branch $right (local.get $b)) (local.get $depth))))
  (func (export "run") (param $n i32) (result i32)
    (local $t (ref null $tree)) (local $i i32) (local $x i32) (local $found i32)
    (local.set $t (struct.new $leaf (i32.const 0) (i32.const 1)))
    (loop $l
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
      (local.set $t (call $insert (ref.as_non_null (local.get $t)) (i32.shr_s (local.get $x) (i32.const 8))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (loop $l
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 22695477)) (i32.const 1)))
      (local.set $found (i32.add (local.get $found) (call $count (ref.as_non_null (local.get $t)) (i32.shr_s (local.get $x) (i32.const 8)))))
      (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (i32.add (local.get $found) (call $depths (ref.as_non_null (local.get $t)) (i32.const 0)))))
