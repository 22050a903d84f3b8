// Operators on vectors of integers, by the names of their instructions; relaxed ones do what their strict counterparts do
// (specification: Execution, Numerics, Vector Operations).
import * as i64 from './i64.ts'
import {
  allTrue,
  binary,
  bitmask,
  compare,
  crossing,
  type Lanes,
  pairs,
  shift,
  unary,
  type VectorOp,
  type VectorTest,
  widening,
} from './lanes.ts'
import { ret } from './ret.ts'

const clamp = (low: number, high: number) => (x: number) => (x < low ? low : Math.min(x, high))
const s8 = clamp(-128, 127)
const u8 = clamp(0, 255)
const s16 = clamp(-32768, 32767)
const u16 = clamp(0, 65535)
const bits =
  (f: (a: number, b: number, c: number) => number): VectorOp =>
  (v, d, a, b, c) => {
    for (let k = 0; k < 4; k++) v.i32[d + k] = f(v.i32[a + k]!, v.i32[b + k]!, v.i32[c + k]!)
  }
function popcount(x: number): number {
  let n = 0
  for (let rest = x; rest !== 0; rest >>>= 1) n += rest & 1
  return n
}
const swizzle = crossing('u8', 'u8', (a, b, k) => (b(k) < 16 ? a(b(k)) : 0))
const q15 = (x: number, y: number) => s16((x * y + 0x4000) >> 15)
const laneselect = bits((a, b, c) => (a & c) | (b & ~c))
const dot = crossing('i32', 'i16', (a, b, k) => (a(2 * k) * b(2 * k) + a(2 * k + 1) * b(2 * k + 1)) | 0)
/** Products of signed bytes, added in pairs; a sum beyond 16 bits wraps, which no engine's saturation can be told from for 7-bit operands. */
const dot8 = crossing('i16', 'i8', (a, b, k) => a(2 * k) * b(2 * k) + a(2 * k + 1) * b(2 * k + 1))
const dot8Sums = crossing('i32', 'i8', (a, b, k) => {
  let sum = 0
  for (let j = 4 * k; j < 4 * k + 4; j++) sum += a(j) * b(j)
  return sum
})
const dotSlots: Int32Array = new Int32Array(4)
function dot8Add(v: Lanes, d: number, a: number, b: number, c: number): void {
  for (let k = 0; k < 4; k++) dotSlots[k] = v.i32[c + k]!
  dot8Sums(v, d, a, b, c)
  for (let k = 0; k < 4; k++) v.i32[d + k] = (v.i32[d + k]! + dotSlots[k]!) | 0
}
const mask64 = (f: (al: number, ah: number, bl: number, bh: number) => number): VectorOp =>
  pairs((al, ah, bl, bh) => {
    const m = -f(al, ah, bl, bh)
    ret.hi = m
    return m
  }, ret)
const extend64 =
  (high: number, signed: boolean): VectorOp =>
  (v, d, a) => {
    const [x, y] = [v.i32[a + high]!, v.i32[a + high + 1]!]
    v.i32[d] = x
    v.i32[d + 1] = signed ? x >> 31 : 0
    v.i32[d + 2] = y
    v.i32[d + 3] = signed ? y >> 31 : 0
  }
const extmul64 =
  (high: number, signed: boolean): VectorOp =>
  (v, d, a, b) => {
    const at = (slot: number) => v.i32[slot + high]!
    const [x0, x1, y0, y1] = [at(a), at(a + 1), at(b), at(b + 1)]
    const top = (x: number) => (signed ? x >> 31 : 0)
    v.i32[d] = i64.i64_mul(x0, top(x0), y0, top(y0))
    v.i32[d + 1] = ret.hi
    v.i32[d + 2] = i64.i64_mul(x1, top(x1), y1, top(y1))
    v.i32[d + 3] = ret.hi
  }
const shift64 =
  (f: (al: number, ah: number, bl: number, bh: number) => number): VectorOp =>
  (v, d, a, b) => {
    for (let k = 0; k < 4; k += 2) {
      const lo = f(v.i32[a + k]!, v.i32[a + k + 1]!, b, 0)
      v.i32[d + k] = lo
      v.i32[d + k + 1] = ret.hi
    }
  }
const absolute64 = (al: number, ah: number): number =>
  ah < 0 ? i64.i64_sub(0, 0, al, ah) : i64.i64_and(al, ah, -1, -1)

export const simdInt: Record<string, VectorOp> = {
  v128_not: bits((a) => ~a),
  v128_and: bits((a, b) => a & b),
  v128_andnot: bits((a, b) => a & ~b),
  v128_or: bits((a, b) => a | b),
  v128_xor: bits((a, b) => a ^ b),
  v128_bitselect: laneselect,
  i8x16_relaxed_laneselect: laneselect,
  i16x8_relaxed_laneselect: laneselect,
  i32x4_relaxed_laneselect: laneselect,
  i64x2_relaxed_laneselect: laneselect,
  i8x16_swizzle: swizzle,
  i8x16_relaxed_swizzle: swizzle,
  i8x16_popcnt: unary('u8', popcount),
  i16x8_q15mulr_sat_s: binary('i16', q15),
  i16x8_relaxed_q15mulr_s: binary('i16', q15),
  i32x4_dot_i16x8_s: dot,
  i16x8_relaxed_dot_i8x16_i7x16_s: dot8,
  i32x4_relaxed_dot_i8x16_i7x16_add_s: dot8Add,
  i8x16_eq: compare('i8', 'i8', (x, y) => x === y),
  i8x16_ne: compare('i8', 'i8', (x, y) => x !== y),
  i8x16_lt_s: compare('i8', 'i8', (x, y) => x < y),
  i8x16_lt_u: compare('u8', 'i8', (x, y) => x < y),
  i8x16_gt_s: compare('i8', 'i8', (x, y) => x > y),
  i8x16_gt_u: compare('u8', 'i8', (x, y) => x > y),
  i8x16_le_s: compare('i8', 'i8', (x, y) => x <= y),
  i8x16_le_u: compare('u8', 'i8', (x, y) => x <= y),
  i8x16_ge_s: compare('i8', 'i8', (x, y) => x >= y),
  i8x16_ge_u: compare('u8', 'i8', (x, y) => x >= y),
  i8x16_abs: unary('i8', (x) => (x < 0 ? -x : x)),
  i8x16_neg: unary('i8', (x) => -x),
  i8x16_add: binary('i8', (x, y) => x + y),
  i8x16_sub: binary('i8', (x, y) => x - y),
  i8x16_min_s: binary('i8', (x, y) => Math.min(x, y)),
  i8x16_max_s: binary('i8', (x, y) => Math.max(x, y)),
  i8x16_min_u: binary('u8', (x, y) => Math.min(x, y)),
  i8x16_max_u: binary('u8', (x, y) => Math.max(x, y)),
  i8x16_add_sat_s: binary('i8', (x, y) => s8(x + y)),
  i8x16_sub_sat_s: binary('i8', (x, y) => s8(x - y)),
  i8x16_add_sat_u: binary('u8', (x, y) => u8(x + y)),
  i8x16_sub_sat_u: binary('u8', (x, y) => u8(x - y)),
  i8x16_avgr_u: binary('u8', (x, y) => (x + y + 1) >> 1),
  i8x16_shl: shift('i8', (x, n) => x << n),
  i8x16_shr_s: shift('i8', (x, n) => x >> n),
  i8x16_shr_u: shift('u8', (x, n) => x >>> n),
  i16x8_eq: compare('i16', 'i16', (x, y) => x === y),
  i16x8_ne: compare('i16', 'i16', (x, y) => x !== y),
  i16x8_lt_s: compare('i16', 'i16', (x, y) => x < y),
  i16x8_lt_u: compare('u16', 'i16', (x, y) => x < y),
  i16x8_gt_s: compare('i16', 'i16', (x, y) => x > y),
  i16x8_gt_u: compare('u16', 'i16', (x, y) => x > y),
  i16x8_le_s: compare('i16', 'i16', (x, y) => x <= y),
  i16x8_le_u: compare('u16', 'i16', (x, y) => x <= y),
  i16x8_ge_s: compare('i16', 'i16', (x, y) => x >= y),
  i16x8_ge_u: compare('u16', 'i16', (x, y) => x >= y),
  i16x8_abs: unary('i16', (x) => (x < 0 ? -x : x)),
  i16x8_neg: unary('i16', (x) => -x),
  i16x8_add: binary('i16', (x, y) => x + y),
  i16x8_sub: binary('i16', (x, y) => x - y),
  i16x8_mul: binary('i16', Math.imul),
  i16x8_min_s: binary('i16', (x, y) => Math.min(x, y)),
  i16x8_max_s: binary('i16', (x, y) => Math.max(x, y)),
  i16x8_min_u: binary('u16', (x, y) => Math.min(x, y)),
  i16x8_max_u: binary('u16', (x, y) => Math.max(x, y)),
  i16x8_add_sat_s: binary('i16', (x, y) => s16(x + y)),
  i16x8_sub_sat_s: binary('i16', (x, y) => s16(x - y)),
  i16x8_add_sat_u: binary('u16', (x, y) => u16(x + y)),
  i16x8_sub_sat_u: binary('u16', (x, y) => u16(x - y)),
  i16x8_avgr_u: binary('u16', (x, y) => (x + y + 1) >> 1),
  i16x8_shl: shift('i16', (x, n) => x << n),
  i16x8_shr_s: shift('i16', (x, n) => x >> n),
  i16x8_shr_u: shift('u16', (x, n) => x >>> n),
  i32x4_eq: compare('i32', 'i32', (x, y) => x === y),
  i32x4_ne: compare('i32', 'i32', (x, y) => x !== y),
  i32x4_lt_s: compare('i32', 'i32', (x, y) => x < y),
  i32x4_lt_u: compare('u32', 'i32', (x, y) => x < y),
  i32x4_gt_s: compare('i32', 'i32', (x, y) => x > y),
  i32x4_gt_u: compare('u32', 'i32', (x, y) => x > y),
  i32x4_le_s: compare('i32', 'i32', (x, y) => x <= y),
  i32x4_le_u: compare('u32', 'i32', (x, y) => x <= y),
  i32x4_ge_s: compare('i32', 'i32', (x, y) => x >= y),
  i32x4_ge_u: compare('u32', 'i32', (x, y) => x >= y),
  i32x4_abs: unary('i32', (x) => (x < 0 ? -x : x)),
  i32x4_neg: unary('i32', (x) => -x),
  i32x4_add: binary('i32', (x, y) => x + y),
  i32x4_sub: binary('i32', (x, y) => x - y),
  i32x4_mul: binary('i32', Math.imul),
  i32x4_min_s: binary('i32', (x, y) => Math.min(x, y)),
  i32x4_max_s: binary('i32', (x, y) => Math.max(x, y)),
  i32x4_min_u: binary('u32', (x, y) => Math.min(x, y)),
  i32x4_max_u: binary('u32', (x, y) => Math.max(x, y)),
  i32x4_shl: shift('i32', (x, n) => x << n),
  i32x4_shr_s: shift('i32', (x, n) => x >> n),
  i32x4_shr_u: shift('u32', (x, n) => x >>> n),
  i8x16_narrow_i16x8_s: crossing('i8', 'i16', (a, b, k) => s8(k < 8 ? a(k) : b(k - 8))),
  i8x16_narrow_i16x8_u: crossing('i8', 'i16', (a, b, k) => u8(k < 8 ? a(k) : b(k - 8))),
  i16x8_narrow_i32x4_s: crossing('i16', 'i32', (a, b, k) => s16(k < 4 ? a(k) : b(k - 4))),
  i16x8_narrow_i32x4_u: crossing('i16', 'i32', (a, b, k) => u16(k < 4 ? a(k) : b(k - 4))),
  i16x8_extend_low_i8x16_s: widening('i16', 'i8', false, (x) => x),
  i16x8_extmul_low_i8x16_s: widening('i16', 'i8', false, Math.imul),
  i16x8_extend_high_i8x16_s: widening('i16', 'i8', true, (x) => x),
  i16x8_extmul_high_i8x16_s: widening('i16', 'i8', true, Math.imul),
  i16x8_extadd_pairwise_i8x16_s: crossing('i16', 'i8', (a, _b, k) => a(2 * k) + a(2 * k + 1)),
  i16x8_extend_low_i8x16_u: widening('i16', 'u8', false, (x) => x),
  i16x8_extmul_low_i8x16_u: widening('i16', 'u8', false, Math.imul),
  i16x8_extend_high_i8x16_u: widening('i16', 'u8', true, (x) => x),
  i16x8_extmul_high_i8x16_u: widening('i16', 'u8', true, Math.imul),
  i16x8_extadd_pairwise_i8x16_u: crossing('i16', 'u8', (a, _b, k) => a(2 * k) + a(2 * k + 1)),
  i32x4_extend_low_i16x8_s: widening('i32', 'i16', false, (x) => x),
  i32x4_extmul_low_i16x8_s: widening('i32', 'i16', false, Math.imul),
  i32x4_extend_high_i16x8_s: widening('i32', 'i16', true, (x) => x),
  i32x4_extmul_high_i16x8_s: widening('i32', 'i16', true, Math.imul),
  i32x4_extadd_pairwise_i16x8_s: crossing('i32', 'i16', (a, _b, k) => a(2 * k) + a(2 * k + 1)),
  i32x4_extend_low_i16x8_u: widening('i32', 'u16', false, (x) => x),
  i32x4_extmul_low_i16x8_u: widening('i32', 'u16', false, Math.imul),
  i32x4_extend_high_i16x8_u: widening('i32', 'u16', true, (x) => x),
  i32x4_extmul_high_i16x8_u: widening('i32', 'u16', true, Math.imul),
  i32x4_extadd_pairwise_i16x8_u: crossing('i32', 'u16', (a, _b, k) => a(2 * k) + a(2 * k + 1)),
  i64x2_extend_low_i32x4_s: extend64(0, true),
  i64x2_extmul_low_i32x4_s: extmul64(0, true),
  i64x2_extend_high_i32x4_s: extend64(2, true),
  i64x2_extmul_high_i32x4_s: extmul64(2, true),
  i64x2_extend_low_i32x4_u: extend64(0, false),
  i64x2_extmul_low_i32x4_u: extmul64(0, false),
  i64x2_extend_high_i32x4_u: extend64(2, false),
  i64x2_extmul_high_i32x4_u: extmul64(2, false),
  i64x2_abs: pairs(absolute64, ret),
  i64x2_neg: pairs((al, ah) => i64.i64_sub(0, 0, al, ah), ret),
  i64x2_add: pairs(i64.i64_add, ret),
  i64x2_sub: pairs(i64.i64_sub, ret),
  i64x2_mul: pairs(i64.i64_mul, ret),
  i64x2_eq: mask64(i64.i64_eq),
  i64x2_ne: mask64(i64.i64_ne),
  i64x2_lt_s: mask64(i64.i64_lt_s),
  i64x2_gt_s: mask64(i64.i64_gt_s),
  i64x2_le_s: mask64(i64.i64_le_s),
  i64x2_ge_s: mask64(i64.i64_ge_s),
  i64x2_shl: shift64(i64.i64_shl),
  i64x2_shr_s: shift64(i64.i64_shr_s),
  i64x2_shr_u: shift64(i64.i64_shr_u),
}

/** Operators from a vector to an i32. */
export const simdTests: Record<string, VectorTest> = {
  v128_any_true: (v, a) => (v.i32[a]! | v.i32[a + 1]! | v.i32[a + 2]! | v.i32[a + 3]! ? 1 : 0),
  i8x16_all_true: allTrue('i8'),
  i8x16_bitmask: bitmask('i8'),
  i16x8_all_true: allTrue('i16'),
  i16x8_bitmask: bitmask('i16'),
  i32x4_all_true: allTrue('i32'),
  i32x4_bitmask: bitmask('i32'),
  i64x2_all_true: (v, a) => ((v.i32[a]! | v.i32[a + 1]!) !== 0 && (v.i32[a + 2]! | v.i32[a + 3]!) !== 0 ? 1 : 0),
  i64x2_bitmask: (v, a) => (v.i32[a + 1]! >>> 31) | ((v.i32[a + 3]! >>> 31) << 1),
}
