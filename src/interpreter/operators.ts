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
import { Inner, type Lowered } from './lowered.ts'
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

/** Words of an instruction by its row: opcode, destination, operands, immediates. */
export function lengthOf(row: Row): number {
  let n = 2 + row.params.length
  for (const imm of row.imms) n += imm === 'memarg' ? 3 : imm === 'zero' ? 0 : 1
  return n
}

/** Runs the instruction at `pc`; gives its length in words. */
export function operate(f: Lowered, pc: number, fp: number): number {
  const { code } = f
  const op = code[pc]! as Op
  const row = rows[op]
  if (row === undefined) return canonical(code, pc, fp)
  if (row.imms.includes('memarg')) memoryAccess(f, row, pc, fp)
  else if (row.feature === 'simd' || row.feature === 'relaxed-simd') vector(f, row, pc, fp)
  else if (op !== Op.atomic_fence) scalar(f, row, pc, fp)
  return lengthOf(row)
}

function scalar(f: Lowered, row: Row, pc: number, fp: number): void {
  const { code } = f
  const args: unknown[] = ['']
  args.pop()
  row.params.forEach((t, k) => {
    const at = fp + code[pc + 2 + k]!
    if (t === F32 || t === F64) args.push(F[at])
    else {
      args.push(I[at])
      if (t === I64 || t === ADDR) args.push(I[at + 1])
    }
  })
  const operator = operators[row.op]
  if (operator === undefined) throw new Crash(`${row.name} has no operator`)
  write(row, fp + code[pc + 1]!, operator(...args))
}

/** Writes an operator's result; i64s have their high half in ret.hi. */
function write(row: Row, to: number, first: number): void {
  const t = row.results[0]
  if (t === undefined) return
  if (t === F32 || t === F64) F[to] = first
  else {
    I[to] = first
    if (t !== I64) return
    I[to + 1] = ret.hi
    if (row.results.length > 1) {
      I[to + 2] = ret.i[2]!
      I[to + 3] = ret.i[3]!
    }
  }
}

function vector(f: Lowered, row: Row, pc: number, fp: number): void {
  const { code } = f
  const { op } = row
  const to = fp + code[pc + 1]!
  const operand = (k: number) => fp + code[pc + 2 + k]!
  const immediate = code[pc + 2 + row.params.length]!
  if (op === Op.v128_const) {
    lanes.u8.set(f.vectors[code[pc + 2]!]!, to * 4)
    return
  }
  const operator = operators[op]
  if (operator === undefined) throw new Crash(`${row.name} has no operator`)
  if (op === Op.i8x16_shuffle) {
    operator(lanes, to, operand(0), operand(1), f.vectors[immediate])
    return
  }
  // The order of parameters: destination, operands, lane, scalars.
  const args: unknown[] = [lanes]
  if (row.results[0] === V128) args.push(to)
  const scalars: unknown[] = ['']
  scalars.pop()
  row.params.forEach((t, k) => {
    if (t === V128) args.push(operand(k))
    else if (t === F32 || t === F64) scalars.push(F[operand(k)])
    else {
      scalars.push(I[operand(k)])
      if (t === I64) scalars.push(I[operand(k) + 1])
    }
  })
  if (row.lanes > 0) args.push(immediate)
  const result = operator(...args, ...scalars)
  if (row.results[0] !== V128) write(row, to, result)
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
