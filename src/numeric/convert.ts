// Conversions (specification: Execution, Numerics, Conversions). i64s are halves as everywhere: low returned, high in ret.hi.
import { Trap } from '../errors.ts'
import { f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits } from './bits.ts'
import { ret } from './ret.ts'

const TWO32 = 4294967296
const TWO63 = 9223372036854775808
const TWO64 = 18446744073709551616

export const i32_wrap_i64 = (al: number, _ah: number): number => al
export function i64_extend_i32_s(a: number): number {
  ret.hi = a >> 31
  return a
}
export function i64_extend_i32_u(a: number): number {
  ret.hi = 0
  return a
}

function check(x: number, fits: boolean): void {
  if (fits) return
  throw new Trap(x === x ? 'integer overflow' : 'invalid conversion to integer')
}

/** A float without fraction in [-2^63, 2^64) as an i64. */
function split(x: number): number {
  const hi = Math.floor(x / TWO32)
  ret.hi = hi | 0
  return (x - hi * TWO32) | 0
}

function saturated(lo: number, hi: number): number {
  ret.hi = hi
  return lo
}

export function i32_trunc_f64_s(x: number): number {
  check(x, x > -2147483649 && x < 2147483648)
  return x | 0
}
export function i32_trunc_f64_u(x: number): number {
  check(x, x > -1 && x < TWO32)
  return x | 0
}
export function i64_trunc_f64_s(x: number): number {
  check(x, x >= -TWO63 && x < TWO63)
  return split(Math.trunc(x))
}
export function i64_trunc_f64_u(x: number): number {
  check(x, x > -1 && x < TWO64)
  return split(Math.trunc(x))
}
export const i32_trunc_sat_f64_s = (x: number): number =>
  x >= 2147483647 ? 2147483647 : x <= -2147483648 ? -2147483648 : x | 0
export const i32_trunc_sat_f64_u = (x: number): number => (x >= 4294967295 ? -1 : x > 0 ? x | 0 : 0)
export function i64_trunc_sat_f64_s(x: number): number {
  if (x !== x) return saturated(0, 0)
  if (x >= TWO63) return saturated(-1, 0x7fffffff)
  return x < -TWO63 ? saturated(0, -0x80000000) : split(Math.trunc(x))
}
export function i64_trunc_sat_f64_u(x: number): number {
  if (!(x > 0)) return saturated(0, 0)
  return x >= TWO64 ? saturated(-1, -1) : split(Math.trunc(x))
}
// Every f32 is an f64.
export const i32_trunc_f32_s = i32_trunc_f64_s
export const i32_trunc_f32_u = i32_trunc_f64_u
export const i32_trunc_sat_f32_s = i32_trunc_sat_f64_s
export const i32_trunc_sat_f32_u = i32_trunc_sat_f64_u
export const i64_trunc_f32_s = i64_trunc_f64_s
export const i64_trunc_f32_u = i64_trunc_f64_u
export const i64_trunc_sat_f32_s = i64_trunc_sat_f64_s
export const i64_trunc_sat_f32_u = i64_trunc_sat_f64_u

export const f64_convert_i32_s = (a: number): number => a
export const f64_convert_i32_u = (a: number): number => a >>> 0
export const f32_convert_i32_s = (a: number): number => Math.fround(a)
export const f32_convert_i32_u = (a: number): number => Math.fround(a >>> 0)
export const f64_convert_i64_s = (al: number, ah: number): number => ah * TWO32 + (al >>> 0)
export const f64_convert_i64_u = (al: number, ah: number): number => (ah >>> 0) * TWO32 + (al >>> 0)

/** Rounds hi * 2^32 + lo to f32 once: beyond 53 bits the low twelve are reduced to whether any is set, which an f32 can't tell. */
function toF32(lo: number, hi: number): number {
  const sticky = hi < 0x200000 && hi >= -0x200000 ? lo : (lo & ~0xfff) | (lo & 0xfff ? 0x800 : 0)
  return Math.fround(hi * TWO32 + (sticky >>> 0))
}
export const f32_convert_i64_s = (al: number, ah: number): number => toF32(al, ah)
export const f32_convert_i64_u = (al: number, ah: number): number => toF32(al, ah >>> 0)

export const f32_demote_f64 = (x: number): number => Math.fround(x)
/** The mark of a signalling NaN is cleared; what is left is quiet. */
export const f64_promote_f32 = (x: number): number => (x === x ? x : f64_from_bits(f64_to_bits(x) & ~1, ret.hi))

export const i32_reinterpret_f32 = f32_to_bits
export const i64_reinterpret_f64 = f64_to_bits
export const f32_reinterpret_i32 = f32_from_bits
export const f64_reinterpret_i64 = f64_from_bits
