// Operators on vectors of floats, by the names of their instructions. Relaxed ones are deterministic: madd and nmadd round twice, min, max and
// trunc do what their strict counterparts do (specification: Execution, Numerics, Vector Operations).
import * as convert from './convert.ts'
import * as f32 from './f32.ts'
import * as f64 from './f64.ts'
import { binary, compare, crossing, type Lanes, unary, type VectorOp } from './lanes.ts'

/** Copies lane by lane from b where `takeB` holds, else from a: bits stay as they are. */
const pick =
  (wide: boolean, takeB: (x: number, y: number) => boolean): VectorOp =>
  (v, d, a, b) => {
    const step = wide ? 2 : 1
    for (let k = 0; k < 4; k += step) {
      const [x, y] = wide ? [v.f64[(a + k) / 2]!, v.f64[(b + k) / 2]!] : [v.f32[a + k]!, v.f32[b + k]!]
      const from = takeB(x, y) ? b : a
      for (let j = k; j < k + step; j++) v.i32[d + j] = v.i32[from + j]!
    }
  }
const sign32 =
  (f: (bits: number) => number): VectorOp =>
  (v, d, a) => {
    for (let k = 0; k < 4; k++) v.i32[d + k] = f(v.i32[a + k]!)
  }
const sign64 =
  (f: (bits: number) => number): VectorOp =>
  (v, d, a) => {
    for (let k = 0; k < 4; k += 2) {
      const [lo, hi] = [v.i32[a + k]!, v.i32[a + k + 1]!]
      v.i32[d + k] = lo
      v.i32[d + k + 1] = f(hi)
    }
  }
const fused =
  (view: 'f32' | 'f64', sign: number): VectorOp =>
  (v, d, a, b, c) => {
    const lanes = v[view]
    const n = view === 'f32' ? 4 : 2
    const scale = n / 4
    for (let k = 0; k < n; k++) {
      const product = sign * lanes[a * scale + k]! * lanes[b * scale + k]!
      const rounded = view === 'f32' ? Math.fround(product) : product
      lanes[d * scale + k] = rounded + lanes[c * scale + k]!
    }
  }
const truncate =
  (f: (x: number) => number): VectorOp =>
  (v, d, a) => {
    for (let k = 0; k < 4; k++) v.i32[d + k] = f(v.f32[a + k]!)
  }
const truncateZero = (f: (x: number) => number): VectorOp => crossing('i32', 'f64', (a, _b, k) => (k < 2 ? f(a(k)) : 0))
const toF32 =
  (view: 'i32' | 'u32'): VectorOp =>
  (v: Lanes, d, a) => {
    for (let k = 0; k < 4; k++) v.f32[d + k] = v[view][a + k]!
  }

export const simdFloat: Record<string, VectorOp> = {
  f32x4_demote_f64x2_zero: crossing('f32', 'f64', (a, _b, k) => (k < 2 ? a(k) : 0)),
  f64x2_promote_low_f32x4: crossing('f64', 'f32', (a, _b, k) => a(k)),
  f32x4_convert_i32x4_s: toF32('i32'),
  f32x4_convert_i32x4_u: toF32('u32'),
  f64x2_convert_low_i32x4_s: crossing('f64', 'i32', (a, _b, k) => a(k)),
  f64x2_convert_low_i32x4_u: crossing('f64', 'u32', (a, _b, k) => a(k)),
  f32x4_abs: sign32((bits) => bits & 0x7fffffff),
  f32x4_neg: sign32((bits) => bits ^ 0x80000000),
  f64x2_abs: sign64((bits) => bits & 0x7fffffff),
  f64x2_neg: sign64((bits) => bits ^ 0x80000000),
  f32x4_relaxed_madd: fused('f32', 1),
  f32x4_relaxed_nmadd: fused('f32', -1),
  f64x2_relaxed_madd: fused('f64', 1),
  f64x2_relaxed_nmadd: fused('f64', -1),
  i32x4_trunc_sat_f32x4_s: truncate(convert.i32_trunc_sat_f32_s),
  i32x4_relaxed_trunc_f32x4_s: truncate(convert.i32_trunc_sat_f32_s),
  i32x4_trunc_sat_f64x2_s_zero: truncateZero(convert.i32_trunc_sat_f64_s),
  i32x4_relaxed_trunc_f64x2_s_zero: truncateZero(convert.i32_trunc_sat_f64_s),
  i32x4_trunc_sat_f32x4_u: truncate(convert.i32_trunc_sat_f32_u),
  i32x4_relaxed_trunc_f32x4_u: truncate(convert.i32_trunc_sat_f32_u),
  i32x4_trunc_sat_f64x2_u_zero: truncateZero(convert.i32_trunc_sat_f64_u),
  i32x4_relaxed_trunc_f64x2_u_zero: truncateZero(convert.i32_trunc_sat_f64_u),
  f32x4_eq: compare('f32', 'i32', (x, y) => x === y),
  f32x4_ne: compare('f32', 'i32', (x, y) => x !== y),
  f32x4_lt: compare('f32', 'i32', (x, y) => x < y),
  f32x4_gt: compare('f32', 'i32', (x, y) => x > y),
  f32x4_le: compare('f32', 'i32', (x, y) => x <= y),
  f32x4_ge: compare('f32', 'i32', (x, y) => x >= y),
  f32x4_ceil: unary('f32', f32.f32_ceil),
  f32x4_floor: unary('f32', f32.f32_floor),
  f32x4_trunc: unary('f32', f32.f32_trunc),
  f32x4_nearest: unary('f32', f32.f32_nearest),
  f32x4_sqrt: unary('f32', f32.f32_sqrt),
  f32x4_add: binary('f32', f32.f32_add),
  f32x4_sub: binary('f32', f32.f32_sub),
  f32x4_mul: binary('f32', f32.f32_mul),
  f32x4_div: binary('f32', f32.f32_div),
  f32x4_min: binary('f32', f32.f32_min),
  f32x4_max: binary('f32', f32.f32_max),
  f32x4_relaxed_min: binary('f32', f32.f32_min),
  f32x4_relaxed_max: binary('f32', f32.f32_max),
  f32x4_pmin: pick(false, (x, y) => y < x),
  f32x4_pmax: pick(false, (x, y) => x < y),
  f64x2_eq: crossing('i32', 'f64', (a, b, k) => (a(k >> 1) === b(k >> 1) ? -1 : 0)),
  f64x2_ne: crossing('i32', 'f64', (a, b, k) => (a(k >> 1) !== b(k >> 1) ? -1 : 0)),
  f64x2_lt: crossing('i32', 'f64', (a, b, k) => (a(k >> 1) < b(k >> 1) ? -1 : 0)),
  f64x2_gt: crossing('i32', 'f64', (a, b, k) => (a(k >> 1) > b(k >> 1) ? -1 : 0)),
  f64x2_le: crossing('i32', 'f64', (a, b, k) => (a(k >> 1) <= b(k >> 1) ? -1 : 0)),
  f64x2_ge: crossing('i32', 'f64', (a, b, k) => (a(k >> 1) >= b(k >> 1) ? -1 : 0)),
  f64x2_ceil: unary('f64', f64.f64_ceil),
  f64x2_floor: unary('f64', f64.f64_floor),
  f64x2_trunc: unary('f64', f64.f64_trunc),
  f64x2_nearest: unary('f64', f64.f64_nearest),
  f64x2_sqrt: unary('f64', f64.f64_sqrt),
  f64x2_add: binary('f64', f64.f64_add),
  f64x2_sub: binary('f64', f64.f64_sub),
  f64x2_mul: binary('f64', f64.f64_mul),
  f64x2_div: binary('f64', f64.f64_div),
  f64x2_min: binary('f64', f64.f64_min),
  f64x2_max: binary('f64', f64.f64_max),
  f64x2_relaxed_min: binary('f64', f64.f64_min),
  f64x2_relaxed_max: binary('f64', f64.f64_max),
  f64x2_pmin: pick(true, (x, y) => y < x),
  f64x2_pmax: pick(true, (x, y) => x < y),
}
