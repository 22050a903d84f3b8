// Values where operators go wrong, as bits.
import { F32, F64, I32, type ValType } from '../../src/syntax/types.ts'

const f64Bits = (x: number): bigint => new DataView(new Float64Array([x]).buffer).getBigUint64(0, true)
const f32Bits = (x: number): bigint => BigInt(new Uint32Array(new Float32Array([x]).buffer)[0]!)
const unique = (xs: readonly bigint[]): bigint[] => [...new Set(xs)]

function ints(width: number): bigint[] {
  const out: bigint[] = [0x0123456789abcdefn, 0xdeadbeefcafebaben, 0x8080808080808080n, 0x7fff80007f80ff01n]
  for (let k = 0; k < width; k++) {
    const narrow = [0, 1, 7, 8, 15, 16, 20, 21, 24, 31, 32, 33, 47, 52, 53, 54, 62, 63].includes(k)
    if (narrow) for (const d of [-1n, 0n, 1n]) out.push((1n << BigInt(k)) + d, -(1n << BigInt(k)) + d)
  }
  // Halfway between two floats, and one beside it: the least unit of an f32 or f64 at 2^k is 2^(k - 23) or 2^(k - 52).
  for (const k of [54n, 55n, 60n, 62n, 63n]) {
    for (const half of [1n << (k - 24n), 3n << (k - 24n), 1n << (k - 53n), 3n << (k - 53n)]) {
      for (const d of [-1n, 0n, 1n]) out.push((1n << k) + half + d, -(1n << k) - half - d)
    }
  }
  return unique(out.map((x) => BigInt.asUintN(width, x)))
}

const NUMBERS = [
  0,
  0.25,
  0.5,
  0.75,
  1,
  1.5,
  2,
  2.5,
  3.5,
  4.5,
  1 / 3,
  127,
  128,
  255,
  256,
  32767.5,
  32768,
  65535.99,
  65536,
  1e10,
  1e20,
  1e38,
]
for (const k of [22, 23, 24, 30, 31, 32, 51, 52, 53, 62, 63, 64]) {
  const x = 2 ** k
  NUMBERS.push(
    x,
    x - 1,
    x - 0.5,
    x + 0.5,
    x + 1,
    x * (1 - 2 ** -24),
    x * (1 - 2 ** -53),
    x * (1 + 2 ** -23),
    x * (1 + 2 ** -52),
  )
}
const ALL = [...NUMBERS, ...NUMBERS.map((x) => -x)]

// Subnormals, the least normal, the greatest, infinity, and NaNs: canonical, quiet with payloads, signalling ones.
const F32_SPECIAL = [
  1, 2, 0x7fffff, 0x800000, 0x7f7fffff, 0x7f800000, 0x7fc00000, 0x7fc00001, 0x7fffffff, 0x7fd12345, 0x7f800001,
  0x7fa00000, 0x7fbfffff,
]
const F64_SPECIAL = [
  ...[1n, 2n, 0xfffffffffffffn, 0x10000000000000n, 0x7fefffffffffffffn, 0x7ff0000000000000n, 0x7ff8000000000000n],
  ...[
    0x7ff8000000000001n,
    0x7fffffffffffffffn,
    0x7ff8123456789abcn,
    0x7ff0000000000001n,
    0x7ff4000000000000n,
    0x7ff7ffffffffffffn,
  ],
  // Beside the borders of single precision: the greatest, halves of units, the least subnormal.
  ...[
    0x47efffffe0000000n,
    0x47efffffefffffffn,
    0x47effffff0000000n,
    0x3690000000000000n,
    0x3690000000000001n,
    0x3ff0000010000000n,
  ],
  ...[0x3ff0000010000001n, 0x3ff0000030000000n],
]
const withSigns = (xs: readonly bigint[], sign: bigint): bigint[] => xs.flatMap((x) => [x, x | sign])

const F32_EDGES = unique([...ALL.map(f32Bits), ...withSigns(F32_SPECIAL.map(BigInt), 0x80000000n)])
const F64_EDGES = unique([...ALL.map(f64Bits), ...withSigns(F64_SPECIAL, 1n << 63n)])
const I32_EDGES = ints(32)
const I64_EDGES = ints(64)

export const edges = (t: ValType): readonly bigint[] =>
  t === F32 ? F32_EDGES : t === F64 ? F64_EDGES : t === I32 ? I32_EDGES : I64_EDGES
