// The i32 operators, one function per instruction and named as it (specification: Execution, Numerics, "Integer Operations").
// Operands and results are int32 numbers; comparisons give 0 or 1. Conversions from other types are convert.ts's.
import { Trap } from '../errors.ts'

export const i32_eqz = (a: number): number => (a === 0 ? 1 : 0)
export const i32_eq = (a: number, b: number): number => (a === b ? 1 : 0)
export const i32_ne = (a: number, b: number): number => (a !== b ? 1 : 0)
export const i32_lt_s = (a: number, b: number): number => (a < b ? 1 : 0)
export const i32_lt_u = (a: number, b: number): number => (a >>> 0 < b >>> 0 ? 1 : 0)
export const i32_gt_s = (a: number, b: number): number => (a > b ? 1 : 0)
export const i32_gt_u = (a: number, b: number): number => (a >>> 0 > b >>> 0 ? 1 : 0)
export const i32_le_s = (a: number, b: number): number => (a <= b ? 1 : 0)
export const i32_le_u = (a: number, b: number): number => (a >>> 0 <= b >>> 0 ? 1 : 0)
export const i32_ge_s = (a: number, b: number): number => (a >= b ? 1 : 0)
export const i32_ge_u = (a: number, b: number): number => (a >>> 0 >= b >>> 0 ? 1 : 0)

export const i32_clz = (a: number): number => Math.clz32(a)

export function i32_ctz(a: number): number {
  return a === 0 ? 32 : 31 - Math.clz32(a & -a)
}

export function i32_popcnt(a: number): number {
  a = (a - ((a >>> 1) & 0x55555555)) | 0
  a = (a & 0x33333333) + ((a >>> 2) & 0x33333333)
  a = (a + (a >>> 4)) & 0x0f0f0f0f
  return Math.imul(a, 0x01010101) >>> 24
}

export const i32_add = (a: number, b: number): number => (a + b) | 0
export const i32_sub = (a: number, b: number): number => (a - b) | 0
export const i32_mul = (a: number, b: number): number => Math.imul(a, b)

export function i32_div_s(a: number, b: number): number {
  if (b === 0) throw new Trap('integer divide by zero')
  if (b === -1 && a === -0x80000000) throw new Trap('integer overflow')
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

export const i32_and = (a: number, b: number): number => a & b
export const i32_or = (a: number, b: number): number => a | b
export const i32_xor = (a: number, b: number): number => a ^ b
export const i32_shl = (a: number, b: number): number => a << b
export const i32_shr_s = (a: number, b: number): number => a >> b
export const i32_shr_u = (a: number, b: number): number => (a >>> b) | 0
// JavaScript takes shift counts modulo 32, so that a count of 0 gives a | a.
export const i32_rotl = (a: number, b: number): number => (a << b) | (a >>> -b)
export const i32_rotr = (a: number, b: number): number => (a >>> b) | (a << -b)

export const i32_extend8_s = (a: number): number => (a << 24) >> 24
export const i32_extend16_s = (a: number): number => (a << 16) >> 16
