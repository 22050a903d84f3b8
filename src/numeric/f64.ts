// The f64 operators, one function per instruction and named as it (specification: Execution, Numerics, "Floating-Point Operations"). JavaScript's arithmetic is IEEE 754's and quietens NaNs; what has to keep NaN bits goes through integers.
// Conversions from and to other types are convert.ts's.
import { sign_of, with_sign } from './bits.ts'

export const f64_eq = (a: number, b: number): number => (a === b ? 1 : 0)
export const f64_ne = (a: number, b: number): number => (a !== b ? 1 : 0)
export const f64_lt = (a: number, b: number): number => (a < b ? 1 : 0)
export const f64_gt = (a: number, b: number): number => (a > b ? 1 : 0)
export const f64_le = (a: number, b: number): number => (a <= b ? 1 : 0)
export const f64_ge = (a: number, b: number): number => (a >= b ? 1 : 0)

export const f64_abs = (x: number): number => (x === x ? Math.abs(x) : with_sign(x, 0))

// JavaScript leaves a negated NaN's sign open: an engine may negate by multiplying with -1, which keeps it.
export const f64_neg = (x: number): number => (x === x ? -x : with_sign(x, ~sign_of(x)))

export const f64_copysign = (x: number, y: number): number => with_sign(x, sign_of(y))

// V8's unoptimised rounding leaves a NaN signalling; an addition never does.
export const f64_ceil = (x: number): number => (x === x ? Math.ceil(x) : x + x)
export const f64_floor = (x: number): number => (x === x ? Math.floor(x) : x + x)
export const f64_trunc = (x: number): number => (x === x ? Math.trunc(x) : x + x)

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
