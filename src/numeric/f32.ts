// Operators on f32 (specification: Execution, Numerics, Floating-Point Operations). abs, neg and copysign act on bits, NaNs included; everything
// else gives an arithmetic NaN for a NaN, and ends in Math.fround.
import { sign_of, with_sign } from './bits.ts'

export const f32_eq = (a: number, b: number): number => (a === b ? 1 : 0)
export const f32_ne = (a: number, b: number): number => (a !== b ? 1 : 0)
export const f32_lt = (a: number, b: number): number => (a < b ? 1 : 0)
export const f32_gt = (a: number, b: number): number => (a > b ? 1 : 0)
export const f32_le = (a: number, b: number): number => (a <= b ? 1 : 0)
export const f32_ge = (a: number, b: number): number => (a >= b ? 1 : 0)
export const f32_abs = (a: number): number => (a === a ? Math.abs(a) : with_sign(a, 0))
export const f32_neg = (a: number): number => (a === a ? -a : with_sign(a, ~sign_of(a)))
export const f32_copysign = (a: number, b: number): number => with_sign(a, sign_of(b))
export const f32_ceil = (a: number): number => (a === a ? Math.ceil(a) : Math.fround(a + a))
export const f32_floor = (a: number): number => (a === a ? Math.floor(a) : Math.fround(a + a))
export const f32_trunc = (a: number): number => (a === a ? Math.trunc(a) : Math.fround(a + a))

/** Rounds to the nearest integer, ties to even: adding 2^52 leaves no fraction bits. */
export function f32_nearest(a: number): number {
  if (a >= 0) return a < 4503599627370496 ? (a === 0 ? a : a + 4503599627370496 - 4503599627370496) : a
  if (a < 0) return a > -4503599627370496 ? -(4503599627370496 - a - 4503599627370496) : a
  return Math.fround(a + a)
}

export const f32_sqrt = (a: number): number => Math.fround(Math.sqrt(a))
export const f32_add = (a: number, b: number): number => Math.fround(a + b)
export const f32_sub = (a: number, b: number): number => Math.fround(a - b)
export const f32_mul = (a: number, b: number): number => Math.fround(a * b)
export const f32_div = (a: number, b: number): number => Math.fround(a / b)
export const f32_min = (a: number, b: number): number => (a === a && b === b ? Math.min(a, b) : Math.fround(a + b))
export const f32_max = (a: number, b: number): number => (a === a && b === b ? Math.max(a, b) : Math.fround(a + b))
