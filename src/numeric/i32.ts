// Operators on i32 (specification: Execution, Numerics, Integer Operations). Arguments and results are int32 numbers; comparisons give 0 or 1.
import { Trap } from '../errors.ts'

export const i32_eqz = (a: number): number => (a === 0 ? 1 : 0)
export const i32_eq = (a: number, b: number): number => (a === b ? 1 : 0)
export const i32_ne = (a: number, b: number): number => (a !== b ? 1 : 0)
export const i32_lt_s = (a: number, b: number): number => (a < b ? 1 : 0)
export const i32_gt_s = (a: number, b: number): number => (a > b ? 1 : 0)
export const i32_le_s = (a: number, b: number): number => (a <= b ? 1 : 0)
export const i32_ge_s = (a: number, b: number): number => (a >= b ? 1 : 0)
export const i32_lt_u = (a: number, b: number): number => (a >>> 0 < b >>> 0 ? 1 : 0)
export const i32_gt_u = (a: number, b: number): number => (a >>> 0 > b >>> 0 ? 1 : 0)
export const i32_le_u = (a: number, b: number): number => (a >>> 0 <= b >>> 0 ? 1 : 0)
export const i32_ge_u = (a: number, b: number): number => (a >>> 0 >= b >>> 0 ? 1 : 0)
export const i32_clz = (a: number): number => Math.clz32(a)
export const i32_ctz = (a: number): number => (a === 0 ? 32 : 31 - Math.clz32(a & -a))
export function i32_popcnt(a: number): number {
  let x = a - ((a >>> 1) & 0x55555555)
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
export const i32_add = (a: number, b: number): number => (a + b) | 0
export const i32_sub = (a: number, b: number): number => (a - b) | 0
export const i32_mul = (a: number, b: number): number => Math.imul(a, b)
export const i32_and = (a: number, b: number): number => a & b
export const i32_or = (a: number, b: number): number => a | b
export const i32_xor = (a: number, b: number): number => a ^ b
export const i32_shl = (a: number, b: number): number => a << b
export const i32_shr_s = (a: number, b: number): number => a >> b
export const i32_shr_u = (a: number, b: number): number => (a >>> b) | 0
export const i32_rotl = (a: number, b: number): number => (a << b) | (a >>> -b)
export const i32_rotr = (a: number, b: number): number => (a >>> b) | (a << -b)
export function i32_div_s(a: number, b: number): number {
  if (b === 0) throw new Trap('integer divide by zero')
  if (b === -1 && a === -2147483648) throw new Trap('integer overflow')
  return (a / b) | 0
}

export function i32_div_u(a: number, b: number): number {
  if (b === 0) throw new Trap('integer divide by zero')
  return ((a >>> 0) / (b >>> 0)) | 0
}

export function i32_rem_s(a: number, b: number): number {
  if (b === 0) throw new Trap('integer divide by zero')
  return (a % b) | 0
}

export function i32_rem_u(a: number, b: number): number {
  if (b === 0) throw new Trap('integer divide by zero')
  return ((a >>> 0) % (b >>> 0)) | 0
}
export const i32_extend8_s = (a: number): number => (a << 24) >> 24
export const i32_extend16_s = (a: number): number => (a << 16) >> 16
