// The operand stack at compile time: expressions not yet evaluated, one per slot, so that trees of operators become JavaScript expressions. An entry
// is put into its stack variable (materialised) when something it depends on is about to change, or when its effects must happen now. A variable's
// name is its kind and its height, and an entry mentions no variable below its own height; so materialising from the bottom up never conflicts.
import { F32, F64, I64, isRef, slotCount, V128, type ValType } from '../syntax/types.ts'

/** The code of one slot. */
export interface Entry {
  /** A JavaScript expression, parenthesised unless it is a name, a call or a literal. */
  code: string
  /** The variables it mentions. */
  vars: readonly string[]
  /** Whether it reads state other than locals or may trap: it must be evaluated before the next effect. */
  effect: boolean
  /** A name or a literal: free to evaluate, any number of times. */
  simple: boolean
  /** The same as a JavaScript condition, where that is shorter. */
  cond?: string
  /** The value, if it is an int32 constant. */
  constant?: number
  /** The same slot of memory read as an f32; with the next slot as an f64. */
  f32?: string
  f64?: string
  /** The condition under which it is a lane of ones; it is zeros otherwise. */
  lane?: string
  /** Bits of an int32 that are known to be zero. */
  zeros?: number
  /** Where it is lanes of ones and zeros of that many bits: the variable that tells them, by their top bits or by lanes that are 0 for ones. */
  mask?: Mask
  /** For a mask of bits: how many are set. */
  count?: string
  /** The same float where it doesn't matter which NaN it is: `code` makes that canonical. */
  raw?: string
  /** Where it is a local held as f32s, and may be a signalling NaN: which one. */
  local?: number
  /** Whether it is an f32 that arithmetic gave, or a number: not a signalling NaN. */
  quiet?: boolean
}

export interface Mask {
  readonly name: string
  readonly of: 'tops' | 'zeros'
  readonly bits: 8 | 16
}

/** The forms in which the compiler may hold a v128 instead of its int32 slots: as four f32s, or two f64s. They count as types. */
export const F32X4 = 0x201
export const F64X2 = 0x202
export type Form = typeof F32X4 | typeof F64X2
const isForm = (t: ValType): boolean => t === F32X4 || t === F64X2
/** How many variables hold a value. */
export const variablesOf = (t: ValType): number => (t === F32X4 ? 4 : t === F64X2 ? 2 : slotCount(t))

export interface Value {
  type: ValType
  slots: Entry[]
  /** Height of its first slot. */
  height: number
}

/** Longest expression that is kept unevaluated. */
const MAX_LENGTH = 400
/** Most values that wait for their evaluation: each effect looks at all of them. Those on top may be changed where they are. */
const MAX_OPEN = 128
const TOP = 4

/** Marks around code: of the instruction's offset, in between, at the end. They stand in no other code. */
const [OPEN, MIDDLE, CLOSE] = ['\u0001', '\u0002', '\u0003']
export const marked = (offset: number, code: string): string => `${OPEN}${offset}${MIDDLE}${code}${CLOSE}`
/** The marks in code, one a match: the offset where one opens, undefined where it closes. */
export const MARKS = new RegExp(`${OPEN}(\\d+)${MIDDLE}|${CLOSE}`, 'g')
export const unmarked = (code: string): string => code.replace(MARKS, '')

export type Kind = 'i' | 'd' | 'r'
/** The kind of variable for slot `k` of a value. */
export const kindOf = (t: ValType): Kind => (isRef(t) ? 'r' : t === F32 || t === F64 || isForm(t) ? 'd' : 'i')

export const name = (code: string): Entry => ({ code, vars: [code], effect: false, simple: true })
export const int = (n: number): Entry => ({
  code: n < 0 ? `(${n})` : `${n}`,
  vars: [],
  effect: false,
  simple: true,
  constant: n,
})
/** Whether it is anything but a constant: then it is in its variable, or is to be evaluated into that. */
const waits = (e: Entry): boolean => e.vars.length > 0 || e.effect
export const hasEffects = ({ slots }: Value): boolean => slots.some((e) => e.effect)
/** An expression over entries. */
export function expr(code: string, over: readonly Entry[], effect = false): Entry {
  const vars: string[] = []
  for (const e of over) {
    for (const v of e.vars) if (!vars.includes(v)) vars.push(v)
    effect ||= e.effect
  }
  return { code, vars, effect, simple: false }
}

/** An entry from a condition. */
export function condition(cond: string, over: readonly Entry[]): Entry {
  const entry = expr(`(${cond}?1:0)`, over)
  entry.cond = cond
  return entry
}
/** An i32 entry as a JavaScript condition. */
export const asCondition = (e: Entry): string => e.cond ?? e.code
/** An i32 entry as an unsigned number. */
export const unsigned = (e: Entry): string => (e.constant === undefined ? `(${e.code}>>>0)` : `${e.constant >>> 0}`)

export class Operands {
  values: Value[] = []
  /** Slots on the stack. */
  height = 0
  /** Declared stack variables. */
  readonly declared = new Set<string>()
  /** Values from the bottom that lie in their variables or are constants: nothing changes them. */
  private settled = 0

  /**
   * @param line writes a statement
   * @param use makes a runtime name known to the generated code and gives it
   * @param mark marks code as that of the instruction at hand, for `positions`
   */
  constructor(
    private readonly line: (code: string) => void,
    private readonly use: (name: string) => string,
    private readonly mark?: (code: string) => string,
  ) {}

  variable(t: ValType, slot: number): string {
    const v = kindOf(t) + slot
    this.declared.add(v)
    return v
  }

  push(type: ValType, ...entries: Entry[]): void {
    if (this.values.length - this.open > MAX_OPEN) this.settle()
    const slots = this.mark === undefined ? entries : entries.map((e) => this.marked(e))
    const value = { type, slots, height: this.height }
    this.values.push(value)
    // The heights of a v128 are kept for its slots, whatever its form.
    this.height += isForm(type) ? 4 : slots.length
    slots.forEach((e, k) => {
      if (e.code.length > MAX_LENGTH && unmarked(e.code).length > MAX_LENGTH) this.materialise(value, k)
    })
  }

  /** The first value that may wait for its evaluation. */
  private get open(): number {
    this.settled = Math.max(0, Math.min(this.settled, this.values.length - TOP))
    return this.settled
  }

  /** Evaluates the lower half of the values that wait. */
  private settle(): void {
    const end = this.settled + MAX_OPEN / 2
    for (let i = this.settled; i < end; i++) {
      const value = this.values[i]!
      if (isForm(value.type)) this.lowerValue(value)
      value.slots.forEach((e, k) => {
        if (waits(e)) this.materialise(value, k)
      })
    }
    this.settled = end
  }

  private marked(e: Entry): Entry {
    if (!e.effect || e.simple) return e
    const out = { ...e, code: this.mark!(e.code) }
    for (const form of ['cond', 'raw', 'f32', 'f64'] as const)
      if (e[form] !== undefined) out[form] = this.mark!(e[form])
    return out
  }

  pop(): Value {
    const value = this.values[this.values.length - 1]!
    if (isForm(value.type)) this.lowerValue(value)
    this.values.length--
    this.height = value.height
    return value
  }

  /** Pops `count` values, in the order they were pushed. */
  take(count: number): Value[] {
    this.lower(count)
    return this.takeAsIs(count)
  }

  /** Has the top `count` values in int32 slots where they are vectors. */
  lower(count: number): void {
    for (let i = Math.max(this.open, this.values.length - count); i < this.values.length; i++) {
      const value = this.values[i]!
      if (isForm(value.type)) this.lowerValue(value)
    }
  }

  /** Has a vector held as floats in int32 slots. */
  lowerValue(value: Value): void {
    const { use } = this
    if (value.type === F32X4) value.slots = value.slots.map((s) => expr(`${use('f32_to_bits')}(${s.code})`, [s]))
    else {
      for (let k = 0; k < 2; k++) if (!value.slots[k]!.simple) this.materialise(value, k)
      value.slots = value.slots.flatMap((s) => [
        expr(`${use('f64_low_bits')}(${s.code})`, [s]),
        expr(`${use('f64_high_bits')}(${s.code})`, [s]),
      ])
    }
    value.type = V128
  }

  /** Pops `count` values in their forms, in the order they were pushed. */
  takeAsIs(count: number): Value[] {
    const out = this.values.splice(this.values.length - count, count)
    if (count > 0) this.height = out[0]!.height
    return out
  }

  /** Pushes a value that lies in its stack variables; the caller has written, or will write, them. */
  pushVariables(type: ValType): string[] {
    const height = this.height
    const names: string[] = []
    for (let k = 0; k < variablesOf(type); k++) names.push(this.variable(type, height + k))
    for (const v of names) this.invalidate(v)
    this.push(type, ...names.map(name))
    return names
  }

  /**
   * Pushes a value whose slots are evaluated at once, one after another: none mentions the variables of those before it.
   * @param before statements, each with its semicolon, that the codes build on
   */
  pushCodes(type: ValType, codes: readonly string[], before = ''): string[] {
    const names = this.pushVariables(type)
    this.line(before + names.map((v, k) => `${v}=${codes[k]}`).join(';'))
    return names
  }

  /** Makes ready to change variable `v`: entries that mention it are evaluated. */
  invalidate(v: string): void {
    this.each((value, k) => {
      if (value.slots[k]!.vars.includes(v)) this.materialise(value, k)
    })
  }

  /** All slots that may wait for their evaluation, but those of the top `count` values. */
  private each(look: (value: Value, k: number) => void, count = 0): void {
    const { values } = this
    for (let i = this.open; i < values.length - count; i++)
      for (let k = 0; k < values[i]!.slots.length; k++) look(values[i]!, k)
  }

  /** Evaluates all entries with effects, in order. */
  flushEffects(): void {
    this.flushEffectsBelowTop(0)
  }

  /** Evaluates all entries with effects below the top `count` values, in order. */
  flushEffectsBelowTop(count = 1): void {
    this.each((value, k) => {
      if (value.slots[k]!.effect) this.materialise(value, k)
    }, count)
  }

  /** Evaluates all entries but constants. */
  flush(): void {
    this.each((value, k) => {
      if (waits(value.slots[k]!)) this.materialise(value, k)
    })
  }

  /** Makes the slots of the top `count` values free to repeat. */
  simplify(count: number): void {
    for (let i = this.values.length - count; i < this.values.length; i++) {
      const value = this.values[i]!
      for (let k = 0; k < value.slots.length; k++) if (!value.slots[k]!.simple) this.materialise(value, k)
    }
  }

  /** Evaluates slot `k` of `value` into its stack variable. */
  materialise(value: Value, k: number): void {
    const v = this.variable(value.type, value.height + k)
    const e = value.slots[k]!
    if (e.code === v) return
    if (e.effect) this.flushEffectsBelow(value, k)
    this.invalidateBelow(v, value, k)
    this.freeAbove(v, value, k)
    this.line(`${v}=${value.slots[k]!.code}`)
    value.slots[k] = { code: v, vars: [v], effect: false, simple: true, quiet: e.quiet, zeros: e.zeros }
  }

  /** Evaluates the slots above `k` that mention `v`, slot `k`'s variable: each half of a shift or rotation reads both halves. */
  private freeAbove(v: string, value: Value, k: number): void {
    const due = value.slots.flatMap((e, j) => (j > k && e.vars.includes(v) ? [j] : []))
    if (due.length === 0) return
    const kept = `t${value.height + k}`
    this.declared.add(kept)
    this.line(`${kept}=${value.slots[k]!.code}`)
    value.slots[k] = name(kept)
    for (const j of due) this.materialise(value, j)
  }

  private flushEffectsBelow(value: Value, slot: number): void {
    this.below(value, slot, (other, k) => other.slots[k]!.effect)
  }

  private invalidateBelow(v: string, value: Value, slot: number): void {
    this.below(value, slot, (other, k) => other.slots[k]!.vars.includes(v))
  }

  private below(value: Value, slot: number, due: (other: Value, k: number) => boolean): void {
    for (let i = this.open; i < this.values.length; i++) {
      const other = this.values[i]!
      if (other.height > value.height) return
      const most = other === value ? slot : other.slots.length
      for (let k = 0; k < most; k++) if (due(other, k)) this.materialise(other, k)
      if (other === value) return
    }
  }
}

/** Zero or null of a slot's kind. */
export const zero = (t: ValType): string => (isRef(t) ? 'null' : '0')
export const isPair = (t: ValType): boolean => t === I64
/** Whether it is the type of vectors, or a form of it. */
export const isVector = (t: ValType): boolean => t === V128 || isForm(t)

/** Where result slot `at` ≥ 1 of a value of type `t` travels. */
export const lane = (t: ValType, at: number): string =>
  kindOf(t) === 'd' ? `f[${at}]` : kindOf(t) === 'r' ? `r[${at}]` : at === 1 ? 'hi' : `i[${at}]`
