// Every vector operator against the host's WebAssembly, lane by lane, at even and odd slots and with the result on an operand.
// The host has no relaxed operators: they are held against their strict counterparts or against plain arithmetic.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Lanes } from '../../src/numeric/lanes.ts'
import type { Row } from '../../src/syntax/instructions.ts'
import { F32, F64, I32, I64, V128, type ValType } from '../../src/syntax/types.ts'
import { edges } from './edges.ts'
import { hostModule, vectorFunc } from './host-module.ts'
import {
  allowed,
  exactNaN,
  member,
  resultBits,
  usesVectors,
  valueRows,
  vectorOps,
  width,
  withScalar,
} from './operators.ts'

const vectorRows = valueRows.filter(usesVectors)
const strict = vectorRows.filter((r) => r.feature === 'simd')
const relaxed = vectorRows.filter((r) => r.feature === 'relaxed-simd')

/** Shuffles: the identities, a reversal, an interleaving, and mixtures. */
const SHUFFLES = [
  (k: number) => k,
  (k: number) => 16 + k,
  (k: number) => 31 - 2 * k,
  (k: number) => (k % 2) * 16 + (k >> 1),
  (k: number) => (k * 7 + 3) % 32,
].map((f) => Uint8Array.from({ length: 16 }, (_, k) => f(k)))

/** The immediates to test an operator with. */
function immediates(row: Row): readonly Uint8Array[] {
  if (row.imms.includes('lanes16')) return SHUFFLES
  if (row.imms.includes('lane')) return Array.from({ length: row.lanes }, (_, k) => Uint8Array.of(k))
  return [new Uint8Array(0)]
}

const host = hostModule(
  strict.flatMap((r) =>
    immediates(r).map((imms, i) => vectorFunc(`${member(r)} ${i}`, r.op, [...imms], r.params, r.results[0]!)),
  ),
) as Record<string, (...args: (number | bigint)[]) => number | bigint> & { memory: WebAssembly.Memory }
const memory = new Uint8Array((host.memory as WebAssembly.Memory).buffer)

const lanes = new Lanes(new ArrayBuffer(256))
type Vector = Uint8Array

const put = (slot: number, x: Vector) => lanes.u8.set(x, slot * 4)
const take = (slot: number): Vector => lanes.u8.slice(slot * 4, slot * 4 + 16)

/** Our result: vectors lie at `slots`, the result goes to slots[3]. */
function ours(row: Row, vectors: readonly Vector[], scalar: bigint, imms: Uint8Array, slots: readonly number[]) {
  const op = vectorOps[member(row)]!
  // Highest operand first, so that equal slots hold the first operand.
  for (let k = vectors.length - 1; k >= 0; k--) put(slots[k]!, vectors[k]!)
  const operands = slots.slice(0, vectors.length)
  const immediate = row.imms.includes('lanes16') ? [imms] : [...imms]
  const t = row.params.find((p) => p !== V128)
  const result = row.results[0]!
  if (result !== V128) return bytesOf(result, resultBits(result, op(lanes, ...operands, ...immediate)))
  const lead = [lanes, slots[3]!, ...operands, ...immediate]
  if (t === undefined) op(...lead)
  else withScalar(op, lead, t, scalar)
  return take(slots[3]!)
}

function bytesOf(t: ValType, x: bigint): Vector {
  const out = new Uint8Array(width(t) / 8)
  for (let k = 0; k < out.length; k++) out[k] = Number((x >> BigInt(8 * k)) & 255n)
  return out
}

function theirs(row: Row, index: number, vectors: readonly Vector[], scalar: bigint): Vector {
  for (let k = 0; k < vectors.length; k++) memory.set(vectors[k]!, 16 * k)
  const t = row.params.find((p) => p !== V128)
  const size = t === undefined ? 0 : width(t)
  const arg = size === 64 ? BigInt.asIntN(64, scalar) : Number(BigInt.asIntN(32, scalar))
  const x = host[`${member(row)} ${index}`]!(...(t === undefined ? [] : [arg]))
  const result = row.results[0]!
  return result === V128 ? memory.slice(48, 64) : bytesOf(result, BigInt.asUintN(width(result), BigInt(x)))
}

const laneBits = (x: Vector, size: number, k: number): bigint => {
  let out = 0n
  for (let j = size / 8 - 1; j >= 0; j--) out = (out << 8n) | BigInt(x[(k * size) / 8 + j]!)
  return out
}

/** The width of the float lanes of an operator's operands and result, or 0. */
function floats(name: string): { from: number; to: number } | undefined {
  if (exactNaN(name) || /_(splat|extract_lane|replace_lane|pmin|pmax)$/.test(name)) return undefined
  const to = name.startsWith('f32x4') ? 32 : 64
  return { to, from: /_f64x2/.test(name) ? 64 : /_f32x4/.test(name) ? 32 : to }
}

function equal(row: Row, got: Vector, want: Vector, vectors: readonly Vector[]): boolean {
  const shape = floats(member(row))
  if (!shape) return got.every((x, k) => x === want[k])
  for (let k = 0; k < 128 / shape.to; k++) {
    const operands = k < 128 / shape.from ? vectors.map((x) => laneBits(x, shape.from, k)) : []
    const fits = allowed(shape.to, laneBits(got, shape.to, k), laneBits(want, shape.to, k), shape.from, operands)
    if (!fits) return false
  }
  return true
}

const hex = (x: Vector) => Buffer.from(x).toString('hex')
/** Where operands and result lie: apart, at odd slots, the result on the first, second or third operand. */
const PLACES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [4, 8, 12, 4],
  [5, 11, 19, 11],
  [2, 6, 10, 10],
] as const

function check(row: Row, vectors: readonly Vector[], scalar: bigint): void {
  immediates(row).forEach((imms, index) => {
    const want = theirs(row, index, vectors, scalar)
    for (const slots of PLACES) {
      const got = ours(row, vectors, scalar, imms, slots)
      if (equal(row, got, want, vectors)) continue
      const operands = [...vectors.map(hex), scalar, ...imms].join(', ')
      throw new Error(`${row.name}(${operands}) at ${slots}: ${hex(got)}, but ${hex(want)} by the host`)
    }
  })
}

/** The lane type that an operator reads, by its name. */
function laneType(name: string): { t: ValType; size: number } {
  const shape = /_([if]\d+)x\d+/.exec(name)?.[1] ?? /^([if]\d+)x/.exec(name)?.[1] ?? 'i32'
  const size = Number(shape.slice(1))
  return { t: shape === 'f32' ? F32 : shape === 'f64' ? F64 : size === 64 ? I64 : I32, size }
}

/** Vectors of edge values, lane by lane as the operator sees them. */
function anyVector(name: string): fc.Arbitrary<Vector> {
  const { t, size } = laneType(name)
  const lane = fc.oneof(
    fc.constantFrom(...edges(t)).map((x) => BigInt.asUintN(size, x)),
    fc.bigInt({ min: 0n, max: (1n << BigInt(size)) - 1n }),
  )
  const vector = fc.array(lane, { minLength: 128 / size, maxLength: 128 / size }).map((ls) => {
    const out = new Uint8Array(16)
    ls.forEach((x, k) => {
      for (let j = 0; j < size / 8; j++) out[(k * size) / 8 + j] = Number((x >> BigInt(8 * j)) & 255n)
    })
    return out
  })
  // Swizzles need small indices, tests need zeros, narrowings need small numbers.
  const small = fc.uint8Array({ minLength: 16, maxLength: 16, max: 17 })
  const sparse = vector.map((x) => x.map((b, k) => (k % 3 === 0 ? b : 0)))
  return fc.oneof({ weight: 6, arbitrary: vector }, { weight: 1, arbitrary: small }, { weight: 1, arbitrary: sparse })
}

const operandsOf = (row: Row) => fc.tuple(...row.params.filter((t) => t === V128).map(() => anyVector(member(row))))
const scalarOf = (row: Row) => {
  const t = row.params.find((p) => p !== V128)
  return t === undefined ? fc.constant(0n) : fc.oneof(fc.constantFrom(...edges(t)), fc.bigInt({ min: 0n, max: 255n }))
}

describe('as the host', () => {
  test.each(strict.map((r) => [r.name, r] as const))('%s', (_, row) => {
    fc.assert(
      fc.property(operandsOf(row), scalarOf(row), (vectors, scalar) => check(row, vectors, scalar)),
      { numRuns: 400 },
    )
  })

  const floatBinaries = strict.filter((r) => /^f(32x4|64x2)$/.test(r.name.split('.')[0]!) && r.params.length === 2)
  const inLanes = floatBinaries.filter((r) => r.imms.length === 0)
  test.each(inLanes.map((r) => [r.name, r] as const))('%s on all pairs of edge values', (_, row) => {
    const { t, size } = laneType(member(row))
    const all = edges(t)
    const count = 128 / size
    for (const x of all) {
      for (let at = 0; at < all.length; at += count) {
        const [a, b] = [new Uint8Array(16), new Uint8Array(16)]
        for (let k = 0; k < count; k++) {
          a.set(bytesOf(t, x), (k * size) / 8)
          b.set(bytesOf(t, all[(at + k) % all.length]!), (k * size) / 8)
        }
        check(row, [a, b], 0n)
      }
    }
  })
})

/** What a relaxed operator does, as the strict operator of this name. */
const counterpart = (name: string): string =>
  /laneselect/.test(name)
    ? 'v128_bitselect'
    : name
        .replace(/relaxed_(swizzle|min|max)/, '$1')
        .replace('relaxed_trunc', 'trunc_sat')
        .replace(/relaxed_q15mulr_s/, 'q15mulr_sat_s')

describe('relaxed operators', () => {
  const same = relaxed.filter((r) => strict.some((s) => member(s) === counterpart(member(r))))
  test.each(same.map((r) => [r.name, r] as const))('%s does as its strict counterpart', (_, row) => {
    const other = strict.find((s) => member(s) === counterpart(member(row)))!
    fc.assert(
      fc.property(operandsOf(row), (vectors) => {
        const want = theirs(other, 0, vectors, 0n)
        for (const slots of PLACES) {
          expect(equal(other, ours(row, vectors, 0n, new Uint8Array(0), slots), want, vectors)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  const rest = relaxed.filter((r) => !same.includes(r)).map(member)
  test('the others are the products and sums below', () => {
    expect(rest.sort()).toEqual(Object.keys(oracles).sort())
  })

  const f32s = (x: Vector) => new Float32Array(x.slice().buffer)
  const f64s = (x: Vector) => new Float64Array(x.slice().buffer)
  const i8s = (x: Vector) => new Int8Array(x.slice().buffer)
  const i32s = (x: Vector) => new Int32Array(x.slice().buffer)
  const view = (x: { buffer: ArrayBufferLike }) => new Uint8Array(x.buffer)
  /** The sum of two products, as an i16 that saturates: only that of four smallest bytes is too large. */
  const dot = (x: Int8Array, y: Int8Array, k: number) => Math.min(32767, x[k]! * y[k]! + x[k + 1]! * y[k + 1]!)
  const oracles: Record<string, (a: Vector, b: Vector, c: Vector) => Vector> = {
    f32x4_relaxed_madd: (a, b, c) => view(f32s(a).map((x, k) => Math.fround(x * f32s(b)[k]!) + f32s(c)[k]!)),
    f32x4_relaxed_nmadd: (a, b, c) => view(f32s(a).map((x, k) => Math.fround(-x * f32s(b)[k]!) + f32s(c)[k]!)),
    f64x2_relaxed_madd: (a, b, c) => view(f64s(a).map((x, k) => x * f64s(b)[k]! + f64s(c)[k]!)),
    f64x2_relaxed_nmadd: (a, b, c) => view(f64s(a).map((x, k) => -x * f64s(b)[k]! + f64s(c)[k]!)),
    i16x8_relaxed_dot_i8x16_i7x16_s: (a, b) => {
      const [x, y] = [i8s(a), i8s(b)]
      return view(Int16Array.from({ length: 8 }, (_, k) => dot(x, y, 2 * k)))
    },
    i32x4_relaxed_dot_i8x16_i7x16_add_s: (a, b, c) => {
      const [x, y] = [i8s(a), i8s(b)]
      return view(i32s(c).map((z, k) => z + dot(x, y, 4 * k) + dot(x, y, 4 * k + 2)))
    },
  }
  test.each(relaxed.filter((r) => rest.includes(member(r))).map((r) => [r.name, r] as const))('%s', (_, row) => {
    const size = row.name.startsWith('f32') ? 32 : 64
    fc.assert(
      fc.property(operandsOf(row), (vectors) => {
        const want = oracles[member(row)]!(vectors[0]!, vectors[1]!, vectors[2] ?? vectors[0]!)
        for (const slots of PLACES) {
          const got = ours(row, vectors, 0n, new Uint8Array(0), slots)
          if (!row.name.startsWith('f')) expect(hex(got)).toBe(hex(want))
          else
            for (let k = 0; k < 128 / size; k++) {
              const operands = vectors.map((x) => laneBits(x, size, k))
              expect(allowed(size, laneBits(got, size, k), laneBits(want, size, k), size, operands)).toBe(true)
            }
        }
      }),
      { numRuns: 300 },
    )
  })
})
