// The conversions between number types, one function per instruction and named as it (specification: Execution, Numerics, "Conversions").
// An i64 is two int32 numbers, low and high; a function gives the low half and sets ret.hi. An f32 is an f64 that is exact in single precision,
// so that conversions from it are those from f64.
import { Trap } from '../errors.ts'
import { f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits } from './bits.ts'
import { ret } from './ret.ts'

const TWO31 = 0x80000000
const TWO32 = 0x100000000
const TWO63 = 2 ** 63
const TWO64 = 2 ** 64
const INV32 = 1 / TWO32

const outOfRange = (x: number): Trap => new Trap(x === x ? 'integer overflow' : 'invalid conversion to integer')

export const i32_wrap_i64 = (lo: number, _hi: number): number => lo

export function i64_extend_i32_s(x: number): number {
  ret.hi = x >> 31
  return x
}

export function i64_extend_i32_u(x: number): number {
  ret.hi = 0
  return x
}

export function i32_trunc_f64_s(x: number): number {
  if (x > -TWO31 - 1 && x < TWO31) return x | 0
  throw outOfRange(x)
}

export function i32_trunc_f64_u(x: number): number {
  if (x > -1 && x < TWO32) return x | 0
  throw outOfRange(x)
}

export const i32_trunc_f32_s = (x: number): number => i32_trunc_f64_s(x)
export const i32_trunc_f32_u = (x: number): number => i32_trunc_f64_u(x)

export function i64_trunc_f64_s(x: number): number {
  if (x >= -TWO63 && x < TWO63) return splitSigned(x)
  throw outOfRange(x)
}

export function i64_trunc_f64_u(x: number): number {
  if (x > -1 && x < TWO64) return splitUnsigned(x)
  throw outOfRange(x)
}

export const i64_trunc_f32_s = (x: number): number => i64_trunc_f64_s(x)
export const i64_trunc_f32_u = (x: number): number => i64_trunc_f64_u(x)

// ToInt32 truncates towards zero and takes the result modulo 2^32, as a low word must be; scaling by 2^-32 is exact.
function splitSigned(x: number): number {
  ret.hi = Math.floor(Math.trunc(x) * INV32) | 0
  return x | 0
}

function splitUnsigned(x: number): number {
  ret.hi = (x * INV32) | 0
  return x | 0
}

export function i32_trunc_sat_f64_s(x: number): number {
  if (x >= TWO31) return 0x7fffffff
  if (x <= -TWO31) return -0x80000000
  return x | 0
}

export function i32_trunc_sat_f64_u(x: number): number {
  if (x >= TWO32) return -1
  return x > 0 ? x | 0 : 0
}

export const i32_trunc_sat_f32_s = (x: number): number => i32_trunc_sat_f64_s(x)
export const i32_trunc_sat_f32_u = (x: number): number => i32_trunc_sat_f64_u(x)

export function i64_trunc_sat_f64_s(x: number): number {
  if (x > -TWO63 && x < TWO63) return splitSigned(x)
  if (x > 0) {
    ret.hi = 0x7fffffff
    return -1
  }
  // What is left is too small, or NaN.
  ret.hi = x < 0 ? -0x80000000 : 0
  return 0
}

export function i64_trunc_sat_f64_u(x: number): number {
  if (x > 0 && x < TWO64) return splitUnsigned(x)
  ret.hi = x > 0 ? -1 : 0
  return ret.hi
}

export const i64_trunc_sat_f32_s = (x: number): number => i64_trunc_sat_f64_s(x)
export const i64_trunc_sat_f32_u = (x: number): number => i64_trunc_sat_f64_u(x)

export const f64_convert_i32_s = (x: number): number => x
export const f64_convert_i32_u = (x: number): number => x >>> 0
// Both terms are exact, so that the sum rounds once.
export const f64_convert_i64_s = (lo: number, hi: number): number => hi * TWO32 + (lo >>> 0)
export const f64_convert_i64_u = (lo: number, hi: number): number => (hi >>> 0) * TWO32 + (lo >>> 0)

export const f32_convert_i32_s = (x: number): number => Math.fround(x)
export const f32_convert_i32_u = (x: number): number => Math.fround(x >>> 0)

// From 2^53 on, where the f64 would round already, the bits below 2^29 matter to the f32 only as zero or not: the lowest 12 are folded
// into the next one, which leaves a number that is exact as f64.
const sticky = (lo: number): number => (lo & 0xfff ? lo | 0x1000 : lo) & ~0xfff

export function f32_convert_i64_s(lo: number, hi: number): number {
  if ((hi + 0x200000) >>> 22 === 0) return Math.fround(hi * TWO32 + (lo >>> 0))
  return Math.fround(hi * TWO32 + (sticky(lo) >>> 0))
}

export function f32_convert_i64_u(lo: number, hi: number): number {
  if (hi >>> 21 === 0) return Math.fround(hi * TWO32 + (lo >>> 0))
  return Math.fround((hi >>> 0) * TWO32 + (sticky(lo) >>> 0))
}

// Rounding to single precision drops the mark of a signalling f32 NaN and quietens an f64 one; payloads keep their upper bits.
export const f32_demote_f64 = (x: number): number => Math.fround(x)
export const f64_promote_f32 = (x: number): number => (x === x ? x : Math.fround(x))

export const i32_reinterpret_f32 = (x: number): number => f32_to_bits(x)
export const f32_reinterpret_i32 = (bits: number): number => f32_from_bits(bits)
export const i64_reinterpret_f64 = (x: number): number => f64_to_bits(x)
export const f64_reinterpret_i64 = (lo: number, hi: number): number => f64_from_bits(lo, hi)
