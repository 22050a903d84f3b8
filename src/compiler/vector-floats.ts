// Float vector operators as JavaScript. Between them a v128 is held as four f32s or two f64s instead of int32 slots; what else touches such a value
// has it lowered to slots first (operands.ts), and takes what it needs as floats (`popFloats`). A local that meets more float operators than
// others is held as floats throughout (func.ts, by the votes that are given here).
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, V128, type ValType } from '../syntax/types.ts'
import type { Emitter } from './inline.ts'
import { anyNaN, floatOf } from './nans.ts'
import { type Entry, expr, F32X4, F64X2, type Form, int, type Value } from './operands.ts'

export interface FloatEmitter extends Emitter {
  /** Says in which form, or as slots (V128), a value is wanted: where it is a local's, that counts for how the local is held. */
  vote(value: Value, form: Form | typeof V128): void
  readonly loose: Loose
}

/**
 * Which locals held as floats may hold any NaN in the place of a signalling one: those that are only computed with where they may hold one, and need no
 * look at what is loaded into them. Known after a function has been compiled once with its forms.
 */
export class Loose {
  private readonly exact = new Map<number, number>()
  private readonly checked = new Set<number>()

  /** @param locals those that are known */
  constructor(readonly locals?: ReadonlySet<number>) {}

  /** It is set to what may be signalling. */
  set(local: number): void {
    this.checked.add(local)
  }

  /** It is read where it may be. */
  read(local: number): void {
    this.exact.set(local, (this.exact.get(local) ?? 0) + 1)
  }

  /** Such a read went into an operator that tells no NaNs apart. */
  computed(local: number): void {
    this.exact.set(local, this.exact.get(local)! - 1)
  }

  found(): Set<number> {
    return new Set([...this.checked].filter((l) => !this.exact.get(l)))
  }
}

/** How the v128 locals of a function are wanted. */
export class Votes {
  private readonly tally = new Map<number, Map<ValType, number>>()

  add(local: number, form: ValType, weight: number): void {
    const mine = this.tally.get(local) ?? new Map<ValType, number>()
    mine.set(form, (mine.get(form) ?? 0) + weight)
    this.tally.set(local, mine)
  }

  /** The locals that are better held as floats. */
  winners(): Map<number, Form> {
    const out = new Map<number, Form>()
    for (const [local, mine] of this.tally) {
      const of = (t: ValType) => mine.get(t) ?? 0
      const best = of(F32X4) >= of(F64X2) ? F32X4 : F64X2
      if (of(best) > of(V128) + of(best === F32X4 ? F64X2 : F32X4)) out.set(local, best)
    }
    return out
  }
}

type Template = (a: string, b: string) => string
/** Lane by lane, each operand used once; rounded to f32 where it is for both. */
const ARITHMETIC: Partial<Record<Op, Template>> = {
  [Op.f32x4_add]: (a, b) => `fround(${a}+${b})`,
  [Op.f32x4_sub]: (a, b) => `fround(${a}-${b})`,
  [Op.f32x4_mul]: (a, b) => `fround(${a}*${b})`,
  [Op.f32x4_div]: (a, b) => `fround(${a}/${b})`,
  [Op.f32x4_min]: (a, b) => `Math.min(${a},${b})`,
  [Op.f32x4_max]: (a, b) => `Math.max(${a},${b})`,
  [Op.f32x4_relaxed_min]: (a, b) => `Math.min(${a},${b})`,
  [Op.f32x4_relaxed_max]: (a, b) => `Math.max(${a},${b})`,
  [Op.f32x4_sqrt]: (a) => `fround(Math.sqrt(${a}))`,
  [Op.f64x2_add]: (a, b) => `(${a}+${b})`,
  [Op.f64x2_sub]: (a, b) => `(${a}-${b})`,
  [Op.f64x2_mul]: (a, b) => `(${a}*${b})`,
  [Op.f64x2_div]: (a, b) => `(${a}/${b})`,
  [Op.f64x2_min]: (a, b) => `Math.min(${a},${b})`,
  [Op.f64x2_max]: (a, b) => `Math.max(${a},${b})`,
  [Op.f64x2_relaxed_min]: (a, b) => `Math.min(${a},${b})`,
  [Op.f64x2_relaxed_max]: (a, b) => `Math.max(${a},${b})`,
  [Op.f64x2_sqrt]: (a) => `Math.sqrt(${a})`,
}
/** Lane by lane, by the scalar operator of that name. */
const BY_SCALAR: Partial<Record<Op, string>> = {
  [Op.f32x4_ceil]: 'f32_ceil',
  [Op.f32x4_floor]: 'f32_floor',
  [Op.f32x4_trunc]: 'f32_trunc',
  [Op.f32x4_nearest]: 'f32_nearest',
  [Op.f64x2_ceil]: 'f64_ceil',
  [Op.f64x2_floor]: 'f64_floor',
  [Op.f64x2_trunc]: 'f64_trunc',
  [Op.f64x2_nearest]: 'f64_nearest',
}
/** Lane by lane, operands used more than once. */
const REPEATING: Partial<Record<Op, Template>> = {
  [Op.f32x4_neg]: (a) => `(${a}===${a}?-${a}:f32_neg(${a}))`,
  [Op.f32x4_abs]: (a) => `(${a}===${a}?Math.abs(${a}):f32_abs(${a}))`,
  [Op.f64x2_neg]: (a) => `(${a}===${a}?-${a}:f64_neg(${a}))`,
  [Op.f64x2_abs]: (a) => `(${a}===${a}?Math.abs(${a}):f64_abs(${a}))`,
  [Op.f32x4_pmin]: (a, b) => `(${b}<${a}?${b}:${a})`,
  [Op.f32x4_pmax]: (a, b) => `(${a}<${b}?${b}:${a})`,
  [Op.f64x2_pmin]: (a, b) => `(${b}<${a}?${b}:${a})`,
  [Op.f64x2_pmax]: (a, b) => `(${a}<${b}?${b}:${a})`,
}
const NAMES: Partial<Record<Op, string>> = {
  [Op.f32x4_neg]: 'f32_neg',
  [Op.f32x4_abs]: 'f32_abs',
  [Op.f64x2_neg]: 'f64_neg',
  [Op.f64x2_abs]: 'f64_abs',
}
/** The same of what is not a NaN. */
const SIGNS: Partial<Record<Op, (a: string) => string>> = {
  [Op.f32x4_neg]: (a) => `(-${a})`,
  [Op.f32x4_abs]: (a) => `Math.abs(${a})`,
  [Op.f64x2_neg]: (a) => `(-${a})`,
  [Op.f64x2_abs]: (a) => `Math.abs(${a})`,
}
const COMPARE: Partial<Record<Op, string>> = {
  [Op.f32x4_eq]: '===',
  [Op.f32x4_ne]: '!==',
  [Op.f32x4_lt]: '<',
  [Op.f32x4_gt]: '>',
  [Op.f32x4_le]: '<=',
  [Op.f32x4_ge]: '>=',
  [Op.f64x2_eq]: '===',
  [Op.f64x2_ne]: '!==',
  [Op.f64x2_lt]: '<',
  [Op.f64x2_gt]: '>',
  [Op.f64x2_le]: '<=',
  [Op.f64x2_ge]: '>=',
}

const isF32 = (op: Op): boolean => Op[op]!.startsWith('f32x4')
const lanesOf = (form: Form): number[] => (form === F32X4 ? [0, 1, 2, 3] : [0, 1])

/** Float vector operators; false if `op` is none. */
export function floatVector(e: FloatEmitter, op: Op): boolean {
  const form = isF32(op) ? F32X4 : F64X2
  const { ops } = e
  const template = ARITHMETIC[op]
  if (template !== undefined) {
    pushResults(e, op, form, template, (code, over) => {
      if (form === F64X2) return expr(code, over)
      const doubled =
        op === Op.f32x4_mul && over[1] && (doubledTimes(over[0]!, over[1]) ?? doubledTimes(over[1], over[0]!))
      if (doubled) return { ...expr(doubled, over), quiet: true }
      // The lesser of two numbers needs no rounding, but what is a signalling NaN must become quiet.
      const exact = code.startsWith('Math.m') && over.every((s) => s.quiet === true)
      return { ...expr(exact || code.startsWith('fround') ? code : `fround(${code})`, over), quiet: true }
    })
    if (form === F32X4) e.use('fround')
    return true
  }
  const scalar = BY_SCALAR[op]
  if (scalar !== undefined) {
    pushResults(e, op, form, (a) => `${e.use(scalar)}(${a})`, expr)
    return true
  }
  const repeating = REPEATING[op]
  if (repeating !== undefined) {
    if (NAMES[op] !== undefined) e.use(NAMES[op])
    toFloatsOnTop(e, form, repeating.length)
    e.ops.simplify(repeating.length)
    pushResults(e, op, form, repeating, (code, over) => ({
      ...expr(code, over),
      quiet: over.every((s) => s.quiet === true),
      raw: SIGNS[op]?.(over[0]!.code),
    }))
    return true
  }
  const compare = COMPARE[op]
  if (compare !== undefined) {
    const [a, b] = popNumbers(e, form, 2)
    const masks = lanesOf(form).map((k) => {
      const cond = unrounded(a![k]!.code, compare, b![k]!.code) ?? `${a![k]!.code}${compare}${b![k]!.code}`
      return { ...expr(`(${cond}?-1:0)`, [a![k]!, b![k]!]), lane: cond }
    })
    if (form === F32X4) ops.push(V128, ...masks)
    else {
      // Both halves of a lane's mask are the same, so it is evaluated once.
      const [x, y] = [e.scratch('v0'), e.scratch('v1')]
      ops.pushCodes(V128, [x, x, y, y], `${x}=${masks[0]!.code};${y}=${masks[1]!.code};`)
    }
    return true
  }
  return multiplyAdd(e, op, form) || conversion(e, op)
}

/** The product of x + x and another f32: that sum needs rounding only where it is beyond all f32s. */
function doubledTimes({ code }: Entry, other: Entry): string | undefined {
  const x = /^fround\((\w+)\+\1\)$/.exec(code)?.[1]
  return x !== undefined && other.simple
    ? `(Math.abs(${x})<1.7e38?fround((${x}+${x})*${other.code}):fround(${code}*${other.code}))`
    : undefined
}

/** `fround(x) < c`, or another comparison with a constant, as one of x itself: with the first double that is rounded to c, or to what is beyond. */
function unrounded(a: string, compare: string, b: string): string | undefined {
  const sum = /^fround\((.*)\)$/.exec(a)?.[1]
  const c = /^\(?(-?\d[\d.e+-]*)\)?$/.exec(b)?.[1]
  if (sum === undefined || c === undefined || compare.endsWith('==')) return undefined
  const up = compare === '<=' || compare === '>'
  const limit = halfway(Number(c), up ? 1 : -1)
  if (limit === undefined) return undefined
  // A tie goes to the even one of two.
  const same = Math.fround(limit) === Number(c)
  const [less] = compare
  return `(${sum})${less}${((less === '<') === up) === same ? '=' : ''}${limit < 0 ? `(${limit})` : limit}`
}

/** The double between an f32 and the next one in a direction; undefined at the end of the range. */
function halfway(c: number, direction: 1 | -1): number | undefined {
  scratchFloat32[0] = c
  if (c === 0) scratchInts[0] = direction > 0 ? 1 : -0x7fffffff
  else scratchInts[0]! += c > 0 === direction > 0 ? 1 : -1
  const next = scratchFloat32[0]!
  return Number.isFinite(next) ? (c + next) / 2 : undefined
}

/** Fused in name only: the product is rounded too (docs/rationale.md, "Relaxed SIMD"). */
function multiplyAdd(e: FloatEmitter, op: Op, form: Form): boolean {
  const negated = op === Op.f32x4_relaxed_nmadd || op === Op.f64x2_relaxed_nmadd
  if (!negated && op !== Op.f32x4_relaxed_madd && op !== Op.f64x2_relaxed_madd) return false
  const [a, b, c] = popNumbers(e, form, 3)
  const round = (code: string) => (form === F32X4 ? `${e.use('fround')}(${code})` : `(${code})`)
  pushLanes(e, form, (k) => {
    const product = round(`${a![k]!.code}*${b![k]!.code}`)
    // The operands are evaluated in their order, so the addend comes last unless it is free of effects.
    const code = round(negated ? `-${product}+${c![k]!.code}` : `${product}+${c![k]!.code}`)
    return floatOf(e, op, expr(code, [a![k]!, b![k]!, c![k]!]))
  })
  return true
}

function conversion(e: FloatEmitter, op: Op): boolean {
  const { ops } = e
  switch (op) {
    case Op.f32x4_convert_i32x4_s:
    case Op.f32x4_convert_i32x4_u: {
      const unsigned = op === Op.f32x4_convert_i32x4_u
      const fround = e.use('fround')
      const { slots } = ops.pop()
      pushLanes(e, F32X4, (k) => ({
        ...expr(`${fround}(${slots[k]!.code}${unsigned ? '>>>0' : ''})`, [slots[k]!]),
        quiet: true,
      }))
      return true
    }
    case Op.f64x2_convert_low_i32x4_s:
    case Op.f64x2_convert_low_i32x4_u: {
      const { slots } = popSettled(e)
      if (op === Op.f64x2_convert_low_i32x4_s) pushLanes(e, F64X2, (k) => expr(`(${slots[k]!.code}+0)`, [slots[k]!]))
      else pushLanes(e, F64X2, (k) => expr(`(${slots[k]!.code}>>>0)`, [slots[k]!]))
      return true
    }
    case Op.f64x2_promote_low_f32x4: {
      const promote = e.use('f64_promote_f32')
      settleTop(e)
      const [a] = popNumbers(e, F32X4, 1)
      pushLanes(e, F64X2, (k) => floatOf(e, op, expr(`${promote}(${a![k]!.code})`, [a![k]!])))
      return true
    }
    case Op.f32x4_demote_f64x2_zero: {
      const fround = e.use('fround')
      const [a] = popNumbers(e, F64X2, 1)
      pushLanes(e, F32X4, (k) => (k < 2 ? floatOf(e, op, expr(`${fround}(${a![k]!.code})`, [a![k]!])) : int(0)))
      return true
    }
    case Op.i32x4_trunc_sat_f32x4_s:
    case Op.i32x4_relaxed_trunc_f32x4_s:
      return truncate(e, F32X4, 'i32_trunc_sat_f32_s')
    case Op.i32x4_trunc_sat_f32x4_u:
    case Op.i32x4_relaxed_trunc_f32x4_u:
      return truncate(e, F32X4, 'i32_trunc_sat_f32_u')
    case Op.i32x4_trunc_sat_f64x2_s_zero:
    case Op.i32x4_relaxed_trunc_f64x2_s_zero:
      return truncate(e, F64X2, 'i32_trunc_sat_f64_s')
    case Op.i32x4_trunc_sat_f64x2_u_zero:
    case Op.i32x4_relaxed_trunc_f64x2_u_zero:
      return truncate(e, F64X2, 'i32_trunc_sat_f64_u')
  }
  return false
}

function truncate(e: FloatEmitter, form: Form, scalar: string): true {
  const f = e.use(scalar)
  const [a] = popNumbers(e, form, 1)
  const slots = [0, 1, 2, 3].map((k) => (k < a!.length ? expr(`${f}(${a![k]!.code})`, [a![k]!]) : int(0)))
  e.ops.push(V128, ...slots)
  return true
}

function pushLanes(e: FloatEmitter, form: Form, lane: (k: number) => Entry): void {
  e.ops.push(form, ...lanesOf(form).map(lane))
}

/** Pops a template's operands and pushes its results, lane by lane, as `entry` makes them of the code and what it is over. */
function pushResults(
  e: FloatEmitter,
  op: Op,
  form: Form,
  template: Template,
  entry: (code: string, over: readonly Entry[]) => Entry,
): void {
  const operands = (rows[op]!.nan ? popNumbers : popOperands)(e, form, template.length)
  pushLanes(e, form, (k) => {
    const over = operands.map((slots) => slots[k]!)
    return floatOf(e, op, entry(template(over[0]!.code, over[1]?.code ?? ''), over))
  })
}

/** Holds the top `count` values, v128s, as floats. */
function toFloatsOnTop(e: FloatEmitter, form: Form, count: number): void {
  const { values } = e.ops
  for (const v of values.slice(values.length - count)) toFloats(e, v, form)
}

/** Pops `count` v128 values as floats, in the order they were pushed. */
function popOperands(e: FloatEmitter, form: Form, count: number): Entry[][] {
  toFloatsOnTop(e, form, count)
  return e.ops.takeAsIs(count).map((v) => v.slots)
}

/** The same for operators that compute with them, or are given variables. */
function popNumbers(e: FloatEmitter, form: Form, count: number): Entry[][] {
  for (const { slots } of e.ops.values.slice(-count))
    if (slots[0]!.local !== undefined) e.loose.computed(slots[0]!.local)
  return popOperands(e, form, count).map((slots) => slots.map(anyNaN))
}

/** Pops a v128 value as floats. */
export function popFloats(e: FloatEmitter, form: Form): Entry[] {
  return popOperands(e, form, 1)[0]!
}

/** Holds a v128 value on the stack as floats. */
export function toFloats(e: FloatEmitter, value: Value, form: Form): void {
  if (value.type === form) return
  e.vote(value, form)
  if (value.type !== V128) e.ops.lowerValue(value)
  const s = value.slots
  if (form === F32X4) value.slots = s.map((slot) => f32Of(e, slot))
  else {
    if (s.some((slot) => slot.effect && slot.f64 === undefined)) for (let k = 0; k < 4; k++) e.ops.materialise(value, k)
    value.slots = [f64Of(e, value.slots[0]!, value.slots[1]!), f64Of(e, value.slots[2]!, value.slots[3]!)]
  }
  value.type = form
}

const scratchFloat = new Float64Array(1)
const scratchInts = new Int32Array(scratchFloat.buffer)
const scratchFloat32 = new Float32Array(scratchFloat.buffer)
const literal = (x: number): Entry => ({
  code: Object.is(x, -0) ? '(-0)' : Number.isFinite(x) ? (x < 0 ? `(${x})` : `${x}`) : x > 0 ? '(1/0)' : '(-1/0)',
  vars: [],
  effect: false,
  simple: true,
  quiet: true,
})

function f32Of(e: FloatEmitter, slot: Entry): Entry {
  if (slot.f32 !== undefined) {
    // What is read as a NaN is made of its bits, because reading may quieten it.
    const w = e.scratch('w')
    const code = `((${w}=${slot.f32})===${w}?${w}:${e.use('f32_from_bits')}(${slot.code}))`
    return { ...expr(code, [slot], true), raw: slot.f32 }
  }
  if (slot.constant !== undefined) {
    scratchInts[0] = slot.constant
    const x = scratchFloat32[0]!
    if (x === x) return literal(x)
  }
  return expr(`${e.use('f32_from_bits')}(${slot.code})`, [slot])
}

function f64Of(e: FloatEmitter, low: Entry, high: Entry): Entry {
  if (low.f64 !== undefined && high.effect) return expr(low.f64, [low], true)
  if (low.constant !== undefined && high.constant !== undefined) {
    scratchInts[0] = low.constant
    scratchInts[1] = high.constant
    const x = scratchFloat[0]!
    if (x === x) return literal(x)
  }
  return expr(`${e.use('f64_from_bits')}(${low.code},${high.code})`, [low, high])
}

/** Evaluates what the value on top does besides giving its lanes, some of which are about to be dropped. */
export function settleTop({ ops }: Emitter): void {
  const value = ops.values[ops.values.length - 1]!
  for (let k = 0; k < value.slots.length; k++) if (value.slots[k]!.effect) ops.materialise(value, k)
}

/** Pops a value whose lanes have no effects. */
export function popSettled(e: Emitter): Value {
  settleTop(e)
  return e.ops.pop()
}

/** Extracts lane `lane` of the value on top as an f32 or f64. */
export function extractFloat(e: FloatEmitter, form: Form, lane: number): void {
  const value = e.ops.values[e.ops.values.length - 1]!
  settleTop(e)
  if (value.type === form) e.vote(value, form)
  const slot = popFloats(e, form)[lane]!
  e.ops.push(form === F32X4 ? F32 : F64, slot)
}

/** Splats the f32 or f64 on top. */
export function splatFloat(e: FloatEmitter, form: Form): void {
  const { ops } = e
  const slot = ops.pop().slots[0]!
  if (slot.simple && slot.vars.every((v) => v.startsWith('l'))) {
    pushLanes(e, form, () => slot)
    return
  }
  const w = e.scratch('w')
  const lanes = lanesOf(form).map(() => w)
  ops.pushCodes(form, lanes, `${w}=${slot.code};`)
}

/** Replaces a lane of the float vector below the top; false if that is not held as floats. */
export function replaceFloat(e: FloatEmitter, form: Form, lane: number): boolean {
  const { ops } = e
  const below = ops.values[ops.values.length - 2]!
  if (below.type !== form) return false
  ops.flushEffects()
  ops.simplify(1)
  const slot = ops.pop().slots[0]!
  ops.simplify(1)
  const slots = [...popFloats(e, form)]
  slots[lane] = slot
  const temps = slots.map((_, k) => e.scratch(`w${k}`))
  ops.pushCodes(form, temps, slots.map((s, k) => `${temps[k]}=${s.code};`).join(''))
  return true
}

/** Selects by a mask that comparisons gave, lane by lane, where an operand is held as floats; false otherwise. */
export function selectFloats(e: FloatEmitter): boolean {
  const { ops } = e
  const [a, b, mask] = ops.values.slice(-3) as [Value, Value, Value]
  const form = [a, b].find((v) => v.type === F32X4 || v.type === F64X2)?.type as Form | undefined
  if (form !== F32X4 || !mask.slots.every((s) => s.lane !== undefined)) return false
  toFloats(e, a, form)
  toFloats(e, b, form)
  // Whichever is chosen, effects of both operands come, and before the mask.
  for (const v of [a, b]) for (let k = 0; k < 4; k++) if (v.slots[k]!.effect) ops.materialise(v, k)
  const [x, y, m] = ops.takeAsIs(3) as [Value, Value, Value]
  pushLanes(e, form, (k) => ({
    ...expr(`(${m.slots[k]!.lane}?${x.slots[k]!.code}:${y.slots[k]!.code})`, [m.slots[k]!, x.slots[k]!, y.slots[k]!]),
    quiet: x.slots[k]!.quiet === true && y.slots[k]!.quiet === true,
  }))
  return true
}
