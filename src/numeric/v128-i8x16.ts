// The operators on vectors of 16 bytes, one function per instruction and named as it (specification: Execution, Numerics, "Vector Operations").
// Vectors are given by their slots; v128-bits.ts tells the order of the parameters. Where four lanes of an int32 can be treated at once, they are.
import type { Lanes } from './lanes.ts'
import { made, move, place } from './v128-bits.ts'

export function i8x16_splat(v: Lanes, d: number, x: number): void {
  d <<= 2
  v.i8.fill(x, d, d + 16)
}

export function i8x16_extract_lane_s(v: Lanes, a: number, lane: number): number {
  return v.i8[(a << 2) + lane]!
}

export function i8x16_extract_lane_u(v: Lanes, a: number, lane: number): number {
  return v.u8[(a << 2) + lane]!
}

export function i8x16_replace_lane(v: Lanes, d: number, a: number, lane: number, x: number): void {
  move(v, d, a)
  v.i8[(d << 2) + lane] = x
}

export function i8x16_eq(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! === s[b + k]! ? -1 : 0
}

export function i8x16_ne(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! !== s[b + k]! ? -1 : 0
}

export function i8x16_lt_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! < s[b + k]! ? -1 : 0
}

export function i8x16_gt_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! > s[b + k]! ? -1 : 0
}

export function i8x16_le_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! <= s[b + k]! ? -1 : 0
}

export function i8x16_ge_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! >= s[b + k]! ? -1 : 0
}

export function i8x16_lt_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! < s[b + k]! ? 255 : 0
}

export function i8x16_gt_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! > s[b + k]! ? 255 : 0
}

export function i8x16_le_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! <= s[b + k]! ? 255 : 0
}

export function i8x16_ge_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! >= s[b + k]! ? 255 : 0
}

export function i8x16_add(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = ((x & 0x7f7f7f7f) + (y & 0x7f7f7f7f)) ^ ((x ^ y) & 0x80808080)
  }
}

export function i8x16_sub(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = ((x | 0x80808080) - (y & 0x7f7f7f7f)) ^ (~(x ^ y) & 0x80808080)
  }
}

export function i8x16_neg(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    s[d + k] = (0x80808080 - (x & 0x7f7f7f7f)) ^ (~x & 0x80808080)
  }
}

export function i8x16_avgr_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = (x | y) - (((x ^ y) >>> 1) & 0x7f7f7f7f)
  }
}

export function i8x16_abs(v: Lanes, d: number, a: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = Math.abs(s[a + k]!)
}

export function i8x16_popcnt(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    let x = s[a + k]!
    x -= (x >>> 1) & 0x55555555
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
    s[d + k] = (x + (x >>> 4)) & 0x0f0f0f0f
  }
}

// A byte is zero somewhere if subtracting 1 from each borrows into a bit that was clear.
export function i8x16_all_true(v: Lanes, a: number): number {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    if (((x - 0x01010101) & ~x & 0x80808080) !== 0) return 0
  }
  return 1
}

// The product gathers four bits that lie 8 apart; no two of its terms meet.
export function i8x16_bitmask(v: Lanes, a: number): number {
  const s = v.i32
  let mask = 0
  for (let k = 0; k < 4; k++) mask |= ((Math.imul((s[a + k]! >>> 7) & 0x01010101, 0x01020408) >>> 24) & 15) << (4 * k)
  return mask
}

export function i8x16_narrow_i16x8_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    made.i8[k] = x < -128 ? -128 : Math.min(x, 127)
    made.i8[k + 8] = y < -128 ? -128 : Math.min(y, 127)
  }
  place(v, d)
}

export function i8x16_narrow_i16x8_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i16
  a <<= 1
  b <<= 1
  for (let k = 0; k < 8; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    made.u8[k] = x < 0 ? 0 : Math.min(x, 255)
    made.u8[k + 8] = y < 0 ? 0 : Math.min(y, 255)
  }
  place(v, d)
}

export function i8x16_shl(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i32
  count &= 7
  const keep = 0x01010101 * ((0xff << count) & 0xff)
  for (let k = 0; k < 4; k++) s[d + k] = (s[a + k]! << count) & keep
}

export function i8x16_shr_s(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i8
  count &= 7
  d <<= 2
  a <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = s[a + k]! >> count
}

export function i8x16_shr_u(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i32
  count &= 7
  const keep = 0x01010101 * (0xff >>> count)
  for (let k = 0; k < 4; k++) s[d + k] = (s[a + k]! >>> count) & keep
}

export function i8x16_add_sat_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) {
    const r = s[a + k]! + s[b + k]!
    s[d + k] = r < -128 ? -128 : Math.min(r, 127)
  }
}

export function i8x16_add_sat_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) {
    const r = s[a + k]! + s[b + k]!
    s[d + k] = Math.min(r, 255)
  }
}

export function i8x16_sub_sat_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) {
    const r = s[a + k]! - s[b + k]!
    s[d + k] = r < -128 ? -128 : Math.min(r, 127)
  }
}

export function i8x16_sub_sat_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) {
    const r = s[a + k]! - s[b + k]!
    s[d + k] = Math.max(r, 0)
  }
}

export function i8x16_min_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = Math.min(s[a + k]!, s[b + k]!)
}

export function i8x16_max_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = Math.max(s[a + k]!, s[b + k]!)
}

export function i8x16_min_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = Math.min(s[a + k]!, s[b + k]!)
}

export function i8x16_max_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  d <<= 2
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) s[d + k] = Math.max(s[a + k]!, s[b + k]!)
}
