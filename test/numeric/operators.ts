// The operators under test by name, their rows of the instruction table, and how values look as bits: every value is a non-negative bigint.
import * as bits from '../../src/numeric/bits.ts'
import * as convert from '../../src/numeric/convert.ts'
import * as f32 from '../../src/numeric/f32.ts'
import * as f64 from '../../src/numeric/f64.ts'
import * as i32 from '../../src/numeric/i32.ts'
import * as i64 from '../../src/numeric/i64.ts'
import { ret } from '../../src/numeric/ret.ts'
import * as v128 from '../../src/numeric/v128-bits.ts'
import * as f32x4 from '../../src/numeric/v128-f32x4.ts'
import * as f64x2 from '../../src/numeric/v128-f64x2.ts'
import * as i8x16 from '../../src/numeric/v128-i8x16.ts'
import * as i16x8 from '../../src/numeric/v128-i16x8.ts'
import * as i32x4 from '../../src/numeric/v128-i32x4.ts'
import * as i64x2 from '../../src/numeric/v128-i64x2.ts'
import * as wide from '../../src/numeric/wide.ts'
import { ADDR, type Row, rows } from '../../src/syntax/instructions.ts'
import { Op } from '../../src/syntax/opcode.ts'
import { F32, F64, I32, I64, V128, type ValType } from '../../src/syntax/types.ts'

// biome-ignore lint/suspicious/noExplicitAny: operators of every shape
type Operator = (...operands: any[]) => any
type Operators = Record<string, Operator>

export const scalarOps: Operators = { ...i32, ...i64, ...f32, ...f64, ...convert, ...wide }
const { made: _, ...v128Ops } = v128
export const vectorOps: Operators = { ...v128Ops, ...i8x16, ...i16x8, ...i32x4, ...i64x2, ...f32x4, ...f64x2 }

/** The rows of operators on values only: no memory, no control, no constants. */
export const valueRows: readonly Row[] = rows.filter(
  (r): r is Row => r !== undefined && !r.poly && r.params.length > 0 && !r.params.includes(ADDR),
)
export const usesVectors = (row: Row): boolean => row.params.includes(V128) || row.results.includes(V128)
export const member = (row: Row): string => Op[row.op]

export const width = (t: ValType): number => (t === I32 || t === F32 ? 32 : t === V128 ? 128 : 64)
const low = (x: bigint): number => Number(BigInt.asIntN(32, x))
const joined = (lo: number, hi: number): bigint => BigInt(lo >>> 0) | (BigInt(hi >>> 0) << 32n)

/** Float operands as numbers; never through an array, which may drop a NaN's bits. */
const f = (t: ValType, x: bigint): number =>
  t === F32 ? bits.f32_from_bits(low(x)) : bits.f64_from_bits(low(x), low(x >> 32n))

/** A scalar result as bits. */
export function resultBits(t: ValType, x: number): bigint {
  if (t === I32) return BigInt(x >>> 0)
  if (t === I64) return joined(x, ret.hi)
  if (t === F32) return BigInt(bits.f32_to_bits(x) >>> 0)
  return joined(bits.f64_to_bits(x), ret.hi)
}

/** Calls a scalar operator on operands given as bits. */
export function callScalar(row: Row, args: readonly bigint[]): bigint {
  const op = scalarOps[member(row)]!
  const { params } = row
  const t = params[0]!
  const result = row.results[0]!
  if (t === F32 || t === F64) {
    const x = f(t, args[0]!)
    return resultBits(result, params.length === 1 ? op(x) : op(x, f(t, args[1]!)))
  }
  return resultBits(result, op(...intSlots(params, args)))
}

/** Integer operands as slots. */
export const intSlots = (params: readonly ValType[], args: readonly bigint[]): number[] =>
  args.flatMap((x, i) => (params[i] === I64 ? [low(x), low(x >> 32n)] : [low(x)]))

/** Calls `op` with leading arguments and one scalar operand as its slots. */
export function withScalar(op: Operator, lead: readonly unknown[], t: ValType, x: bigint): void {
  if (t === F32 || t === F64) op(...lead, f(t, x))
  else op(...lead, ...intSlots([t], [x]))
}

const isNaNBits = (size: number, x: bigint): boolean =>
  size === 32 ? (x & 0x7fffffffn) > 0x7f800000n : (x & 0x7fffffffffffffffn) > 0x7ff0000000000000n
const isQuiet = (size: number, x: bigint): boolean =>
  (x & (size === 32 ? 0x7fc00000n : 0x7ff8000000000000n)) === (size === 32 ? 0x7fc00000n : 0x7ff8000000000000n)
const isCanonical = (size: number, x: bigint): boolean =>
  (x & (size === 32 ? 0x7fffffffn : 0x7fffffffffffffffn)) === (size === 32 ? 0x7fc00000n : 0x7ff8000000000000n)

/** Operators whose NaN results are exact bits: those on bits, and moves. */
export const exactNaN = (name: string): boolean =>
  !/_(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote_f64|promote_f32|demote_f64x2_zero|promote_low_f32x4)$/.test(
    name,
  ) || !/^f/.test(name)

/**
 * Whether a float result is one the specification allows, given the host's: equal bits, or any arithmetic NaN where the host has a NaN,
 * a canonical one if no operand is another NaN.
 */
export function allowed(
  size: number,
  got: bigint,
  host: bigint,
  fromSize: number,
  operands: readonly bigint[],
): boolean {
  if (!isNaNBits(size, host)) return got === host
  const canonical = operands.every((x) => !isNaNBits(fromSize, x) || isCanonical(fromSize, x))
  return isNaNBits(size, got) && (canonical ? isCanonical(size, got) : isQuiet(size, got))
}
