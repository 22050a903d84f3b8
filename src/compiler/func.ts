// Compiles one function body to the source of one JavaScript function: control flow, variables and calls; operators are inline.ts's, memories and
// tables memory.ts's. Blocks become labelled statements, their parameters and results lie in the stack variables at their height.
// Trusts validation. Nothing of the module but numbers reaches the source.
import { CodeReader, endsArm, opensBlock, skipWhole } from '../binary/code.ts'
import { Crash } from '../errors.ts'
import { definitionOf, type FuncInst, type ModuleInst } from '../runtime/instances.ts'
import { slotsOf } from '../runtime/values.ts'
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { mapType } from '../syntax/type-registry.ts'
import { BOT, type FuncType, I32, slotCount, V128, type ValType } from '../syntax/types.ts'
import { aggregate } from './aggregates.ts'
import { analyse, type Facts, replacesViews } from './analysis.ts'
import { atomic, wide } from './atomics.ts'
import { call } from './calls.ts'
import { constant, reference } from './constants.ts'
import type { Frame, LoopDraft } from './frame.ts'
import { global } from './globals.ts'
import { type Emitter, operator, select } from './inline.ts'
import { Known } from './known.ts'
import { Locals } from './locals.ts'
import { asInts, beginLoop, endLoop } from './loops.ts'
import { access, bulk } from './memory.ts'
import { Counters, clockOf } from './metering.ts'
import { anyNaN } from './nans.ts'
import {
  asCondition,
  F32X4,
  F64X2,
  type Form,
  hasEffects,
  isVector,
  type Kind,
  kindOf,
  lane,
  marked,
  name,
  Operands,
  type Value,
} from './operands.ts'
import { checkLength, type Draft, isLarge, printFunction } from './split.ts'
import { type Calls, firstCalls } from './straight.ts'
import { type Line, Variables } from './tree.ts'
import { endTry, exception, tableHandlers } from './unwinding.ts'
import { vector } from './vector.ts'
import { Loose, toFloats, Votes } from './vector-floats.ts'
import { Views } from './views.ts'

/** The source of a function, what it refers to, and for each line the offset of the instruction it came from. */
export interface Compiled {
  source: string
  names: readonly string[]
  offsets: readonly number[]
  hasTailCall: boolean
}

export class FuncCompiler implements Emitter {
  readonly r: CodeReader
  readonly ops: Operands
  private readonly lines: string[] = []
  /** Characters of all lines. */
  private length = 0
  private readonly offsets: number[] = []
  private readonly names = new Set<string>()
  private readonly scratches = new Set<string>()
  private readonly counterNames = new Set<string>()
  readonly frames: Frame[] = []
  readonly locals: Locals
  private dead = false
  readonly views = new Views(this)
  readonly facts: Facts
  readonly counters: Counters
  /** Locals that were set to a condition in this stretch of code. */
  private readonly conditions = new Set<number>()
  /** Whether the body leaves a tail call in `ret`. */
  hasTailCall = false
  labels = 0
  private id = ''
  private calls: Calls = 'all'
  private readonly votes = new Votes()
  /** Vector locals that hold no signalling NaN, as far as straight-line code tells. */
  private readonly quiet = new Set<number>()
  private readonly known = new Known()

  /**
   * @param forms the v128 locals to hold as floats; compile() finds them, where there are none given, by compiling once without
   * @param mark whether to mark code by the instructions it came from
   * @param es5 whether it has no newer syntax, but for `let` and `const` at the heads of functions
   * @param loose vector locals that need not keep signalling NaNs; found in the same way as their forms
   * @param split whether it is so large that it is going to be split
   */
  constructor(
    readonly inst: ModuleInst,
    private readonly func: FuncInst,
    private readonly forms: ReadonlyMap<number, Form> = new Map(),
    private readonly mark = false,
    private readonly es5 = false,
    readonly loose = new Loose(),
    split = false,
  ) {
    this.ops = new Operands(this.line, this.use, mark ? (code) => marked(this.r.at, code) : undefined)
    const { body } = definitionOf(func)
    this.r = new CodeReader(body)
    this.facts = analyse(body, func.index)
    this.counters = new Counters(this, inst, func.index, body, split)
    this.locals = new Locals(inst, func, forms)
  }

  readonly line = (code: string): void => {
    this.add(`${code};`)
  }

  private add(text: string): void {
    this.length += text.length
    checkLength(this.length)
    this.lines.push(text)
    this.offsets.push(this.r.at)
  }

  open(code: string): number {
    this.conditions.clear()
    this.add(code)
    return this.lines.length - 1
  }

  readonly use = (name: string): string => {
    this.names.add(name)
    return name
  }

  orTrap(ref: string, trap: string): string {
    return this.es5 ? `${this.use(trap)}(${ref})` : `${ref}??${this.use(trap)}()`
  }

  readonly view = (memory: number): string => this.views.of(memory)

  readonly counter = (name: string): string => {
    this.counterNames.add(name)
    return name
  }

  readonly scratch = (name: string): string => {
    this.scratches.add(name)
    return name
  }

  /** What to call for a function of the index space: this one by its own name. */
  callee(index: number): string {
    return index === this.func.index && !this.facts.hasTailCall && this.wanted < 0 && this.calls !== 'resumed'
      ? this.id
      : `${this.use(`F${index}`)}.code`
  }

  /**
   * @param id the function's name in the source, unique in the process
   * @param calls which it is for
   */
  compile(id: string, calls: Calls = 'all'): Compiled {
    const { type } = this.func
    this.id = id
    this.calls = calls
    this.enter('func', [], type.results, -1)
    this.counters.enter()
    for (const [index, form] of this.forms) if (index < type.params.length) this.raiseParam(index, form)
    for (const check = clockOf(this.inst, this.mark); this.frames.length > 0; check()) this.step(this.r.op())
    const forms = this.forms.size === 0 ? this.votes.winners() : this.forms
    const again = (loose?: Loose, split = false) =>
      new FuncCompiler(this.inst, this.func, forms, this.mark, this.es5, loose, split).compile(id, calls)
    if (forms.size !== this.forms.size) return again()
    if (this.loose.locals === undefined) {
      const found = this.loose.found()
      if (found.size > 0) return again(new Loose(found))
    }
    const lines = this.linesFrom(0, this.lines.length)
    if (this.counters.whole && isLarge(lines)) return again(new Loose(this.loose.locals), true)
    const first = calls === 'first' ? firstCalls(this, this.func, lines) : undefined
    const ints = this.facts.recursive ? asInts(this, type.params.keys()) : ''
    const whole = ints === '' ? lines : [{ text: `${ints};`, offset: -1 }, ...lines]
    const printed = (first && printFunction(this.draft(first), true)) ?? printFunction(this.draft(whole))
    return { ...printed, names: [...this.names, ...printed.names], hasTailCall: this.hasTailCall }
  }

  private draft(lines: readonly Line[]): Draft {
    const { params, results } = this.func.type
    return {
      name: this.id,
      variables: this.variables(),
      params: slotsOf(params),
      result: results.length === 0 ? undefined : kindOf(results[0]!),
      lines,
      prologue: this.counters.prologue(),
      epilogue: this.counters.epilogue(),
      check: clockOf(this.inst, this.mark),
    }
  }

  /** Parameters come as slots; those that are held as floats are made so first. */
  private raiseParam(index: number, form: Form): void {
    const [a, b, c, d] = [0, 1, 2, 3].map((k) => `l${this.locals.slots[index]! + k}`)
    if (form === F32X4) for (const v of [a, b, c, d]) this.line(`${v}=${this.use('f32_from_bits')}(${v})`)
    else {
      this.line(`${a}=${this.use('f64_from_bits')}(${a},${b})`)
      this.line(`${b}=f64_from_bits(${c},${d})`)
    }
  }

  private variables(): Variables {
    const out = new Variables()
    this.locals.declare(out)
    for (const v of this.ops.declared)
      out.add(v, (/^[id]/.exec(v)?.[0] ?? 'r') as Kind, v.startsWith('r') ? 'null' : '0')
    for (const v of this.scratches) out.add(v, 'r', '0')
    for (const v of this.counterNames) out.add(v, 'i', '0')
    for (const d of this.views.declarations) {
      const [v, value = ''] = d.split('=') as [string, string?]
      out.add(v, 'r', value, v[0] === 'W' ? `M${v.slice(1)}.dv` : v[0] === 'H' ? value : '')
    }
    return out
  }

  private step(op: Op): void {
    const units = this.dead ? 0 : this.counters.chargeAt(this.r.at)
    if (units > 0) {
      this.ops.flushEffects()
      this.counters.charge(units)
    }
    if (this.dead) {
      if (endsArm(op)) this.control(op)
      else skipWhole(this.r, op)
    } else {
      this.emit(op)
      if (replacesViews(op)) this.forgetViews()
    }
    if (opensBlock(op) || endsArm(op)) this.quiet.clear()
    if (endsArm(op) || (opensBlock(op) && op !== Op.block && op !== Op.if_)) this.known.clear()
  }

  private emit(op: Op): void {
    if (
      !this.control(op) &&
      !this.variable(op) &&
      !global(this, op) &&
      !access(this, op) &&
      !bulk(this, op) &&
      !reference(this, op)
    ) {
      const row = rows[op]!
      if (
        !constant(this, op) &&
        !aggregate(this, op) &&
        !vector(this, op) &&
        !atomic(this, op) &&
        !wide(this, op) &&
        (row.poly || !operator(this, op))
      )
        throw new Crash(`${row.name} is not supported by the compiler yet`)
    }
  }

  // Control

  get isDead(): boolean {
    return this.dead
  }

  /** What follows is unreachable. */
  kill(): void {
    this.dead = true
  }

  /** What follows is reachable again. */
  revive(): void {
    this.dead = false
  }

  /** What follows is reached from a place where views may have been replaced. */
  forgetViews(): void {
    this.views.current = 0
  }

  hasScratch(name: string): boolean {
    return this.scratches.has(name)
  }

  beginTry(kind: 'try' | 'try_table'): void {
    const { params, results } = this.blockType()
    const catches = kind === 'try_table' ? this.r.catches() : []
    this.settle(params.length)
    this.enter(kind, params, results, this.open('{try{'))
    this.frames[this.frames.length - 1]!.catches = catches
  }

  blockType(): { params: readonly ValType[]; results: readonly ValType[] } {
    const index = this.r.block()
    if (index >= 0) return this.inst.types[index]!.sub.comp as FuncType
    const result = this.r.blockResult
    return { params: [], results: result === BOT ? [] : [mapType(result, this.inst.typeIds)] }
  }

  enter(kind: Frame['kind'], params: readonly ValType[], results: readonly ValType[], line: number): void {
    const { ops } = this
    const below = ops.values.length - params.length
    const height = params.length > 0 ? ops.values[below]!.height : ops.height
    const id = ++this.labels
    const outer = this.frames[this.frames.length - 1]
    this.frames.push({
      kind,
      label: `L${id}`,
      id,
      depth: below,
      height,
      params,
      results,
      line,
      used: false,
      through: false,
      caught: '',
      catches: [],
      arms: 0,
      loops: (outer?.loops ?? 0) + (kind === 'loop' ? 1 : 0),
      handler: kind === 'try' || kind === 'try_table' ? id : (outer?.handler ?? -1),
      views: -1,
      viewsBefore: this.views.current,
      wrapped: false,
      edges: -1,
    })
  }

  /** Puts every value into variables; parameters of a block even if constant. */
  settle(params: number): void {
    const { ops } = this
    // An interpreter that a loop is for has no vectors but in int32 registers.
    ops.lower(this.wanted < 0 ? params : ops.values.length)
    ops.flush()
    for (const v of ops.values.slice(ops.values.length - params))
      for (let k = 0; k < v.slots.length; k++) ops.materialise(v, k)
  }

  private control(op: Op): boolean {
    switch (op) {
      case Op.nop:
        return true
      case Op.unreachable:
        this.ops.flushEffects()
        this.line(`${this.use('unreachable')}()`)
        this.dead = true
        return true
      case Op.block: {
        const { params, results } = this.blockType()
        this.settle(params.length)
        this.enter('block', params, results, this.open('{'))
        return true
      }
      case Op.loop:
        beginLoop(this)
        return true
      case Op.if_: {
        const { params, results } = this.blockType()
        const cond = this.ops.pop().slots[0]!
        this.settle(params.length)
        this.enter('if', params, results, this.open(`if(${asCondition(cond)}){`))
        return true
      }
      case Op.else_:
        this.else()
        return true
      case Op.end:
        this.end()
        return true
      case Op.br:
        this.leave(this.r.u32())
        return true
      case Op.br_if:
        this.branchIf()
        return true
      case Op.br_table:
        this.branchTable()
        return true
      case Op.return_:
        this.leave(this.frames.length - 1)
        return true
    }
    return exception(this, op) || call(this, op)
  }

  /** The offset of the loop that is wanted alone, or -1; and once its start has been met, its lines and the frames around it. */
  private wanted = -1
  private met: { from: number; to: number; frames: readonly Frame[] } | undefined

  /** Compiles as far as the end of one loop, given the offset of its instruction. What is held as floats is found as by compile(). */
  compileLoop(offset: number): LoopDraft | undefined {
    this.wanted = offset
    this.enter('func', [], this.func.type.results, -1)
    while (this.frames.length > 0 && (this.met === undefined || this.met.to < 0)) this.step(this.r.op())
    if (this.met === undefined || this.facts.hasTailCall) return undefined
    const forms = this.votes.winners()
    if (this.forms.size === 0 && forms.size > 0)
      return new FuncCompiler(this.inst, this.func, forms, this.mark).compileLoop(offset)
    const { from, to, frames } = this.met
    const lines = this.linesFrom(from, to)
    const floats = new Map([...this.forms].map(([index, form]) => [this.locals.slots[index]!, form]))
    return { lines, frames, variables: this.variables(), names: this.names, floats }
  }

  /** A loop begins, whose lines are those from `from` on. */
  meetLoop(offset: number, from: number): void {
    if (offset === this.wanted) this.met = { from, to: -1, frames: [...this.frames] }
  }

  /** How many lines there are. */
  get count(): number {
    return this.lines.length
  }

  private linesFrom(from: number, to: number): Line[] {
    return this.lines.slice(from, to).map((text, k) => ({ text, offset: this.offsets[from + k]! }))
  }

  private else(): void {
    const frame = this.frames[this.frames.length - 1]!
    if (!this.dead) this.move(frame)
    if (!this.dead) frame.views &= this.views.current
    this.views.current = frame.viewsBefore
    frame.through = !this.dead
    this.restore(frame, frame.params)
    this.open('}else{')
    frame.kind = 'else'
    this.dead = false
  }

  private end(): void {
    const frame = this.frames[this.frames.length - 1]!
    if (frame.kind === 'func') {
      if (!this.dead) this.return()
      this.frames.pop()
      return
    }
    if (!this.dead) {
      this.move(frame)
      if (frame.kind === 'loop') endLoop(this, frame)
    }
    this.frames.pop()
    if (frame.kind === 'loop') this.counters.afterLoop(this.frames.length)
    if (frame.kind === 'try_table') tableHandlers(this, frame, frame.catches)
    else if (frame.kind === 'try' || frame.kind === 'catch' || frame.kind === 'catch_all') endTry(this, frame)
    if (frame.kind.startsWith('try') || frame.kind.startsWith('catch')) {
      this.open('}')
      frame.views = 0
    }
    this.close(frame)
  }

  /** Closes a frame's statement; what follows is reached through its end, a branch, or an `if` without `else`. */
  close(frame: Frame): void {
    this.open('}')
    if (frame.wrapped) this.open('}')
    if (frame.used) this.lines[frame.line] = `${frame.label}:${this.lines[frame.line]}`
    if (frame === this.met?.frames.at(-1)) this.met.to = this.lines.length
    if (frame.kind === 'if') frame.views &= frame.viewsBefore
    if (frame.kind !== 'loop') this.views.current = this.dead ? frame.views : this.views.current & frame.views
    const reached = !this.dead || frame.through || frame.kind === 'if' || (frame.used && frame.kind !== 'loop')
    this.restore(frame, frame.results)
    this.dead = !reached
  }

  /** Resets the stack to the frame's base with `types` on it, in their variables. */
  restore(frame: Frame, types: readonly ValType[]): void {
    const { ops } = this
    ops.values.length = frame.depth
    ops.height = frame.height
    for (const t of types)
      ops.push(t, ...Array.from({ length: slotCount(t) }, (_, k) => name(ops.variable(t, ops.height + k))))
  }

  /** Moves the values on top into the variables that a frame's end (or a loop's start) expects; the stack stays as it is. */
  move(frame: Frame, types = frame.results): void {
    const { ops } = this
    ops.lower(types.length)
    let height = frame.height
    for (const value of ops.values.slice(ops.values.length - types.length)) {
      const targets = value.slots.map((_, k) => ops.variable(value.type, height + k))
      // A half may read the variable that the half before it goes to.
      const codes = value.slots.map((e, k) => {
        if (!targets.slice(0, k).some((v) => e.vars.includes(v))) return e.code
        const kept = `t${height + k}`
        ops.declared.add(kept)
        this.line(`${kept}=${e.code}`)
        return kept
      })
      targets.forEach((v, k) => {
        if (codes[k] !== v) this.line(`${v}=${codes[k]}`)
      })
      height += value.slots.length
    }
  }

  /** Branches for good: what stays behind on the stack still has its effects. */
  private leave(depth: number): void {
    this.ops.flushEffectsBelowTop(this.labelTypes(depth).length)
    this.branch(depth)
    this.dead = true
  }

  branch(depth: number): void {
    const at = this.frames.length - 1 - depth
    const frame = this.frames[at]!
    if (frame.kind === 'func') {
      this.return()
      return
    }
    this.counters.beforeJump(at)
    this.move(frame, frame.kind === 'loop' ? frame.params : frame.results)
    if (frame.kind === 'loop' && frame.edges > 0 && --frame.edges === 0) {
      this.line(`continue N${frame.id}`)
      return
    }
    frame.used = true
    frame.views &= this.views.current
    this.line(`${frame.kind === 'loop' ? 'continue' : 'break'} ${frame.label}`)
  }

  private labelTypes(depth: number): readonly ValType[] {
    const frame = this.frames[this.frames.length - 1 - depth]!
    return frame.kind === 'loop' ? frame.params : frame.results
  }

  private branchIf(): void {
    const { ops } = this
    const depth = this.r.u32()
    ops.flushEffectsBelowTop()
    const cond = ops.pop().slots[0]!
    ops.simplify(this.labelTypes(depth).length)
    this.branchWhen(asCondition(cond), depth)
  }

  /** Branches on a condition; the values that go along are simple. */
  branchWhen(condition: string, depth: number): void {
    this.ops.simplify(this.labelTypes(depth).length)
    this.open(`if(${condition}){`)
    this.branch(depth)
    this.open('}')
  }

  private branchTable(): void {
    const { ops } = this
    const labels = this.r.labels()
    ops.flushEffectsBelowTop()
    const index = ops.pop().slots[0]!
    ops.simplify(this.labelTypes(labels[labels.length - 1]!).length)
    this.open(`switch(${index.code}){`)
    const last = labels.length - 1
    // By label, since what a branch moves may be a thousand values.
    const cases = new Map<number, string[]>()
    labels.forEach((label, i) => {
      const text = i === last ? 'default:' : `case ${i}:`
      const known = cases.get(label)
      if (known === undefined) cases.set(label, [text])
      else known.push(text)
    })
    for (const [label, texts] of cases) {
      for (const text of texts) this.open(text)
      this.branch(label)
    }
    this.open('}')
    this.dead = true
  }

  /** Returns the values on top. */
  private return(): void {
    const { results } = this.func.type
    const { ops } = this
    if (results.length === 0) {
      this.counters.beforeReturn()
      this.line('return')
      return
    }
    ops.lower(results.length)
    const values = ops.values.slice(ops.values.length - results.length)
    const slots = values.flatMap((v) => v.slots.map((e, k) => ({ v, k, e })))
    if (slots.length === 1) {
      this.counters.beforeReturn()
      this.line(`return ${slots[0]!.e.code}`)
      return
    }
    ops.simplify(results.length)
    const ret = this.use('ret')
    slots.forEach(({ v, k }, at) => {
      if (at > 0) this.line(`${ret}.${lane(v.type, at)}=${v.slots[k]!.code}`)
    })
    this.counters.beforeReturn()
    this.line(`return ${values[0]!.slots[0]!.code}`)
  }

  // Variables, constants, references

  private variable(op: Op): boolean {
    const { ops, r } = this
    switch (op) {
      case Op.local_get: {
        this.getLocal(r.u32())
        return true
      }
      case Op.local_set:
        this.setLocal(r.u32())
        return true
      case Op.local_tee: {
        const index = r.u32()
        this.setLocal(index)
        this.getLocal(index)
        return true
      }
      case Op.drop: {
        if (hasEffects(ops.values[ops.values.length - 1]!)) ops.flushEffects()
        ops.pop()
        return true
      }
      case Op.select:
      case Op.select_t:
        if (op === Op.select_t) r.types()
        select(this)
        return true
    }
    return false
  }

  private getLocal(index: number): void {
    const { ops, locals } = this
    if (this.conditions.has(index)) {
      const v = locals.names(index)[0]!
      const cond = `b${v}`
      ops.push(I32, { code: v, vars: [v, cond], effect: false, simple: true, cond })
      return
    }
    const type = locals.types[index]!
    const quiet = this.quiet.has(index)
    const loose = type === F32X4 && !quiet
    if (loose) this.loose.read(index)
    const known = this.known.of(index)
    if (known !== undefined) ops.push(type, ...known)
    else if (quiet) ops.push(type, ...locals.quiet(index))
    else if (loose) ops.push(type, ...locals.loose(index))
    else ops.push(type, ...locals.entries(index))
  }

  private setLocal(index: number): void {
    const { ops } = this
    const targets = this.locals.names(index)
    const value = ops.values[ops.values.length - 1]!
    if (isVector(value.type)) this.settleForm(index, value)
    for (let k = 1; k < targets.length; k++)
      if (targets.slice(0, k).some((v) => value.slots[k]!.vars.includes(v))) ops.materialise(value, k)
    ops.takeAsIs(1)
    if (hasEffects(value)) ops.flushEffects()
    for (const v of targets) ops.invalidate(v)
    this.conditions.delete(index)
    const { cond } = value.slots[0]!
    if (cond !== undefined && value.type === I32 && targets.length === 1) {
      this.setCondition(index, targets[0]!, cond)
      return
    }
    this.known.forget(index)
    if (this.locals.types[index] === V128) this.known.keep(this, index, targets, value.slots)
    targets.forEach((v, k) => {
      if (value.slots[k]!.code !== v) this.line(`${v}=${value.slots[k]!.code}`)
    })
  }

  /** A condition is kept beside the number, so that a branch on it needn't look at the number. */
  private setCondition(index: number, local: string, cond: string): void {
    const v = `b${local}`
    this.views.declarations.add(`${v}=false`)
    this.line(`${v}=${cond};${local}=${v}?1:0`)
    this.conditions.add(index)
  }

  /** Brings a vector into the form in which a local is held, and counts how it came. */
  private settleForm(index: number, value: Value): void {
    const form = this.locals.types[index]!
    if (value.type !== V128 || value.slots.every((e) => e.constant === undefined && e.f32 === undefined))
      this.votes.add(index, value.type, this.weight())
    if (form === F32X4 || form === F64X2) toFloats(this, value, form)
    else this.ops.lower(1)
    const quiet = form === F32X4 && value.slots.every((e) => e.quiet === true)
    if (quiet) this.quiet.add(index)
    else this.quiet.delete(index)
    if (form === F32X4 && !quiet) this.loose.set(index)
    if (this.loose.locals?.has(index)) value.slots = value.slots.map(anyNaN)
  }

  vote(value: Value, form: ValType): void {
    const index = this.locals.named(value.slots[0]!.code)
    if (index >= 0 && isVector(this.locals.types[index]!)) this.votes.add(index, form, this.weight())
  }

  /** What something counts by how often it runs. */
  private weight(): number {
    return 8 ** Math.min(4, this.frames[this.frames.length - 1]!.loops)
  }
}
