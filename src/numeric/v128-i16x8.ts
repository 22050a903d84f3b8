// The operators on vectors of 8 int16s, one function per instruction and named as it (specification: Execution, Numerics, "Vector Operations").
// Vectors are given by their slots; v128-bits.ts tells the order of the parameters. Where two lanes of an int32 can be treated at once, they are.
// Extending a low half goes downwards, a high half upwards: so nothing is overwritten that is still to be read.
import type { Lanes } from './lanes.ts'
import { made, move, place } from './v128-bits.ts'

export function i16x8_splat(v: Lanes, d: number, x: number): void {
  d <<= 1
  v.i16.fill(x, d, d + 8)
}

export function i16x8_extract_lane_s(v: Lanes, a: number, lane: number): number {
  return v.i16[(a << 1) + lane]!
}

export function i16x8_extract_lane_u(v: Lanes, a: number, lane: number): number {
  return v.u16[(a << 1) + lane]!
}

export function i16x8_replace_lane(v: Lanes, d: number, a: number, lane: number, x: number): void {
  move(v, d, a)
  v.i16[(d << 1) + lane] = x
}

export function i16x8_eq(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! === s[b + k]! ? -1 : 0
}

export function i16x8_ne(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! !== s[b + k]! ? -1 : 0
}

export function i16x8_lt_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! < s[b + k]! ? -1 : 0
}

export function i16x8_gt_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! > s[b + k]! ? -1 : 0
}

export function i16x8_le_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! <= s[b + k]! ? -1 : 0
}

export function i16x8_ge_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! >= s[b + k]! ? -1 : 0
}

export function i16x8_lt_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! < s[b + k]! ? 0xffff : 0
}

export function i16x8_gt_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! > s[b + k]! ? 0xffff : 0
}

export function i16x8_le_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! <= s[b + k]! ? 0xffff : 0
}

export function i16x8_ge_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! >= s[b + k]! ? 0xffff : 0
}

export function i16x8_add(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = ((x & 0x7fff7fff) + (y & 0x7fff7fff)) ^ ((x ^ y) & 0x80008000)
  }
}

export function i16x8_sub(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = ((x | 0x80008000) - (y & 0x7fff7fff)) ^ (~(x ^ y) & 0x80008000)
  }
}

export function i16x8_neg(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    s[d + k] = (0x80008000 - (x & 0x7fff7fff)) ^ (~x & 0x80008000)
  }
}

export function i16x8_avgr_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = (x | y) - (((x ^ y) >>> 1) & 0x7fff7fff)
  }
}

export function i16x8_mul(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = Math.imul(s[a + k]!, s[b + k]!)
}

export function i16x8_abs(v: Lanes, d: number, a: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = Math.abs(s[a + k]!)
}

export function i16x8_all_true(v: Lanes, a: number): number {
  const s = v.i16
  a <<= 1
  for (let k = 0; k < 8; k++) if (s[a + k] === 0) return 0
  return 1
}

export function i16x8_bitmask(v: Lanes, a: number): number {
  const s = v.u16
  a <<= 1
  let mask = 0
  for (let k = 0; k < 8; k++) mask |= (s[a + k]! >>> 15) << k
  return mask
}

export function i16x8_narrow_i32x4_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    made.i16[k] = x < -32768 ? -32768 : Math.min(x, 32767)
    made.i16[k + 4] = y < -32768 ? -32768 : Math.min(y, 32767)
  }
  place(v, d)
}

export function i16x8_narrow_i32x4_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    made.u16[k] = x < 0 ? 0 : Math.min(x, 65535)
    made.u16[k + 4] = y < 0 ? 0 : Math.min(y, 65535)
  }
  place(v, d)
}

export function i16x8_extend_low_i8x16_s(v: Lanes, d: number, a: number): void {
  const r = v.i16
  const s = v.i8
  d <<= 1
  a = a << 2
  for (let k = 7; k >= 0; k--) r[d + k] = s[a + k]!
}

export function i16x8_extend_high_i8x16_s(v: Lanes, d: number, a: number): void {
  const r = v.i16
  const s = v.i8
  d <<= 1
  a = (a << 2) + 8
  for (let k = 0; k < 8; k++) r[d + k] = s[a + k]!
}

export function i16x8_extend_low_i8x16_u(v: Lanes, d: number, a: number): void {
  const r = v.i16
  const s = v.u8
  d <<= 1
  a = a << 2
  for (let k = 7; k >= 0; k--) r[d + k] = s[a + k]!
}

export function i16x8_extend_high_i8x16_u(v: Lanes, d: number, a: number): void {
  const r = v.i16
  const s = v.u8
  d <<= 1
  a = (a << 2) + 8
  for (let k = 0; k < 8; k++) r[d + k] = s[a + k]!
}

export function i16x8_extmul_low_i8x16_s(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i16
  const s = v.i8
  d <<= 1
  a = a << 2
  b = b << 2
  for (let k = 7; k >= 0; k--) r[d + k] = s[a + k]! * s[b + k]!
}

export function i16x8_extmul_high_i8x16_s(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i16
  const s = v.i8
  d <<= 1
  a = (a << 2) + 8
  b = (b << 2) + 8
  for (let k = 0; k < 8; k++) r[d + k] = s[a + k]! * s[b + k]!
}

export function i16x8_extmul_low_i8x16_u(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i16
  const s = v.u8
  d <<= 1
  a = a << 2
  b = b << 2
  for (let k = 7; k >= 0; k--) r[d + k] = s[a + k]! * s[b + k]!
}

export function i16x8_extmul_high_i8x16_u(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i16
  const s = v.u8
  d <<= 1
  a = (a << 2) + 8
  b = (b << 2) + 8
  for (let k = 0; k < 8; k++) r[d + k] = s[a + k]! * s[b + k]!
}

export function i16x8_extadd_pairwise_i8x16_s(v: Lanes, d: number, a: number): void {
  const r = v.i16
  const s = v.i8
  d <<= 1
  a <<= 2
  for (let k = 0; k < 8; k++) r[d + k] = s[a + 2 * k]! + s[a + 2 * k + 1]!
}

export function i16x8_extadd_pairwise_i8x16_u(v: Lanes, d: number, a: number): void {
  const r = v.i16
  const s = v.u8
  d <<= 1
  a <<= 2
  for (let k = 0; k < 8; k++) r[d + k] = s[a + 2 * k]! + s[a + 2 * k + 1]!
}

export function i16x8_shl(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i16
  count &= 15
  d <<= 1
  a <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! << count
}

export function i16x8_shr_s(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i16
  count &= 15
  d <<= 1
  a <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! >> count
}

export function i16x8_shr_u(v: Lanes, d: number, a: number, count: number): void {
  const s = v.u16
  count &= 15
  d <<= 1
  a <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = s[a + k]! >>> count
}

export function i16x8_add_sat_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) {
    const r = s[a + k]! + s[b + k]!
    s[d + k] = r < -32768 ? -32768 : Math.min(r, 32767)
  }
}

export function i16x8_add_sat_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) {
    const r = s[a + k]! + s[b + k]!
    s[d + k] = Math.min(r, 65535)
  }
}

export function i16x8_sub_sat_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) {
    const r = s[a + k]! - s[b + k]!
    s[d + k] = r < -32768 ? -32768 : Math.min(r, 32767)
  }
}

export function i16x8_sub_sat_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) {
    const r = s[a + k]! - s[b + k]!
    s[d + k] = Math.max(r, 0)
  }
}

export function i16x8_min_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = Math.min(s[a + k]!, s[b + k]!)
}

export function i16x8_max_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = Math.max(s[a + k]!, s[b + k]!)
}

export function i16x8_min_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = Math.min(s[a + k]!, s[b + k]!)
}

export function i16x8_max_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = Math.max(s[a + k]!, s[b + k]!)
}

// Only -1 times -1 leaves the range.
export function i16x8_q15mulr_sat_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  d <<= 1
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) s[d + k] = Math.min((s[a + k]! * s[b + k]! + 0x4000) >> 15, 32767)
}

// Relaxed operators are deterministic: this one does what its strict counterpart does, and the products of bytes are signed and their sums saturate: one is too large.
export const i16x8_relaxed_q15mulr_s: typeof i16x8_q15mulr_sat_s = i16x8_q15mulr_sat_s

/** The sum of two products of bytes as an i16. */
export const dotPair = (s: Int8Array, a: number, b: number): number =>
  Math.min(0x7fff, s[a]! * s[b]! + s[a + 1]! * s[b + 1]!)

export function i16x8_relaxed_dot_i8x16_i7x16_s(v: Lanes, d: number, a: number, b: number): void {
  const r = v.i16
  const s = v.i8
  d <<= 1
  a <<= 2
  b <<= 2
  for (let k = 0; k < 8; k++) r[d + k] = dotPair(s, a + 2 * k, b + 2 * k)
}
