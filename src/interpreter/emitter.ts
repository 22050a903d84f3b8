// What lowering writes and what it keeps track of: register code, in one buffer that all lowerings share, and the operand stack, in parallel arrays, so that an
// instruction costs no object. Knows registers and words; which instruction becomes what is left to the others.
import type { CodeReader } from '../binary/code.ts'
import { Exhaustion } from '../errors.ts'
import { I64, isRef, slotCount, V128, type ValType } from '../syntax/types.ts'
import type { CodeMap } from './code-map.ts'
import { kindOf } from './kinds.ts'
import { Inner } from './lowered.ts'

/** In place of an operand's register: it is a constant that nothing has made yet. */
export const CONSTANT = -1

/** Lowerings don't nest, so they share what they write to. */
const FIRST_WORDS = 1 << 18
const shared = { code: new Int32Array(FIRST_WORDS), operands: newOperands(64) }
/** Words of code and operands that are kept for the next lowering at most. */
const KEPT_WORDS = 1 << 20
/** Most words of a function's code: eight for each byte of the longest body. */
const MAX_WORDS = 2 ** 26

/** The operand stack, by index. */
interface Operands {
  readonly types: Int32Array
  /** Each operand's own register, or its first. */
  readonly homes: Int32Array
  /** Where it is: its home, a local's register, or CONSTANT. */
  readonly ats: Int32Array
  /** The halves of an integer constant. */
  readonly lows: Int32Array
  readonly highs: Int32Array
}

function newOperands(count: number, old?: Operands): Operands {
  const longer = (a?: Int32Array) => {
    const b = new Int32Array(count)
    if (a !== undefined) b.set(a)
    return b
  }
  return {
    types: longer(old?.types),
    homes: longer(old?.homes),
    ats: longer(old?.ats),
    lows: longer(old?.lows),
    highs: longer(old?.highs),
  }
}

export class Emitter {
  code = shared.code
  /** Where the next instruction begins. */
  end = 0
  operands = shared.operands
  /** The number of operands. */
  depth = 0
  /** Registers in use below the next operand. */
  height: number
  /** The most registers that were in use. */
  protected most: number
  /** Whether an operand was a reference. */
  protected refs = false
  /** The instruction that wrote the newest operand, whose destination may still be changed; -1 for none. */
  retarget = -1
  /** The newest instruction and the one before it; -1 when they are not known. */
  last = -1
  private before = -1
  /** The newest position that other code jumps to: nothing before it may move behind it. */
  label = 0

  /**
   * @param below registers of locals: those of operands follow
   * @param map is told where the instructions come from
   */
  constructor(
    readonly r: CodeReader,
    private readonly below: number,
    readonly map: CodeMap | undefined,
  ) {
    this.height = below
    this.most = below
  }

  /** The code, once it is complete. */
  protected finish(): Int32Array {
    const code = this.code.slice(0, this.end)
    if (shared.code.length > KEPT_WORDS) shared.code = new Int32Array(FIRST_WORDS)
    if (shared.operands.ats.length > KEPT_WORDS) shared.operands = newOperands(64)
    return code
  }

  // Code

  /** Makes room for an instruction with so many words; gives its position. */
  begin(words: number): number {
    const at = this.end
    if (at + words > this.code.length) this.grow(words)
    if (this.map !== undefined) this.map.add(at, this.r.at)
    this.end = at + words
    this.before = this.last
    this.last = at
    this.retarget = -1
    return at
  }

  private grow(words: number): void {
    if (this.end > MAX_WORDS) throw new Exhaustion('out of memory', 'a function is too large for the interpreter')
    const longer = new Int32Array(2 * this.code.length + words)
    longer.set(this.code)
    this.code = shared.code = longer
  }

  emit1(op: number): number {
    const at = this.begin(1)
    this.code[at] = op
    return at
  }

  emit2(op: number, a: number): number {
    const at = this.begin(2)
    const { code } = this
    code[at] = op
    code[at + 1] = a
    return at
  }

  emit3(op: number, a: number, b: number): number {
    const at = this.begin(3)
    const { code } = this
    code[at] = op
    code[at + 1] = a
    code[at + 2] = b
    return at
  }

  emit4(op: number, a: number, b: number, c: number): number {
    const at = this.begin(4)
    const { code } = this
    code[at] = op
    code[at + 1] = a
    code[at + 2] = b
    code[at + 3] = c
    return at
  }

  emit5(op: number, a: number, b: number, c: number, d: number): number {
    const at = this.begin(5)
    const { code } = this
    code[at] = op
    code[at + 1] = a
    code[at + 2] = b
    code[at + 3] = c
    code[at + 4] = d
    return at
  }

  emit6(op: number, a: number, b: number, c: number, d: number, e: number): number {
    const at = this.begin(6)
    const { code } = this
    code[at] = op
    code[at + 1] = a
    code[at + 2] = b
    code[at + 3] = c
    code[at + 4] = d
    code[at + 5] = e
    return at
  }

  /**
   * Pops `count` operands into an instruction with one result: [op, destination, operand …, and room for `more` words]. Gives where that room is.
   * @param type the result's
   */
  operator(op: number, count: number, type: ValType, more: number): number {
    this.make(count)
    const at = this.begin(2 + count + more)
    this.code[at] = op
    const rest = this.takeOperands(count, at + 2)
    this.code[at + 1] = this.push(type)
    this.retarget = at
    return rest
  }

  /** The same with one word more. */
  operator1(op: number, count: number, type: ValType, x: number): void {
    const at = this.operator(op, count, type, 1)
    this.code[at] = x
  }

  /** The same with two. */
  operator2(op: number, count: number, type: ValType, x: number, y: number): void {
    const at = this.operator(op, count, type, 2)
    this.code[at] = x
    this.code[at + 1] = y
  }

  /** The same without a result: the destination's word is 0. */
  statement(op: number, count: number, more: number): number {
    this.make(count)
    const at = this.begin(2 + count + more)
    this.code[at] = op
    this.code[at + 1] = 0
    return this.takeOperands(count, at + 2)
  }

  /** The same without a destination's word: [op, operand …, and room for `more` words]. */
  bare(op: number, count: number, more: number): number {
    this.make(count)
    const at = this.begin(1 + count + more)
    this.code[at] = op
    return this.takeOperands(count, at + 1)
  }

  private takeOperands(count: number, to: number): number {
    this.drop(count)
    const { code, depth } = this
    const { ats } = this.operands
    for (let k = 0; k < count; k++) code[to + k] = ats[depth + k]!
    return to + count
  }

  /** The position of the last instruction if it has this opcode and other code doesn't jump behind it; else -1. */
  newest(op: number): number {
    return this.last >= this.label && this.code[this.last] === op ? this.last : -1
  }

  /** Takes back the last instruction. Gives where its words stand until something else is emitted. */
  takeBack(): number {
    const at = this.last
    this.end = at
    this.last = this.before
    this.before = -1
    this.retarget = -1
    if (this.map !== undefined) this.map.takeBack()
    return at
  }

  /** Whether the newest operand was written by an instruction with this opcode that can be taken back. */
  wrote(op: number): boolean {
    return this.writer(this.depth - 1) === op
  }

  /** The opcode of the instruction that wrote an operand, if it can be taken back; else -1. */
  writer(k: number): number {
    const { retarget, code } = this
    return retarget >= 0 && this.operands.ats[k] === code[retarget + 1] ? code[retarget]! : -1
  }

  // Operands

  /** Pushes the result of the instruction that is being emitted; gives its register. */
  push(type: ValType): number {
    const k = this.depth++
    if (k === this.operands.ats.length) this.operands = shared.operands = newOperands(2 * k, this.operands)
    const { types, homes, ats } = this.operands
    const home = this.height
    types[k] = type
    homes[k] = home
    ats[k] = home
    if (isRef(type)) this.refs = true
    this.height = home + slotCount(type)
    if (this.height > this.most) this.most = this.height
    return home
  }

  /** Leaves the next register to something else than an operand. */
  reserve(): void {
    this.height++
    if (this.height > this.most) this.most = this.height
  }

  pushLocal(type: ValType, register: number): void {
    this.push(type)
    this.operands.ats[this.depth - 1] = register
  }

  pushConstant(type: ValType, low: number, high: number): void {
    this.push(type)
    const { ats, lows, highs } = this.operands
    const k = this.depth - 1
    ats[k] = CONSTANT
    lows[k] = low
    highs[k] = high
  }

  /** Pops operands that nothing needs any more. */
  drop(count: number): void {
    if (count === 0) return
    this.depth -= count
    this.height = this.operands.homes[this.depth]!
  }

  /** Pops a value; gives the register it is in, made there if it was a constant. */
  popRegister(): number {
    this.make(1)
    this.drop(1)
    return this.operands.ats[this.depth]!
  }

  /** Pops `count` values into their homes, which are consecutive; gives the first register. */
  popHomes(count: number): number {
    for (let k = this.depth - count; k < this.depth; k++) this.home(k)
    this.drop(count)
    return this.height
  }

  /** Has the top `count` operands in registers. */
  make(count: number): void {
    for (let k = this.depth - count; k < this.depth; k++) if (this.operands.ats[k] === CONSTANT) this.home(k)
  }

  /** Has an operand in its home. */
  home(k: number): void {
    const { ats, homes } = this.operands
    const home = homes[k]!
    this.copy(k, home)
    ats[k] = home
  }

  /** Puts a copy of an operand into a register. */
  copy(k: number, to: number): void {
    const { types, ats, lows, highs } = this.operands
    const at = ats[k]!
    if (at !== CONSTANT) this.move(types[k]!, to, at)
    else if (types[k] === I64) this.emit4(Inner.const_pair, to, lows[k]!, highs[k]!)
    else this.emit3(Inner.const_i, to, lows[k]!)
  }

  /** The register of an operand; for a constant its home, where it is put. The stack stays as it is: other paths go on with it. */
  registerOf(k: number): number {
    const { ats, homes } = this.operands
    if (ats[k] !== CONSTANT) return ats[k]!
    this.copy(k, homes[k]!)
    return homes[k]!
  }

  /** Copies a value between registers. */
  move(t: ValType, to: number, from: number): void {
    if (to === from) return
    if (t === I64 || t === V128) for (let k = 0; k < slotCount(t); k += 2) this.emit3(Inner.move_pair, to + k, from + k)
    else this.emit3(MOVES[kindOf(t)]!, to, from)
  }

  /** Copies the top `count` values to registers from `base` on, at or below their homes. The stack stays as it is: other paths go on with it. */
  moveTo(base: number, count: number): void {
    const { types, homes, ats } = this.operands
    const from = this.depth - count
    // Where several go to the registers of locals, one of them may be such a local.
    const risky = base < this.below && count > 1
    const isLocal = (k: number) => ats[k]! !== CONSTANT && ats[k]! < this.below
    if (risky) for (let k = from; k < this.depth; k++) if (isLocal(k)) this.copy(k, homes[k]!)
    let to = base
    for (let k = from; k < this.depth; k++) {
      if (risky && isLocal(k)) this.move(types[k]!, to, homes[k]!)
      else this.copy(k, to)
      to += slotCount(types[k]!)
    }
  }

  /** Other code may jump to here. */
  mark(): void {
    this.retarget = -1
    this.label = this.end
  }

  /** Puts every operand into its home; what follows may be reached from elsewhere. */
  settle(): void {
    for (let k = 0; k < this.depth; k++) this.home(k)
    this.mark()
  }
}

const MOVES = [Inner.move_i, Inner.move_d, Inner.move_r] as const
