// What a module needs that the host lacks, beyond single instructions, and what stands for it: values of constant expressions are imported, active
// segments and the tables' first values are written by a function, memories and exceptions are reached through slots.
import { CodeReader } from '../binary/code.ts'
import { writeOp } from '../binary/encode.ts'
import { Reader } from '../binary/reader.ts'
import { writeHeapType } from '../binary/write-types.ts'
import type { Feature } from '../syntax/features.ts'
import type { Code, Elem, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { FUNCREF, heapOf, I32, refType, type ValType } from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { erased, exceptionsAreObjects } from './erase.ts'
import type { Control } from './shape.ts'
import { Body } from './synth.ts'

export class Needs {
  readonly fold: Folding
  /** Values that are imported, for the module's own globals by their place there. */
  readonly constants: { readonly global: number; readonly type: ValType; readonly code: Code }[] = []
  /** Whether segments and tables are written by a function. */
  readonly init: boolean
  /** Whether memories but the first are reached through slots. */
  readonly splits: boolean
  /** Where exceptions are objects: whether those that it throws are to be told. */
  readonly exn: { readonly records: boolean } | undefined
  private readonly firstGlobal: number

  constructor(
    private readonly module: Module,
    readonly lacking: readonly Feature[],
  ) {
    const imported = (kind: string) => module.imports.filter(({ desc }) => desc.kind === kind).length
    this.firstGlobal = imported('global')
    this.fold = new Folding(module, this.firstGlobal, lacking)
    this.splits = lacking.includes('multi-memory') && imported('memory') + module.memories.length > 1
    this.exn = exceptionsAreObjects() ? { records: throwing(module) === 'told' } : undefined
    if (lacking.includes('extended-const'))
      module.globals.forEach(({ type, init }, global) => {
        if (this.isHard(init)) this.constants.push({ global, type: type.type, code: body(this.fold.expanded(init)) })
      })
    this.init =
      (lacking.includes('function-references') && module.tables.some((t) => t.init !== undefined)) ||
      [...module.elems, ...module.datas].some(({ mode }) => mode.kind === 'active' && this.isHard(mode.offset)) ||
      (this.splits && module.datas.some(({ mode }) => mode.kind === 'active' && mode.index > 0))
  }

  /** Whether it computes with what is known at instantiation only. */
  private isHard(code: Code): boolean {
    const folded = this.fold.folded(code)
    if (isPlain(folded, this.firstGlobal)) return false
    const r = new CodeReader(folded)
    for (let op = r.op(); op !== Op.end; op = r.op()) {
      if (ARITHMETIC.has(op)) return true
      r.skipImms(op)
    }
    return false
  }

  /** The imported value that a global begins with. */
  constantOf(global: number, control: Control): Code | undefined {
    const k = this.constants.findIndex((c) => c.global === global)
    if (k < 0) return undefined
    return new Body().op(Op.global_get, control.firstGlobal + control.shift - this.constants.length + k).end()
  }

  /** A segment that declares the functions which a function of ours refers to. */
  get declared(): Elem[] {
    const funcs = new Set<number>()
    if (this.init)
      for (const { init } of this.module.tables)
        if (init !== undefined && init.bytes[init.start] === Op.ref_func)
          funcs.add(new Reader(init.bytes, init.start + 1).u32())
    const init = { kind: 'funcs' as const, funcs: Uint32Array.from(funcs) }
    return funcs.size === 0 ? [] : [{ type: FUNCREF, mode: { kind: 'declarative' }, init }]
  }
}

/** How a module throws: not at all, so that the objects are known to others, or with legacy handlers, which have no use for them. */
export type Throwing = 'never' | 'told' | 'untold'

export function throwing(module: Module): Throwing {
  if (module.tags.length === 0 && module.imports.every(({ desc }) => desc.kind !== 'tag')) return 'never'
  const isLegacy = module.funcs.some(({ body }) => {
    const r = new CodeReader(body)
    while (!r.done) {
      const op = r.op()
      if (op === Op.try_) return true
      r.skipImms(op)
    }
    return false
  })
  return isLegacy ? 'untold' : 'told'
}

/** Whether it is one instruction that every host has there. */
function isPlain(code: Code, firstGlobal: number): boolean {
  const r = new CodeReader(code)
  const op = r.op()
  if (op === Op.global_get) {
    if (r.u32() >= firstGlobal) return false
  } else r.skipImms(op)
  return r.op() === Op.end
}

function body(w: ByteWriter): Code {
  writeOp(w, Op.end)
  const bytes = w.take()
  return { bytes, start: 0, end: bytes.length }
}

/** A function that writes first values and active segments, in order, and runs the start function. */
export function initialisation(module: Module, control: Control): Code {
  const b = new Body()
  const expression = (code: Code) => {
    const { bytes, start, end } = moveGlobals(code, control)
    b.w.raw(bytes, start, end - 1)
  }
  const slot = (given: Parameters<Control['slot']>[0]) => {
    const { index, type } = control.slot(given)
    b.i32(index).op(Op.call_indirect, type, control.hookTable)
  }
  const firstTable = control.hookTable - module.tables.length
  module.tables.forEach(({ type, init }, k) => {
    if (init === undefined) return
    b.i32(0)
    expression(init)
    b.i32(Number(type.limits.min)).op(Op.table_fill, firstTable + k)
  })
  module.elems.forEach(({ mode, init }, k) => {
    if (mode.kind !== 'active') return
    expression(mode.offset)
    b.i32(0).i32((init.kind === 'funcs' ? init.funcs : init.exprs).length)
    b.op(Op.table_init, k, mode.index).op(Op.elem_drop, k)
  })
  module.datas.forEach(({ mode, bytes }, data) => {
    if (mode.kind !== 'active') return
    expression(mode.offset)
    b.i32(0).i32(bytes.length)
    if (mode.index > 0 && control.splits) slot({ kind: 'init', memory: mode.index, data })
    else b.op(Op.memory_init, data, mode.index)
    b.op(Op.data_drop, data)
    if (control.splits) slot({ kind: 'drop', data })
  })
  if (module.start !== undefined) b.op(Op.call, module.start)
  return b.end()
}

/** Constant expressions without what the host lacks: arithmetic, and globals of the module itself. */
export class Folding {
  private readonly needed: boolean

  constructor(
    private readonly module: Module,
    private readonly firstGlobal: number,
    lacking: readonly Feature[],
  ) {
    this.needed = lacking.includes('extended-const') || lacking.includes('gc')
  }

  /** The expression itself where nothing can be folded. */
  folded(code: Code): Code {
    if (!this.needed) return code
    if (isPlain(code, this.firstGlobal)) return code
    const alone = this.soleGlobal(code)
    if (alone !== undefined) return this.folded(alone)
    const value = this.value(code)
    if (value === undefined) return code
    const b = new Body()
    return (typeof value === 'bigint' ? b.i64(value) : b.i32(value)).end()
  }

  /** The expression with what globals of the module begin with in their place, all but its `end`. */
  expanded(code: Code, to = new ByteWriter()): ByteWriter {
    const r = new CodeReader(code)
    for (let op = r.op(); op !== Op.end; op = r.op()) {
      const { at } = r
      r.skipImms(op)
      const init = op === Op.global_get ? this.init(new Reader(code.bytes, at + 1).u32()) : undefined
      if (init === undefined) to.raw(code.bytes, at, r.pos)
      else this.expanded(init, to)
    }
    return to
  }

  /** What a global of the module begins with, where the expression is that global and it is immutable. */
  private init(index: number): Code | undefined {
    const global = this.module.globals[index - this.firstGlobal]
    return global === undefined || global.type.mutable ? undefined : global.init
  }

  private soleGlobal(code: Code): Code | undefined {
    const r = new CodeReader(code)
    if (r.op() !== Op.global_get) return undefined
    const index = r.u32()
    return r.op() === Op.end ? this.init(index) : undefined
  }

  private value(code: Code): number | bigint | undefined {
    const r = new CodeReader(code)
    const stack: (number | bigint)[] = []
    for (let op = r.op(); op !== Op.end; op = r.op()) {
      if (op === Op.i32_const) stack.push(r.s32())
      else if (op === Op.i64_const) {
        const lo = r.s64()
        stack.push((BigInt(r.hi) << 32n) | BigInt(lo >>> 0))
      } else if (op === Op.global_get) {
        const init = this.init(r.u32())
        const value = init && this.value(init)
        if (value === undefined) return undefined
        stack.push(value)
      } else {
        const arithmetic = ARITHMETIC.get(op)
        if (arithmetic === undefined) return undefined
        const b = BigInt(stack.pop()!)
        const result = arithmetic(BigInt(stack.pop()!), b)
        stack.push(op < Op.i64_add ? Number(BigInt.asIntN(32, result)) : BigInt.asIntN(64, result))
      }
    }
    return stack.pop()
  }
}

const ARITHMETIC = new Map<Op, (a: bigint, b: bigint) => bigint>([
  [Op.i32_add, (a, b) => a + b],
  [Op.i32_sub, (a, b) => a - b],
  [Op.i32_mul, (a, b) => a * b],
  [Op.i64_add, (a, b) => a + b],
  [Op.i64_sub, (a, b) => a - b],
  [Op.i64_mul, (a, b) => a * b],
])

/** A constant expression with the module's own globals moved up, and types as the host has them. */
export function moveGlobals(code: Code, { firstGlobal, shift }: Control): Code {
  const r = new CodeReader(code)
  const w = new ByteWriter(code.end - code.start + 8)
  let from = code.start
  let moved = false
  while (!r.done) {
    const at = r.pos
    const op = r.op()
    const type = op === Op.ref_null ? refType(true, r.heap()) : I32
    const index = op === Op.global_get ? r.u32() : -1
    if (op !== Op.ref_null && op !== Op.global_get) r.skipImms(op)
    const own = erased(type)
    if (index < firstGlobal && own === type) continue
    moved = true
    w.raw(code.bytes, from, at)
    writeOp(w, op)
    if (index >= 0) w.u32(index + shift)
    else writeHeapType(w, heapOf(own))
    from = r.pos
  }
  if (!moved) return code
  w.raw(code.bytes, from, code.end)
  const bytes = w.take()
  return { bytes, start: 0, end: bytes.length }
}
