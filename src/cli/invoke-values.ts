// The arguments and results of `--invoke` as text: literals as the text format writes them, and how other runtimes do.
import { f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import { payloadOf } from '../runtime/boundary.ts'
import { type ExnInst, FuncInst } from '../runtime/instances.ts'
import { V128Value, type Value } from '../runtime/values.ts'
import { F32, F64, I32, I64, isRef, typeName, typeNames, V128, type ValType } from '../syntax/types.ts'
import { f32Bits, f64Bits, int64Bits, intBits, integer } from '../text/literals.ts'
import { EXIT, Failure } from './failure.ts'

const FORMS: readonly [ValType, string][] = [
  [I32, 'an integer from -2147483648 to 4294967295, or hexadecimal such as 0xff'],
  [I64, 'an integer from -2^63 to 2^64 - 1, or hexadecimal such as 0xff'],
  [F32, 'a number that f32 can hold, such as 1.5, 1e3, 0x1.8p3, inf or nan'],
  [F64, 'a number that f64 can hold, such as 1.5, 1e3, 0x1.8p3, inf or nan'],
  [V128, 'a shape and its lanes such as "i32x4 1 2 3 4", or one integer of 128 bits'],
]

const NUMBER = /^[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?$|^[+-]?0x/i

/** Floats as other languages write them become the text format's. */
function floatLiteral(text: string): string | undefined {
  const special = /^([+-]?)(?:(inf)(?:inity)?|(nan)((?::0x[\da-f]+)?))$/i.exec(text)
  if (special) return `${special[1]}${(special[2] ?? special[3])!.toLowerCase()}${special[4] ?? ''}`
  return NUMBER.test(text) ? text.replace(/^([+-]?)0X/, '$10x') : undefined
}

const LANES: Readonly<Record<string, number>> = { i8x16: 8, i16x8: 16, i32x4: 32, i64x2: 64, f32x4: 32, f64x2: 64 }

function vector(text: string): V128Value | undefined {
  const whole = integer(text)
  const bytes = new DataView(new ArrayBuffer(16))
  if (whole !== undefined) {
    if (BigInt.asUintN(128, whole) !== whole) return undefined
    bytes.setBigUint64(0, BigInt.asUintN(64, whole), true)
    bytes.setBigUint64(8, whole >> 64n, true)
    return new V128Value(new Int32Array(bytes.buffer))
  }
  const [shape = '', ...lanes] = text.trim().split(/[\s,:]+/)
  const bits = Object.hasOwn(LANES, shape) ? LANES[shape]! : 0
  if (bits === 0 || lanes.length !== 128 / bits) return undefined
  for (const [k, lane] of lanes.entries()) if (!setLane(bytes, shape, bits, k, lane)) return undefined
  return new V128Value(new Int32Array(bytes.buffer))
}

function setLane(bytes: DataView, shape: string, bits: number, k: number, lane: string): boolean {
  const float = shape[0] === 'f' ? floatLiteral(lane) : undefined
  if (shape[0] === 'f' && float === undefined) return false
  const at = (k * bits) / 8
  if (bits === 64) {
    const v = float === undefined ? int64Bits(lane) : f64Bits(float)
    if (v === undefined) return false
    bytes.setInt32(at, v.lo, true)
    bytes.setInt32(at + 4, v.hi, true)
    return true
  }
  const v = float === undefined ? intBits(lane, bits) : f32Bits(float)
  if (v === undefined) return false
  if (bits === 8) bytes.setUint8(at, v)
  else if (bits === 16) bytes.setUint16(at, v, true)
  else bytes.setUint32(at, v, true)
  return true
}

/** The value of a literal, undefined where it is none of the type. */
function literalValue(text: string, t: ValType): Value | undefined {
  switch (t) {
    case I32: {
      const bits = intBits(text, 32)
      return bits === undefined ? undefined : bits | 0
    }
    case I64: {
      const bits = int64Bits(text)
      return bits && (BigInt(bits.hi) << 32n) | BigInt(bits.lo >>> 0)
    }
    case F32: {
      const float = floatLiteral(text)
      const bits = float === undefined ? undefined : f32Bits(float)
      return bits === undefined ? undefined : f32_from_bits(bits)
    }
    case F64: {
      const float = floatLiteral(text)
      const bits = float === undefined ? undefined : f64Bits(float)
      return bits && f64_from_bits(bits.lo, bits.hi)
    }
    case V128:
      return vector(text)
    default:
      return text === 'null' ? null : undefined
  }
}

/**
 * The value of argument number `index`, from 0.
 * @throws Failure that says which form the type's literals have
 */
export function argument(text: string, t: ValType, index: number, name: string): Value {
  const value = literalValue(text.trim(), t)
  if (value !== undefined) return value
  const form = isRef(t) ? 'null, the only reference that can be written here' : FORMS.find(([of]) => of === t)![1]
  throw new Failure(
    `--invoke ${name}: argument ${index + 1} must be of type ${typeName(t)}: ${JSON.stringify(text)} is not ${form}`,
    EXIT.usage,
  )
}

/** The digits that tell an f32 from every other. */
const F32_DIGITS = 9

function shortestF32(x: number): string {
  for (let digits = 1; digits < F32_DIGITS; digits++) {
    const short = Number(x.toPrecision(digits))
    if (Math.fround(short) === x) return String(short)
  }
  return String(Number(x.toPrecision(F32_DIGITS)))
}

const QUIET32 = 0x400000
const QUIET64_HI = 0x80000

function nanText(negative: boolean, payload: bigint, quiet: bigint): string {
  return `${negative ? '-' : ''}nan${payload === quiet ? '' : `:0x${payload.toString(16)}`}`
}

function floatText(x: number, t: ValType): string {
  if (x === Infinity) return 'inf'
  if (x === -Infinity) return '-inf'
  if (Object.is(x, -0)) return '-0'
  if (x === x) return t === F32 ? shortestF32(x) : String(x)
  if (t === F32) {
    const bits = f32_to_bits(x)
    return nanText(bits < 0, BigInt(bits & 0x7fffff), BigInt(QUIET32))
  }
  const lo = f64_to_bits(x)
  const payload = (BigInt(ret.hi & 0xfffff) << 32n) | BigInt(lo >>> 0)
  return nanText(ret.hi < 0, payload, BigInt(QUIET64_HI) << 32n)
}

/** A result as a literal that `argument` reads back; references as what they are. */
export function resultText(value: Value, t: ValType): string {
  if (t === F32 || t === F64) return floatText(value as number, t)
  if (t === V128)
    return `i32x4 ${Array.from((value as V128Value).lanes, (l) => `0x${(l >>> 0).toString(16).padStart(8, '0')}`).join(' ')}`
  if (!isRef(t)) return String(value)
  if (value === null) return 'null'
  return value instanceof FuncInst ? 'a function' : `a reference of type ${typeName(t)}`
}

/** What is said of an exception that nobody has caught. */
export function exceptionText(e: ExnInst): string {
  const { params } = e.tag.type
  const carried = payloadOf(e).map((v, k) => resultText(v, params[k]!))
  return `error: uncaught exception of a tag ${typeNames(params)}${carried.length > 0 ? `, with ${carried.join(' ')}` : ''}`
}
