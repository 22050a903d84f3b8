// Number literals: ranges, exact bits, and one rounding only.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { f32Bits, f64Bits, int64Bits, intBits, natural, natural64 } from '../../src/text/literals.ts'
import { printF32, printF64 } from '../../src/text/print-names.ts'

const view = new DataView(new ArrayBuffer(8))
const bits32 = (x: number) => {
  view.setFloat32(0, x)
  return view.getUint32(0)
}
const bits64 = (x: number) => {
  view.setFloat64(0, x)
  return { lo: view.getInt32(4), hi: view.getInt32(0) }
}
const fromBits64 = (n: bigint) => {
  view.setBigUint64(0, n)
  return view.getFloat64(0)
}
/** A finite double as an exact hexadecimal literal. */
function hex(x: number): string {
  view.setFloat64(0, x)
  const raw = view.getBigUint64(0)
  const exponent = Number((raw >> 52n) & 0x7ffn)
  const fraction = (raw & 0xfffffffffffffn).toString(16).padStart(13, '0')
  return `${raw >> 63n ? '-' : ''}0x${exponent === 0 ? 0 : 1}.${fraction}p${Math.max(exponent, 1) - 1023}`
}
const finite = fc
  .bigInt({ min: 0n, max: (1n << 64n) - 1n })
  .map(fromBits64)
  .filter(Number.isFinite)

describe('integers', () => {
  test.each([
    ['0', 0],
    ['-1', 0xffffffff],
    ['4294967295', 0xffffffff],
    ['-2147483648', 0x80000000],
    ['0xFFFF_FFFF', 0xffffffff],
    ['+1_0', 10],
    ['4294967296', undefined],
    ['-2147483649', undefined],
    ['1.0', undefined],
    ['-0x8000_0001', undefined],
  ])('i32 %s', (text, bits) => expect(intBits(text, 32)).toBe(bits))
  test('i64', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }), (n) => {
        const got = int64Bits(String(n))!
        expect((BigInt(got.hi >>> 0) << 32n) | BigInt(got.lo >>> 0)).toBe(BigInt.asUintN(64, n))
      }),
    )
    expect(int64Bits('18446744073709551616')).toBeUndefined()
    expect(int64Bits('-9223372036854775809')).toBeUndefined()
    expect(int64Bits('-5')).toEqual({ lo: -5, hi: -1 })
  })
  test('naturals', () => {
    expect(natural('0xffffffff')).toBe(0xffffffff)
    expect(natural('4294967296')).toBeUndefined()
    expect(natural64('0xffff_ffff_ffff_ffff')).toBe((1n << 64n) - 1n)
    expect(natural64('0x1_0000_0000_0000_0000')).toBeUndefined()
  })
})

describe('floats', () => {
  test.each([
    // Halfway between two floats but for the last digit, which the nearest double does not hold.
    ['1.00000005960464477539062500', 0x3f800000],
    ['1.00000005960464477539062501', 0x3f800001],
    ['1.00000017881393432617187499', 0x3f800001],
    ['1.00000017881393432617187500', 0x3f800002],
    ['-1.00000005960464477539062501', 0xbf800001],
    ['340282356779733661637539395458142568447', 0x7f7fffff],
    ['340282356779733661637539395458142568448', undefined],
    ['7.0064923216240853e-46', 0],
    ['7.0064923216240862e-46', 1],
    ['0x1.00000100000000001p0', 0x3f800001],
    ['0x1.000001p0', 0x3f800000],
    ['0x1.fffffefffffffp127', 0x7f7fffff],
    ['0x1.ffffffp127', undefined],
    ['0x1p-149', 1],
    ['0x1p-150', 0],
    ['0x1.000001p-150', 1],
    ['-0x0p0', 0x80000000],
    ['inf', 0x7f800000],
    ['-nan', 0xffc00000],
    ['nan:0x1', 0x7f800001],
    ['nan:0x80_0000', undefined],
    ['nan:0x0', undefined],
  ])('f32 %s', (text, bits) => expect(f32Bits(text)).toBe(bits))

  test('f64 of hexadecimal literals', () => {
    fc.assert(
      fc.property(finite, (x) => {
        expect(f64Bits(hex(x))).toEqual(bits64(x))
      }),
    )
    expect(f64Bits('0x1p1024')).toBeUndefined()
    expect(f64Bits('1e309')).toBeUndefined()
    expect(f64Bits('0x1.fffffffffffff8p1023')).toBeUndefined()
    expect(f64Bits('0x0.0000000000000000000000000000001p-1000000000')).toEqual({ lo: 0, hi: 0 })
  })
  test('f32 of hexadecimal and of exact decimal literals', () => {
    const inRange = fc.double({ min: -3.4e38, max: 3.4e38, noNaN: true })
    fc.assert(
      fc.property(inRange, (x) => {
        expect(f32Bits(hex(x))).toBe(bits32(x))
      }),
    )
    const moderate = fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((x) => Math.abs(x) > 1e-6)
    fc.assert(
      fc.property(moderate, (x) => {
        expect(f32Bits(x.toPrecision(100))).toBe(bits32(x))
      }),
    )
  })
  test('printed floats are read again', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(word, (bits) => {
        expect(f32Bits(printF32(bits))).toBe(bits >>> 0)
      }),
    )
    fc.assert(
      fc.property(word, word, (lo, hi) => {
        expect(f64Bits(printF64(lo, hi))).toEqual({ lo, hi })
      }),
    )
  })
})
