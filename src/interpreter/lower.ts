// Lowers a function body to register code: operands are registers, a local.get is no instruction, a result goes straight into the local that a
// local.set would put it into, constants are made where they are used, comparisons fuse with the branch behind them. Trusts validation.
import { CodeReader, opensBlock } from '../binary/code.ts'
import { f32_from_bits, f64_from_bits } from '../numeric/bits.ts'
import type { FuncInst, ModuleInst } from '../runtime/instances.ts'
import { endsRegion, type Meter } from '../runtime/metering.ts'
import { valueList } from '../runtime/values.ts'
import { Op } from '../syntax/opcode.ts'
import { mapType } from '../syntax/type-registry.ts'
import { BOT, F32, F64, type FuncType, I32, I64, slotCount, V128, type ValType } from '../syntax/types.ts'
import { DELEGATE, type Frame, INVERSE, type Loop, loopEntries, newFrame, type Operand } from './frames.ts'
import { kindOf, slotKinds } from './kinds.ts'
import { type Handler, Inner, type Lowered, NO_VIEWS } from './lowered.ts'
import { heatOf, type Target, type Tier } from './machine.ts'
import { plain } from './plain.ts'
import { special } from './special.ts'

/** A unit of an interrupt check stands for 2^3 words of code, some two instructions. */
const UNIT_WORDS = 3

export class Lowerer {
  readonly r: CodeReader
  readonly code: number[] = []
  readonly stack: Operand[] = []
  /** Registers in use below the next operand. */
  height: number
  readonly frames: Frame[] = []
  readonly vectors: Uint8Array[] = []
  readonly floats = valueList() as number[]
  private readonly handlers: Handler[] = []
  private readonly offsets: number[] = []
  private readonly localTypes: ValType[] = []
  private readonly localSlots: number[] = []
  private readonly locals: number
  private most: number
  private dead = false
  /** Where the code of the current region's charge has its units; -1 before it. */
  private region = -1
  private readonly meter: Meter
  private readonly tier: Tier | undefined
  private readonly bytes: number
  private readonly loops: Loop[] = []
  private refs = false
  /** The instruction that wrote the newest operand, whose destination may still be changed; -1 for none. */
  retarget = -1
  /** The newest position that other code jumps to: nothing before it may move behind it. */
  private label = 0

  constructor(
    readonly inst: ModuleInst,
    private readonly func: FuncInst,
  ) {
    const { locals, body } = inst.module.funcs[func.index - inst.importedFuncs]!
    this.r = new CodeReader(body)
    this.bytes = body.end - body.start
    this.meter = inst.store.meter
    this.tier = (func.engine as Target).tier
    let slot = 0
    const local = (t: ValType) => {
      this.localTypes.push(t)
      this.localSlots.push(slot)
      slot += slotCount(t)
    }
    func.type.params.forEach(local)
    for (const run of locals) for (let k = 0; k < run.count; k++) local(mapType(run.type, inst.typeIds))
    this.locals = slot
    this.height = slot
    this.most = slot
  }

  lower(): Lowered {
    const { type } = this.func
    this.enter('func', [], type.results)
    this.check()
    while (this.frames.length > 0) {
      const op = this.r.op()
      if (this.meter.metered && !this.dead) this.charge(op)
      this.step(op)
    }
    // Where a loop that was taken over goes on when it has returned.
    const left = this.tier === undefined ? -1 : this.emit(Inner.leave)
    const loops = loopEntries(this.loops, left)
    const paramKinds = slotKinds(type.params)
    const base = Math.max(this.most, slotKinds(type.results).length) + 1
    return {
      inst: this.inst,
      func: this.func,
      code: Int32Array.from(this.code),
      slots: base,
      params: paramKinds.length,
      locals: this.locals,
      paramKinds,
      resultKinds: slotKinds(type.results),
      handlers: this.handlers,
      vectors: this.vectors,
      constants: Float64Array.from(this.floats),
      floats: this.localTypes.some((t) => kindOf(t) === 1),
      refs: this.refs || this.handlers.length > 0 || this.localTypes.some((t) => kindOf(t) === 2),
      heat: heatOf(this.tier, this.bytes, this.tails),
      tier: this.tier,
      loops,
      meter: this.meter,
      views: this.inst.memories[0]?.views ?? NO_VIEWS,
      offsets: this.offsets,
    }
  }

  /** Adds an instruction to what its region charges. The charge is the region's first instruction, made when something costs. */
  private charge(op: Op): void {
    const cost = this.meter.costOf(op)
    if (cost > 0) {
      if (this.region < 0) this.region = this.emit(Inner.fuel, 0) + 1
      this.code[this.region]! += cost
    }
    if (endsRegion(op)) this.region = -1
  }

  /** An interrupt check, where a function or a loop begins. */
  private check(): void {
    if (this.meter.interruptible) this.emit(Inner.check, 1)
  }

  /** At the end of what begins with a check: how long it is. */
  private weigh({ start }: Frame): void {
    if (this.meter.interruptible) this.code[start + 1] = 1 + ((this.code.length - start) >> UNIT_WORDS)
  }

  /** Whether the function has tail calls. */
  tails = false

  private loopStart(offset: number): void {
    if (this.tier !== undefined) this.loops.push({ at: this.emit(Inner.hot), offset, frames: [...this.frames] })
    this.check()
  }

  // Code

  emit(...words: number[]): number {
    const { code } = this
    const at = code.length
    this.offsets.push(at, this.r.at)
    this.retarget = -1
    for (let k = 0; k < words.length; k++) code.push(words[k]!)
    return at
  }

  /** Pushes the result of the instruction that is being emitted; gives its register. */
  push(type: ValType): number {
    const home = this.height
    this.stack.push({ type, home, at: home, high: 0 })
    if (kindOf(type) === 2) this.refs = true
    this.height += slotCount(type)
    if (this.height > this.most) this.most = this.height
    return home
  }

  /** Emits an instruction with one result: its destination is the second word. */
  result(type: ValType, op: number, ...operands: number[]): void {
    const at = this.push(type)
    this.retarget = this.emit(op, at, ...operands)
  }

  pop(): Operand {
    const v = this.stack.pop()!
    this.height = v.home
    return v
  }

  /** Pops a value; gives the register it is in, made there if it was a constant. */
  popRegister(): number {
    const v = this.stack[this.stack.length - 1]!
    this.make(v)
    return this.pop().at
  }

  /** Pops `count` values into registers, in order. */
  popRegisters(count: number): number[] {
    const top = this.stack.slice(this.stack.length - count)
    for (const v of top) this.make(v)
    for (let k = 0; k < count; k++) this.pop()
    return top.map((v) => v.at)
  }

  /** Pops `count` values into their homes, which are consecutive; gives the first register. */
  popHomes(count: number): number {
    const base = count === 0 ? this.height : this.stack[this.stack.length - count]!.home
    for (const v of this.stack.slice(this.stack.length - count)) this.home(v)
    for (let k = 0; k < count; k++) this.pop()
    return base
  }

  make(v: Operand): void {
    if (v.constant === undefined) return
    this.constant(v, v.home)
    v.constant = undefined
    v.at = v.home
  }

  private constant(v: Operand, to: number): void {
    if (v.type === I64) this.emit(Inner.const_pair, to, v.constant!, v.high)
    else this.emit(Inner.const_i, to, v.constant!)
  }

  private home(v: Operand): void {
    this.make(v)
    if (v.at !== v.home) this.move(v.type, v.home, v.at)
    v.at = v.home
  }

  /** Copies a value between registers. */
  move(t: ValType, to: number, from: number): void {
    if (to === from) return
    if (t === I64 || t === V128) for (let k = 0; k < slotCount(t); k += 2) this.emit(Inner.move_pair, to + k, from + k)
    else this.emit([Inner.move_i, Inner.move_d, Inner.move_r][kindOf(t)]!, to, from)
  }

  /** Other code may jump to here. */
  private mark(): void {
    this.retarget = -1
    this.label = this.code.length
  }

  /** Puts every operand into its home; what follows may be reached from elsewhere. */
  settle(): void {
    for (const v of this.stack) this.home(v)
    this.mark()
  }

  // Control

  private enter(kind: Frame['kind'], params: readonly ValType[], results: readonly ValType[]): Frame {
    const depth = this.stack.length - params.length
    const height = params.length > 0 ? this.stack[depth]!.home : this.height
    const frame = newFrame(kind, depth, height, params, results, this.code.length)
    this.frames.push(frame)
    return frame
  }

  private restore(frame: Frame, types: readonly ValType[]): void {
    this.stack.length = frame.depth
    this.height = frame.height
    for (const t of types) this.push(t)
    this.mark()
  }

  private blockType(): { params: readonly ValType[]; results: readonly ValType[] } {
    const index = this.r.block()
    if (index >= 0) return this.inst.types[index]!.sub.comp as FuncType
    const result = this.r.blockResult
    return { params: [], results: result === BOT ? [] : [mapType(result, this.inst.typeIds)] }
  }

  private step(op: Op): void {
    if (this.dead) this.skip(op)
    else if (!this.control(op) && !this.variable(op) && !special(this, op)) plain(this, op)
  }

  private skip(op: Op): void {
    const { r } = this
    if (opensBlock(op)) {
      r.skipImms(op)
      for (let depth = 1; depth > 0; ) {
        const inner = r.op()
        r.skipImms(inner)
        if (opensBlock(inner)) depth++
        else if (inner === Op.end || inner === Op.delegate) depth--
      }
    } else if (op === Op.else_ || op === Op.end || op === Op.catch_ || op === Op.catch_all || op === Op.delegate)
      this.control(op)
    else r.skipImms(op)
  }

  kill(): void {
    this.dead = true
  }

  private control(op: Op): boolean {
    const { r } = this
    switch (op) {
      case Op.nop:
        return true
      case Op.unreachable:
        this.emit(Op.unreachable)
        this.dead = true
        return true
      case Op.block:
      case Op.loop: {
        const { at } = r
        const { params, results } = this.blockType()
        this.settle()
        this.enter(op === Op.block ? 'block' : 'loop', params, results)
        if (op === Op.loop) this.loopStart(at)
        return true
      }
      case Op.if_: {
        const { params, results } = this.blockType()
        const condition = this.condition(true)
        // The homes of the values below are no registers that the condition reads.
        this.settle()
        const at = this.jumpOn(condition)
        this.enter('if', params, results).otherwise = at
        return true
      }
      case Op.else_:
        this.otherwise()
        return true
      case Op.end:
        this.end()
        return true
      case Op.br:
        this.branch(r.u32())
        this.dead = true
        return true
      case Op.return_:
        this.branch(this.frames.length - 1)
        this.dead = true
        return true
      case Op.br_if: {
        const depth = r.u32()
        this.branchOn(this.condition(this.inverts(depth)), depth)
        return true
      }
      case Op.br_table:
        this.branchTable()
        return true
    }
    return this.handle(op)
  }

  /** Takes the condition off the stack as the words of a jump without its target; `inverse` jumps when it does not hold. */
  private condition(inverse: boolean): number[] {
    const { code } = this
    const v = this.stack[this.stack.length - 1]!
    const last = this.retarget
    const op = last >= 0 && v.constant === undefined && v.at === code[last + 1] ? code[last]! : -1
    if (op >= Op.f32_eq && op <= Op.f64_ge) {
      const [, , a, b] = this.takeBack()
      this.pop()
      const distance = op >= Op.f64_eq ? op - Op.f64_eq : op - Op.f32_eq
      return [(inverse ? Inner.jump_unless_float : Inner.jump_float) + distance, a!, b!]
    }
    const compares = (op & ~Inner.K) >= Op.i32_eqz && (op & ~Inner.K) <= Op.i32_ge_u
    if (!compares && op !== Op.i64_eqz) return [inverse ? Inner.jump_unless : Inner.jump_if, this.popRegister()]
    const [, , a, b] = this.takeBack()
    this.pop()
    if (op === Op.i32_eqz) return [inverse ? Inner.jump_if : Inner.jump_unless, a!]
    if (op === Op.i64_eqz) return [inverse ? Inner.jump_nonzero_pair : Inner.jump_zero_pair, a!]
    const plain = (op & ~Inner.K) as Op
    return [Inner.jump_compare + ((inverse ? INVERSE[plain]! : plain) - Op.i32_eq) + (op & Inner.K), a!, b!]
  }

  /** Emits a jump; gives the position of its target. */
  private jumpOn(condition: readonly number[]): number {
    this.emit(...condition, 0)
    return this.code.length - 1
  }

  branchOn(condition: readonly number[], depth: number): void {
    if (!this.inverts(depth)) {
      this.target(this.jumpOn(condition), depth)
      return
    }
    // The condition is inverted already: it skips the moves.
    const skip = this.jumpOn(condition)
    const kept = this.stack.map((v) => ({ ...v }))
    this.branch(depth)
    this.stack.splice(0, this.stack.length, ...kept)
    this.code[skip] = this.code.length
    this.mark()
  }

  /** Whether a condition for `branchOn` must be inverted. */
  inverts(depth: number): boolean {
    const isFunc = this.frames[this.frames.length - 1 - depth]!.kind === 'func'
    return isFunc || this.labelTypes(depth).length > 0
  }

  labelTypes(depth: number): readonly ValType[] {
    const frame = this.frames[this.frames.length - 1 - depth]!
    return frame.kind === 'loop' ? frame.params : frame.results
  }

  /** Sets a jump's target to a label. */
  private target(at: number, depth: number): void {
    const frame = this.frames[this.frames.length - 1 - depth]!
    if (frame.kind === 'loop') this.code[at] = frame.start
    else frame.patches.push(at)
  }

  /** Moves what a label takes to where it takes it, and jumps. */
  branch(depth: number): void {
    const frame = this.frames[this.frames.length - 1 - depth]!
    if (frame.kind === 'func') {
      this.return()
      return
    }
    this.moveTo(frame.height, this.labelTypes(depth).length)
    this.emit(Inner.jump, 0)
    this.target(this.code.length - 1, depth)
  }

  /** Moves the top `count` values to registers from `base` on. They are made in their homes first, which lie at or above their targets. */
  private moveTo(base: number, count: number): void {
    const top = this.stack.slice(this.stack.length - count)
    const below = this.locals
    for (const v of top) if (v.constant !== undefined || v.at < below) this.home(v)
    let at = base
    for (const v of top) {
      this.move(v.type, at, v.at)
      at += slotCount(v.type)
    }
  }

  private return(): void {
    const { results } = this.func.type
    if (results.length === 1 && kindOf(results[0]!) === 0 && slotCount(results[0]!) === 1) {
      const v = this.stack[this.stack.length - 1]!
      this.make(v)
      this.emit(Inner.leave_i, v.at)
      return
    }
    this.moveTo(0, results.length)
    this.emit(Inner.leave)
  }

  private branchTable(): void {
    const labels = this.r.labels()
    const index = this.popRegister()
    for (const v of this.stack.slice(this.stack.length - this.labelTypes(labels[0]!).length)) this.make(v)
    const table = this.emit(Inner.jump_table, index, labels.length) + 3
    // One by one: there may be more than a call takes arguments.
    for (let k = 0; k < labels.length; k++) this.code.push(0)
    const stubs = new Map<number, number>()
    labels.forEach((depth, k) => {
      if (!this.inverts(depth)) this.target(table + k, depth)
      else {
        if (!stubs.has(depth)) {
          stubs.set(depth, this.code.length)
          const kept = this.stack.map((v) => ({ ...v }))
          this.branch(depth)
          this.stack.splice(0, this.stack.length, ...kept)
        }
        this.code[table + k] = stubs.get(depth)!
      }
    })
    this.dead = true
  }

  private otherwise(): void {
    const frame = this.frames[this.frames.length - 1]!
    if (!this.dead) {
      this.moveTo(frame.height, frame.results.length)
      this.emit(Inner.jump, 0)
      frame.patches.push(this.code.length - 1)
      frame.through = true
    }
    this.code[frame.otherwise] = this.code.length
    frame.otherwise = -1
    frame.kind = 'else'
    this.restore(frame, frame.params)
    this.dead = false
  }

  private end(): void {
    const frame = this.frames[this.frames.length - 1]!
    if (frame.kind === 'func' || frame.kind === 'loop') this.weigh(frame)
    if (frame.kind === 'func') {
      if (!this.dead) this.return()
      this.frames.pop()
      return
    }
    if (!this.dead) this.moveTo(frame.height, frame.results.length)
    if (frame.handler !== undefined) this.closeHandler(frame)
    this.frames.pop()
    this.close(frame)
  }

  private close(frame: Frame): void {
    frame.stop = this.code.length
    for (const at of frame.patches) this.code[at] = this.code.length
    if (frame.otherwise >= 0) this.code[frame.otherwise] = this.code.length
    const reached = !this.dead || frame.through || frame.otherwise >= 0 || frame.patches.length > 0
    this.restore(frame, frame.results)
    this.dead = !reached
  }

  // Exceptions

  private handle(op: Op): boolean {
    const { r } = this
    switch (op) {
      case Op.try_table:
      case Op.try_: {
        const { params, results } = this.blockType()
        const catches = op === Op.try_table ? r.catches() : []
        this.settle()
        // A position between the beginnings of blocks that begin together tells, when something is delegated, which of them it is in.
        this.emit(Inner.jump, this.code.length + 2)
        const frame = this.enter(op === Op.try_table ? 'try_table' : 'try', params, results)
        frame.catches = catches
        frame.handler = { start: this.code.length, end: -1, caught: frame.height, clauses: [] }
        return true
      }
      case Op.catch_:
      case Op.catch_all:
        this.catchClause(op === Op.catch_ ? r.u32() : -1)
        return true
      case Op.delegate:
        this.delegate(r.u32())
        return true
      case Op.rethrow: {
        const target = this.frames[this.frames.length - 1 - r.u32()]!
        this.emit(Op.throw_ref, target.handler!.caught)
        this.dead = true
        return true
      }
    }
    return false
  }

  private closeHandler(frame: Frame): void {
    const handler = frame.handler!
    if (frame.kind === 'catch') {
      this.handlers.push(handler)
      return
    }
    handler.end = this.code.length
    if (frame.kind === 'try_table' && frame.catches.length > 0) this.tableClauses(frame)
    this.handlers.push(handler)
  }

  /** The clauses of a try_table: stubs that go on to their labels. */
  private tableClauses(frame: Frame): void {
    const dead = this.dead
    const kept = this.stack.map((v) => ({ ...v }))
    const { height } = this
    let over = -1
    if (!dead) over = this.emit(Inner.jump, 0) + 1
    this.frames.pop()
    for (const c of frame.catches) {
      this.clause(frame, c.tag)
      if (c.kind.endsWith('_ref')) this.emit(Inner.move_r, this.push(0x10000000), frame.handler!.caught)
      this.branch(c.label)
    }
    this.frames.push(frame)
    this.stack.splice(0, this.stack.length, ...kept)
    this.height = height
    if (over >= 0) this.code[over] = this.code.length
  }

  private catchClause(tag: number): void {
    const frame = this.frames[this.frames.length - 1]!
    if (!this.dead) {
      this.moveTo(frame.height, frame.results.length)
      this.emit(Inner.jump, 0)
      frame.patches.push(this.code.length - 1)
    }
    if (frame.kind === 'try') frame.handler!.end = this.code.length
    frame.kind = 'catch'
    this.clause(frame, tag)
    this.retarget = -1
    this.dead = false
  }

  /** A handler's clause begins: on the operand stack is the payload; below it lies what was caught, where no callee's frame comes. */
  private clause(frame: Frame, tag: number): void {
    this.restore(frame, [])
    const payload = ++this.height
    if (payload > this.most) this.most = payload
    if (tag >= 0) for (const t of this.inst.tags[tag]!.type.params) this.push(t)
    frame.handler!.clauses.push({ tag, payload, target: this.code.length })
  }

  private delegate(depth: number): void {
    const frame = this.frames[this.frames.length - 1]!
    if (!this.dead) this.moveTo(frame.height, frame.results.length)
    const target = this.frames[this.frames.length - 2 - depth]!
    frame.handler!.end = this.code.length
    // What it catches goes on where the target is: its body, the arm it is in, or a block's start.
    const inside = target.kind === 'catch' ? target.handler!.clauses.at(-1)!.target : target.handler?.start
    const clause = { tag: DELEGATE, payload: 0, target: inside ?? target.start }
    this.handlers.push({ ...frame.handler!, clauses: [clause] })
    this.frames.pop()
    this.close(frame)
  }

  // Variables, constants, operators

  private variable(op: Op): boolean {
    const { r, stack } = this
    switch (op) {
      case Op.local_get: {
        const index = r.u32()
        this.push(this.localTypes[index]!)
        stack[stack.length - 1]!.at = this.localSlots[index]!
        return true
      }
      case Op.local_set:
        this.setLocal(r.u32())
        return true
      case Op.local_tee: {
        const index = r.u32()
        this.setLocal(index)
        this.push(this.localTypes[index]!)
        stack[stack.length - 1]!.at = this.localSlots[index]!
        return true
      }
      case Op.drop:
        this.pop()
        this.retarget = -1
        return true
      case Op.i32_const:
        this.push(I32)
        stack[stack.length - 1]!.constant = r.s32()
        return true
      case Op.i64_const:
        this.push(I64)
        stack[stack.length - 1]!.constant = r.s64()
        stack[stack.length - 1]!.high = r.hi
        return true
      case Op.f32_const:
        this.float(F32, f32_from_bits(r.f32()))
        return true
      case Op.f64_const: {
        const lo = r.f64()
        this.float(F64, f64_from_bits(lo, r.hi))
        return true
      }
    }
    return false
  }

  private float(type: ValType, x: number): void {
    this.result(type, Op.f64_const, this.floats.push(x) - 1)
  }

  private setLocal(index: number): void {
    const { stack } = this
    const slot = this.localSlots[index]!
    const type = this.localTypes[index]!
    const v = stack[stack.length - 1]!
    const last = this.retarget
    const direct = last >= 0 && v.constant === undefined && v.at === v.home && this.code[last + 1] === v.home
    this.pop()
    // Operands that are this local keep its old value.
    const held = stack.filter((o) => o.constant === undefined && o.at === slot)
    if (direct && held.length === 0) {
      this.code[last + 1] = slot
      this.retarget = -1
      return
    }
    for (const o of held) this.home(o)
    if (v.constant !== undefined) this.constant(v, slot)
    else this.move(type, slot, v.at)
    this.retarget = -1
  }

  /** The type of the last memory's addresses. */
  addressType: ValType = I32

  /** Whether the newest operand was written by an instruction with this opcode that can be taken back. */
  wrote(op: number): boolean {
    const v = this.stack[this.stack.length - 1]!
    const last = this.retarget
    return last >= 0 && v.constant === undefined && this.code[last] === op && this.code[last + 1] === v.at
  }

  /** Takes back a left shift by a constant into this register if nothing has been emitted since, and gives its operand and distance. */
  takeShift(register: number): number[] | undefined {
    const last = this.offsets[this.offsets.length - 2] ?? -1
    if (last < this.label || this.code[last] !== Op.i32_shl + Inner.K || this.code[last + 1] !== register)
      return undefined
    this.retarget = last
    return this.takeBack().slice(2)
  }

  /** Takes back the instruction just emitted; gives its words. */
  takeBack(): number[] {
    const words = this.code.splice(this.retarget)
    this.offsets.length -= 2
    this.retarget = -1
    return words
  }
}
