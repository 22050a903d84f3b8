// The page for instructions whose type is in the table and that the loop does not have inline: each is a call of its function in numeric/ or
// runtime/, with registers read and written by the row's types.
import { Crash, Trap } from '../errors.ts'
import * as bits from '../numeric/bits.ts'
import * as convert from '../numeric/convert.ts'
import * as f32 from '../numeric/f32.ts'
import * as f64 from '../numeric/f64.ts'
import * as i32 from '../numeric/i32.ts'
import * as i64 from '../numeric/i64.ts'
import { f32x4_canonical, f64x2_canonical } from '../numeric/nans.ts'
import { ret } from '../numeric/ret.ts'
import * as v128 from '../numeric/v128-bits.ts'
import * as f32x4 from '../numeric/v128-f32x4.ts'
import * as f64x2 from '../numeric/v128-f64x2.ts'
import * as i8x16 from '../numeric/v128-i8x16.ts'
import * as i16x8 from '../numeric/v128-i16x8.ts'
import * as i32x4 from '../numeric/v128-i32x4.ts'
import * as i64x2 from '../numeric/v128-i64x2.ts'
import * as wide from '../numeric/wide.ts'
import { ADDR, type Row, rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I64, V128 } from '../syntax/types.ts'
import { memoryAccess } from './accesses.ts'
import { Inner, type Lowered, wordsOf } from './lowered.ts'
import { F, I, lanes } from './machine.ts'

// biome-ignore lint/suspicious/noExplicitAny: operators of every signature
type Operator = (...args: any[]) => any
const named: Record<string, unknown> = {
  ...bits,
  ...i32,
  ...i64,
  ...f32,
  ...f64,
  ...convert,
  ...v128,
  ...i8x16,
  ...i16x8,
  ...i32x4,
  ...i64x2,
  ...f32x4,
  ...f64x2,
  ...wide,
}
const operators: (Operator | undefined)[] = rows.map((r) => r && (named[Op[r.op]!] as Operator | undefined))

/** Where an argument comes from, in the low bits; above them the word of the instruction that says which. */
enum From {
  int,
  high,
  float,
  /** The register's number itself, for an operator on vectors. */
  place,
  immediate,
}
const FROM_BITS = 3

/** Where a result goes. */
enum To {
  nothing,
  int,
  long,
  /** Two i64s. */
  longs,
  float,
}

/** How an instruction calls its operator. */
interface Plan {
  readonly length: number
  readonly access: boolean
  readonly vector: boolean
  readonly operator: Operator | undefined
  readonly sources: readonly number[]
  readonly to: To
}

const plans: (Plan | undefined)[] = rows.map((row) => row && planOf(row))

function planOf(row: Row): Plan {
  const vector = row.feature === 'simd' || row.feature === 'relaxed-simd'
  const access = row.imms.includes('memarg')
  return {
    length: wordsOf(row),
    access,
    vector,
    operator: access ? undefined : operators[row.op],
    sources: sourcesOf(row, vector),
    to: resultOf(row),
  }
}

/** Operators on vectors take the lanes, then: destination, vectors, lane, scalars. */
function sourcesOf(row: Row, vector: boolean): number[] {
  const source = (from: From, word: number) => from | (word << FROM_BITS)
  const places = vector && row.results[0] === V128 ? [source(From.place, 1)] : []
  const scalars: number[] = []
  row.params.forEach((t, k) => {
    if (t === V128) places.push(source(From.place, 2 + k))
    else if (t === F32 || t === F64) scalars.push(source(From.float, 2 + k))
    else {
      scalars.push(source(From.int, 2 + k))
      if (t === I64 || t === ADDR) scalars.push(source(From.high, 2 + k))
    }
  })
  if (row.lanes > 0) places.push(source(From.immediate, 2 + row.params.length))
  return [...places, ...scalars]
}

function resultOf(row: Row): To {
  const t = row.results[0]
  if (t === undefined || t === V128) return To.nothing
  if (t === F32 || t === F64) return To.float
  if (t !== I64) return To.int
  return row.results.length > 1 ? To.longs : To.long
}

/** Runs the instruction at `pc`; gives its length in words. */
export function operate(f: Lowered, pc: number, fp: number): number {
  const { code } = f
  const op = code[pc]! as Op
  const plan = plans[op]
  if (plan === undefined) return canonical(code, pc, fp)
  const { operator } = plan
  if (plan.access) memoryAccess(f, rows[op]!, pc, fp)
  else if (op === Op.v128_const) lanes.u8.set(f.vectors[code[pc + 2]!]!, (fp + code[pc + 1]!) * 4)
  else if (op === Op.i8x16_shuffle)
    operator!(lanes, fp + code[pc + 1]!, fp + code[pc + 2]!, fp + code[pc + 3]!, f.vectors[code[pc + 4]!])
  else if (operator !== undefined) write(plan.to, fp + code[pc + 1]!, call(operator, plan, code, pc, fp))
  else if (op !== Op.atomic_fence) throw new Crash(`${rows[op]!.name} has no operator`)
  return plan.length
}

function argument(source: number, code: Int32Array, pc: number, fp: number): number {
  const word = code[pc + (source >> FROM_BITS)]!
  switch (source & ((1 << FROM_BITS) - 1)) {
    case From.int:
      return I[fp + word]!
    case From.high:
      return I[fp + word + 1]!
    case From.float:
      return F[fp + word]!
    case From.place:
      return fp + word
    default:
      return word
  }
}

/** Without a list, which would cost more than most operators. */
function call(operator: Operator, plan: Plan, code: Int32Array, pc: number, fp: number): number {
  const { sources, vector } = plan
  const n = sources.length
  if (n > 4) {
    const all = sources.map((source) => argument(source, code, pc, fp))
    return vector ? operator(lanes, ...all) : operator(...all)
  }
  const a = argument(sources[0]!, code, pc, fp)
  if (n === 1) return vector ? operator(lanes, a) : operator(a)
  const b = argument(sources[1]!, code, pc, fp)
  if (n === 2) return vector ? operator(lanes, a, b) : operator(a, b)
  const c = argument(sources[2]!, code, pc, fp)
  if (n === 3) return vector ? operator(lanes, a, b, c) : operator(a, b, c)
  const d = argument(sources[3]!, code, pc, fp)
  return vector ? operator(lanes, a, b, c, d) : operator(a, b, c, d)
}

/** Writes an operator's result; i64s have their high half in ret.hi. */
function write(kind: To, to: number, first: number): void {
  switch (kind) {
    case To.nothing:
      return
    case To.float:
      F[to] = first
      return
    case To.int:
      I[to] = first
      return
    default:
      I[to] = first
      I[to + 1] = ret.hi
      if (kind === To.long) return
      I[to + 2] = ret.i[2]!
      I[to + 3] = ret.i[3]!
  }
}

/** The instructions on vectors that only register code has; gives their length. */
function canonical(code: Int32Array, pc: number, fp: number): number {
  const copy = CANONICAL[code[pc]!]
  if (copy === undefined) throw new Crash(`no such instruction: ${code[pc]}`)
  copy(lanes, fp + code[pc + 1]!, fp + code[pc + 2]!)
  return 3
}

const CANONICAL: Record<number, typeof f32x4_canonical> = {
  [Inner.canonical_f32x4]: f32x4_canonical,
  [Inner.canonical_f64x2]: f64x2_canonical,
}

export const unreachable = (): never => {
  throw new Trap('unreachable')
}
