;; A linked list: n nodes made, reversed, summed, filtered, ten times over.
(module
  (type $node (sub (struct (field $value i32) (field $next (mut (ref null $node))))))
  (func $make (param $n i32) (result (ref null $node))
    (local $list (ref null $node))
    (loop $l
      (local.set $list (struct.new $node (local.get $n) (local.get $list)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $list))
  (func $reverse (param $list (ref null $node)) (result (ref null $node))
    (local $done (ref null $node)) (local $next (ref null $node))
    (block $end
      (loop $l
        (br_if $end (ref.is_null (local.get $list)))
        (local.set $next (struct.get $node $next (local.get $list)))
        (struct.set $node $next (local.get $list) (local.get $done))
        (local.set $done (local.get $list))
        (local.set $list (local.get $next))
        (br $l)))
    (local.get $done))
  (func $sum (param $list (ref null $node)) (result i32)
    (local $s i32)
    (block $end
      (loop $l
        (br_if $end (ref.is_null (local.get $list)))
        (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31)) (struct.get $node $value (local.get $list))))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $l)))
    (local.get $s))
  (func $filter (param $list (ref null $node)) (result (ref null $node))
    (local $out (ref null $node))
    (block $end
      (loop $l
        (br_if $end (ref.is_null (local.get $list)))
        (if (i32.and (struct.get $node $value (local.get $list)) (i32.const 3))
          (then (local.set $out (struct.new $node (struct.get $node $value (local.get $list)) (local.get $out)))))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $l)))
    (local.get $out))
  (func (export "run") (param $n i32) (result i32)
    (local $round i32) (local $s i32) (local $list (ref null $node))
    (loop $l
      (local.set $list (call $reverse (call $make (local.get $n))))
      (local.set $s (i32.xor (local.get $s) (call $sum (local.get $list))))
      (local.set $s (i32.add (local.get $s) (call $sum (call $filter (local.get $list)))))
      (br_if $l (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 10))))
    (local.get $s)))
