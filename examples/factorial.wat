;; Run it with `npx anywasm run --invoke factorial examples/factorial.wat 20`.
(module $factorial
  (func (export "factorial") (param $n i64) (result i64)
    (if (result i64) (i64.le_s (local.get $n) (i64.const 1))
      (then (i64.const 1))
      (else (i64.mul (local.get $n) (call 0 (i64.sub (local.get $n) (i64.const 1))))))))
