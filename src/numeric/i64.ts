// The i64 operators, one function per instruction and named as it (specification: Execution, Numerics, "Integer Operations"). An i64 is
// two int32 numbers, low and high; a function gives the low half and sets ret.hi. No BigInt: pairs are 2 to 5 times faster. Conversions from other
// types are convert.ts's, 128-bit results wide.ts's.
import { Trap } from '../errors.ts'
import { i32_ctz, i32_popcnt } from './i32.ts'
import { ret } from './ret.ts'

const TWO32 = 0x100000000
const INV32 = 1 / TWO32

export const i64_eqz = (lo: number, hi: number): number => ((lo | hi) === 0 ? 1 : 0)
export const i64_eq = (al: number, ah: number, bl: number, bh: number): number => (al === bl && ah === bh ? 1 : 0)
export const i64_ne = (al: number, ah: number, bl: number, bh: number): number => (al !== bl || ah !== bh ? 1 : 0)
export const i64_lt_s = (al: number, ah: number, bl: number, bh: number): number =>
  ah < bh || (ah === bh && al >>> 0 < bl >>> 0) ? 1 : 0
export const i64_lt_u = (al: number, ah: number, bl: number, bh: number): number =>
  ah >>> 0 < bh >>> 0 || (ah === bh && al >>> 0 < bl >>> 0) ? 1 : 0
export const i64_gt_s = (al: number, ah: number, bl: number, bh: number): number =>
  ah > bh || (ah === bh && al >>> 0 > bl >>> 0) ? 1 : 0
export const i64_gt_u = (al: number, ah: number, bl: number, bh: number): number =>
  ah >>> 0 > bh >>> 0 || (ah === bh && al >>> 0 > bl >>> 0) ? 1 : 0
export const i64_le_s = (al: number, ah: number, bl: number, bh: number): number =>
  ah < bh || (ah === bh && al >>> 0 <= bl >>> 0) ? 1 : 0
export const i64_le_u = (al: number, ah: number, bl: number, bh: number): number =>
  ah >>> 0 < bh >>> 0 || (ah === bh && al >>> 0 <= bl >>> 0) ? 1 : 0
export const i64_ge_s = (al: number, ah: number, bl: number, bh: number): number =>
  ah > bh || (ah === bh && al >>> 0 >= bl >>> 0) ? 1 : 0
export const i64_ge_u = (al: number, ah: number, bl: number, bh: number): number =>
  ah >>> 0 > bh >>> 0 || (ah === bh && al >>> 0 >= bl >>> 0) ? 1 : 0

export function i64_clz(lo: number, hi: number): number {
  ret.hi = 0
  return hi === 0 ? 32 + Math.clz32(lo) : Math.clz32(hi)
}

export function i64_ctz(lo: number, hi: number): number {
  ret.hi = 0
  return lo === 0 ? 32 + i32_ctz(hi) : i32_ctz(lo)
}

export function i64_popcnt(lo: number, hi: number): number {
  ret.hi = 0
  return i32_popcnt(lo) + i32_popcnt(hi)
}

export function i64_add(al: number, ah: number, bl: number, bh: number): number {
  const lo = (al + bl) | 0
  ret.hi = (ah + bh + +(lo >>> 0 < al >>> 0)) | 0
  return lo
}

export function i64_sub(al: number, ah: number, bl: number, bh: number): number {
  ret.hi = (ah - bh - +(al >>> 0 < bl >>> 0)) | 0
  return (al - bl) | 0
}

/** The high word of the unsigned product of two words whose low word is `lo`: the double product is off by less than 2^12, so rounding mends it. */
export const mulHigh = (a: number, b: number, lo: number): number =>
  (((a >>> 0) * (b >>> 0) - (lo >>> 0)) * INV32 + 0.5) | 0

export function i64_mul(al: number, ah: number, bl: number, bh: number): number {
  const lo = Math.imul(al, bl)
  ret.hi = (mulHigh(al, bl, lo) + Math.imul(al, bh) + Math.imul(ah, bl)) | 0
  return lo
}

/** Unsigned quotient; the divisor is not 0. */
function divide(al: number, ah: number, bl: number, bh: number): number {
  if (ah >>> 21 === 0) {
    // Below 2^53 a double quotient cannot round up to the next integer; a divisor that is not exact is greater anyway.
    const q = Math.floor(((ah >>> 0) * TWO32 + (al >>> 0)) / ((bh >>> 0) * TWO32 + (bl >>> 0)))
    ret.hi = (q * INV32) | 0
    return q | 0
  }
  if (bh === 0) {
    // Long division by digits of 32, 16 and 16 bits: each partial dividend is below 2^48 and exact.
    const d = bl >>> 0
    const q2 = ((ah >>> 0) / d) >>> 0
    const n1 = ((ah >>> 0) - q2 * d) * 0x10000 + (al >>> 16)
    const q1 = Math.floor(n1 / d)
    const q0 = Math.floor(((n1 - q1 * d) * 0x10000 + (al & 0xffff)) / d)
    ret.hi = q2 | 0
    return (q1 << 16) | q0
  }
  const q = estimate(al, ah, bl, bh)
  subtractProduct(al, ah, bl, bh, q)
  const more = i64_ge_u(remLo, remHi, bl, bh)
  ret.hi = 0
  return (q + more) | 0
}

/** Unsigned remainder; the divisor is not 0. */
function remainder(al: number, ah: number, bl: number, bh: number): number {
  if (ah >>> 21 === 0) {
    const n = (ah >>> 0) * TWO32 + (al >>> 0)
    const d = (bh >>> 0) * TWO32 + (bl >>> 0)
    const r = n - Math.floor(n / d) * d
    ret.hi = (r * INV32) | 0
    return r | 0
  }
  if (bh === 0) {
    const d = bl >>> 0
    const n1 = ((ah >>> 0) - (((ah >>> 0) / d) >>> 0) * d) * 0x10000 + (al >>> 16)
    const n0 = (n1 - Math.floor(n1 / d) * d) * 0x10000 + (al & 0xffff)
    ret.hi = 0
    return (n0 - Math.floor(n0 / d) * d) | 0
  }
  subtractProduct(al, ah, bl, bh, estimate(al, ah, bl, bh))
  if (i64_ge_u(remLo, remHi, bl, bh)) return i64_sub(remLo, remHi, bl, bh)
  ret.hi = remHi
  return remLo
}

/** The quotient by a divisor of at least 2^32, or one less: the factor outweighs the rounding of the operands and of the division. */
const estimate = (al: number, ah: number, bl: number, bh: number): number =>
  ((((ah >>> 0) * TWO32 + (al >>> 0)) / ((bh >>> 0) * TWO32 + (bl >>> 0))) * (1 - 2 ** -50)) >>> 0

let remLo = 0
let remHi = 0

/** Sets remLo and remHi to a - q * b. */
function subtractProduct(al: number, ah: number, bl: number, bh: number, q: number): void {
  const lo = Math.imul(bl, q)
  remLo = (al - lo) | 0
  remHi = (ah - mulHigh(bl, q, lo) - Math.imul(bh, q) - +(al >>> 0 < lo >>> 0)) | 0
}

export function i64_div_u(al: number, ah: number, bl: number, bh: number): number {
  if ((bl | bh) === 0) throw new Trap('integer divide by zero')
  return divide(al, ah, bl, bh)
}

export function i64_rem_u(al: number, ah: number, bl: number, bh: number): number {
  if ((bl | bh) === 0) throw new Trap('integer divide by zero')
  return remainder(al, ah, bl, bh)
}

export function i64_div_s(al: number, ah: number, bl: number, bh: number): number {
  if ((bl | bh) === 0) throw new Trap('integer divide by zero')
  if ((bl & bh) === -1 && al === 0 && ah === -0x80000000) throw new Trap('integer overflow')
  const negative = (ah ^ bh) < 0
  if (ah < 0) {
    ah = (~ah + +(al === 0)) | 0
    al = -al | 0
  }
  if (bh < 0) {
    bh = (~bh + +(bl === 0)) | 0
    bl = -bl | 0
  }
  const lo = divide(al, ah, bl, bh)
  return negative ? negate(lo, ret.hi) : lo
}

export function i64_rem_s(al: number, ah: number, bl: number, bh: number): number {
  if ((bl | bh) === 0) throw new Trap('integer divide by zero')
  const negative = ah < 0
  if (ah < 0) {
    ah = (~ah + +(al === 0)) | 0
    al = -al | 0
  }
  if (bh < 0) {
    bh = (~bh + +(bl === 0)) | 0
    bl = -bl | 0
  }
  const lo = remainder(al, ah, bl, bh)
  return negative ? negate(lo, ret.hi) : lo
}

function negate(lo: number, hi: number): number {
  ret.hi = (~hi + +(lo === 0)) | 0
  return -lo | 0
}

export function i64_and(al: number, ah: number, bl: number, bh: number): number {
  ret.hi = ah & bh
  return al & bl
}

export function i64_or(al: number, ah: number, bl: number, bh: number): number {
  ret.hi = ah | bh
  return al | bl
}

export function i64_xor(al: number, ah: number, bl: number, bh: number): number {
  ret.hi = ah ^ bh
  return al ^ bl
}

// A shift by more than 31 needs no subtraction: JavaScript takes counts modulo 32. (x >>> 1) >>> ~n is x >>> (32 - n) that gives 0 for n = 0.
export function i64_shl(al: number, ah: number, bl: number, _bh: number): number {
  if (bl & 32) {
    ret.hi = al << bl
    return 0
  }
  ret.hi = (ah << bl) | ((al >>> 1) >>> ~bl)
  return al << bl
}

export function i64_shr_s(al: number, ah: number, bl: number, _bh: number): number {
  if (bl & 32) {
    ret.hi = ah >> 31
    return ah >> bl
  }
  ret.hi = ah >> bl
  return (al >>> bl) | ((ah << 1) << ~bl)
}

export function i64_shr_u(al: number, ah: number, bl: number, _bh: number): number {
  if (bl & 32) {
    ret.hi = 0
    return (ah >>> bl) | 0
  }
  ret.hi = (ah >>> bl) | 0
  return (al >>> bl) | ((ah << 1) << ~bl)
}

export function i64_rotl(al: number, ah: number, bl: number, _bh: number): number {
  const lo = bl & 32 ? ah : al
  const hi = bl & 32 ? al : ah
  ret.hi = (hi << bl) | ((lo >>> 1) >>> ~bl)
  return (lo << bl) | ((hi >>> 1) >>> ~bl)
}

export function i64_rotr(al: number, ah: number, bl: number, _bh: number): number {
  const lo = bl & 32 ? ah : al
  const hi = bl & 32 ? al : ah
  ret.hi = (hi >>> bl) | ((lo << 1) << ~bl)
  return (lo >>> bl) | ((hi << 1) << ~bl)
}

export function i64_extend8_s(lo: number, _hi: number): number {
  ret.hi = (lo << 24) >> 31
  return (lo << 24) >> 24
}

export function i64_extend16_s(lo: number, _hi: number): number {
  ret.hi = (lo << 16) >> 31
  return (lo << 16) >> 16
}

export function i64_extend32_s(lo: number, _hi: number): number {
  ret.hi = lo >> 31
  return lo
}
