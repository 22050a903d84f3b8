// The operand and control stacks of the validation algorithm (specification: Appendix, Validation Algorithm). Types are small integers in one
// reused array; nothing is allocated per instruction. Which instruction pops and pushes what is said by instr.ts and gc-instr.ts.

import { CodeReader } from '../binary/code.ts'
import { malformed } from '../binary/reader.ts'
import { InvalidError } from '../errors.ts'
import { rows } from '../syntax/instructions.ts'
import { matchesVal } from '../syntax/match.ts'
import { Op } from '../syntax/opcode.ts'
import { BOT, type FuncType, Heap, I32, isRef, NULL, REF, type ValType } from '../syntax/types.ts'
import type { Context } from './context.ts'

export const NONE: readonly ValType[] = []
/** Most operands on the stack of one function: a hostile one may push a thousand per two bytes. */
const MAX_OPERANDS = 16_000_000
/** The type of a reference popped from unreachable code. */
const BOT_REF = REF | Heap.bot

const single = new Map<ValType, readonly ValType[]>()
/** The list of one type; the same array each time. */
export function one(t: ValType): readonly ValType[] {
  let list = single.get(t)
  if (list === undefined) single.set(t, (list = [t]))
  return list
}

export class FuncState {
  /** What is being read; undefined before the first expression. */
  r!: CodeReader
  stack = new Int32Array(4096)
  /** Height of the operand stack. */
  sp = 0
  /** Height at which the innermost frame begins. */
  base = 0
  /** Whether the rest of the innermost frame is unreachable, its stack polymorphic. */
  dead = false
  /** How many frames there are. Their fields stand in the arrays below; the innermost one's height and state in `base` and `dead`. */
  depth = 0
  private readonly ops: Op[] = []
  private readonly bases: number[] = []
  private readonly deads: boolean[] = []
  private readonly ins: (readonly ValType[])[] = []
  private readonly outs: (readonly ValType[])[] = []
  /** Length of `setLog` at each frame's begin. */
  private readonly logs: number[] = []

  locals = new Int32Array(1024)
  localCount = 0
  /** Whether some local has no default and must be set before it is read. */
  tracksInit = false
  private unset = new Uint8Array(0)
  private readonly setLog: number[] = []

  results: readonly ValType[] = NONE
  /** Whether a constant expression is being validated: its function references count as declarations. */
  constant = false
  /** br_table's marks: the last one that has checked a frame's label. */
  private mark = 0
  private readonly marks: number[] = []

  constructor(readonly ctx: Context) {}

  /** Begins a body or expression whose locals are already laid out. */
  enter(r: CodeReader, results: readonly ValType[]): void {
    this.r = r
    this.results = results
    this.sp = 0
    this.depth = 0
    this.setLog.length = 0
    this.pushFrame(Op.block, NONE, results)
  }

  fail(reason: string): InvalidError {
    return new InvalidError(reason, this.r.at)
  }

  // Operands

  push(t: ValType): void {
    if (this.sp === this.stack.length) this.grow(1)
    this.stack[this.sp++] = t
  }

  pushTypes(ts: readonly ValType[]): void {
    const n = ts.length
    if (this.sp + n > this.stack.length) this.grow(n)
    for (let i = 0; i < n; i++) this.stack[this.sp++] = ts[i]!
  }

  private grow(more: number): void {
    if (this.sp + more > MAX_OPERANDS) throw this.fail(`too many operands: more than ${MAX_OPERANDS}`)
    const next = new Int32Array(Math.min(MAX_OPERANDS, 2 * (this.stack.length + more)))
    next.set(this.stack)
    this.stack = next
  }

  pop(want: ValType): void {
    if (this.sp > this.base) {
      const got = this.stack[this.sp - 1]!
      if (got !== want && !matchesVal(this.ctx.reg, got, want)) throw this.mismatch([want])
      this.sp--
    } else if (!this.dead) throw this.mismatch([want])
  }

  popTypes(ts: readonly ValType[]): void {
    const { stack, base } = this
    let sp = this.sp
    for (let i = ts.length - 1; i >= 0; i--) {
      if (sp > base) {
        const got = stack[--sp]!
        const want = ts[i]!
        if (got !== want && !matchesVal(this.ctx.reg, got, want)) throw this.mismatch(ts)
      } else if (this.dead) break
      else throw this.mismatch(ts)
    }
    this.sp = sp
  }

  /** Whether any further pop succeeds: the rest of the stack is that of unreachable code. */
  get exhausted(): boolean {
    return this.dead && this.sp === this.base
  }

  /** Pops a value of any type; BOT from unreachable code. */
  popAny(): ValType {
    if (this.sp > this.base) return this.stack[--this.sp]!
    if (this.dead) return BOT
    throw this.fail(`type mismatch: instruction requires a value but stack has []${this.where()}`)
  }

  /** Pops a reference of any type. */
  popRef(): ValType {
    const t = this.popAny()
    if (t === BOT) return BOT_REF
    if (isRef(t)) return t
    throw this.fail(
      `type mismatch: instruction requires reference type but stack has ${this.ctx.name(t)}${this.where()}`,
    )
  }

  /** The error that the stack does not end in `want`. */
  mismatch(want: readonly ValType[]): InvalidError {
    const got = this.stack.subarray(Math.max(this.base, this.sp - want.length), this.sp)
    const { ctx } = this
    return this.fail(
      `type mismatch: instruction requires ${ctx.names(want)} but stack has ${ctx.names([...got])}${this.where()}`,
    )
  }

  /** The instruction at fault, for messages. */
  private where(): string {
    const { bytes, at, end } = this.r
    return ` (${rows[new CodeReader({ bytes, start: at, end }).op()]!.name})`
  }

  // Control

  pushFrame(op: Op, ins: readonly ValType[], outs: readonly ValType[]): void {
    const d = this.depth++
    if (d > 0) this.deads[d - 1] = this.dead
    this.ops[d] = op
    this.bases[d] = this.sp
    this.ins[d] = ins
    this.outs[d] = outs
    this.logs[d] = this.setLog.length
    this.marks[d] = 0
    this.base = this.sp
    this.dead = false
    if (ins.length > 0) this.pushTypes(ins)
  }

  /** Checks that the innermost frame ends in its results, and gives them. */
  private closeFrame(): readonly ValType[] {
    const outs = this.outs[this.depth - 1]!
    const full = this.sp
    this.popTypes(outs)
    if (this.sp === this.base) return outs
    const { ctx } = this
    throw this.fail(
      `type mismatch: block requires ${ctx.names(outs)} but stack has ${ctx.names([...this.stack.subarray(this.base, full)])}`,
    )
  }

  /** Ends the innermost frame and leaves its results on the stack. */
  popFrame(): void {
    const d = this.depth - 1
    if (this.ops[d] === Op.if_) this.checkElseless(d)
    const outs = this.closeFrame()
    if (this.tracksInit) this.resetLocals(d)
    this.depth = d
    if (d === 0) return
    this.base = this.bases[d - 1]!
    this.dead = this.deads[d - 1]!
    if (outs.length > 0) this.pushTypes(outs)
  }

  private checkElseless(d: number): void {
    const ins = this.ins[d]!
    const outs = this.outs[d]!
    const { ctx } = this
    if (ins.length !== outs.length || ins.some((t, i) => !matchesVal(ctx.reg, t, outs[i]!)))
      throw this.fail(`type mismatch: if without else requires ${ctx.names(outs)} but has ${ctx.names(ins)}`)
  }

  /** Ends the innermost frame's part (then, try, catch) and begins the next one, `op`, with `ins` on the stack. */
  nextPart(op: Op, ins: readonly ValType[]): void {
    const d = this.depth - 1
    const outs = this.closeFrame()
    if (this.tracksInit) this.resetLocals(d)
    this.depth = d
    if (d > 0) this.dead = this.deads[d - 1]!
    this.pushFrame(op, ins, outs)
  }

  elsePart(): void {
    const d = this.depth - 1
    if (this.ops[d] !== Op.if_) throw malformed('misplaced ELSE opcode', this.r.at)
    this.nextPart(Op.else_, this.ins[d]!)
  }

  /** What opened the frame that label `x` names, or its present part. */
  labelOp(x: number): Op {
    return this.ops[this.depth - 1 - x]!
  }

  /** The types that a branch to label `x` takes. */
  label(x: number): readonly ValType[] {
    const d = this.depth - 1 - x
    if (d < 0) throw this.fail(`unknown label ${x}`)
    return this.ops[d] === Op.loop ? this.ins[d]! : this.outs[d]!
  }

  /** Nothing after this instruction is reached in the innermost frame. */
  unreachable(): void {
    this.sp = this.base
    this.dead = true
  }

  /** br_table: every label takes what is on the stack. `count` labels and the default follow in the code. */
  brTable(): void {
    const { r } = this
    const count = r.length()
    this.pop(I32)
    const mark = ++this.mark
    let arity = -1
    for (let i = 0; i <= count; i++) {
      const x = r.u32()
      const types = this.label(x)
      const d = this.depth - 1 - x
      if (this.marks[d] === mark) continue
      this.marks[d] = mark
      if (arity >= 0 && arity !== types.length) throw this.mismatch(types)
      arity = types.length
      const { sp } = this
      this.popTypes(types)
      this.sp = sp
    }
    this.unreachable()
  }

  // Locals

  /** Lays out parameters and locals. */
  setLocals(type: FuncType, runs: readonly { count: number; type: ValType }[], at: number): void {
    let n = type.params.length
    for (const run of runs) n += run.count
    if (n > this.locals.length) this.locals = new Int32Array(2 * n)
    this.localCount = n
    let k = 0
    for (const t of type.params) this.locals[k++] = t
    this.tracksInit = false
    for (const run of runs) {
      const t = this.ctx.valType(run.type, at)
      if (run.count > 0 && isRef(t) && (t & NULL) === 0) this.tracksInit = true
      this.locals.fill(t, k, k + run.count)
      k += run.count
    }
    if (this.tracksInit) this.markUnset(type.params.length)
  }

  private markUnset(params: number): void {
    this.unset = new Uint8Array(this.localCount)
    for (let i = params; i < this.localCount; i++) {
      const t = this.locals[i]!
      this.unset[i] = isRef(t) && (t & NULL) === 0 ? 1 : 0
    }
  }

  local(x: number): ValType {
    if (x >= this.localCount) throw this.fail(`unknown local ${x}`)
    return this.locals[x]!
  }

  checkSet(x: number): void {
    if (this.unset[x]) throw this.fail(`uninitialized local ${x}`)
  }

  markSet(x: number): void {
    if (this.unset[x] === 0) return
    this.unset[x] = 0
    this.setLog.push(x)
  }

  /** A local set inside a block counts as unset again after it. */
  private resetLocals(d: number): void {
    const start = this.logs[d]!
    for (let i = start; i < this.setLog.length; i++) this.unset[this.setLog[i]!] = 1
    this.setLog.length = start
  }
}
