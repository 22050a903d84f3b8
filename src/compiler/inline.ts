// Operators as JavaScript templates: what is short and exact stands in the expression, everything else is a call of the operator's function in
// numeric/, which property tests hold against each template. Works on the operand stack; control, memory and variables are func.ts's.
import type { ModuleInst } from '../runtime/instances.ts'
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I32, I64, slotCount } from '../syntax/types.ts'
import { anyNaN, floatOf } from './nans.ts'
import {
  asCondition,
  condition,
  type Entry,
  expr,
  hasEffects,
  int,
  type Operands,
  unsigned,
  type Value,
} from './operands.ts'
import { pairOperator } from './pairs.ts'

/** What the templates need of the function being compiled. */
export interface Emitter {
  readonly inst: ModuleInst
  readonly ops: Operands
  line(code: string): void
  /** Makes a runtime name known to the generated code and gives it. */
  use(name: string): string
  /** A reference, or where it is null a call of the runtime's function that traps. */
  orTrap(ref: string, trap: string): string
  /** Declares a scratch variable of int kind. */
  scratch(name: string): string
  /** The view of a memory, in a local. */
  view(memory: number): string
}

type Binary = (a: string, b: string) => string
const I32_BINARY: Partial<Record<Op, Binary>> = {
  [Op.i32_add]: (a, b) => `(${a}+${b}|0)`,
  [Op.i32_sub]: (a, b) => `(${a}-${b}|0)`,
  [Op.i32_mul]: (a, b) => `Math.imul(${a},${b})`,
  [Op.i32_and]: (a, b) => `(${a}&${b})`,
  [Op.i32_or]: (a, b) => `(${a}|${b})`,
  [Op.i32_xor]: (a, b) => `(${a}^${b})`,
  [Op.i32_shl]: (a, b) => `(${a}<<${b})`,
  [Op.i32_shr_s]: (a, b) => `(${a}>>${b})`,
  [Op.i32_shr_u]: (a, b) => `(${a}>>>${b}|0)`,
}
const FLOAT_BINARY: Partial<Record<Op, Binary>> = {
  [Op.f64_add]: (a, b) => `(${a}+${b})`,
  [Op.f64_sub]: (a, b) => `(${a}-${b})`,
  [Op.f64_mul]: (a, b) => `(${a}*${b})`,
  [Op.f64_div]: (a, b) => `(${a}/${b})`,
  [Op.f32_add]: (a, b) => `Math.fround(${a}+${b})`,
  [Op.f32_sub]: (a, b) => `Math.fround(${a}-${b})`,
  [Op.f32_mul]: (a, b) => `Math.fround(${a}*${b})`,
  [Op.f32_div]: (a, b) => `Math.fround(${a}/${b})`,
}
type Compare = (a: Entry, b: Entry) => string
const signed =
  (o: string): Compare =>
  (a, b) =>
    `${a.code}${o}${b.code}`
const unsigneds =
  (o: string): Compare =>
  (a, b) =>
    `${unsigned(a)}${o}${unsigned(b)}`
const COMPARE: Partial<Record<Op, Compare>> = {
  [Op.i32_eq]: signed('==='),
  [Op.i32_ne]: signed('!=='),
  [Op.i32_lt_s]: signed('<'),
  [Op.i32_gt_s]: signed('>'),
  [Op.i32_le_s]: signed('<='),
  [Op.i32_ge_s]: signed('>='),
  [Op.i32_lt_u]: unsigneds('<'),
  [Op.i32_gt_u]: unsigneds('>'),
  [Op.i32_le_u]: unsigneds('<='),
  [Op.i32_ge_u]: unsigneds('>='),
  [Op.f32_eq]: signed('==='),
  [Op.f32_ne]: signed('!=='),
  [Op.f32_lt]: signed('<'),
  [Op.f32_gt]: signed('>'),
  [Op.f32_le]: signed('<='),
  [Op.f32_ge]: signed('>='),
  [Op.f64_eq]: signed('==='),
  [Op.f64_ne]: signed('!=='),
  [Op.f64_lt]: signed('<'),
  [Op.f64_gt]: signed('>'),
  [Op.f64_le]: signed('<='),
  [Op.f64_ge]: signed('>='),
}
/** Whether the operator may trap. */
const traps = (op: Op): boolean => /_(div|rem)_|trunc_f/.test(Op[op]!)

/** Compiles an operator of fixed type that is not about memory; false if `op` isn't one. */
export function operator(e: Emitter, op: Op): boolean {
  const { ops } = e
  const binary = I32_BINARY[op] ?? FLOAT_BINARY[op]
  if (binary !== undefined) {
    const [a, b] = ops.take(2)
    const [x, y] = [anyNaN(a!.slots[0]!), anyNaN(b!.slots[0]!)]
    ops.push(a!.type, floatOf(e, op, expr(binary(x.code, y.code), [x, y])))
    return true
  }
  const compare = COMPARE[op]
  if (compare !== undefined) {
    const [a, b] = ops.take(2)
    const [x, y] = [anyNaN(a!.slots[0]!), anyNaN(b!.slots[0]!)]
    ops.push(I32, condition(compare(x, y), [x, y]))
    return true
  }
  return pairOperator(e, op) || conversion(e, op) || callOperator(e, op)
}

function conversion(e: Emitter, op: Op): boolean {
  const { ops } = e
  const one = () => ops.pop().slots[0]!
  switch (op) {
    case Op.i32_eqz: {
      const a = one()
      ops.push(I32, condition(a.cond ? `!(${a.cond})` : `${a.code}===0`, [a]))
      return true
    }
    case Op.i32_wrap_i64:
      ops.push(I32, one())
      return true
    case Op.i64_extend_i32_u:
      ops.push(I64, one(), int(0))
      return true
    case Op.i64_extend_i32_s: {
      ops.simplify(1)
      const a = one()
      ops.push(I64, a, a.constant === undefined ? expr(`(${a.code}>>31)`, [a]) : int(a.constant >> 31))
      return true
    }
    case Op.f64_convert_i32_s: {
      const a = one()
      ops.push(F64, a)
      return true
    }
    case Op.f64_convert_i32_u: {
      const a = one()
      ops.push(F64, expr(`(${a.code}>>>0)`, [a]))
      return true
    }
    case Op.f32_demote_f64:
    case Op.f32_convert_i32_s: {
      const a = anyNaN(one())
      ops.push(F32, floatOf(e, op, expr(`Math.fround(${a.code})`, [a])))
      return true
    }
    case Op.f64_sqrt: {
      const a = anyNaN(one())
      ops.push(F64, floatOf(e, op, expr(`Math.sqrt(${a.code})`, [a])))
      return true
    }
    case Op.i32_popcnt: {
      const { count } = ops.values[ops.values.length - 1]!.slots[0]!
      if (count === undefined) return false
      ops.push(I32, expr(count, [one()]))
      return true
    }
    case Op.i32_clz: {
      const a = one()
      ops.push(I32, expr(`Math.clz32(${a.code})`, [a]))
      return true
    }
    case Op.i32_rotl:
    case Op.i32_rotr: {
      ops.simplify(2)
      const n = one()
      const a = one()
      const [left, right] = op === Op.i32_rotl ? ['<<', '>>>'] : ['>>>', '<<']
      const back = n.constant === undefined ? `-${n.code}` : `${-n.constant & 31}`
      const by = n.constant === undefined ? n.code : `${n.constant & 31}`
      ops.push(I32, expr(`(${a.code}${left}${by}|${a.code}${right}${back})`, [a, n]))
      return true
    }
    case Op.i32_extend8_s:
    case Op.i32_extend16_s: {
      const a = one()
      const n = op === Op.i32_extend8_s ? 24 : 16
      ops.push(I32, expr(`(${a.code}<<${n}>>${n})`, [a]))
      return true
    }
  }
  return constantDivision(ops, op)
}

/** Division by a constant other than 0 and -1 can't trap. */
function constantDivision(ops: Operands, op: Op): boolean {
  if (op < Op.i32_div_s || op > Op.i32_rem_u) return false
  const by = ops.values[ops.values.length - 1]!.slots[0]!.constant
  if (by === undefined || by === 0 || by === -1) return false
  ops.pop()
  const a = ops.pop().slots[0]!
  const sign = op === Op.i32_div_s || op === Op.i32_rem_s ? '' : '>>>0'
  const o = op === Op.i32_div_s || op === Op.i32_div_u ? '/' : '%'
  const side = (code: string) => (sign ? `(${code}${sign})` : code)
  ops.push(I32, expr(`(${side(a.code)}${o}${side(`${sign ? by >>> 0 : `(${by})`}`)}|0)`, [a]))
  return true
}

/** An operator as a call of its function in numeric/. */
function callOperator(e: Emitter, op: Op): boolean {
  const { ops } = e
  const row = rows[op]!
  if (row.poly || row.imms.length > 0 || row.results.length !== 1 || row.feature === 'simd') return false
  const tells = !row.nan && !/_trunc_/.test(Op[op]!)
  const args = ops.take(row.params.length).flatMap((v) => (tells ? v.slots : v.slots.map(anyNaN)))
  const code = `${e.use(Op[op]!)}(${args.map((a) => a.code).join(',')})`
  const type = row.results[0]!
  if (slotCount(type) === 1) ops.push(type, floatOf(e, op, expr(code, args, traps(op))))
  else {
    if (traps(op) || args.some((a) => a.effect)) ops.flushEffects()
    ops.pushCodes(type, [code, `${e.use('ret')}.hi`])
  }
  return true
}

/** `select` of two values. */
export function select({ ops }: Emitter): void {
  ops.lower(3)
  const three = ops.values.slice(-3)
  if (three.some(hasEffects)) ops.flushEffects()
  if (three[0]!.slots.length > 1) ops.simplify(1)
  const [a, b, c] = ops.take(3) as [Value, Value, Value]
  const cond = c.slots[0]!
  ops.push(
    a.type,
    ...a.slots.map((e, k) => expr(`(${asCondition(cond)}?${e.code}:${b.slots[k]!.code})`, [e, b.slots[k]!, cond])),
  )
}
