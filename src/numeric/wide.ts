// The operators with results of 128 bits (proposal: wide arithmetic). The result is four slots: the lowest returned, then ret.hi, ret.i[2], ret.i[3].
import { i64_add, i64_ge_u, i64_lt_u, i64_sub, mulHigh } from './i64.ts'
import { ret } from './ret.ts'

const TWO32 = 0x100000000
const INV32 = 1 / TWO32

/** Sets ret's slots 2 and 3 to a sum of the high halves and a carry. */
function highSum(al: number, ah: number, bl: number, bh: number, carry: number): void {
  const sum = (al >>> 0) + (bl >>> 0) + carry
  ret.i[2] = sum
  ret.i[3] = ah + bh + +(sum >= TWO32)
}

export function i64_add128(
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
): number {
  const lo = i64_add(a0, a1, b0, b1)
  highSum(a2, a3, b2, b3, i64_lt_u(lo, ret.hi, a0, a1))
  return lo
}

export function i64_sub128(
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
): number {
  // a - b is a + ~b + 1, and the carry into the high half is the absence of a borrow.
  highSum(a2, a3, ~b2, ~b3, i64_ge_u(a0, a1, b0, b1))
  return i64_sub(a0, a1, b0, b1)
}

export function i64_mul_wide_u(al: number, ah: number, bl: number, bh: number): number {
  const p00 = Math.imul(al, bl)
  const p01 = Math.imul(al, bh)
  const p10 = Math.imul(ah, bl)
  const p11 = Math.imul(ah, bh)
  // Sums of words stay far below 2^53.
  const s1 = (mulHigh(al, bl, p00) >>> 0) + (p01 >>> 0) + (p10 >>> 0)
  const s2 = (mulHigh(al, bh, p01) >>> 0) + (mulHigh(ah, bl, p10) >>> 0) + (p11 >>> 0) + Math.floor(s1 * INV32)
  ret.hi = s1 | 0
  ret.i[2] = s2
  ret.i[3] = mulHigh(ah, bh, p11) + Math.floor(s2 * INV32)
  return p00
}

export function i64_mul_wide_s(al: number, ah: number, bl: number, bh: number): number {
  const lo = i64_mul_wide_u(al, ah, bl, bh)
  // A negative operand counted 2^64 too much: take the other one off the high half.
  if (ah < 0) highSum(ret.i[2]!, ret.i[3]!, ~bl, ~bh, 1)
  if (bh < 0) highSum(ret.i[2]!, ret.i[3]!, ~al, ~ah, 1)
  return lo
}
