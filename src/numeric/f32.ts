// The f32 operators, one function per instruction and named as it (specification: Execution, Numerics, "Floating-Point Operations"), and the
// conversion between an f32 and its bits. An f32 is a number that is exact in single precision, or a NaN.
// Engines quieten signalling f32 NaNs, so a NaN s|ff|q|payload22 is carried as the quiet f64 NaN of that sign with the payload in mantissa bits 50..29
// and bit 0 set if it is signalling (q = 0). Arithmetic ends in Math.fround, which drops the mark; f64 has more than twice the precision of f32, so
// that rounding twice is rounding once for + - * / and the square root.
import { f64_abs, f64_copysign, f64_from_bits, f64_nearest, f64_neg, f64_to_bits } from './f64.ts'
import { ret } from './ret.ts'

const f32 = new Float32Array(1)
const i32 = new Int32Array(f32.buffer)

/** The f32 with these bits. */
export function f32_from_bits(bits: number): number {
  i32[0] = bits
  const x = f32[0]!
  return x === x ? x : nanFromBits(bits)
}

/** The bits of an f32. */
export function f32_to_bits(x: number): number {
  if (x !== x) return nanToBits(x)
  f32[0] = x
  return i32[0]!
}

function nanFromBits(bits: number): number {
  const signalling = (bits & 0x400000) === 0 ? 1 : 0
  return f64_from_bits((bits << 29) | signalling, (bits & 0x80000000) | 0x7ff80000 | ((bits & 0x3fffff) >>> 3))
}

function nanToBits(x: number): number {
  const hi = ret.hi
  const lo = f64_to_bits(x)
  const top = ret.hi
  // Callers convert between two halves of an i64; do not disturb them.
  ret.hi = hi
  const payload = ((top & 0x7ffff) << 3) | (lo >>> 29)
  // A signalling NaN without payload would be an infinity; no f32 is represented so.
  const quiet = (lo & 1) === 0 || payload === 0 ? 0x400000 : 0
  return (top & 0x80000000) | 0x7f800000 | quiet | payload
}

export const f32_eq = (a: number, b: number): number => (a === b ? 1 : 0)
export const f32_ne = (a: number, b: number): number => (a !== b ? 1 : 0)
export const f32_lt = (a: number, b: number): number => (a < b ? 1 : 0)
export const f32_gt = (a: number, b: number): number => (a > b ? 1 : 0)
export const f32_le = (a: number, b: number): number => (a <= b ? 1 : 0)
export const f32_ge = (a: number, b: number): number => (a >= b ? 1 : 0)

// The sign is where an f64 has it, and the mark of a signalling NaN stays.
export const f32_abs = (x: number): number => f64_abs(x)
export const f32_neg = (x: number): number => f64_neg(x)
export const f32_copysign = (x: number, y: number): number => f64_copysign(x, y)

export const f32_ceil = (x: number): number => Math.fround(Math.ceil(x))
export const f32_floor = (x: number): number => Math.fround(Math.floor(x))
export const f32_trunc = (x: number): number => Math.fround(Math.trunc(x))
export const f32_nearest = (x: number): number => Math.fround(f64_nearest(x))
export const f32_sqrt = (x: number): number => Math.fround(Math.sqrt(x))
export const f32_add = (a: number, b: number): number => Math.fround(a + b)
export const f32_sub = (a: number, b: number): number => Math.fround(a - b)
export const f32_mul = (a: number, b: number): number => Math.fround(a * b)
export const f32_div = (a: number, b: number): number => Math.fround(a / b)
export const f32_min = (a: number, b: number): number => Math.fround(Math.min(a, b))
export const f32_max = (a: number, b: number): number => Math.fround(Math.max(a, b))
