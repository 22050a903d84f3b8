// Two engines as one: functions and loops that move up in the middle of a call go on with the same values, leave by every way, and have their frames in
// backtraces once and in order.
import { describe, expect, test } from 'vitest'
import { sizes } from '../../src/compiler/split.ts'
import { Trap } from '../../src/errors.ts'
import { Moved } from '../../src/interpreter/machine.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { V128Value } from '../../src/runtime/values.ts'
import { tiering } from '../../src/tiered/engine.ts'
import { load } from '../engines/load.ts'
import { tierEarly } from './early.ts'

const { tiered, compiler, interpreter } = ENGINES as Record<string, (typeof ENGINES)[string]> as {
  tiered: (typeof ENGINES)[string]
  compiler: (typeof ENGINES)[string]
  interpreter: (typeof ENGINES)[string]
}
tierEarly()
Error.stackTraceLimit = 100

/** What calls give, values or the trap's frames, on one engine. */
function outcomes(engine: typeof tiered, wat: string, calls: readonly (readonly [string, ...unknown[]])[]): unknown[] {
  const instance = load(engine, wat)
  return calls.map(([name, ...args]) => {
    try {
      return instance.call(name, ...args)
    } catch (e) {
      if (e instanceof Trap) return [e.code, e.frames.map((f) => [f.host ? 'host' : f.func, f.offset])]
      throw e
    }
  })
}

function same(wat: string, ...calls: (readonly [string, ...unknown[]])[]): void {
  const expected = outcomes(interpreter, wat, calls)
  expect(outcomes(tiered, wat, calls)).toEqual(expected)
  expect(outcomes(compiler, wat, calls)).toEqual(expected)
}

describe('a loop that moves up in its first call', () => {
  const everything = `(module (memory (export "m") 1) (global $g (mut i64) (i64.const 5))
    (func (export "f") (param $n i32) (param $r externref) (result i32 i64 f64 f32 externref)
      (local $i i32) (local $q i64) (local $d f64) (local $s f32) (local $keep externref)
      (local.set $d (f64.const 0.5)) (local.set $s (f32.const 1.5)) (local.set $q (i64.const -3))
      (i32.const 1000)
      (block $out (result i32)
        (loop $top (result i32)
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (local.set $q (i64.add (i64.mul (local.get $q) (i64.const 0x100000001b3)) (i64.extend_i32_s (local.get $i))))
          (local.set $d (f64.add (f64.mul (local.get $d) (f64.const 0.99)) (f64.convert_i32_s (local.get $i))))
          (local.set $s (f32.add (local.get $s) (f32.const 0.25)))
          (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (local.get $q)))
          (if (i32.eq (i32.and (local.get $i) (i32.const 15)) (i32.const 7)) (then (local.set $keep (local.get $r))))
          (if (i32.eq (local.get $i) (i32.const 40)) (then (return (i32.const -1) (local.get $q) (local.get $d) (local.get $s) (local.get $keep))))
          (drop (br_if $out (i32.mul (local.get $i) (i32.const 3)) (i32.eq (local.get $i) (local.get $n))))
          (br_if $top (i32.ne (local.get $i) (i32.const 60)))
          (local.get $i)))
      (i32.add) (local.get $q) (local.get $d) (local.get $s) (local.get $keep)))`

  test('keeps its variables and leaves by its end, a branch and a return', () => {
    const r = { some: 'object' }
    for (const n of [1, 2, 5, 9, 30, 39, 41, 100]) same(everything, ['f', n, r], ['f', n, r])
  })

  test('also in pieces', () => {
    const usual = { ...sizes }
    Object.assign(sizes, { whole: 200, left: 100, piece: 4000, chunk: 150, least: -1000 })
    try {
      same(everything, ['f', 30, null], ['f', 50, 7])
    } finally {
      Object.assign(sizes, usual)
    }
  })

  test('and in the loops around it', () =>
    same(
      `(module (func (export "f") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $a i32)
        (block $done
          (loop $outer
            (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
            (local.set $j (i32.const 0))
            (loop $inner
              (local.set $a (i32.add (i32.mul (local.get $a) (i32.const 31)) (local.get $j)))
              (local.set $j (i32.add (local.get $j) (i32.const 1)))
              (if (i32.eq (i32.rem_u (local.get $a) (i32.const 97)) (i32.const 5)) (then (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $outer)))
              (br_if $inner (i32.lt_u (local.get $j) (i32.const 9))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $outer)))
        (local.get $a)))`,
      ...[0, 1, 3, 8, 20, 100].map((n) => ['f', n] as const),
    ))

  // Float vectors, one of each form, that hold signalling NaNs too; one of integers; one that waits on the stack; a product whose signalling NaN has to be told.
  const vectors = `(module (memory 1) (data (i32.const 16) "\\01\\00\\a0\\7f\\00\\00\\80\\3f\\00\\00\\00\\40\\00\\00\\40\\40")
    (func (export "f") (param $n i32) (param $p v128) (param $w v128) (result v128 v128 v128 v128) (local $i i32) (local $a v128) (local $d v128) (local $k v128)
      (local.set $a (v128.load (i32.const 16)))
      (f32x4.add (local.get $p) (v128.const f32x4 0.5 0.25 -1 8))
      (loop $l
        (local.set $a (f32x4.add (f32x4.mul (local.get $a) (v128.const f32x4 1 0.5 0.5 0.5)) (f32x4.min (local.get $p) (f32x4.sqrt (local.get $a)))))
        (local.set $d (f64x2.add (local.get $d) (f64x2.mul (local.get $w) (f64x2.splat (f64.convert_i32_s (local.get $i))))))
        (local.set $w (f64x2.div (local.get $w) (v128.const f64x2 3 -7)))
        (local.set $k (i32x4.add (local.get $k) (i32x4.mul (i32x4.splat (local.get $i)) (v128.const i32x4 1 -2 3 0x7fffffff))))
        (if (i32.and (local.get $i) (i32.const 1)) (then (local.set $p (f32x4.abs (f32x4.neg (local.get $p))))))
        (v128.store (i32.const 64) (local.get $a))
        (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (f32x4.sub (local.get $a)) (local.get $d) (local.get $k) (local.get $p)))`

  test('with vectors in variables and on the stack', () => {
    const lanes = (array: ArrayBufferView) => new V128Value(new Int32Array(array.buffer))
    const p = lanes(Float32Array.of(1.5, -2.25, Number.NaN, 1e30))
    const w = lanes(Float64Array.of(1e200, -0.1))
    const signalling = lanes(Int32Array.of(0x7fa00001, 0x7f800001, 1, -1))
    for (const n of [1, 2, 3, 4, 5, 9, 40])
      same(vectors, ['f', n, p, w], ['f', n, signalling, signalling], ['f', n, p, w])
  })

  test('not where a handler would find its variables', () =>
    same(
      `(module (tag $t) (func $throw (param i32) (if (i32.gt_u (local.get 0) (i32.const 20)) (then (throw $t))))
        (func (export "f") (result i32) (local $i i32)
          (block $caught (try_table (catch_all $caught)
            (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (call $throw (local.get $i)) (br $l))))
          (local.get $i)))`,
      ['f'],
    ))
})

describe('frames', () => {
  // c is called by what is interpreted and what is compiled, and traps at last.
  const wat = `(module
    (func $c (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
    (func $b (param i32) (result i32) (local $i i32) (local $a i32)
      (loop $l
        (local.set $a (i32.add (local.get $a) (call $c (i32.sub (local.get 0) (local.get $i)))))
        (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 12))))
      (local.get $a))
    (func $a (export "a") (param i32) (result i32) (i32.add (call $b (local.get 0)) (i32.const 1)))
    (func (export "once") (param i32) (result i32) (call $a (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (call $a (i32.const 5))) (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))))))`

  test.each([11, 7, 3, 1])('of a trap at turn %d of a loop', (n) =>
    same(wat, ['a', n], ['once', n], ['a', 20], ['a', 30], ['a', 40], ['once', n], ['a', n]),
  )

  test('of calls that moved up between others', () => same(wat, ['deep', 1], ['deep', 2], ['deep', 3]))
})

test('chains of tail calls between functions of both engines take constant stack', () => {
  const wat = `(module (type $t (func (param i32) (result i32))) (table funcref (elem $even $odd))
    (func $even (export "even") (type $t) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
      (else (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
    (func $odd (type $t) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0)) (else (return_call $even (i32.sub (local.get 0) (i32.const 1)))))))`
  same(wat, ['even', 100_001], ['even', 200_000])
})

test('endless recursion ends on both engines together', () => {
  const wat = `(module (func $f (export "f") (param i32) (result i32) (i32.add (call $g (local.get 0)) (i32.const 1)))
    (func $g (param i32) (result i32) (call $f (i32.add (local.get 0) (i32.const 1)))))`
  const instance = load(tiered, wat)
  for (let k = 0; k < 3; k++) expect(() => instance.call('f', 0)).toThrow(/call stack exhausted/)
})

test('a small module is the compiler’s from the start, a large one begins in the interpreter', () => {
  const early = { ...tiering }
  const wat = '(module (func (export "f") (result i32) (i32.const 1)))'
  Object.assign(tiering, { least: 1000 })
  const small = load(tiered, wat)
  small.call('f')
  expect(small.inst.funcs[0]!.engine).toBeUndefined()
  Object.assign(tiering, early)
  const large = load(tiered, wat)
  large.call('f')
  expect(large.inst.funcs[0]!.engine).toBeDefined()
  const before = large.inst.funcs[0]!.code
  for (let k = 0; k < 6; k++) large.call('f')
  expect(large.inst.funcs[0]!.code).not.toBe(before)
})

test('functions wait less when time has passed', () => {
  const usual = { ...tiering }
  const wat = '(module (func (export "f") (result i32) (i32.const 1)))'
  const calls = () => {
    const { inst, call } = load(tiered, wat)
    let n = 0
    for (; !(inst.funcs[0]!.engine instanceof Moved); n++) call('f')
    return n
  }
  try {
    Object.assign(tiering, { heat: 800, young: 1e9 })
    expect(calls()).toBe(1 + 800)
    Object.assign(tiering, { young: -1e9, halves: 1 })
    expect(calls()).toBe(1 + 100)
  } finally {
    Object.assign(tiering, usual)
  }
})

test('the more has moved up the longer the next function waits', () => {
  const usual = { ...tiering }
  Object.assign(tiering, { eager: 1, patience: 4 })
  try {
    const { inst, call } = load(
      tiered,
      '(module (func (export "f") (result i32) (i32.const 1)) (func (export "g") (result i32) (i32.const 2)))',
    )
    /** How often a function is called until it has moved up. */
    const calls = (name: string, index: number) => {
      let n = 0
      while (!(inst.funcs[index]!.engine instanceof Moved) && n < 100) {
        call(name)
        n++
      }
      return n
    }
    const first = calls('f', 0)
    expect([first, calls('g', 1)]).toEqual([1 + 3, 1 + 3 * 4])
    expect(call('g')).toEqual([2])
  } finally {
    Object.assign(tiering, usual)
  }
})
