// Operators on pairs of i64s (proposal: wide arithmetic). The result is 128 bits in four slots: the lowest returned, then ret.hi, ret.i[2], ret.i[3].
import { i64_mul, i64_sub } from './i64.ts'
import { ret } from './ret.ts'

type Slot = number

export function i64_add128(a0: Slot, a1: Slot, a2: Slot, a3: Slot, b0: Slot, b1: Slot, b2: Slot, b3: Slot): number {
  const r0 = (a0 + b0) | 0
  const s1 = (a1 >>> 0) + (b1 >>> 0) + +(r0 >>> 0 < a0 >>> 0)
  const s2 = (a2 >>> 0) + (b2 >>> 0) + +(s1 > 0xffffffff)
  ret.hi = s1 | 0
  ret.i[2] = s2 | 0
  ret.i[3] = (a3 + b3 + +(s2 > 0xffffffff)) | 0
  return r0
}

export function i64_sub128(a0: Slot, a1: Slot, a2: Slot, a3: Slot, b0: Slot, b1: Slot, b2: Slot, b3: Slot): number {
  const s1 = (a1 >>> 0) - (b1 >>> 0) - +(a0 >>> 0 < b0 >>> 0)
  const s2 = (a2 >>> 0) - (b2 >>> 0) - +(s1 < 0)
  ret.hi = s1 | 0
  ret.i[2] = s2 | 0
  ret.i[3] = (a3 - b3 - +(s2 < 0)) | 0
  return (a0 - b0) | 0
}

/** The product of two unsigned int32s: the low half; the high one is in ret.hi. */
const product = (a: number, b: number): number => i64_mul(a, 0, b, 0)

export function i64_mul_wide_u(al: Slot, ah: Slot, bl: Slot, bh: Slot): number {
  const r0 = product(al, bl)
  const c0 = ret.hi >>> 0
  const m1 = product(al, bh) >>> 0
  const h1 = ret.hi >>> 0
  const m2 = product(ah, bl) >>> 0
  const h2 = ret.hi >>> 0
  const top = product(ah, bh) >>> 0
  const h3 = ret.hi
  const s1 = c0 + m1 + m2
  const s2 = Math.floor(s1 / 4294967296) + h1 + h2 + top
  ret.hi = s1 | 0
  ret.i[2] = s2 | 0
  ret.i[3] = (h3 + Math.floor(s2 / 4294967296)) | 0
  return r0
}

export function i64_mul_wide_s(al: Slot, ah: Slot, bl: Slot, bh: Slot): number {
  const r0 = i64_mul_wide_u(al, ah, bl, bh)
  const r1 = ret.hi
  // Each negative operand has been taken for one 2^64 greater.
  for (const [sign, lo, hi] of [
    [ah, bl, bh],
    [bh, al, ah],
  ] as const) {
    if (sign >= 0) continue
    ret.i[2] = i64_sub(ret.i[2]!, ret.i[3]!, lo, hi)
    ret.i[3] = ret.hi
  }
  ret.hi = r1
  return r0
}
