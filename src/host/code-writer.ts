// Writes one function with its counters: they lie in locals and go to globals before calls, at returns and throws. What is written where is
// instrument.ts's.
import { CodeReader } from '../binary/code.ts'
import { writeOp } from '../binary/encode.ts'
import { writeValType } from '../binary/write-types.ts'
import type { Row } from '../syntax/instructions.ts'
import type { Func } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, FUNCREF, type FuncType, I32, I64, V128 } from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { functionsAreAny } from './erase.ts'
import { type Control, type Counter, HOOK, type Shape, WHY } from './shape.ts'

/** Bytes or elements of one instruction that take as long as a look at the clock. */
const LARGE = 1 << 14

export class CodeWriter {
  private w = new ByteWriter(1024)
  private r!: CodeReader
  /** What is copied as it is begins here. */
  private from = 0
  private counter = 0
  private bound = 0
  private depthLocal = 0
  private scratch = { [I32]: 0, [I64]: 0, [F32]: 0, [F64]: 0 } as Record<number, number>
  /** The counter's global and hook; undefined where nothing is counted. */
  private counting: { global: number; hook: number } | undefined
  /** Whether it is counted in the global itself: no local is right in a handler, and a local is lost where the host traps. */
  private direct = false
  /** Where a function came from, by three: an offset here, the one in the module that it stands for, and whether what follows is copied from there. */
  private places: number[] | undefined

  constructor(private readonly control: Control) {}

  /** Begins a function. `places` is filled where it is given. */
  begin(func: Func, shape: Shape, counts: boolean, places: number[] | undefined): void {
    const { control } = this
    this.w.length = 0
    this.places = places
    const { slice, ticks } = control.globals
    this.counting = !counts
      ? undefined
      : control.fuel
        ? { global: slice, hook: HOOK.fuel }
        : { global: ticks, hook: HOOK.ticks }
    this.direct = shape.catches || control.traps
    this.locals(func, shape)
    this.r = new CodeReader(func.body)
    this.from = func.body.start
  }

  /** What has been written. */
  get written(): ByteWriter {
    return this.w
  }

  /** Declares what there was, and this function's own. */
  private locals(func: Func, shape: Shape): void {
    const { w, control } = this
    const { comp } = control.module.types[func.type]!
    let next = (comp as FuncType).params.length
    for (const { count } of func.locals) next += count
    const own: number[] = []
    if (this.counting !== undefined && !this.direct) own.push(I32, I32)
    this.counter = next
    this.bound = next + 1
    next += own.length
    this.depthLocal = next
    if (control.depth) {
      own.push(I32)
      next++
    }
    if (control.traps || control.growth || control.nans || control.arrays || control.bytes || shape.bulk)
      for (const t of [I32, I64, F32, F64]) {
        own.push(t)
        this.scratch[t] = next++
      }
    if (shape.vectors) {
      own.push(V128)
      this.scratch[V128] = next++
    }
    if (shape.refs && functionsAreAny()) {
      own.push(FUNCREF)
      this.scratch[FUNCREF] = next
    }
    w.u32(func.locals.length + own.length)
    for (const { count, type } of func.locals) {
      w.u32(count)
      writeValType(w, control.erased(type))
    }
    for (const t of own) {
      w.u32(1)
      writeValType(w, t)
    }
  }

  get reader(): CodeReader {
    return this.r
  }
  get local(): boolean {
    return this.counting !== undefined && !this.direct
  }
  get counts(): boolean {
    return this.counting !== undefined
  }

  /** Copies everything up to an offset as it is. */
  copyTo(at: number): void {
    if (at > this.from) {
      this.places?.push(this.w.length, this.from, 1)
      this.w.raw(this.r.bytes, this.from, at)
    }
    this.from = at
  }

  /** Goes on copying at an offset: what lay before has been written or is left out. */
  skipTo(at: number): void {
    this.from = at
  }

  /** What stands for the instruction at an offset. */
  mark(at: number): void {
    this.places?.push(this.w.length, at, 0)
  }

  /** Copies up to an instruction; what is written next stands for it. */
  markFrom(at: number): void {
    this.copyTo(at)
    this.mark(at)
  }

  op(op: Op, a?: number, b?: number): void {
    const { w } = this
    writeOp(w, op)
    if (a !== undefined) w.u32(a)
    if (b !== undefined) w.u32(b)
  }
  i32(value: number): void {
    writeOp(this.w, Op.i32_const)
    this.w.s32(value)
  }
  block(op: Op, type = 0x40): void {
    writeOp(this.w, op)
    this.w.byte(type)
  }
  raw(from: number, end: number): void {
    this.w.raw(this.r.bytes, from, end)
  }
  byte(b: number): void {
    this.w.byte(b)
  }
  u32(n: number): void {
    this.w.u32(n)
  }
  blockOf(index: number): void {
    this.w.s33(index)
  }
  valType(t: number): void {
    writeValType(this.w, t)
  }

  /** Puts the counter where others see it, and takes it back. */
  flush(): void {
    if (!this.local) return
    this.op(Op.local_get, this.counter)
    this.op(Op.global_set, this.counting!.global)
  }
  reload(): void {
    if (!this.local) return
    this.op(Op.global_get, this.counting!.global)
    this.op(Op.local_set, this.counter)
  }

  /** counter -= units, leaving it on the stack. */
  private subtract(units: number): void {
    if (this.direct) {
      const { global } = this.counting!
      this.op(Op.global_get, global)
      this.i32(units)
      this.op(Op.i32_sub)
      this.op(Op.global_set, global)
      this.op(Op.global_get, global)
      return
    }
    this.op(Op.local_get, this.counter)
    this.i32(units)
    this.op(Op.i32_sub)
    this.op(Op.local_tee, this.counter)
  }

  /** counter = hook(counter, units, least), leaving it on the stack. */
  private tick(units: number, least: number): void {
    const { control } = this
    const { global, hook } = this.counting!
    if (this.direct) this.op(Op.global_get, global)
    else this.op(Op.local_get, this.counter)
    this.i32(units)
    this.i32(least)
    this.i32(hook)
    this.op(Op.call_indirect, control.tickType, control.hookTable)
  }

  /** Counts, and calls the hook where the counter is below `least`. */
  check(units: number, least = 0): void {
    this.subtract(units)
    this.i32(least)
    this.op(Op.i32_lt_s)
    this.block(Op.if_)
    this.tick(units, least)
    if (this.direct) this.op(Op.global_set, this.counting!.global)
    else this.op(Op.local_set, this.counter)
    this.op(Op.end)
  }

  /** Counts, and traps where there is nothing left: only where the hook has seen to it that this is then all. */
  checkOrTrap(units: number): void {
    this.subtract(units)
    this.i32(0)
    this.op(Op.i32_lt_s)
    this.block(Op.if_)
    this.op(Op.local_get, this.counter)
    this.i32(units)
    this.op(Op.i32_add)
    this.op(Op.global_set, this.counting!.global)
    this.trap(WHY.fuel)
    this.op(Op.end)
  }

  /** Interrupts where fuel does not count everything: in the global. */
  checkTicks(units: number): void {
    const { control } = this
    const { ticks } = control.globals
    this.op(Op.global_get, ticks)
    this.i32(units)
    this.op(Op.i32_sub)
    this.op(Op.global_set, ticks)
    this.op(Op.global_get, ticks)
    this.i32(0)
    this.op(Op.i32_lt_s)
    this.block(Op.if_)
    this.op(Op.global_get, ticks)
    this.i32(units)
    this.i32(0)
    this.i32(HOOK.ticks)
    this.op(Op.call_indirect, control.tickType, control.hookTable)
    this.op(Op.global_set, ticks)
    this.op(Op.end)
  }

  /** Leaves a reason and traps. */
  trap(why: number): void {
    this.i32(why)
    this.op(Op.global_set, this.control.globals.why)
    this.op(Op.unreachable)
  }

  /** Traps where an array's length, on the stack or a constant, is more than there may be. */
  checkLength(most: number, count?: number): void {
    const length = this.temporary(I32)
    if (count !== undefined) this.i32(count)
    this.op(Op.local_tee, length)
    this.i32(most | 0)
    this.op(Op.i32_gt_u)
    this.block(Op.if_)
    this.op(Op.local_get, length)
    this.op(Op.global_set, this.control.globals.arg)
    this.trap(WHY.array)
    this.op(Op.end)
    if (count === undefined) this.op(Op.local_get, length)
  }

  /** Calls the hook that looks whether to stop where the number on the stack is large. */
  checkBulk(wide: boolean): void {
    const { control } = this
    const count = this.temporary(wide ? I64 : I32)
    this.op(Op.local_tee, count)
    if (wide) {
      writeOp(this.w, Op.i64_const)
      this.w.s64(LARGE, 0)
    } else this.i32(LARGE)
    this.op(wide ? Op.i64_ge_u : Op.i32_ge_u)
    this.block(Op.if_)
    this.flush()
    for (let k = 0; k < 3; k++) this.i32(0)
    this.i32(HOOK.check)
    this.op(Op.call_indirect, control.tickType, control.hookTable)
    this.op(Op.drop)
    this.op(Op.end)
    this.op(Op.local_get, count)
  }

  /** Sees to it that there is room for an array, whose length is on the stack, where that is large. */
  checkRoom(width: number): void {
    const { control } = this
    const length = this.temporary(I32)
    this.op(Op.local_tee, length)
    this.i32(Math.floor(LARGE / width))
    this.op(Op.i32_gt_u)
    this.block(Op.if_)
    this.op(Op.local_get, length)
    this.i32(width)
    this.i32(HOOK.room)
    this.op(Op.call_indirect, control.growType, control.hookTable)
    this.op(Op.drop)
    this.op(Op.end)
    this.op(Op.local_get, length)
  }

  /** Counts the bytes of one object, and calls a function with what lies on the stack where it is to be remembered; `ends`: the function doesn't return. */
  countBytes({ bytes, func, type }: Counter, ends = false): void {
    const { bytes: left } = this.control.globals
    this.op(Op.global_get, left)
    this.i32(bytes)
    this.op(Op.i32_sub)
    this.op(Op.global_set, left)
    this.op(Op.global_get, left)
    this.i32(0)
    this.op(Op.i32_lt_s)
    this.op(Op.if_)
    this.blockOf(type)
    this.op(Op.call, func)
    if (ends) this.op(Op.unreachable)
    this.op(Op.end)
  }

  /** Goes to the slow path outside, `depth` labels up, when too little is left. */
  leaveLoop(units: number, variable: boolean, label: number): void {
    this.subtract(units)
    if (variable) this.op(Op.local_get, this.bound)
    else this.i32(0)
    this.op(Op.i32_lt_s)
    this.op(Op.br_if, label)
  }

  setBound(least: number): void {
    this.i32(least)
    this.op(Op.local_set, this.bound)
  }

  /** The slow path of a loop: then the counter is so that the loop's first check leaves what the hook gave. */
  slow(units: number, least: number): void {
    this.tick(units, least)
    this.op(Op.local_tee, this.counter)
    if (least > 0) {
      // All that is left is here, and less than a body may take: from now on its own checks trap.
      this.i32(least)
      this.op(Op.i32_lt_s)
      this.block(Op.if_)
      this.setBound(0)
      this.op(Op.end)
      this.op(Op.local_get, this.counter)
    }
    this.i32(units)
    this.op(Op.i32_add)
    this.op(Op.local_set, this.counter)
  }

  enterDepth(): void {
    const { control } = this
    if (!control.depth) return
    this.op(Op.global_get, control.globals.depth)
    this.op(Op.local_tee, this.depthLocal)
    this.i32(control.maxDepth)
    this.op(Op.i32_gt_s)
    this.block(Op.if_)
    this.trap(WHY.depth)
    this.op(Op.end)
  }

  /** Tells a callee how deep it is; one that is called in the place of its caller is as deep as that. */
  tellDepth(tail = false): void {
    const { control } = this
    if (!control.depth) return
    this.op(Op.local_get, this.depthLocal)
    if (!tail) {
      this.i32(1)
      this.op(Op.i32_add)
    }
    this.op(Op.global_set, control.globals.depth)
  }

  /** Calls the hook for growth with what lies on the stack and an index; gives an int32. */
  growth(wide: boolean, index: number, hook: number): void {
    const { control } = this
    if (wide) {
      // More than a uint32 is more than there is.
      const delta = this.scratch[I64]!
      this.op(Op.local_set, delta)
      for (let k = 0; k < 2; k++) {
        this.op(Op.local_get, delta)
        writeOp(this.w, Op.i64_const)
        this.w.s64(-1, 0)
      }
      this.op(Op.i64_lt_u)
      this.op(Op.select)
      this.op(Op.i32_wrap_i64)
    }
    this.i32(index)
    this.i32(hook)
    this.op(Op.call_indirect, control.growType, control.hookTable)
  }

  /** Makes the float or floats on top canonical where they are NaNs: what the instruction has given. */
  canonical({ name, results: [type] }: Row): void {
    const { w } = this
    const x = this.temporary(type!)
    const f32 = name.startsWith('f32')
    const bytes = Uint8Array.from(f32 ? [0, 0, 0xc0, 0x7f] : [0, 0, 0, 0, 0, 0, 0xf8, 0x7f])
    const vector = type === V128
    this.op(Op.local_tee, x)
    writeOp(w, vector ? Op.v128_const : f32 ? Op.f32_const : Op.f64_const)
    for (let k = 0; k < (vector ? 16 : bytes.length); k += bytes.length) w.raw(bytes)
    this.op(Op.local_get, x)
    this.op(Op.local_get, x)
    if (vector) this.op(f32 ? Op.f32x4_eq : Op.f64x2_eq)
    else this.op(f32 ? Op.f32_eq : Op.f64_eq)
    this.op(vector ? Op.v128_bitselect : Op.select)
  }

  temporary(t: number): number {
    return this.scratch[t]!
  }
}
