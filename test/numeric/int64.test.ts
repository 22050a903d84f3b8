// The arithmetic of i64 and of 128 bits against BigInt, on operands whose sizes and neighbourhoods vary; division has several paths.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as bits from '../../src/numeric/bits.ts'
import * as i64 from '../../src/numeric/i64.ts'
import { ret } from '../../src/numeric/ret.ts'
import * as wideOps from '../../src/numeric/wide.ts'
import { I64 } from '../../src/syntax/types.ts'
import { edges } from './edges.ts'
import { intSlots } from './operators.ts'

const MASK = (1n << 64n) - 1n
const signed = (x: bigint) => BigInt.asIntN(64, x)
const word = (lo: number, hi: number) => BigInt(lo >>> 0) | (BigInt(hi >>> 0) << 32n)

/** Bits of any length, so that quotients of all sizes occur. */
const sized = fc
  .tuple(fc.bigInt({ min: 0n, max: MASK }), fc.integer({ min: 0, max: 63 }), fc.boolean())
  .map(([x, drop, negative]) => {
    const y = x >> BigInt(drop)
    return negative ? -y & MASK : y
  })

type Binary = (al: number, ah: number, bl: number, bh: number) => number
function run(op: Binary, a: bigint, b: bigint): bigint {
  const [al, ah, bl, bh] = intSlots([I64, I64], [a, b]) as [number, number, number, number]
  const lo = op(al, ah, bl, bh)
  return word(lo, ret.hi)
}

const binaries: readonly [string, Binary, (a: bigint, b: bigint) => bigint][] = [
  ['i64_mul', i64.i64_mul, (a, b) => a * b],
  ['i64_div_u', i64.i64_div_u, (a, b) => a / b],
  ['i64_rem_u', i64.i64_rem_u, (a, b) => a % b],
  ['i64_div_s', i64.i64_div_s, (a, b) => signed(a) / signed(b)],
  ['i64_rem_s', i64.i64_rem_s, (a, b) => signed(a) % signed(b)],
]

describe('64 bits', () => {
  test.each(binaries)('%s', (name, op, oracle) => {
    const check = (a: bigint, b: bigint) => {
      if (/div|rem/.test(name) && (b === 0n || (a === 1n << 63n && b === MASK))) return
      const got = run(op, a, b)
      const want = oracle(a, b) & MASK
      if (got !== want) throw new Error(`${name}(0x${a.toString(16)}, 0x${b.toString(16)}): ${got}, not ${want}`)
    }
    fc.assert(fc.property(sized, sized, check), { numRuns: 30_000 })
    // Dividends around multiples of the divisor: where an estimate is off by one.
    fc.assert(
      fc.property(sized, sized, fc.constantFrom(-1n, 0n, 1n), (b, q, d) => check((b * q + d) & MASK, b)),
      { numRuns: 30_000 },
    )
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 0xffffffffn }),
        fc.bigInt({ min: 1n << 32n, max: MASK }),
        fc.constantFrom(-1n, 0n, 1n),
        (q, b, d) => check(b * q + d <= MASK ? b * q + d : (MASK / b) * b + d - 1n, b),
      ),
      { numRuns: 30_000 },
    )
  })
})

/** The four slots of a 128-bit result. */
const wide = (lo: number) => word(lo, ret.hi) | (word(ret.i[2]!, ret.i[3]!) << 64n)
const halves = (x: bigint) => [x & MASK, (x >> 64n) & MASK] as const

type Quad = (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => number
const quads: readonly [string, Quad, (a: bigint, b: bigint) => bigint][] = [
  ['i64_add128', wideOps.i64_add128, (a, b) => a + b],
  ['i64_sub128', wideOps.i64_sub128, (a, b) => a - b],
]
const products: readonly [string, Binary, (a: bigint, b: bigint) => bigint][] = [
  ['i64_mul_wide_u', wideOps.i64_mul_wide_u, (a, b) => a * b],
  ['i64_mul_wide_s', wideOps.i64_mul_wide_s, (a, b) => signed(a) * signed(b)],
]

describe('128 bits', () => {
  const any = fc.oneof(sized, fc.constantFrom(...edges(I64)))
  const pair = fc.tuple(any, any).map(([lo, hi]) => lo | (hi << 64n))

  test.each(quads)('%s', (_, op, oracle) => {
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const slots = intSlots([I64, I64, I64, I64], [...halves(a), ...halves(b)])
        const lo = op(...(slots as Parameters<Quad>))
        expect(wide(lo)).toBe(BigInt.asUintN(128, oracle(a, b)))
      }),
      { numRuns: 20_000 },
    )
  })

  test.each(products)('%s', (_, op, oracle) => {
    const check = (a: bigint, b: bigint) => {
      const lo = op(...(intSlots([I64, I64], [a, b]) as Parameters<Binary>))
      const got = wide(lo)
      const want = BigInt.asUintN(128, oracle(a, b))
      if (got !== want) throw new Error(`0x${a.toString(16)} * 0x${b.toString(16)}: 0x${got.toString(16)}`)
    }
    for (const a of edges(I64)) for (const b of edges(I64)) check(a, b)
    fc.assert(fc.property(any, any, check), { numRuns: 20_000 })
  })
})

test('halves of a bigint are its bits modulo 2^64, and back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 70n), max: 1n << 70n }), (x) => {
      const lo = bits.i64_to_halves(x)
      expect(word(lo, ret.hi)).toBe(x & MASK)
      expect(bits.i64_from_halves(lo, ret.hi)).toBe(signed(x))
      expect(bits.i64_wrap(x)).toBe(signed(x))
    }),
  )
  expect(() => bits.i64_wrap(1 as unknown as bigint)).toThrow(TypeError)
  expect(bits.i64_wrap('12' as unknown as bigint)).toBe(12n)
})
