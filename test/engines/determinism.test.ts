// Deterministic stores: every operator whose NaNs the specification leaves open gives the canonical one, whatever its operands and wherever its result
// goes; relaxed operators do what the deterministic profile says.
import { describe, expect, test } from 'vitest'
import { interpreter } from '../../src/interpreter/engine.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { type Executor, Store } from '../../src/runtime/store.ts'
import { type Row, rows } from '../../src/syntax/instructions.ts'
import { F32, F64, V128, type ValType } from '../../src/syntax/types.ts'
import { type Loaded, load } from './load.ts'

const open = rows.filter((r): r is Row => r?.nan === true)

/** Bits that arithmetic meets: NaNs of each sign, signalling and with payloads, and numbers that make NaNs together. */
const BITS32 = [
  0x7fc00000n,
  0xffc00000n,
  0x7f800001n,
  0xffa12345n,
  0x7fffffffn,
  0xffd00000n,
  0x7f800000n,
  0xff800000n,
  0n,
  0x80000000n,
  0x3fc00000n,
  0xbf800000n,
]
const BITS64 = [
  0x7ff8000000000000n,
  0xfff8000000000000n,
  0x7ff0000000000001n,
  0xfff4000012345678n,
  0x7fffffffffffffffn,
  0xfffa000000000000n,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0n,
  0x8000000000000000n,
  0x3ff8000000000000n,
  0xbff0000000000000n,
]

/** The width of a row's float lanes, of its operands or its result. */
const laneWidth = (row: Row, result: boolean): 32 | 64 => {
  const t = result ? row.results[0]! : row.params[0]!
  if (t !== V128) return t === F32 ? 32 : 64
  const [to, from] = row.name.split('.') as [string, string]
  const name = result ? to : (/f(32|64)x\d/.exec(from)?.[0] ?? to)
  return name.startsWith('f32') ? 32 : 64
}

const nameOf = (t: ValType): string => (t === F32 ? 'f32' : t === F64 ? 'f64' : 'v128')
/** Integers that stand for a value: their types, how it is made of them from the parameter `at` on, and what gives its bits. */
const intsOf = (t: ValType): string => (t === F32 ? 'i32' : t === F64 ? 'i64' : 'i64 i64')
const made = (t: ValType, at: number): string =>
  t === F32
    ? `(f32.reinterpret_i32 (local.get ${at}))`
    : t === F64
      ? `(f64.reinterpret_i64 (local.get ${at}))`
      : `(i64x2.replace_lane 1 (i64x2.splat (local.get ${at})) (local.get ${at + 1}))`

/** The bits of a value, in each of the ways in which they can be seen. */
const WAYS: Record<string, (t: ValType, neg: string, value: string) => string> = {
  bits: (t, _, v) =>
    t === F32 ? `(i32.reinterpret_f32 ${v})` : t === F64 ? `(i64.reinterpret_f64 ${v})` : `(call $split ${v})`,
  local: (t, neg, v) => `(local.set $x ${v}) ${WAYS.bits!(t, neg, '(local.get $x)')}`,
  memory: (t, neg, v) =>
    `(${nameOf(t)}.store offset=3 (i32.const 4) ${v}) ${WAYS.bits!(t, neg, `(${nameOf(t)}.load offset=3 (i32.const 4))`)}`,
  call: (t, neg, v) => WAYS.bits!(t, neg, `(call $same_${nameOf(t)} ${v})`),
  block: (t, neg, v) => WAYS.bits!(t, neg, `(block $b (result ${nameOf(t)}) (br_if $b ${v} (i32.const 1)))`),
  select: (t, neg, v) => WAYS.bits!(t, neg, `(select ${v} (local.get $x) (i32.const 1))`),
  global: (t, neg, v) => `(global.set $g_${nameOf(t)} ${v}) ${WAYS.bits!(t, neg, `(global.get $g_${nameOf(t)})`)}`,
  negated: (t, neg, v) => WAYS.bits!(t, neg, `(${neg}.neg (${neg}.neg ${v}))`),
}

/** A module with a function per row and way, which takes and gives the bits as integers. */
function moduleOf(tested: readonly Row[]): string {
  const funcs = tested.flatMap((row) => {
    const t = row.results[0]!
    const slots = row.params.map((p) => (p === V128 ? 2 : 1))
    const operands = row.params.map((p, k) =>
      made(
        p,
        slots.slice(0, k).reduce((n, s) => n + s, 0),
      ),
    )
    const params = row.params.map(intsOf).join(' ')
    return Object.entries(WAYS).map(
      ([
        way,
        seen,
      ]) => `(func (export "${row.name} ${way}") (param ${params}) (result ${intsOf(t)}) (local $x ${nameOf(t)})
        ${seen(t, row.name.split('.')[0]!, `(${row.name} ${operands.join(' ')})`)})`,
    )
  })
  const types = ['f32', 'f64', 'v128']
  return `(module (memory 1)
    ${types.map((t) => `(func $same_${t} (param ${t}) (result ${t}) (local.get 0))`).join(' ')}
    (global $g_f32 (mut f32) (f32.const 0)) (global $g_f64 (mut f64) (f64.const 0)) (global $g_v128 (mut v128) (v128.const i64x2 0 0))
    (func $split (param v128) (result i64 i64) (i64x2.extract_lane 0 (local.get 0)) (i64x2.extract_lane 1 (local.get 0)))
    ${funcs.join('\n')})`
}

/** Operands for a row: every pair of bits in each lane, the third from a place of its own. */
function* operandsOf(row: Row): Generator<unknown[]> {
  const width = laneWidth(row, false)
  const bits = width === 32 ? BITS32 : BITS64
  const lane = (k: number) => bits[k % bits.length]!
  const value = (t: ValType, k: number): unknown[] => {
    if (t === F32) return [Number(lane(k)) | 0]
    if (t === F64) return [BigInt.asIntN(64, lane(k))]
    const lanes =
      width === 64 ? [lane(k), lane(k + 1)] : [lane(k) | (lane(k + 1) << 32n), lane(k + 2) | (lane(k + 3) << 32n)]
    return lanes.map((x) => BigInt.asIntN(64, x))
  }
  for (let a = 0; a < bits.length; a++)
    for (let b = 0; b < (row.params.length > 1 ? bits.length : 1); b++)
      yield row.params.flatMap((t, k) => value(t, [a, a + b, a + 2 * b + 1][k]!))
}

const isNaNBits = (width: number, x: bigint) =>
  width === 32 ? (x & 0x7fffffffn) > 0x7f800000n : (x & 0x7fffffffffffffffn) > 0x7ff0000000000000n

/** The bits of a result with its NaNs canonical, and how many there were. */
function canonical(row: Row, results: readonly unknown[]): { bits: bigint[]; nans: number } {
  const width = laneWidth(row, true)
  const all = row.results[0] === F32 ? 32n : 64n
  let nans = 0
  const bits = results.map((r) => {
    const x = BigInt.asUintN(Number(all), BigInt(r as number | bigint))
    let out = 0n
    for (let at = 0n; at < all; at += BigInt(width)) {
      const lane = BigInt.asUintN(width, x >> at)
      const nan = isNaNBits(width, lane)
      if (nan) nans++
      out |= (nan ? (width === 32 ? 0x7fc00000n : 0x7ff8000000000000n) : lane) << at
    }
    return out
  })
  return { bits, nans }
}

const unsigned = (row: Row, results: readonly unknown[]): bigint[] =>
  results.map((r) => BigInt.asUintN(row.results[0] === F32 ? 32 : 64, BigInt(r as number | bigint)))

const WAT = moduleOf(open)
const deterministic = (engine: Executor): Store => new Store(engine, {}, {}, { deterministic: true })
const loaded = new Map<Executor, Loaded>()
function on(engine: Executor): Loaded {
  let m = loaded.get(engine)
  if (m === undefined) loaded.set(engine, (m = load(engine, WAT, { store: deterministic(engine) })))
  return m
}
let plain: Loaded | undefined

test('the table marks float arithmetic, and nothing that keeps or moves bits', () => {
  const arithmetic =
    /^f(32|64)(x\d)?\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote_\w+|promote_\w+|relaxed_\w+)$/
  for (const row of rows) if (row !== undefined) expect(row.nan, row.name).toBe(arithmetic.test(row.name))
})

describe.each(Object.entries(ENGINES))('%s', (_, engine) => {
  test.each(open.map((r) => [r.name, r] as const))('%s gives the canonical NaN', (name, row) => {
    plain ??= load(interpreter, WAT)
    let nans = 0
    for (const operands of operandsOf(row)) {
      const want = canonical(row, plain.call(`${name} bits`, ...operands))
      nans += want.nans
      for (const way of Object.keys(WAYS)) {
        const got = unsigned(row, on(engine).call(`${name} ${way}`, ...operands))
        if (got.join() !== want.bits.join())
          expect(`${way} ${operands} ${got.map((x) => x.toString(16))}`).toBe(
            `${way} ${operands} ${want.bits.map((x) => x.toString(16))}`,
          )
      }
    }
    expect(nans).toBeGreaterThan(5)
  })

  test('NaNs that are only moved, negated or given another sign keep their bits', () => {
    const { call } = load(
      engine,
      `(module (func (export "neg") (param i32) (result i32) (i32.reinterpret_f32 (f32.neg (f32.reinterpret_i32 (local.get 0)))))
        (func (export "abs") (param i64) (result i64) (i64.reinterpret_f64 (f64.abs (f64.reinterpret_i64 (local.get 0)))))
        (func (export "sign") (param i64 i64) (result i64) (i64.reinterpret_f64 (f64.copysign (f64.reinterpret_i64 (local.get 0)) (f64.reinterpret_i64 (local.get 1)))))
        (func (export "negated quotient") (result i64) (i64.reinterpret_f64 (f64.neg (f64.div (f64.const 0) (f64.const 0)))))
        (func (export "sign of a sum") (result i64) (i64.reinterpret_f64 (f64.copysign (f64.const 1) (f64.add (f64.const inf) (f64.const -inf)))))
        (func (export "lesser") (param i64 i64) (result i64) (i64x2.extract_lane 0 (f64x2.pmin (i64x2.splat (local.get 0)) (i64x2.splat (local.get 1)))))
        (func (export "constant") (result i32) (i32.reinterpret_f32 (f32.const -nan:0x200001))))`,
      { store: deterministic(engine) },
    )
    const signalling = BigInt.asIntN(64, 0xfff4000012345678n)
    expect(call('neg', 0x7fa00001)).toEqual([0xffa00001 | 0])
    expect(call('abs', signalling)).toEqual([0x7ff4000012345678n])
    expect(call('sign', 0x7ff8000000000001n, -1n)).toEqual([BigInt.asIntN(64, 0xfff8000000000001n)])
    expect(call('negated quotient')).toEqual([BigInt.asIntN(64, 0xfff8000000000000n)])
    expect(call('sign of a sum')).toEqual([0x3ff0000000000000n])
    expect(call('lesser', signalling, 0n)).toEqual([signalling])
    expect(call('constant')).toEqual([0xffa00001 | 0])
  })

  test('a NaN that a host function gives is canonical', () => {
    const wrong = new Float64Array(BigUint64Array.of(0xfff8000000000001n).buffer)
    const { call } = load(
      engine,
      '(module (import "m" "f" (func $f (result f64))) (func (export "f") (result i64) (i64.reinterpret_f64 (call $f))))',
      { store: deterministic(engine), imports: { 'm.f': () => wrong[0] } },
    )
    expect(call('f')).toEqual([0x7ff8000000000000n])
  })

  test('relaxed operators do what the deterministic profile says', () => {
    const f32 = (x: number | string) => `(f32x4.splat (f32.const ${x}))`
    const bytes = (x: number) => `(v128.const i8x16 ${Array(16).fill(x).join(' ')})`
    const words = (x: number) => `(v128.const i16x8 ${Array(8).fill(x).join(' ')})`
    const ask: [string, bigint][] = [
      // Not fused: the product rounds to 1 + 2^-11 first.
      [`(f32x4.relaxed_madd ${f32(1 + 2 ** -12)} ${f32(1 + 2 ** -12)} ${f32(-(1 + 2 ** -11))})`, 0n],
      [`(f32x4.relaxed_min ${f32(0)} ${f32('-0')})`, 0x8000000080000000n],
      [`(f32x4.relaxed_max (v128.const f32x4 nan nan nan nan) ${f32(1)})`, 0x7fc000007fc00000n],
      [`(i32x4.relaxed_trunc_f32x4_s ${f32(3e9)})`, 0x7fffffff7fffffffn],
      [`(i32x4.relaxed_trunc_f32x4_u ${f32(-1)})`, 0n],
      [`(i32x4.relaxed_trunc_f64x2_u_zero (v128.const f64x2 nan 5e9))`, 0xffffffff00000000n],
      [`(i8x16.relaxed_swizzle ${bytes(7)} ${bytes(16)})`, 0n],
      [`(i8x16.relaxed_laneselect ${bytes(0x0f)} ${bytes(0x70)} ${bytes(0x3c)})`, 0x4c4c4c4c4c4c4c4cn],
      [`(i16x8.relaxed_q15mulr_s ${words(-32768)} ${words(-32768)})`, 0x7fff7fff7fff7fffn],
      [`(i16x8.relaxed_dot_i8x16_i7x16_s ${bytes(-128)} ${bytes(-128)})`, 0x7fff7fff7fff7fffn],
      [`(i32x4.relaxed_dot_i8x16_i7x16_add_s ${bytes(-128)} ${bytes(-128)} ${bytes(0)})`, 0x0000fffe0000fffen],
    ]
    const funcs = ask.map(([e], k) => `(func (export "${k}") (result i64) (i64x2.extract_lane 0 ${e}))`)
    const { call } = load(engine, `(module ${funcs.join(' ')})`, { store: deterministic(engine) })
    ask.forEach(([e, want], k) => {
      expect(BigInt.asUintN(64, call(String(k))[0] as bigint).toString(16), e).toBe(want.toString(16))
    })
  })
})
