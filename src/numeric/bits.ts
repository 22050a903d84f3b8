// Bits of floats. An f32 NaN travels as an f64 NaN that no engine quietens on the way: the same sign, bit 51 set, its 22 low payload bits in bits
// 50 to 29, and bit 0 set if it is signalling. Arithmetic ends in Math.fround, which drops the mark, as arithmetic must.
import { ret } from './ret.ts'

const buffer = new ArrayBuffer(8)
const asF64 = new Float64Array(buffer)
const asF32 = new Float32Array(buffer)
const asI32 = new Int32Array(buffer)
/** Undefined where the host has no BigInt; then nothing gives it one. */
const asI64 = globalThis.BigInt64Array && new BigInt64Array(buffer)
const LO = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
const HI = 1 - LO

/** The f32 with these bits. */
export function f32_from_bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) {
    asI32[HI] = (bits & 0x80000000) | 0x7ff80000 | ((bits & 0x3fffff) >>> 3)
    asI32[LO] = (bits << 29) | (bits & 0x400000 ? 0 : 1)
    return asF64[0]!
  }
  asI32[0] = bits
  return asF32[0]!
}

/** The bits of an f32. */
export function f32_to_bits(x: number): number {
  if (x === x) {
    asF32[0] = x
    return asI32[0]!
  }
  asF64[0] = x
  const hi = asI32[HI]!
  const lo = asI32[LO]!
  return (hi & 0x80000000) | 0x7f800000 | (lo & 1 ? 0 : 0x400000) | ((hi & 0x7ffff) << 3) | (lo >>> 29)
}

/** The f64 with these bits. */
export function f64_from_bits(lo: number, hi: number): number {
  asI32[LO] = lo
  asI32[HI] = hi
  return asF64[0]!
}

/** The low half of an f64's bits; the high one is in ret.hi. */
export function f64_to_bits(x: number): number {
  asF64[0] = x
  ret.hi = asI32[HI]!
  return asI32[LO]!
}

/** The halves of an f64's bits by themselves. */
export function f64_low_bits(x: number): number {
  asF64[0] = x
  return asI32[LO]!
}
export function f64_high_bits(x: number): number {
  asF64[0] = x
  return asI32[HI]!
}

/** The bigint that an i64's halves are. By way of memory: several times as fast as shifts, and V8 11.3's optimiser fails on some uses of BigInt.asIntN. */
export function i64_from_halves(lo: number, hi: number): bigint {
  asI32[LO] = lo
  asI32[HI] = hi
  return asI64![0]!
}

/** The low half of a bigint modulo 2^64; the high one is in ret.hi. */
export function i64_to_halves(x: bigint): number {
  asI64![0] = x
  ret.hi = asI32[HI]!
  return asI32[LO]!
}

/** A value modulo 2^64, as a signed number. @throws {TypeError} where it is none of a bigint (ToBigInt64) */
export function i64_wrap(x: bigint): bigint {
  asI64![0] = x
  return asI64![0]!
}

/** A float, NaN or not, with its sign bit replaced: 0 clears, -1 sets. */
export function with_sign(x: number, sign: number): number {
  asF64[0] = x
  asI32[HI] = (asI32[HI]! & 0x7fffffff) | (sign & 0x80000000)
  return asF64[0]!
}

/** The sign of a float, NaN or not: 0 or -1. */
export function sign_of(x: number): number {
  asF64[0] = x
  return asI32[HI]! >> 31
}
