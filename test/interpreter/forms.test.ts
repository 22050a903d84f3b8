// Instructions that become one of register code do what they do one by one: on each engine, and on the tiered one also where a loop moves up from the middle.
import { describe, expect, test } from 'vitest'
import type { Trap } from '../../src/errors.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { load } from '../engines/load.ts'
import { tierEarly } from '../tiered/early.ts'

tierEarly()

describe.each(Object.entries(ENGINES))('%s', (_, engine) => {
  test('a loop that begins with a jump table', () => {
    const { call } = load(
      engine,
      `(module (func (export "run") (param $n i32) (result i64 i32) (local $state i32) (local $trace i64)
        (loop $next
          (block $out (block $b2 (block $b1 (block $b0 (br_table $b0 $b1 $b2 $out (local.get $state)))
            (local.set $trace (i64.add (i64.mul (local.get $trace) (i64.const 5)) (i64.const 1)))
            (local.set $state (i32.const 2)) (br $next))
            (local.set $trace (i64.add (i64.mul (local.get $trace) (i64.const 5)) (i64.const 2)))
            (local.set $state (i32.const -1)) (br $next))
            (local.set $trace (i64.add (i64.mul (local.get $trace) (i64.const 5)) (i64.const 3)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (if (i32.eqz (local.get $n)) (then (local.set $state (i32.const 1)) (br $next)))
            (local.set $state (i32.const 0)) (br $next)))
        (local.get $trace) (local.get $state)))`,
    )
    const trace = (n: number) => {
      let x = 0n
      for (let k = 0; k < n; k++) x = BigInt.asIntN(64, (x * 5n + 1n) * 5n + 3n)
      return BigInt.asIntN(64, x * 5n + 2n)
    }
    for (const n of [1, 2, 3, 50]) expect(call('run', n)).toEqual([trace(n), -1])
  })

  test('an address of 64 bits from one of 32', () => {
    const { call } = load(
      engine,
      `(module
        (func (export "up") (param i32) (result i64) (i64.add (i64.extend_i32_u (local.get 0)) (i64.const 0x1_0000_0010)))
        (func (export "down") (param i32) (result i64) (i64.add (i64.const -16) (i64.extend_i32_u (local.get 0))))
        (func (export "back") (param i32) (result i32 i32)
          (i32.wrap_i64 (i64.extend_i32_s (local.get 0))) (local.set 0 (i32.const 7)) (local.get 0)))`,
    )
    for (const x of [0, 15, 16, -1, -16, -17, 0x7fffffff]) {
      expect(call('up', x)).toEqual([BigInt(x >>> 0) + 0x1_0000_0010n])
      expect(call('down', x)).toEqual([BigInt(x >>> 0) - 16n])
      expect(call('back', x)).toEqual([x, 7])
    }
  })

  test('conditions that are negated, widened and kept', () => {
    const { call } = load(
      engine,
      `(module
        (func (export "zero") (param i64) (result i32)
          (if (result i32) (i32.eqz (i64.eqz (local.get 0))) (then (i32.const 1)) (else (i32.const 2))))
        (func (export "wide") (param i32 i32) (result i32)
          (if (result i32) (i64.eqz (i64.extend_i32_u (i32.lt_s (local.get 0) (local.get 1)))) (then (i32.const 1)) (else (i32.const 2))))
        (func (export "twice") (param f64) (result i32)
          (block (br_if 0 (i32.eqz (i32.eqz (f64.lt (local.get 0) (f64.const 1))))) (return (i32.const 1))) (i32.const 2))
        (func (export "kept") (param i32 i32) (result i32) (local $c i32)
          (block (br_if 0 (i32.eqz (local.tee $c (i32.lt_s (local.get 0) (local.get 1)))))) (local.get $c)))`,
    )
    expect([call('zero', 0n), call('zero', 1n << 32n)]).toEqual([[2], [1]])
    expect([call('wide', 1, 2), call('wide', 2, 1)]).toEqual([[2], [1]])
    expect([call('twice', 0.5), call('twice', Number.NaN)]).toEqual([[2], [1]])
    expect([call('kept', 1, 2), call('kept', 2, 1)]).toEqual([[1], [0]])
  })

  test('a sum in a local and a global, and a constant in the memory', () => {
    const { call } = load(
      engine,
      `(module (memory 1) (global $sp (mut i32) (i32.const 64))
        (func (export "push") (result i32 i32 i64) (local $sp i32)
          (global.set $sp (local.tee $sp (i32.sub (global.get $sp) (i32.const 16))))
          (i64.store offset=8 (local.get $sp) (i64.const 0x8000_0001_ffff_fffe))
          (local.get $sp) (global.get $sp) (i64.load offset=8 (local.get $sp)))
        (func (export "poke") (param i32) (i64.store (local.get 0) (i64.const -1)))
        (func (export "peek") (param i32) (result i32) (i32.load (local.get 0))))`,
    )
    for (const sp of [48, 32]) expect(call('push')).toEqual([sp, sp, BigInt.asIntN(64, 0x8000_0001_ffff_fffen)])
    let code: string | undefined
    try {
      call('poke', 65532)
    } catch (e) {
      code = (e as Trap).code
    }
    expect(code).toBe('out of bounds memory access')
    expect(call('peek', 65532)).toEqual([0])
  })

  test('values that a branch or a return takes along', () => {
    const { call } = load(
      engine,
      `(module
        (func (export "swap") (param i32 i64 i32) (result i32 i64 i32) (return (local.get 2) (local.get 1) (local.get 0)))
        (func (export "turn") (param i64 i64) (result i64 i64 i32) (local.get 1) (local.get 0) (i32.const 3))
        (func (export "block") (param i32 i32) (result i32)
          (block (result i32 i32) (local.get 1) (i32.const 9) (br_if 0 (local.get 0)) (drop) (drop) (i32.const 1) (local.get 1))
          (i32.sub)))`,
    )
    expect(call('swap', 1, 2n, 3)).toEqual([3, 2n, 1])
    expect(call('turn', 1n, 2n << 40n)).toEqual([2n << 40n, 1n, 3])
    expect([call('block', 1, 20), call('block', 0, 20)]).toEqual([[11], [-19]])
  })
})
