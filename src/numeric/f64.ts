// The f64 operators, one function per instruction and named as it (specification: Execution, Numerics, "Floating-Point Operations"), and the
// conversion between an f64 and its bits. JavaScript's arithmetic is IEEE 754's and quietens NaNs; what has to keep NaN bits goes through integers.
// Conversions from and to other types are convert.ts's.
import { ret } from './ret.ts'

const f64 = new Float64Array(1)
// The words of f64[0] in memory order; the high one's place depends on the machine.
const i32 = new Int32Array(f64.buffer)
const HI = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0
const LO = 1 - HI

/** The f64 with these bits. */
export function f64_from_bits(lo: number, hi: number): number {
  i32[LO] = lo
  i32[HI] = hi
  return f64[0]!
}

/** The bits of an f64: gives the low word and sets `ret.hi`. */
export function f64_to_bits(x: number): number {
  f64[0] = x
  ret.hi = i32[HI]!
  return i32[LO]!
}

export const f64_eq = (a: number, b: number): number => (a === b ? 1 : 0)
export const f64_ne = (a: number, b: number): number => (a !== b ? 1 : 0)
export const f64_lt = (a: number, b: number): number => (a < b ? 1 : 0)
export const f64_gt = (a: number, b: number): number => (a > b ? 1 : 0)
export const f64_le = (a: number, b: number): number => (a <= b ? 1 : 0)
export const f64_ge = (a: number, b: number): number => (a >= b ? 1 : 0)

export function f64_abs(x: number): number {
  if (x === x) return Math.abs(x)
  f64[0] = x
  i32[HI]! &= 0x7fffffff
  return f64[0]!
}

// Engines negate by multiplying with -1, which leaves a NaN's sign alone.
export function f64_neg(x: number): number {
  if (x === x) return -x
  f64[0] = x
  i32[HI]! ^= 0x80000000
  return f64[0]!
}

export function f64_copysign(x: number, y: number): number {
  f64[0] = y
  const sign = i32[HI]! & 0x80000000
  f64[0] = x
  i32[HI] = (i32[HI]! & 0x7fffffff) | sign
  return f64[0]!
}

export const f64_ceil = (x: number): number => Math.ceil(x)
export const f64_floor = (x: number): number => Math.floor(x)
export const f64_trunc = (x: number): number => Math.trunc(x)

/** The nearest integer, ties to even: adding 2^52 leaves no room for a fraction, so that the addition itself rounds. */
export function f64_nearest(x: number): number {
  if (x > 0) return x < 0x10000000000000 ? x + 0x10000000000000 - 0x10000000000000 : x
  if (x < 0) return x > -0x10000000000000 ? -(0x10000000000000 - x - 0x10000000000000) : x
  // Zeros keep their sign and NaNs become quiet.
  return x + x
}

export const f64_sqrt = (x: number): number => Math.sqrt(x)
export const f64_add = (a: number, b: number): number => a + b
export const f64_sub = (a: number, b: number): number => a - b
export const f64_mul = (a: number, b: number): number => a * b
export const f64_div = (a: number, b: number): number => a / b
// Math.min and Math.max are the specification's: NaN wins, and -0 is less than +0.
export const f64_min = (a: number, b: number): number => Math.min(a, b)
export const f64_max = (a: number, b: number): number => Math.max(a, b)
