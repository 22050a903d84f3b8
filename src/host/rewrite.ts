// A controlled module, or one without what the host lacks: the functions that instrument.ts writes, and around them the types, globals and the table that these need. Nothing of the
// module's own moves but its defined globals, which come after the shared ones that are imported; the start function is for the embedder to call.

import { CodeReader } from '../binary/code.ts'
import { encode, writeOp } from '../binary/encode.ts'
import type { Meter } from '../runtime/metering.ts'
import { DEFAULT_LIMITS, type StoreLimits } from '../runtime/store.ts'
import type { Feature } from '../syntax/features.ts'
import { rows } from '../syntax/instructions.ts'
import type { Code, Export, Func, Import, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { type FuncType, I32, type MemType, type SubType, type TableType } from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { HOOK_TABLE, SHARED_GLOBALS, type Switches } from './control.ts'
import { capped, NATURAL_ELEMENTS, NATURAL_PAGES } from './entities.ts'
import { Instrument } from './instrument.ts'
import { HELPER_OF, type Helper, LOWERED, SAME_AS } from './lower.ts'
import { sectionsOf } from './sections.ts'
import { type Control, shapeOf } from './shape.ts'
import { Body, plain } from './synth.ts'

export interface Rewritten {
  readonly bytes: Uint8Array
  /** Names that the module's own imports and exports have not. */
  readonly imports: string
  readonly hooks: string
  readonly start: string | undefined
  original(func: number, offset: number): number
}

/** What rewriting is for: a store with controls, or a host that lacks something. */
export interface Purpose {
  readonly meter: Meter
  readonly limits: StoreLimits
  readonly switches: Switches
  memoryPages(type: MemType): number
}

const isOn = (switches: Switches): boolean => Object.values(switches).some(Boolean)

/** What is added and is to be exported, a prefix that no name of the module's has, and the imports under names that tell them apart. */
interface Names {
  readonly hidden: readonly Export[]
  readonly prefix: string
  readonly imports: readonly Import[]
}

export function rewrite(purpose: Purpose, module: Module, names: Names, lacking: readonly Feature[]): Rewritten {
  const additions = new Additions(module)
  const control = controlOf(purpose, module, additions, lacking)
  const instrument = new Instrument(control)
  // The functions add types and functions: they are written first.
  const bodies = new ByteWriter(module.bytes.length + (module.bytes.length >> 1) + 64)
  const starts = new Float64Array(module.funcs.length)
  module.funcs.forEach((func, k) => {
    instrument.write(bodies, func)
    starts[k] = bodies.length - instrument.size
  })
  const count = additions.writeFuncs(bodies)
  const code = new ByteWriter(bodies.length + 8)
  code.u32(count)
  const head = code.length
  code.raw(bodies.view())
  const bytes = encode(shell(purpose, module, control, additions, names, lacking), count > 0 ? code : undefined)
  const base = (sectionsOf(bytes).find((s) => s.id === 10)?.body ?? 0) + head
  const { prefix } = names
  return {
    bytes,
    imports: prefix,
    hooks: `${prefix}hooks`,
    start: module.start === undefined ? undefined : `${prefix}start`,
    original(index, offset) {
      const k = index - additions.firstFunc
      return instrument.original(module.funcs[k] as Func, offset - base - starts[k]!)
    },
  }
}

/** Types and functions that are appended. */
class Additions {
  readonly types: SubType[] = []
  readonly funcs: Func[] = []
  readonly firstFunc: number
  private readonly blocks = new Map<string, number>()
  private readonly helpers = new Map<Op, number>()

  constructor(private readonly module: Module) {
    this.firstFunc = imported(module, 'func').length
  }

  type(type: FuncType): number {
    return this.module.types.length + this.types.push({ final: true, supers: [], comp: type }) - 1
  }

  /** The type without parameters and with these results. */
  block(results: FuncType['results']): number {
    const key = results.join()
    let index = this.blocks.get(key)
    if (index === undefined) this.blocks.set(key, (index = this.type(plain([], results))))
    return index
  }

  /** The index of the function that does what an instruction does. */
  helper(op: Op, { type, locals, body }: Helper): number {
    let index = this.helpers.get(op)
    if (index === undefined) {
      const runs = locals.map((t) => ({ count: 1, type: t }))
      index = this.firstFunc + this.module.funcs.length + this.funcs.length
      this.funcs.push({ type: this.type(type), locals: runs, body: body() })
      this.helpers.set(op, index)
    }
    return index
  }

  /** Writes the functions behind the module's; gives how many there are together. */
  writeFuncs(w: ByteWriter): number {
    for (const { locals, body } of this.funcs) {
      const one = new ByteWriter()
      one.u32(locals.length)
      for (const { count, type } of locals) {
        one.u32(count)
        one.byte(type)
      }
      one.raw(body.bytes, body.start, body.end)
      w.append(one)
    }
    return this.module.funcs.length + this.funcs.length
  }
}

const imported = (module: Module, kind: Import['desc']['kind']) => module.imports.filter((i) => i.desc.kind === kind)

function controlOf(purpose: Purpose, module: Module, additions: Additions, lacking: readonly Feature[]): Control {
  const { switches, meter, limits } = purpose
  const firstGlobal = imported(module, 'global').length
  const tables = imported(module, 'table').map(({ desc }) => (desc as { type: TableType }).type)
  const memories = imported(module, 'memory').map(({ desc }) => (desc as { type: MemType }).type)
  const { firstFunc } = additions
  const plainFuncs = new Map<number, boolean>()
  const fixed: readonly Feature[] = switches.nans ? ['relaxed-simd'] : []
  const lower = new Set(LOWERED.filter((f) => lacking.includes(f) || fixed.includes(f)))
  return {
    module,
    meter,
    ...switches,
    maxDepth: limits.callDepth,
    firstGlobal,
    shift: isOn(switches) ? SHARED_GLOBALS.length : 0,
    globals: Object.fromEntries(SHARED_GLOBALS.map((name, k) => [name, firstGlobal + k])) as Control['globals'],
    hookTable: tables.length + module.tables.length,
    tickType: additions.type(plain([I32, I32, I32], [I32])),
    growType: additions.type(plain([I32, I32], [I32])),
    blockType: (results) => additions.block(results),
    tableType: (k) => tables[k] ?? module.tables[k - tables.length]!.type,
    memoryType: (k) => memories[k] ?? module.memories[k - memories.length]!,
    lowered(op) {
      if (!lower.has(rows[op]!.feature)) return undefined
      const same = SAME_AS.get(op)
      if (same !== undefined) return { same }
      const helper = HELPER_OF.get(op)
      return helper && { helper: additions.helper(op, helper) }
    },
    isPlain(index) {
      if (switches.fuel || index < firstFunc) return false
      let found = plainFuncs.get(index)
      if (found === undefined) {
        const shape = shapeOf(module.funcs[index - firstFunc]!, switches)
        plainFuncs.set(index, (found = !shape.calls && !shape.loops))
      }
      return found
    },
  }
}

/** Pages that hosts give a memory with 64-bit addresses at most. */
const MOST_PAGES_64 = 262144n

function memoryType(purpose: Purpose, type: MemType): MemType {
  const { max, address } = type.limits
  if (address === 'i64' && max !== undefined && max > MOST_PAGES_64)
    return { ...type, limits: { ...type.limits, max: MOST_PAGES_64 } }
  return purpose.limits.memoryPages === DEFAULT_LIMITS.memoryPages
    ? type
    : capped(type, purpose.memoryPages(type), NATURAL_PAGES)
}

/** The module without its code. */
function shell(
  purpose: Purpose,
  module: Module,
  control: Control,
  additions: Additions,
  { hidden, prefix, imports }: Names,
  lacking: readonly Feature[],
): Module {
  const on = isOn(purpose.switches)
  const fold = new Folding(module, control, lacking)
  const move = (code: Code): Code => moveGlobals(fold.folded(code), control)
  const shared: Import[] = SHARED_GLOBALS.map((name) => ({
    module: prefix,
    name,
    desc: { kind: 'global', type: { type: I32, mutable: true } },
  }))
  const moved = (x: Export): Export =>
    x.kind === 'global' && x.index >= control.firstGlobal ? { ...x, index: x.index + control.shift } : x
  const limits = { address: 'i32' as const, min: HOOK_TABLE.size, max: HOOK_TABLE.size }
  const exports: Export[] = [...module.exports, ...hidden]
  if (on) exports.push({ name: `${prefix}hooks`, kind: 'table', index: control.hookTable })
  if (on && module.start !== undefined) exports.push({ name: `${prefix}start`, kind: 'func', index: module.start })
  const { tableElements } = purpose.limits
  const tables = module.tables.map(({ type, init }) => ({
    type: tableElements === DEFAULT_LIMITS.tableElements ? type : capped(type, tableElements, NATURAL_ELEMENTS),
    init: init && move(init),
  }))
  return {
    ...module,
    recTypes: [...module.recTypes, ...additions.types.map((t) => [t])],
    imports: on ? [...imports, ...shared] : imports,
    funcs: [...module.funcs, ...additions.funcs],
    tables: on ? [...tables, { type: { limits, elem: HOOK_TABLE.elem }, init: undefined }] : tables,
    memories: module.memories.map((type) => memoryType(purpose, type)),
    globals: module.globals.map((g) => ({ ...g, init: move(g.init) })),
    exports: exports.map(moved),
    start: on ? undefined : module.start,
    elems: module.elems.map((e) => ({
      ...e,
      mode: e.mode.kind === 'active' ? { ...e.mode, offset: move(e.mode.offset) } : e.mode,
      init: e.init.kind === 'exprs' ? { kind: 'exprs', exprs: e.init.exprs.map(move) } : e.init,
    })),
    datas: module.datas.map((d) =>
      d.mode.kind === 'active' ? { ...d, mode: { ...d.mode, offset: move(d.mode.offset) } } : d,
    ),
    customs: module.customs.filter((c) => c.name === 'name' && c.after === 11),
  }
}

/** Constant expressions without what the host lacks: arithmetic, and globals of the module itself. */
class Folding {
  private readonly needed: boolean

  constructor(
    private readonly module: Module,
    private readonly control: Control,
    lacking: readonly Feature[],
  ) {
    this.needed = lacking.includes('extended-const') || lacking.includes('gc')
  }

  /** The expression itself where nothing can be folded. */
  folded(code: Code): Code {
    if (!this.needed) return code
    const alone = this.soleGlobal(code)
    if (alone !== undefined) return this.folded(alone)
    const value = this.value(code)
    if (value === undefined) return code
    const b = new Body()
    return (typeof value === 'bigint' ? b.i64(value) : b.i32(value)).end()
  }

  /** What a global of the module begins with, where the expression is that global and it is immutable. */
  private init(index: number): Code | undefined {
    const global = this.module.globals[index - this.control.firstGlobal]
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

/** A constant expression with the module's own globals moved up. */
function moveGlobals(code: Code, { firstGlobal, shift }: Control): Code {
  const r = new CodeReader(code)
  const w = new ByteWriter(code.end - code.start + 8)
  let from = code.start
  let moved = false
  while (!r.done) {
    const at = r.pos
    const op = r.op()
    if (op !== Op.global_get) {
      r.skipImms(op)
      continue
    }
    const index = r.u32()
    if (index < firstGlobal) continue
    moved = true
    w.raw(code.bytes, from, at)
    writeOp(w, op)
    w.u32(index + shift)
    from = r.pos
  }
  if (!moved) return code
  w.raw(code.bytes, from, code.end)
  const bytes = w.take()
  return { bytes, start: 0, end: bytes.length }
}
