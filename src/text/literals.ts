// Turns number literals into bits (specification: Text Format, Values). Floats are rounded once, to nearest, ties to even, also where a
// double would round first. Every function gives undefined for a literal that is out of range or of the wrong kind.

export interface Bits64 {
  lo: number
  hi: number
}

const INT = /^[+-]?(?:0x[\da-fA-F]+|\d+)$/

/** An integer literal as a bigint, or undefined when it is a float. */
export function integer(text: string): bigint | undefined {
  const plain = text.indexOf('_') < 0 ? text : text.replaceAll('_', '')
  if (!INT.test(plain)) return undefined
  const first = plain.charCodeAt(0)
  if (first === 0x2d) return -BigInt(plain.slice(1))
  return BigInt(first === 0x2b ? plain.slice(1) : plain)
}

/** A small integer literal as a number, exact; NaN where the slow way is needed. */
function smallInteger(text: string): number {
  if (text.length > 12 || text.indexOf('_') >= 0) return Number.NaN
  const first = text.charCodeAt(0)
  const magnitude = first === 0x2d || first === 0x2b ? Number(text.slice(1)) : Number(text)
  if (!Number.isInteger(magnitude) || !INT.test(text)) return Number.NaN
  return first === 0x2d ? -magnitude : magnitude
}

/** A literal of `bits` ≤ 32 bits, signed or unsigned; the result is the unsigned number. */
export function intBits(text: string, bits: number): number | undefined {
  let n = smallInteger(text)
  if (Number.isNaN(n)) {
    const big = integer(text)
    if (big === undefined) return undefined
    n = Number(big)
  }
  const range = 2 ** bits
  if (n >= range || n < -range / 2) return undefined
  return n < 0 ? n + range : n + 0
}

/** An unsigned literal below 2^32. */
export function natural(text: string): number | undefined {
  const n = text.length < 10 && text.indexOf('_') < 0 ? Number(text) : Number(integer(text))
  return n < 4294967296 ? n : undefined
}

/** An unsigned literal below 2^64. */
export function natural64(text: string): bigint | undefined {
  const n = integer(text)
  return n === undefined || n >= 1n << 64n ? undefined : n
}

export function int64Bits(text: string): Bits64 | undefined {
  const small = smallInteger(text)
  if (!Number.isNaN(small)) return { lo: small | 0, hi: Math.floor(small / 4294967296) | 0 }
  const n = integer(text)
  if (n === undefined || n >= 1n << 64n || n < -(1n << 63n)) return undefined
  return { lo: Number(BigInt.asIntN(32, n)), hi: Number(BigInt.asIntN(32, n >> 32n)) }
}

const view = new DataView(new ArrayBuffer(8))

/** The bits of an f32 literal. */
export function f32Bits(text: string): number | undefined {
  const special = specialFloat(text, 23n, 8n)
  if (special === false) return undefined
  if (special !== undefined) return Number(special)
  const plain = text.replaceAll('_', '')
  if (isHex(plain)) {
    const bits = hexFloat(plain, 24, 127)
    return bits === undefined ? undefined : Number(bits)
  }
  const value = nearestF32(plain)
  if (!Number.isFinite(value)) return undefined
  view.setFloat32(0, value)
  return view.getUint32(0)
}

/** The bits of an f64 literal. */
export function f64Bits(text: string): Bits64 | undefined {
  const special = specialFloat(text, 52n, 11n)
  if (special === false) return undefined
  if (special !== undefined) return split(special)
  const plain = text.replaceAll('_', '')
  if (isHex(plain)) {
    const bits = hexFloat(plain, 53, 1023)
    return bits === undefined ? undefined : split(bits)
  }
  const value = Number(plain)
  if (!Number.isFinite(value)) return undefined
  view.setFloat64(0, value)
  return { lo: view.getInt32(4), hi: view.getInt32(0) }
}

const split = (bits: bigint): Bits64 => ({
  lo: Number(BigInt.asIntN(32, bits)),
  hi: Number(BigInt.asIntN(32, bits >> 32n)),
})
const isHex = (plain: string) => /^[+-]?0x/.test(plain)

/** The bits of inf and NaN literals; false for a payload out of range, undefined for a finite literal. */
function specialFloat(text: string, mantissa: bigint, exponent: bigint): bigint | false | undefined {
  const match = /^([+-]?)(inf|nan)(?::0x([\da-fA-F_]+))?$/.exec(text)
  if (!match) return undefined
  const sign = match[1] === '-' ? 1n << (mantissa + exponent) : 0n
  const top = ((1n << exponent) - 1n) << mantissa
  if (match[2] === 'inf') return sign | top
  if (match[3] === undefined) return sign | top | (1n << (mantissa - 1n))
  const payload = BigInt(`0x${match[3].replaceAll('_', '')}`)
  return payload === 0n || payload >= 1n << mantissa ? false : sign | top | payload
}

/** The bits of a hexadecimal literal in a format of `precision` bits; undefined when it overflows. */
function hexFloat(plain: string, precision: number, maxExponent: number): bigint | undefined {
  const match = /^([+-]?)0x([\da-fA-F]+)(?:\.([\da-fA-F]*))?(?:[pP]([+-]?\d+))?$/.exec(plain)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', power = '0'] = match
  const width = maxExponent === 127 ? 32 : 64
  const signBit = sign === '-' ? 1n << BigInt(width - 1) : 0n
  const mantissa = BigInt(`0x${whole}${fraction}`)
  if (mantissa === 0n) return signBit
  const exponent = Math.max(-1e6, Math.min(1e6, Number(power))) - 4 * fraction.length
  const bits = round(mantissa, exponent, precision, maxExponent)
  return bits === undefined ? undefined : signBit | bits
}

/** mantissa · 2^exponent, rounded to nearest even. */
function round(mantissa: bigint, exponent: number, precision: number, maxExponent: number): bigint | undefined {
  const length = mantissa.toString(2).length
  const lowest = 2 - maxExponent - precision
  const top = length - 1 + exponent
  if (top > maxExponent) return undefined
  const unit = Math.max(top - precision + 1, lowest)
  const shift = unit - exponent
  let kept: bigint
  if (shift <= 0) kept = mantissa << BigInt(-shift)
  else if (shift > length + 1) kept = 0n
  else {
    const by = BigInt(shift)
    kept = mantissa >> by
    const rest = mantissa - (kept << by)
    const half = 1n << (by - 1n)
    if (rest > half || (rest === half && kept & 1n)) kept += 1n
  }
  // A carry out of the mantissa moves into the exponent by itself.
  const bits = kept + (BigInt(unit - lowest) << BigInt(precision - 1))
  const infinity = BigInt(2 * maxExponent + 1) << BigInt(precision - 1)
  return bits >= infinity ? undefined : bits
}

/** The float32 nearest to a decimal literal: the double nearest to it tells, unless it lies halfway between two floats. */
function nearestF32(plain: string): number {
  const double = Number(plain)
  const near = Math.fround(double)
  if (near === double || double === 0) return near
  const other = neighbour(near, double > near)
  const bound = (x: number) => (x === Infinity ? 2 ** 128 : x === -Infinity ? -(2 ** 128) : x)
  if (bound(near) - double !== double - bound(other)) return near
  const order = compareDecimal(plain, double)
  if (order === 0) return near
  return order > 0 ? Math.max(near, other) : Math.min(near, other)
}

/** The next float32 above or below `x`. */
function neighbour(x: number, above: boolean): number {
  if (x === 0) return above ? 2 ** -149 : -(2 ** -149)
  view.setFloat32(0, x)
  view.setInt32(0, view.getInt32(0) + (x > 0 === above ? 1 : -1))
  return view.getFloat32(0)
}

/** The sign of (decimal literal - double), exactly. */
function compareDecimal(plain: string, double: number): number {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(plain)!
  const [, sign, whole = '', fraction = '', power = '0'] = match
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  const ten = Number(power) - fraction.length
  view.setFloat64(0, double)
  const raw = view.getBigUint64(0)
  const exponent = Number((raw >> 52n) & 0x7ffn)
  const mantissa = (raw & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n)
  const two = Math.max(exponent, 1) - 1075
  let left = digits
  let right = double < 0 ? -mantissa : mantissa
  if (ten >= 0) left *= 10n ** BigInt(ten)
  else right *= 10n ** BigInt(-ten)
  if (two >= 0) right <<= BigInt(two)
  else left <<= BigInt(-two)
  return left > right ? 1 : left < right ? -1 : 0
}
