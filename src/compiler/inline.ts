// Operators as JavaScript templates: what is short and exact stands in the expression, everything else is a call of the operator's function in
// numeric/, which property tests hold against each template. Works on the operand stack; control, memory and variables are func.ts's.
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I32, I64, slotCount } from '../syntax/types.ts'
import { type Entry, expr, int, type Operands } from './operands.ts'

/** What the templates need of the function being compiled. */
export interface Emitter {
  readonly ops: Operands
  line(code: string): void
  /** Makes a runtime name known to the generated code and gives it. */
  use(name: string): string
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
  [Op.f32_add]: (a, b) => `fround(${a}+${b})`,
  [Op.f32_sub]: (a, b) => `fround(${a}-${b})`,
  [Op.f32_mul]: (a, b) => `fround(${a}*${b})`,
  [Op.f32_div]: (a, b) => `fround(${a}/${b})`,
}
const signed =
  (o: string): Binary =>
  (a, b) =>
    `${a}${o}${b}`
const unsigned =
  (o: string): Binary =>
  (a, b) =>
    `(${a}>>>0)${o}(${b}>>>0)`
const COMPARE: Partial<Record<Op, Binary>> = {
  [Op.i32_eq]: signed('==='),
  [Op.i32_ne]: signed('!=='),
  [Op.i32_lt_s]: signed('<'),
  [Op.i32_gt_s]: signed('>'),
  [Op.i32_le_s]: signed('<='),
  [Op.i32_ge_s]: signed('>='),
  [Op.i32_lt_u]: unsigned('<'),
  [Op.i32_gt_u]: unsigned('>'),
  [Op.i32_le_u]: unsigned('<='),
  [Op.i32_ge_u]: unsigned('>='),
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
type Pair = (al: string, ah: string, bl: string, bh: string) => string
const ordered =
  (o: string, strict: string): Pair =>
  (al, ah, bl, bh) =>
    `(${ah}${strict}${bh}||${ah}===${bh}&&(${al}>>>0)${o}(${bl}>>>0))`
const orderedU =
  (o: string, strict: string): Pair =>
  (al, ah, bl, bh) =>
    `((${ah}>>>0)${strict}(${bh}>>>0)||${ah}===${bh}&&(${al}>>>0)${o}(${bl}>>>0))`
const COMPARE64: Partial<Record<Op, Pair>> = {
  [Op.i64_eq]: (al, ah, bl, bh) => `(${al}===${bl}&&${ah}===${bh})`,
  [Op.i64_ne]: (al, ah, bl, bh) => `(${al}!==${bl}||${ah}!==${bh})`,
  [Op.i64_lt_s]: ordered('<', '<'),
  [Op.i64_gt_s]: ordered('>', '>'),
  [Op.i64_le_s]: ordered('<=', '<'),
  [Op.i64_ge_s]: ordered('>=', '>'),
  [Op.i64_lt_u]: orderedU('<', '<'),
  [Op.i64_gt_u]: orderedU('>', '>'),
  [Op.i64_le_u]: orderedU('<=', '<'),
  [Op.i64_ge_u]: orderedU('>=', '>'),
}
const BITWISE64: Partial<Record<Op, string>> = { [Op.i64_and]: '&', [Op.i64_or]: '|', [Op.i64_xor]: '^' }

/** An entry from a condition. */
export const condition = (cond: string, over: readonly Entry[]): Entry => ({ ...expr(`(${cond}?1:0)`, over), cond })
/** An i32 entry as a JavaScript condition. */
export const asCondition = (e: Entry): string => e.cond ?? e.code

/** Whether the operator may trap. */
const traps = (op: Op): boolean => /_(div|rem)_|trunc_f/.test(Op[op]!)

/** Compiles an operator of fixed type that is not about memory; false if `op` isn't one. */
export function operator(e: Emitter, op: Op): boolean {
  const { ops } = e
  const binary = I32_BINARY[op] ?? FLOAT_BINARY[op]
  if (binary !== undefined) {
    const [a, b] = ops.take(2)
    if (FLOAT_BINARY[op] !== undefined && op < Op.f64_abs) e.use('fround')
    const [x, y] = [a!.slots[0]!, b!.slots[0]!]
    ops.push(a!.type, expr(binary(x.code, y.code), [x, y]))
    return true
  }
  const compare = COMPARE[op]
  if (compare !== undefined) {
    const [a, b] = ops.take(2)
    const [x, y] = [a!.slots[0]!, b!.slots[0]!]
    ops.push(I32, condition(compare(x.code, y.code), [x, y]))
    return true
  }
  return pairOperator(e, op) || conversion(e, op) || callOperator(e, op)
}

function pairOperator(e: Emitter, op: Op): boolean {
  const { ops } = e
  const compare = COMPARE64[op]
  if (compare !== undefined) {
    ops.simplify(2)
    const [a, b] = ops.take(2).map((v) => v.slots)
    ops.push(I32, condition(compare(a![0]!.code, a![1]!.code, b![0]!.code, b![1]!.code), [...a!, ...b!]))
    return true
  }
  const bitwise = BITWISE64[op]
  if (bitwise !== undefined) {
    const [a, b] = ops.take(2).map((v) => v.slots)
    const half = (k: number) => expr(`(${a![k]!.code}${bitwise}${b![k]!.code})`, [a![k]!, b![k]!])
    ops.push(I64, half(0), half(1))
    return true
  }
  if (op === Op.i64_shl || op === Op.i64_shr_s || op === Op.i64_shr_u) return shift64(e, op)
  if (op === Op.i64_add || op === Op.i64_sub || op === Op.i64_mul) {
    arithmetic64(e, op)
    return true
  }
  return false
}

function arithmetic64({ ops, line, scratch }: Emitter, op: Op): void {
  ops.simplify(2)
  const [a, b] = ops.take(2).map((v) => v.slots.map((s) => s.code))
  const [al, ah, bl, bh] = [...a!, ...b!]
  const [vl, vh] = ops.pushVariables(I64)
  const x = scratch('x')
  if (op === Op.i64_add) line(`${x}=${al}+${bl}|0;${vh}=${ah}+${bh}+ +((${x}>>>0)<(${al}>>>0))|0`)
  else if (op === Op.i64_sub) line(`${x}=${al}-${bl}|0;${vh}=${ah}-${bh}- +((${al}>>>0)<(${bl}>>>0))|0`)
  else
    line(
      `${x}=Math.imul(${al},${bl});${vh}=(((${al}>>>0)*(${bl}>>>0)-(${x}>>>0))*${2 ** -32}+0.5|0)+Math.imul(${al},${bh})+Math.imul(${ah},${bl})|0`,
    )
  line(`${vl}=${x}`)
}

function shift64(e: Emitter, op: Op): boolean {
  const { ops } = e
  const count = ops.values[ops.values.length - 1]!.slots[0]!.constant
  if (count === undefined) return false
  ops.pop()
  ops.simplify(1)
  const { slots } = ops.pop()
  const [l, h] = slots as [Entry, Entry]
  const n = count & 63
  const one = (code: string) => expr(code, slots)
  if (n === 0) ops.push(I64, l, h)
  else if (op === Op.i64_shl) {
    if (n >= 32) ops.push(I64, int(0), n === 32 ? l : one(`(${l.code}<<${n - 32})`))
    else ops.push(I64, one(`(${l.code}<<${n})`), one(`(${h.code}<<${n}|${l.code}>>>${32 - n})`))
  } else {
    const s = op === Op.i64_shr_s ? '>>' : '>>>'
    const fill = op === Op.i64_shr_s ? one(`(${h.code}>>31)`) : int(0)
    if (n >= 32) ops.push(I64, n === 32 ? h : one(`(${h.code}${s}${n - 32}|0)`), fill)
    else ops.push(I64, one(`(${l.code}>>>${n}|${h.code}<<${32 - n})`), one(`(${h.code}${s}${n}|0)`))
  }
  return true
}

function conversion({ ops, use }: Emitter, op: Op): boolean {
  const one = () => ops.pop().slots[0]!
  switch (op) {
    case Op.i32_eqz: {
      const a = one()
      ops.push(I32, condition(a.cond ? `!(${a.cond})` : `${a.code}===0`, [a]))
      return true
    }
    case Op.i64_eqz: {
      const [l, h] = ops.pop().slots as [Entry, Entry]
      ops.push(I32, condition(`(${l.code}|${h.code})===0`, [l, h]))
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
      const a = one()
      ops.push(F32, expr(`${use('fround')}(${a.code})`, [a]))
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
  const { ops, line } = e
  const row = rows[op]!
  if (row.poly || row.imms.length > 0 || row.results.length !== 1 || row.feature === 'simd') return false
  const args = ops.take(row.params.length).flatMap((v) => v.slots)
  const code = `${e.use(Op[op]!)}(${args.map((a) => a.code).join(',')})`
  const type = row.results[0]!
  if (slotCount(type) === 1) ops.push(type, expr(code, args, traps(op)))
  else {
    if (traps(op)) ops.flushEffects()
    const [l, h] = ops.pushVariables(type)
    line(`${l}=${code};${h}=${e.use('ret')}.hi`)
  }
  return true
}
