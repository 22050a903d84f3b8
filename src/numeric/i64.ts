// Operators on i64 (specification: Execution, Numerics, Integer Operations). An i64 is two int32 halves; a result is its low half, the high one in
// ret.hi. BigInt serves only the division of operands beyond 53 bits.
import { Trap } from '../errors.ts'
import { i32_popcnt } from './i32.ts'
import { ret } from './ret.ts'

export const i64_eqz = (al: number, ah: number): number => ((al | ah) === 0 ? 1 : 0)
export const i64_eq = (al: number, ah: number, bl: number, bh: number): number => (al === bl && ah === bh ? 1 : 0)
export const i64_ne = (al: number, ah: number, bl: number, bh: number): number => (al === bl && ah === bh ? 0 : 1)
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

/** An i64 result with a high half of zero. */
function small(lo: number): number {
  ret.hi = 0
  return lo
}

export const i64_clz = (al: number, ah: number): number => small(ah === 0 ? 32 + Math.clz32(al) : Math.clz32(ah))
export const i64_ctz = (al: number, ah: number): number =>
  small(al !== 0 ? 31 - Math.clz32(al & -al) : ah === 0 ? 64 : 63 - Math.clz32(ah & -ah))
export const i64_popcnt = (al: number, ah: number): number => small(i32_popcnt(al) + i32_popcnt(ah))

export function i64_add(al: number, ah: number, bl: number, bh: number): number {
  const lo = (al + bl) | 0
  ret.hi = (ah + bh + +(lo >>> 0 < al >>> 0)) | 0
  return lo
}

export function i64_sub(al: number, ah: number, bl: number, bh: number): number {
  ret.hi = (ah - bh - +(al >>> 0 < bl >>> 0)) | 0
  return (al - bl) | 0
}

export function i64_mul(al: number, ah: number, bl: number, bh: number): number {
  const lo = Math.imul(al, bl)
  // The product of the low halves as a double is off by less than half a unit of the high half.
  const carry = ((al >>> 0) * (bl >>> 0) - (lo >>> 0)) * 2 ** -32 + 0.5
  ret.hi = ((carry | 0) + Math.imul(al, bh) + Math.imul(ah, bl)) | 0
  return lo
}

/** The quotient of magnitudes; also the remainder, in `rem`. Each is [low, high] unsigned. */
const rem = { lo: 0, hi: 0 }
const TWO32 = 4294967296

function divide(al: number, ah: number, bl: number, bh: number): number {
  if ((bl | bh) === 0) throw new Trap('integer divide by zero')
  const au = ah >>> 0
  const bu = bh >>> 0
  if (au < 0x200000 && bu < 0x200000) {
    const a = au * TWO32 + (al >>> 0)
    const b = bu * TWO32 + (bl >>> 0)
    const r = a % b
    const q = (a - r) / b
    rem.hi = (r / TWO32) | 0
    rem.lo = r | 0
    ret.hi = (q / TWO32) | 0
    return q | 0
  }
  return divideBig(al, au, bl, bu)
}

function divideBig(al: number, au: number, bl: number, bu: number): number {
  const a = (BigInt(au) << 32n) | BigInt(al >>> 0)
  const b = (BigInt(bu) << 32n) | BigInt(bl >>> 0)
  const q = a / b
  const r = a - q * b
  rem.lo = Number(BigInt.asIntN(32, r))
  rem.hi = Number(BigInt.asIntN(32, r >> 32n))
  ret.hi = Number(BigInt.asIntN(32, q >> 32n))
  return Number(BigInt.asIntN(32, q))
}

/** Negates [lo, ret.hi]. */
function negated(lo: number): number {
  ret.hi = (~ret.hi + +(lo === 0)) | 0
  return -lo | 0
}

/** divide() on the magnitudes of signed operands. */
function divideSigned(al: number, ah: number, bl: number, bh: number): number {
  const xl = ah < 0 ? -al | 0 : al
  const xh = ah < 0 ? (~ah + +(al === 0)) | 0 : ah
  const yl = bh < 0 ? -bl | 0 : bl
  const yh = bh < 0 ? (~bh + +(bl === 0)) | 0 : bh
  return divide(xl, xh, yl, yh)
}

export function i64_div_s(al: number, ah: number, bl: number, bh: number): number {
  if (bl === -1 && bh === -1 && al === 0 && ah === -2147483648) throw new Trap('integer overflow')
  const q = divideSigned(al, ah, bl, bh)
  return (ah ^ bh) < 0 ? negated(q) : q
}

export const i64_div_u = (al: number, ah: number, bl: number, bh: number): number => divide(al, ah, bl, bh)

export function i64_rem_s(al: number, ah: number, bl: number, bh: number): number {
  divideSigned(al, ah, bl, bh)
  ret.hi = rem.hi
  return ah < 0 ? negated(rem.lo) : rem.lo
}

export function i64_rem_u(al: number, ah: number, bl: number, bh: number): number {
  divide(al, ah, bl, bh)
  ret.hi = rem.hi
  return rem.lo
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

export function i64_shl(al: number, ah: number, bl: number, _bh: number): number {
  const n = bl & 63
  if (n === 0) {
    ret.hi = ah
    return al
  }
  if (n >= 32) {
    ret.hi = al << n
    return 0
  }
  ret.hi = (ah << n) | (al >>> (32 - n))
  return al << n
}

export function i64_shr_s(al: number, ah: number, bl: number, _bh: number): number {
  const n = bl & 63
  if (n >= 32) {
    ret.hi = ah >> 31
    return ah >> n
  }
  ret.hi = ah >> n
  return n === 0 ? al : (al >>> n) | (ah << (32 - n))
}

export function i64_shr_u(al: number, ah: number, bl: number, _bh: number): number {
  const n = bl & 63
  if (n >= 32) {
    ret.hi = 0
    return (ah >>> n) | 0
  }
  ret.hi = (ah >>> n) | 0
  return n === 0 ? al : (al >>> n) | (ah << (32 - n))
}

export function i64_rotl(al: number, ah: number, bl: number, _bh: number): number {
  const swap = (bl & 32) !== 0
  const lo = swap ? ah : al
  const hi = swap ? al : ah
  const n = bl & 31
  if (n === 0) {
    ret.hi = hi
    return lo
  }
  ret.hi = (hi << n) | (lo >>> (32 - n))
  return (lo << n) | (hi >>> (32 - n))
}

export const i64_rotr = (al: number, ah: number, bl: number, _bh: number): number => i64_rotl(al, ah, -bl & 63, 0)

function signed(lo: number): number {
  ret.hi = lo >> 31
  return lo
}
export const i64_extend8_s = (al: number, _ah: number): number => signed((al << 24) >> 24)
export const i64_extend16_s = (al: number, _ah: number): number => signed((al << 16) >> 16)
export const i64_extend32_s = (al: number, _ah: number): number => signed(al)
