// The f32 operators, one function per instruction and named as it (specification: Execution, Numerics, "Floating-Point Operations"). An f32 is a
// number that is exact in single precision, or a NaN in the form that bits.ts describes. Arithmetic ends in Math.fround, which drops the mark of a
// signalling NaN; f64 has more than twice the precision of f32, so that rounding twice is rounding once for + - * / and the square root.
import { f64_abs, f64_copysign, f64_nearest, f64_neg } from './f64.ts'

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
