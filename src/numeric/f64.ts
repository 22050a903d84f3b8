// Operators on f64 (specification: Execution, Numerics, Floating-Point Operations). abs, neg and copysign act on bits, NaNs included; everything
// else gives an arithmetic NaN for a NaN.
import { sign_of, with_sign } from './bits.ts'

export const f64_eq = (a: number, b: number): number => (a === b ? 1 : 0)
export const f64_ne = (a: number, b: number): number => (a !== b ? 1 : 0)
export const f64_lt = (a: number, b: number): number => (a < b ? 1 : 0)
export const f64_gt = (a: number, b: number): number => (a > b ? 1 : 0)
export const f64_le = (a: number, b: number): number => (a <= b ? 1 : 0)
export const f64_ge = (a: number, b: number): number => (a >= b ? 1 : 0)
export const f64_abs = (a: number): number => (a === a ? Math.abs(a) : with_sign(a, 0))
export const f64_neg = (a: number): number => (a === a ? -a : with_sign(a, ~sign_of(a)))
export const f64_copysign = (a: number, b: number): number => with_sign(a, sign_of(b))
export const f64_ceil = (a: number): number => (a === a ? Math.ceil(a) : a + a)
export const f64_floor = (a: number): number => (a === a ? Math.floor(a) : a + a)
export const f64_trunc = (a: number): number => (a === a ? Math.trunc(a) : a + a)

/** Rounds to the nearest integer, ties to even: adding 2^52 leaves no fraction bits. */
export function f64_nearest(a: number): number {
  if (a >= 0) return a < 4503599627370496 ? (a === 0 ? a : a + 4503599627370496 - 4503599627370496) : a
  if (a < 0) return a > -4503599627370496 ? -(4503599627370496 - a - 4503599627370496) : a
  return a + a
}

export const f64_sqrt = (a: number): number => Math.sqrt(a)
export const f64_add = (a: number, b: number): number => a + b
export const f64_sub = (a: number, b: number): number => a - b
export const f64_mul = (a: number, b: number): number => a * b
export const f64_div = (a: number, b: number): number => a / b
export const f64_min = (a: number, b: number): number => (a === a && b === b ? Math.min(a, b) : a + b)
export const f64_max = (a: number, b: number): number => (a === a && b === b ? Math.max(a, b) : a + b)
