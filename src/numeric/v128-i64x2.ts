// The operators on vectors of 2 int64s, one function per instruction and named as it (specification: Execution, Numerics, "Vector Operations").
// Vectors are given by their slots; v128-bits.ts tells the order of the parameters.
import {
  i64_add,
  i64_eq,
  i64_ge_s,
  i64_gt_s,
  i64_le_s,
  i64_lt_s,
  i64_mul,
  i64_ne,
  i64_shl,
  i64_shr_s,
  i64_shr_u,
  i64_sub,
} from './i64.ts'
import type { Lanes } from './lanes.ts'
import { ret } from './ret.ts'
import { move } from './v128-bits.ts'

export function i64x2_splat(v: Lanes, d: number, lo: number, hi: number): void {
  const s = v.i32
  s[d] = lo
  s[d + 1] = hi
  s[d + 2] = lo
  s[d + 3] = hi
}

export function i64x2_extract_lane(v: Lanes, a: number, lane: number): number {
  ret.hi = v.i32[a + 2 * lane + 1]!
  return v.i32[a + 2 * lane]!
}

export function i64x2_replace_lane(v: Lanes, d: number, a: number, lane: number, lo: number, hi: number): void {
  move(v, d, a)
  v.i32[d + 2 * lane] = lo
  v.i32[d + 2 * lane + 1] = hi
}

export function i64x2_eq(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = -i64_eq(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function i64x2_ne(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = -i64_ne(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function i64x2_lt_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = -i64_lt_s(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function i64x2_gt_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = -i64_gt_s(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function i64x2_le_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = -i64_le_s(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function i64x2_ge_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = -i64_ge_s(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function i64x2_add(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    s[d + k] = i64_add(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k + 1] = ret.hi
  }
}

export function i64x2_sub(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    s[d + k] = i64_sub(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k + 1] = ret.hi
  }
}

export function i64x2_mul(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    s[d + k] = i64_mul(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
    s[d + k + 1] = ret.hi
  }
}

export function i64x2_neg(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    s[d + k] = i64_sub(0, 0, s[a + k]!, s[a + k + 1]!)
    s[d + k + 1] = ret.hi
  }
}

// x ^ sign - sign.
export function i64x2_abs(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const sign = s[a + k + 1]! >> 31
    s[d + k] = i64_sub(s[a + k]! ^ sign, s[a + k + 1]! ^ sign, sign, sign)
    s[d + k + 1] = ret.hi
  }
}

export function i64x2_all_true(v: Lanes, a: number): number {
  const s = v.i32
  return (s[a]! | s[a + 1]!) === 0 || (s[a + 2]! | s[a + 3]!) === 0 ? 0 : 1
}

export function i64x2_bitmask(v: Lanes, a: number): number {
  return (v.i32[a + 1]! >>> 31) | ((v.i32[a + 3]! >>> 31) << 1)
}

export function i64x2_extend_low_i32x4_s(v: Lanes, d: number, a: number): void {
  const s = v.i32
  const x = s[a]!
  const y = s[a + 1]!
  s[d] = x
  s[d + 1] = x >> 31
  s[d + 2] = y
  s[d + 3] = y >> 31
}

export function i64x2_extend_high_i32x4_s(v: Lanes, d: number, a: number): void {
  const s = v.i32
  const x = s[a + 2]!
  const y = s[a + 3]!
  s[d] = x
  s[d + 1] = x >> 31
  s[d + 2] = y
  s[d + 3] = y >> 31
}

export function i64x2_extend_low_i32x4_u(v: Lanes, d: number, a: number): void {
  const s = v.i32
  const x = s[a]!
  const y = s[a + 1]!
  s[d] = x
  s[d + 1] = 0
  s[d + 2] = y
  s[d + 3] = 0
}

export function i64x2_extend_high_i32x4_u(v: Lanes, d: number, a: number): void {
  const s = v.i32
  const x = s[a + 2]!
  const y = s[a + 3]!
  s[d] = x
  s[d + 1] = 0
  s[d + 2] = y
  s[d + 3] = 0
}

export function i64x2_extmul_low_i32x4_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  const x0 = s[a]!
  const y0 = s[b]!
  const x1 = s[a + 1]!
  const y1 = s[b + 1]!
  s[d] = i64_mul(x0, x0 >> 31, y0, y0 >> 31)
  s[d + 1] = ret.hi
  s[d + 2] = i64_mul(x1, x1 >> 31, y1, y1 >> 31)
  s[d + 3] = ret.hi
}

export function i64x2_extmul_high_i32x4_s(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  const x0 = s[a + 2]!
  const y0 = s[b + 2]!
  const x1 = s[a + 3]!
  const y1 = s[b + 3]!
  s[d] = i64_mul(x0, x0 >> 31, y0, y0 >> 31)
  s[d + 1] = ret.hi
  s[d + 2] = i64_mul(x1, x1 >> 31, y1, y1 >> 31)
  s[d + 3] = ret.hi
}

export function i64x2_extmul_low_i32x4_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  const x0 = s[a]!
  const y0 = s[b]!
  const x1 = s[a + 1]!
  const y1 = s[b + 1]!
  s[d] = i64_mul(x0, 0, y0, 0)
  s[d + 1] = ret.hi
  s[d + 2] = i64_mul(x1, 0, y1, 0)
  s[d + 3] = ret.hi
}

export function i64x2_extmul_high_i32x4_u(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  const x0 = s[a + 2]!
  const y0 = s[b + 2]!
  const x1 = s[a + 3]!
  const y1 = s[b + 3]!
  s[d] = i64_mul(x0, 0, y0, 0)
  s[d + 1] = ret.hi
  s[d + 2] = i64_mul(x1, 0, y1, 0)
  s[d + 3] = ret.hi
}

export function i64x2_shl(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    s[d + k] = i64_shl(s[a + k]!, s[a + k + 1]!, count, 0)
    s[d + k + 1] = ret.hi
  }
}

export function i64x2_shr_s(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    s[d + k] = i64_shr_s(s[a + k]!, s[a + k + 1]!, count, 0)
    s[d + k + 1] = ret.hi
  }
}

export function i64x2_shr_u(v: Lanes, d: number, a: number, count: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    s[d + k] = i64_shr_u(s[a + k]!, s[a + k + 1]!, count, 0)
    s[d + k + 1] = ret.hi
  }
}
