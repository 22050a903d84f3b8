// The operators on vectors of 4 int32s, one function per instruction and named as it (specification: Execution, Numerics, "Vector Operations").
// Vectors are given by their slots; v128-bits.ts tells the order of the parameters.
// Extending a low half goes downwards, a high half upwards: so nothing is overwritten that is still to be read.
import { i32_trunc_sat_f32_s, i32_trunc_sat_f32_u, i32_trunc_sat_f64_s, i32_trunc_sat_f64_u } from './convert.ts'
import type { Lanes } from './lanes.ts'
import { move } from './v128-bits.ts'
import { readF64 } from './v128-f64x2.ts'
import { dotPair } from './v128-i16x8.ts'

export function i32x4_splat(v: Lanes, d: number, x: number): void {
  v.i32.fill(x, d, d + 4)
}

export function i32x4_extract_lane(v: Lanes, a: number, lane: number): number {
  return v.i32[a + lane]!
}

export function i32x4_replace_lane(v: Lanes, d: number, a: number, lane: number, x: number): void {
  move(v, d, a)
  v.i32[d + lane] = x
}

export function i32x4_eq(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! === s[b + k]! ? -1 : 0
}

export function i32x4_ne(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! !== s[b + k]! ? -1 : 0
}

export function i32x4_lt_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! < s[b + k]! ? -1 : 0
}

export function i32x4_gt_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! > s[b + k]! ? -1 : 0
}

export function i32x4_le_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! <= s[b + k]! ? -1 : 0
}

export function i32x4_ge_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! >= s[b + k]! ? -1 : 0
}

export function i32x4_lt_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! < s[b + k]! ? -1 : 0
}

export function i32x4_gt_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! > s[b + k]! ? -1 : 0
}

export function i32x4_le_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! <= s[b + k]! ? -1 : 0
}

export function i32x4_ge_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! >= s[b + k]! ? -1 : 0
}

export function i32x4_add(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! + s[b + k]!
}

export function i32x4_sub(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! - s[b + k]!
}

export function i32x4_mul(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = Math.imul(s[a + k]!, s[b + k]!)
}

export function i32x4_abs(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = Math.abs(s[a + k]!)
}

export function i32x4_neg(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = 0 - s[a + k]!
}

export function i32x4_all_true(v: Lanes, a: number): number {
  const s = v.i32
  return s[a] === 0 || s[a + 1] === 0 || s[a + 2] === 0 || s[a + 3] === 0 ? 0 : 1
}

export function i32x4_bitmask(v: Lanes, a: number): number {
  const s = v.i32
  return (s[a]! >>> 31) | ((s[a + 1]! >>> 31) << 1) | ((s[a + 2]! >>> 31) << 2) | ((s[a + 3]! >>> 31) << 3)
}

export function i32x4_extend_low_i16x8_s(v: Lanes, d: number, a: number): void {
  const r = v.i32
  const s = v.i16
  a = a << 1
  for (let k = 3; k >= 0; k--) r[d + k] = s[a + k]!
}

export function i32x4_extend_high_i16x8_s(v: Lanes, d: number, a: number): void {
  const r = v.i32
  const s = v.i16
  a = (a << 1) + 4
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]!
}

export function i32x4_extend_low_i16x8_u(v: Lanes, d: number, a: number): void {
  const r = v.i32
  const s = v.u16
  a = a << 1
  for (let k = 3; k >= 0; k--) r[d + k] = s[a + k]!
}

export function i32x4_extend_high_i16x8_u(v: Lanes, d: number, a: number): void {
  const r = v.i32
  const s = v.u16
  a = (a << 1) + 4
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]!
}

export function i32x4_extmul_low_i16x8_s(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i32
  const s = v.i16
  a = a << 1
  b = b << 1
  for (let k = 3; k >= 0; k--) r[d + k] = s[a + k]! * s[b + k]!
}

export function i32x4_extmul_high_i16x8_s(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i32
  const s = v.i16
  a = (a << 1) + 4
  b = (b << 1) + 4
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! * s[b + k]!
}

export function i32x4_extmul_low_i16x8_u(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i32
  const s = v.u16
  a = a << 1
  b = b << 1
  for (let k = 3; k >= 0; k--) r[d + k] = Math.imul(s[a + k]!, s[b + k]!)
}

export function i32x4_extmul_high_i16x8_u(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i32
  const s = v.u16
  a = (a << 1) + 4
  b = (b << 1) + 4
  for (let k = 0; k < 4; k++) r[d + k] = Math.imul(s[a + k]!, s[b + k]!)
}

export function i32x4_extadd_pairwise_i16x8_s(v: Lanes, d: number, a: number): void {
  const r = v.i32
  const s = v.i16
  a <<= 1
  for (let k = 0; k < 4; k++) r[d + k] = s[a + 2 * k]! + s[a + 2 * k + 1]!
}

export function i32x4_extadd_pairwise_i16x8_u(v: Lanes, d: number, a: number): void {
  const r = v.i32
  const s = v.u16
  a <<= 1
  for (let k = 0; k < 4; k++) r[d + k] = s[a + 2 * k]! + s[a + 2 * k + 1]!
}

export function i32x4_shl(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! << count
}

export function i32x4_shr_s(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! >> count
}

export function i32x4_shr_u(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! >>> count
}

export function i32x4_min_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = Math.min(s[a + k]!, s[b + k]!)
}

export function i32x4_max_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = Math.max(s[a + k]!, s[b + k]!)
}

export function i32x4_min_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u32
  for (let k = 0; k < 4; k++) s[d + k] = Math.min(s[a + k]!, s[b + k]!)
}

export function i32x4_max_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u32
  for (let k = 0; k < 4; k++) s[d + k] = Math.max(s[a + k]!, s[b + k]!)
}

export function i32x4_dot_i16x8_s(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i32
  const s = v.i16
  a <<= 1
  b <<= 1
  for (let k = 0; k < 4; k++) r[d + k] = s[a + 2 * k]! * s[b + 2 * k]! + s[a + 2 * k + 1]! * s[b + 2 * k + 1]!
}

export function i32x4_trunc_sat_f32x4_s(v: Lanes, d: number, a: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = i32_trunc_sat_f32_s(s[a + k]!)
}

export function i32x4_trunc_sat_f32x4_u(v: Lanes, d: number, a: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = i32_trunc_sat_f32_u(s[a + k]!)
}

export function i32x4_trunc_sat_f64x2_s_zero(v: Lanes, d: number, a: number): void {
  const r = v.i32
  const x = i32_trunc_sat_f64_s(readF64(v, a))
  const y = i32_trunc_sat_f64_s(readF64(v, a + 2))
  r[d] = x
  r[d + 1] = y
  r[d + 2] = 0
  r[d + 3] = 0
}

export function i32x4_trunc_sat_f64x2_u_zero(v: Lanes, d: number, a: number): void {
  const r = v.i32
  const x = i32_trunc_sat_f64_u(readF64(v, a))
  const y = i32_trunc_sat_f64_u(readF64(v, a + 2))
  r[d] = x
  r[d + 1] = y
  r[d + 2] = 0
  r[d + 3] = 0
}

// Relaxed operators are deterministic: truncations do what their strict counterparts do, and the products of bytes are signed, pairs of them summed as
// i16s that saturate.
export const i32x4_relaxed_trunc_f32x4_s: typeof i32x4_trunc_sat_f32x4_s = i32x4_trunc_sat_f32x4_s
export const i32x4_relaxed_trunc_f32x4_u: typeof i32x4_trunc_sat_f32x4_u = i32x4_trunc_sat_f32x4_u
export const i32x4_relaxed_trunc_f64x2_s_zero: typeof i32x4_trunc_sat_f64x2_s_zero = i32x4_trunc_sat_f64x2_s_zero
export const i32x4_relaxed_trunc_f64x2_u_zero: typeof i32x4_trunc_sat_f64x2_u_zero = i32x4_trunc_sat_f64x2_u_zero

export function i32x4_relaxed_dot_i8x16_i7x16_add_s(v: Lanes, d: number, a: number, b: number, c: number): void {
  const r = v.i32
  const s = v.i8
  a <<= 2
  b <<= 2
  for (let k = 0; k < 4; k++)
    r[d + k] = r[c + k]! + dotPair(s, a + 4 * k, b + 4 * k) + dotPair(s, a + 4 * k + 2, b + 4 * k + 2)
}
