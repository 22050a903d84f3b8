// Rewrites functions so that they count and ask: fuel, interrupt checks, the depth of calls, growth, and reasons for traps that the host gives one text
// for. In an innermost loop without calls the slow path stands outside the loop, since even a call that never runs makes a loop slow; what cannot go
// on there traps. The instructions are code-writer.ts's.
import type { Catch, CodeReader } from '../binary/code.ts'
import { type Plan, planOf } from '../runtime/metering.ts'
import { rows } from '../syntax/instructions.ts'
import type { Func } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { BOT, F32, type FuncType, Heap, I32, I64, V128, type ValType } from '../syntax/types.ts'
import type { ByteWriter } from '../util/byte-writer.ts'
import { CodeWriter } from './code-writer.ts'
import { functionsAreAny } from './erase.ts'
import { HELPER_OF, SAME_AS } from './lower.ts'
import { Act, actsFor, BULK, type Control, HOOK, MAX_BODY, type Shape, shapeOf, WHY } from './shape.ts'
import { checkBulk, countStruct, countThrow, makeArray } from './sizes.ts'
import type { Slot } from './slots.ts'
import { callRef, retyped, testNull } from './untyped.ts'

/** Rewrites functions of one module, one at a time. */
export class Instrument {
  private readonly writer: CodeWriter

  constructor(private readonly control: Control) {
    this.writer = new CodeWriter(control)
  }

  /** Writes a function with its size before it, as the code section has it. */
  write(out: ByteWriter, func: Func): void {
    this.rewrite(func)
    out.append(this.writer.written)
  }

  /** Bytes of the function that was written last. */
  get size(): number {
    return this.writer.written.length
  }

  /** The offset in the module of one in a function as it is written, counted from behind its size. */
  original(func: Func, offset: number): number {
    const places: number[] = []
    this.rewrite(func, places)
    let found = func.body.start
    for (let k = 0; k < places.length && places[k]! <= offset; k += 3)
      found = places[k + 1]! + (places[k + 2]! ? offset - places[k]! : 0)
    return found
  }

  private rewrite(func: Func, places?: number[]): void {
    const { control, writer } = this
    const shape = shapeOf(func, control)
    const plan = control.fuel || control.ticks ? planOf(func.body, control.meter) : undefined
    // One that neither calls nor loops is over soon, and who calls it counts.
    const idle = !control.fuel && !shape.calls && !shape.loops
    writer.begin(func, shape, plan !== undefined && !idle, places)
    new BodyPass(writer, control, func, shape, plan).run()
  }
}

/** The walk over one body. */
class BodyPass {
  private readonly r: CodeReader
  private depth = 0
  /** The simple loop that is open, with the depth inside it. */
  private open: { depth: number; units: number; least: number } | undefined
  private readonly bounded: boolean
  private readonly charges: ReadonlyMap<number, number>
  /** Where the next charge is. */
  private readonly due: number[]
  /** What is charged before each of them. */
  private sums: Float64Array | undefined
  private next = 0
  private readonly wraps: boolean
  private readonly acts: Uint8Array
  /** Open try_tables that have become legacy ones. */
  private readonly tries: { readonly depth: number; readonly catches: readonly Catch[] }[] = []

  constructor(
    private readonly to: CodeWriter,
    private readonly control: Control,
    private readonly func: Func,
    private readonly shape: Shape,
    private readonly plan: Plan | undefined,
  ) {
    this.r = to.reader
    this.charges = control.fuel && plan !== undefined ? plan.charges : new Map()
    this.due = [...this.charges.keys()]
    const { body } = func
    this.bounded = to.local && control.fuel && !shape.calls && !shape.loops && this.charges.has(body.start)
    this.wraps = to.local
    this.acts = actsFor(control)
  }

  run(): void {
    const { to, func, control, plan } = this
    const { results } = control.module.types[func.type]!.comp as FuncType
    to.enterDepth()
    to.reload()
    if (this.wraps) {
      to.op(Op.block)
      if (results.length === 0) to.valType(0x40)
      else if (results.length === 1) to.valType(control.erased(results[0]!))
      else to.blockOf(control.blockType(results))
    }
    if (plan !== undefined && control.ticks) {
      if (control.fuel) {
        if (!control.meter.cyclesCost) to.checkTicks(plan.entry)
      } else if (to.counts) to.check(plan.entry)
    }
    while (this.depth >= 0) this.step()
    to.copyTo(func.body.end)
  }

  private step(): void {
    const { r } = this
    const at = r.pos
    if (at === this.due[this.next]) {
      this.next++
      this.charge(at)
    }
    const op = r.op()
    switch (this.acts[op]) {
      case Act.none:
        return
      case Act.u32:
        r.u32()
        return
      case Act.skip:
        r.skipImms(op)
        return
      case Act.label:
        this.relabel(op, at, r.u32())
        return
      default:
        this.special(op, at)
    }
  }

  private charge(at: number): void {
    const { to, open } = this
    const units = this.charges.get(at)!
    to.markFrom(at)
    if (at === this.func.body.start && this.bounded) to.check(units, this.total(at) - units)
    else if (open !== undefined && open.units < 0) {
      open.units = units
      to.leaveLoop(units, open.least > 0, 1)
    } else if (this.bounded || open !== undefined) to.checkOrTrap(units)
    else to.check(units)
  }

  /** All that a function or a loop up to an offset charges. */
  private total(from: number, end = this.func.body.end): number {
    const { due } = this
    if (this.sums === undefined) {
      this.sums = new Float64Array(due.length + 1)
      for (let k = 0; k < due.length; k++) this.sums[k + 1] = this.sums[k]! + this.charges.get(due[k]!)!
    }
    return this.sums[firstFrom(due, end)]! - this.sums[firstFrom(due, from)]!
  }

  /** A label of the module as one of the rewritten body. */
  private label(n: number): number {
    const { open } = this
    return open !== undefined && n > this.depth - open.depth ? n + 3 : n
  }

  /** The instruction that was read, with another index. */
  private renumber(op: Op, at: number, index: number): void {
    const { r, to } = this
    to.markFrom(at)
    to.op(op, index)
    to.skipTo(r.pos)
  }

  /** The branch that was read, to where its label is in the rewritten body. */
  private relabel(op: Op, at: number, label: number): void {
    const moved = this.label(label)
    if (moved !== label) this.renumber(op, at, moved)
  }

  private special(op: Op, at: number): void {
    const { r, to, control } = this
    switch (op) {
      case Op.loop:
        this.loop(at)
        return
      case Op.block:
      case Op.if_:
      case Op.try_:
        this.block(op, at)
        return
      case Op.try_table:
        if (control.exn === undefined) {
          this.depth++
          r.skipImms(op)
        } else this.tryTable(at)
        return
      case Op.end:
        this.end(at)
        return
      case Op.delegate:
        r.u32()
        this.depth--
        return
      case Op.catch_:
      case Op.catch_all:
        r.skipImms(op)
        return
      case Op.ref_as_non_null:
      case Op.br_on_null:
      case Op.br_on_non_null:
        this.onNull(op, at)
        return
      case Op.br_table:
        this.brTable(at)
        return
      case Op.br_on_cast:
      case Op.br_on_cast_fail:
        this.brOnCast(op, at)
        return
      case Op.call:
      case Op.call_ref:
        this.call(op, at, r.u32())
        return
      case Op.call_indirect:
        this.indirect(op, at)
        return
      case Op.return_call:
      case Op.return_call_ref: {
        const index = r.u32()
        if (op === Op.return_call_ref && functionsAreAny()) callRef(r, to, control, op, index)
        else this.leaving(at, true)
        return
      }
      case Op.return_call_indirect:
        this.indirect(op, at)
        return
      case Op.throw_:
      case Op.throw_ref:
        this.raise(op, at)
        return
      case Op.return_:
      case Op.rethrow:
        r.skipImms(op)
        this.leaving(at)
        return
      case Op.global_get:
      case Op.global_set: {
        const index = r.u32()
        if (index >= control.firstGlobal && control.shift !== 0) this.renumber(op, at, index + control.shift)
        return
      }
      case Op.array_init_elem: {
        if (control.ticks) checkBulk(r, to, control, op)
        const type = r.u32()
        r.u32()
        if (!control.traps) return
        to.markFrom(at)
        to.op(Op.call, control.arrayCheck(type))
        return
      }
      case Op.memory_grow:
      case Op.table_grow:
        this.grow(op, at, r.u32())
        return
      case Op.memory_atomic_wait32:
      case Op.memory_atomic_wait64:
        this.wait(op, at)
        return
      case Op.struct_new:
      case Op.struct_new_default:
        countStruct(r, to, control)
        return
      case Op.array_new:
      case Op.array_new_default:
      case Op.array_new_data:
      case Op.array_new_elem:
      case Op.array_new_fixed:
        makeArray(r, to, control, op)
        return
      default:
        if (BULK.has(op) && control.ticks) checkBulk(r, to, control, op)
        if (rows[op]!.imms.length === 0) this.plain(op, at)
        else this.others(op, at)
    }
  }

  private loop(at: number): void {
    const { r, to, shape, control, plan } = this
    const type = r.block()
    const result = control.erased(r.blockResult)
    const start = r.pos
    const changed = result !== r.blockResult
    this.depth++
    const end = shape.simple.get(at)
    const units = control.fuel ? (this.charges.get(start) ?? 0) : to.counts ? (plan?.loops.get(at)?.units ?? 0) : 0
    const least = control.fuel && end !== undefined ? this.total(start, end) - units : 0
    const params = type < 0 ? 0 : (control.module.types[type]!.comp as FuncType).params.length
    if (end !== undefined && to.local && units > 0 && params === 0 && least < MAX_BODY) {
      to.copyTo(at)
      if (least > 0) to.setBound(least)
      for (const op of [Op.block, Op.loop]) {
        to.op(op)
        if (type >= 0) to.blockOf(type)
        else if (result === 0) to.valType(0x40)
        else to.valType(result)
      }
      to.block(Op.block)
      if (changed) {
        to.op(Op.loop)
        to.valType(result)
      } else to.raw(at, start)
      to.skipTo(start)
      this.open = { depth: this.depth, units: -1, least }
      if (!control.fuel) {
        this.open.units = units
        to.leaveLoop(units, false, 1)
      }
    } else {
      if (changed) this.retype(Op.loop, at, result)
      if (!control.ticks || plan === undefined) return
      const loopUnits = plan.loops.get(at)?.units ?? 1
      if (control.fuel && control.meter.cyclesCost) return
      to.copyTo(start)
      if (control.fuel) to.checkTicks(loopUnits)
      else to.check(loopUnits)
    }
  }

  private end(at: number): void {
    const { to, r, open } = this
    if (this.tries.at(-1)?.depth === this.depth) this.handlers(at, this.tries.pop()!.catches)
    if (open !== undefined && open.depth === this.depth) {
      to.copyTo(r.pos)
      to.op(Op.br, 2)
      to.op(Op.end)
      to.slow(open.units, open.least)
      to.op(Op.br, 0)
      to.op(Op.end)
      to.op(Op.end)
      this.open = undefined
    }
    this.depth--
    if (this.depth < 0 && this.wraps) {
      to.copyTo(at)
      to.op(Op.end)
      to.flush()
    }
  }

  /** A block whose result the host has under another type. */
  private block(op: Op, at: number): void {
    const { r, control } = this
    const type = r.block()
    this.depth++
    if (type >= 0) return
    const result = control.erased(r.blockResult)
    if (result !== r.blockResult) this.retype(op, at, result)
  }

  private retype(op: Op, at: number, result: ValType): void {
    const { r, to } = this
    to.markFrom(at)
    to.op(op)
    to.valType(result)
    to.skipTo(r.pos)
  }

  /** As a legacy block, whose handlers come at its end: labels inside stay as they are. */
  private tryTable(at: number): void {
    const { r, to, control } = this
    const type = r.block()
    const result = control.erased(r.blockResult)
    const catches = r.catches()
    to.markFrom(at)
    to.op(catches.length === 0 ? Op.block : Op.try_)
    if (type >= 0) to.blockOf(type)
    else to.valType(result === BOT ? 0x40 : result)
    to.skipTo(r.pos)
    this.depth++
    if (catches.length > 0) this.tries.push({ depth: this.depth, catches })
  }

  private handlers(at: number, catches: readonly Catch[]): void {
    const { to, control } = this
    to.copyTo(at)
    for (const { kind, tag, label } of catches) {
      if (tag >= 0) to.op(Op.catch_, tag)
      else to.op(Op.catch_all)
      if (kind === 'catch_ref' || kind === 'catch_all_ref') {
        control.exn!.isCaught = true
        to.op(Op.global_get, control.exn!.last)
        to.op(Op.ref_null)
        to.byte(Heap.extern)
        to.op(Op.global_set, control.exn!.last)
      }
      to.op(Op.br, this.label(label + 1))
      if (tag < 0) return
    }
  }

  private raise(op: Op, at: number): void {
    const { r, to, control } = this
    const { exn } = control
    if (exn === undefined || (op === Op.throw_ && !exn.records)) {
      const counter = op === Op.throw_ ? control.exceptions(r.u32()) : undefined
      if (counter === undefined) this.leaving(at)
      else countThrow(r, to, at, counter)
      return
    }
    const tag = op === Op.throw_ ? r.u32() : -1
    to.markFrom(at)
    to.flush()
    this.callSlot(tag < 0 ? { kind: 'throw_ref' } : { kind: 'throw', tag, params: control.tagParams(tag) })
    to.op(Op.unreachable)
    to.skipTo(r.pos)
  }

  private callSlot(slot: Slot): void {
    const { to, control } = this
    const { index, type } = control.slot(slot)
    to.i32(index)
    to.op(Op.call_indirect, type, control.hookTable)
  }

  private others(op: Op, at: number): void {
    if (this.control.lowers) this.lowered(op, at)
    else this.r.skipImms(op)
  }

  /** An instruction with a memory or a type that the host has otherwise. */
  private lowered(op: Op, at: number): void {
    const { r, to, control } = this
    if (op === Op.ref_null || op === Op.select_t) {
      retyped(r, to, control, op)
      return
    }
    const slot = control.splits ? this.slotOf(op) : undefined
    if (!control.splits) r.skipImms(op)
    if (slot === undefined) return
    to.markFrom(at)
    if (slot.kind === 'access' && slot.offset) to.i32(r.offsetLo | 0)
    if (slot.kind === 'drop') to.raw(at, r.pos)
    this.callSlot(slot)
    to.skipTo(r.pos)
  }

  /** A wait as a call of a function of its own, beneath whose operands there is nothing that the host could lose. */
  private wait(op: Op, at: number): void {
    const { r, to, control } = this
    const start = r.pos
    r.memarg()
    const func = control.splits && r.memory > 0 ? undefined : control.wait(op, r)
    if (func === undefined) {
      r.pos = start
      this.others(op, at)
      return
    }
    to.markFrom(at)
    to.op(Op.call, func)
    to.skipTo(r.pos)
  }

  /** Reads the immediates; undefined where the instruction is on the first memory, or on none. */
  private slotOf(op: Op): Slot | undefined {
    const { r } = this
    switch (op) {
      case Op.memory_copy: {
        const to = r.u32()
        const from = r.u32()
        if (to !== from) return { kind: 'copy', to, from }
        return to === 0 ? undefined : { kind: 'access', memory: to, op, lane: 0, offset: false }
      }
      case Op.memory_init: {
        const data = r.u32()
        const memory = r.u32()
        return memory === 0 ? undefined : { kind: 'init', memory, data }
      }
      case Op.data_drop:
        return { kind: 'drop', data: r.u32() }
      case Op.memory_size:
      case Op.memory_fill: {
        const memory = r.u32()
        return memory === 0 ? undefined : { kind: 'access', memory, op, lane: 0, offset: false }
      }
    }
    if (!rows[op]!.imms.includes('memarg')) {
      r.skipImms(op)
      return undefined
    }
    const before = r.pos
    r.memarg()
    const { memory } = r
    const lane = rows[op]!.imms.includes('lane') ? r.byte() : 0
    // The first memory may be named as others are.
    if (memory === 0) {
      if ((r.bytes[before]! & 0x40) !== 0) this.unnamed(op, lane)
      return undefined
    }
    return { kind: 'access', memory, op, lane, offset: r.offsetLo !== 0 }
  }

  /** An access to the first memory, by its short form. */
  private unnamed(op: Op, lane: number): void {
    const { r, to } = this
    to.markFrom(r.at)
    to.op(op, r.align, r.offsetLo)
    if (rows[op]!.imms.includes('lane')) to.byte(lane)
    to.skipTo(r.pos)
  }

  private brTable(at: number): void {
    const { r, to } = this
    const labels = r.labels()
    if (this.open === undefined) return
    to.markFrom(at)
    to.op(Op.br_table, labels.length - 1)
    for (const label of labels) to.u32(this.label(label))
    to.skipTo(r.pos)
  }

  private brOnCast(op: Op, at: number): void {
    const { r, to } = this
    const flags = r.castflags()
    const label = r.u32()
    const rest = r.pos
    r.heap()
    r.heap()
    const moved = this.label(label)
    if (moved === label) return
    to.markFrom(at)
    to.op(op, flags, moved)
    to.raw(rest, r.pos)
    to.skipTo(r.pos)
  }

  /** A reference without a type: what the instruction does is done on a local. */
  private onNull(op: Op, at: number): void {
    const { r, to } = this
    const label = op === Op.ref_as_non_null ? 0 : r.u32()
    if (functionsAreAny()) testNull(r, to, op, this.label(label))
    else this.relabel(op, at, label)
  }

  private call(op: Op, at: number, index: number): void {
    const { r, to, control } = this
    if (op === Op.call_ref && functionsAreAny()) {
      callRef(r, to, control, op, index)
      return
    }
    if (!(to.local || control.depth)) return
    if (op === Op.call && control.isPlain(index) && !control.depth) return
    to.copyTo(at)
    to.flush()
    to.tellDepth()
    to.copyTo(r.pos)
    to.reload()
  }

  private indirect(op: Op, at: number): void {
    const { r, to, control } = this
    r.u32()
    const table = r.u32()
    if (!(to.local || control.depth || control.traps)) return
    to.markFrom(at)
    if (control.traps) this.checkEntry(table)
    to.flush()
    to.tellDepth(op === Op.return_call_indirect)
    to.copyTo(r.pos)
    if (op === Op.call_indirect) to.reload()
  }

  /** A null entry traps with a reason of its own. */
  private checkEntry(table: number): void {
    const { to, control } = this
    const type = control.tableType(table)
    const wide = type.limits.address === 'i64'
    const index = to.temporary(wide ? I64 : I32)
    to.op(Op.local_tee, index)
    to.op(Op.local_get, index)
    to.op(Op.table_size, table)
    to.op(wide ? Op.i64_lt_u : Op.i32_lt_u)
    to.block(Op.if_)
    to.op(Op.local_get, index)
    to.op(Op.table_get, table)
    to.op(Op.ref_is_null)
    to.block(Op.if_)
    to.op(Op.local_get, index)
    if (wide) to.op(Op.i32_wrap_i64)
    to.op(Op.global_set, control.globals.arg)
    to.trap(WHY.uninitialized)
    to.op(Op.end)
    to.op(Op.end)
  }

  /** An instruction that ends the function: its counter goes out first. */
  private leaving(at: number, calls = false): void {
    const { r, to, control } = this
    if (!(to.local || (calls && control.depth))) return
    to.copyTo(at)
    to.flush()
    if (calls) to.tellDepth(true)
    to.copyTo(r.pos)
  }

  private grow(op: Op, at: number, index: number): void {
    const { r, to, control } = this
    const memory = op === Op.memory_grow
    if (!control.growth) {
      if (!memory || index === 0 || !control.splits) return
      to.markFrom(at)
      this.callSlot({ kind: 'access', memory: index, op, lane: 0, offset: false })
      to.skipTo(r.pos)
      return
    }
    const limits = memory ? control.memoryType(index).limits : control.tableType(index).limits
    const wide = limits.address === 'i64'
    const t = wide ? I64 : I32
    to.markFrom(at)
    to.flush()
    if (memory) {
      to.growth(wide, index, HOOK.growMemory)
      if (wide) to.op(Op.i64_extend_i32_s)
      to.skipTo(r.pos)
    } else {
      // A growth that is refused becomes one that no table can do.
      const delta = to.temporary(t)
      to.op(Op.local_tee, delta)
      to.op(Op.local_get, delta)
      to.growth(wide, index, HOOK.growTable)
      to.op(Op.i32_eqz)
      to.block(Op.if_)
      to.op(wide ? Op.i64_const : Op.i32_const)
      to.byte(0x7f)
      to.op(Op.local_set, delta)
      to.op(Op.end)
      to.op(Op.drop)
      to.op(Op.local_get, delta)
      to.copyTo(r.pos)
    }
    to.reload()
  }

  private plain(op: Op, at: number): void {
    const { to, r, control } = this
    const { nan } = rows[op]!
    const other = control.lowered(op)
    if (other !== undefined) {
      to.markFrom(at)
      if ('same' in other) to.op(other.same)
      else to.op(Op.call, other.helper)
      to.skipTo(r.pos)
    } else if (!nan && !SAME_AS.has(op) && !HELPER_OF.has(op)) this.truncate(op, at)
    if (nan && control.nans && !this.takesAnyNaN(rows[op]!.results[0]!)) {
      to.copyTo(r.pos)
      to.mark(at)
      to.canonical(rows[op]!)
    }
  }

  /** Whether the instruction behind takes the scalar that has just been made and does not tell NaNs apart. */
  private takesAnyNaN(type: ValType): boolean {
    const { r } = this
    const { pos } = r
    const next = r.op()
    r.pos = pos
    const compares = next >= Op.f32_eq && next <= Op.f64_ge
    return type !== V128 && rows[next]!.params.at(-1) === type && (compares || rows[next]!.nan)
  }

  /** A conversion of a NaN traps with a reason of its own. */
  private truncate(op: Op, at: number): void {
    const { to, r, control } = this
    if (!control.traps) return
    const t = rows[op]!.params[0]!
    const value = to.temporary(t)
    to.markFrom(at)
    to.op(Op.local_tee, value)
    to.op(Op.local_get, value)
    to.op(Op.local_get, value)
    to.op(t === F32 ? Op.f32_ne : Op.f64_ne)
    to.block(Op.if_)
    to.trap(WHY.conversion)
    to.op(Op.end)
    to.copyTo(r.pos)
  }
}

/** The index of the first of ascending numbers that is not less than `at`. */
function firstFrom(numbers: readonly number[], at: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const mid = (low + high) >> 1
    if (numbers[mid]! < at) low = mid + 1
    else high = mid
  }
  return low
}
