// A controlled module, or one without what the host lacks: the functions that instrument.ts writes, and around them the types, globals and the table that these need. Nothing of the
// module's own moves but its defined globals, which come after the shared ones that are imported; the start function is for the embedder to call.

import type { CodeReader } from '../binary/code.ts'
import { encode, writeMemarg } from '../binary/encode.ts'
import { keepsExceptions } from '../runtime/census.ts'
import { mostElements } from '../runtime/gc.ts'
import type { Meter } from '../runtime/metering.ts'
import { DEFAULT_LIMITS, type StoreLimits } from '../runtime/store.ts'
import type { Feature } from '../syntax/features.ts'
import { rows } from '../syntax/instructions.ts'
import type { Code, Elem, Export, Func, Import, ImportDesc, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import {
  ANYREF,
  concrete,
  EXNREF,
  EXTERNREF,
  type FuncType,
  I32,
  I64,
  type MemType,
  refType,
  type SubType,
  type TableType,
  type TagType,
  type ValType,
} from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { HOOK_TABLE, SHARED_GLOBALS, type Switches } from './control.ts'
import { type CountedKind, type CounterPlace, exceptions, objects } from './counters.ts'
import { losesBeneathWaits } from './detect.ts'
import { capped, NATURAL_ELEMENTS, NATURAL_PAGES } from './entities.ts'
import { erased, erasedSub, functionsAreAny } from './erase.ts'
import { Instrument } from './instrument.ts'
import { HELPER_OF, type Helper, LOWERED, SAME_AS } from './lower.ts'
import { initialisation, moveGlobals, Needs } from './needs.ts'
import { sectionsOf } from './sections.ts'
import { type Control, type Counter, shapeOf, WHY } from './shape.ts'
import { type Slot, slotType } from './slots.ts'
import { Body, plain } from './synth.ts'

export interface Rewritten {
  readonly bytes: Uint8Array
  /** Names that the module's own imports and exports have not. */
  readonly imports: string
  readonly hooks: string
  /** What is to be called once the table of hooks is filled. */
  readonly start: string | undefined
  /** The entries of the table behind the hooks. */
  readonly slots: readonly Slot[]
  /** Constant expressions whose values are imported, under names. */
  readonly constants: readonly { readonly name: string; readonly code: Code }[]
  /** The name of the import with the exception that was raised last, and whether a handler asks for it. */
  readonly exn: { readonly name: string; readonly isCaught: boolean } | undefined
  /** Whether its memories but the first are the embedder's to make. */
  readonly splits: boolean
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
  const needs = new Needs(module, lacking)
  const control = controlOf(purpose, module, additions, needs)
  const instrument = new Instrument(control)
  // The functions add types and functions: they are written first.
  const bodies = new ByteWriter(module.bytes.length + (module.bytes.length >> 1) + 64)
  const starts = new Float64Array(module.funcs.length)
  module.funcs.forEach((func, k) => {
    instrument.write(bodies, func)
    starts[k] = bodies.length - instrument.size
  })
  const begin = needs.init ? additions.func(plain([], []), initialisation(module, control)) : module.start
  const count = additions.writeFuncs(bodies)
  const code = new ByteWriter(bodies.length + 8)
  code.u32(count)
  const head = code.length
  code.raw(bodies.view())
  const bytes = encode(shell(purpose, module, control, additions, names, needs, begin), count > 0 ? code : undefined)
  const base = (sectionsOf(bytes).find((s) => s.id === 10)?.body ?? 0) + head
  const { prefix } = names
  return {
    bytes,
    imports: prefix,
    hooks: `${prefix}hooks`,
    start: begin === undefined || !hasTable(purpose, additions) ? undefined : `${prefix}start`,
    slots: additions.slots,
    constants: needs.constants.map(({ code }, k) => ({ name: `constant${k}`, code })),
    exn: control.exn && { name: EXN, isCaught: control.exn.isCaught },
    splits: needs.splits,
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
  private readonly known = new Map<string, number>()
  private readonly helpers = new Map<Op, number>()
  private readonly found = new Map<string, { index: number; type: number }>()
  readonly slots: Slot[] = []
  private readonly waits = new Map<string, number>()
  private readonly checks = new Map<number, number>()
  private readonly counters = new Map<string, Counter>()

  constructor(private readonly module: Module) {
    this.firstFunc = imported(module, 'func').length
  }

  type(type: FuncType): number {
    const key = `${type.params.join()}:${type.results.join()}`
    let index = this.known.get(key)
    if (index === undefined) {
      index = this.module.types.length + this.types.push({ final: true, supers: [], comp: type }) - 1
      this.known.set(key, index)
    }
    return index
  }

  func(type: FuncType, body: Code, locals: Func['locals'] = []): number {
    return this.firstFunc + this.module.funcs.length + this.funcs.push({ type: this.type(type), locals, body }) - 1
  }

  /** An entry of the table behind the hooks. */
  slot(slot: Slot): { index: number; type: number } {
    const key = JSON.stringify(slot)
    let found = this.found.get(key)
    if (found === undefined) {
      found = { index: Number(HOOK_TABLE.size) + this.slots.push(slot) - 1, type: this.type(slotType(slot)) }
      this.found.set(key, found)
    }
    return found
  }

  /** The index of the function that does what an instruction does. */
  helper(op: Op, { type, locals, body }: Helper): number {
    let index = this.helpers.get(op)
    if (index === undefined) {
      const runs = locals.map((t) => ({ count: 1, type: t }))
      this.helpers.set(op, (index = this.func(type, body(), runs)))
    }
    return index
  }

  /** The index of the function that does a wait; made once for the same immediates. */
  wait(op: Op, address: ValType, r: CodeReader): number {
    const key = [op, r.memory, r.align, r.offsetLo, r.offsetHi].join()
    let index = this.waits.get(key)
    if (index === undefined) {
      const b = new Body().op(Op.local_get, 0).op(Op.local_get, 1).op(Op.local_get, 2).op(op)
      writeMemarg(b.w, r)
      const expected = op === Op.memory_atomic_wait32 ? I32 : I64
      this.waits.set(key, (index = this.func(plain([address, expected, I64], [I32]), b.end())))
    }
    return index
  }

  /** A function that tells a range beyond an array from one beyond a segment, for which hosts have one text. */
  arrayCheck(type: number, why: number): number {
    let index = this.checks.get(type)
    if (index === undefined) {
      const all = [refType(true, concrete(type)), I32, I32, I32]
      const b = new Body().block(Op.block)
      b.op(Op.local_get, 0).op(Op.ref_is_null).op(Op.br_if, 0)
      b.op(Op.local_get, 1).op(Op.i64_extend_i32_u).op(Op.local_get, 3).op(Op.i64_extend_i32_u).op(Op.i64_add)
      b.op(Op.local_get, 0).op(Op.array_len).op(Op.i64_extend_i32_u).op(Op.i64_le_u).op(Op.br_if, 0)
      b.i32(WHY.range).op(Op.global_set, why).op(Op.unreachable).op(Op.end)
      for (const k of [0, 1, 2, 3]) b.op(Op.local_get, k)
      index = this.func(plain(all, all), b.end())
      this.checks.set(type, index)
    }
    return index
  }

  /** What counts objects of a kind; made once. */
  counter(kind: string, { bytes, type, body, locals }: CountedKind): Counter {
    let counter = this.counters.get(kind)
    if (counter === undefined) {
      const block = this.type(plain(type.params, type.params))
      counter = { bytes, func: this.func(type, body(), locals), type: block }
      this.counters.set(kind, counter)
    }
    return counter
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

/** The name of the import with the exception that was raised last. */
const EXN = 'exn'

const imported = (module: Module, kind: Import['desc']['kind']) => module.imports.filter((i) => i.desc.kind === kind)

/** Whether the module has a table of hooks, which is to be filled before anything runs. */
const hasTable = ({ switches }: Purpose, { slots }: Additions): boolean => isOn(switches) || slots.length > 0

function controlOf(purpose: Purpose, module: Module, additions: Additions, needs: Needs): Control {
  const { switches, meter, limits } = purpose
  const firstGlobal = imported(module, 'global').length
  const tables = imported(module, 'table').map(({ desc }) => (desc as { type: TableType }).type)
  const memories = imported(module, 'memory').map(({ desc }) => (desc as { type: MemType }).type)
  const memoryType = (k: number) => memories[k] ?? module.memories[k - memories.length]!
  const { firstFunc } = additions
  const plainFuncs = new Map<number, boolean>()
  const fixed: readonly Feature[] = switches.nans ? ['relaxed-simd'] : []
  const lower = new Set(LOWERED.filter((f) => needs.lacking.includes(f) || fixed.includes(f)))
  const shared = isOn(switches) ? SHARED_GLOBALS.length : 0
  const tags = [...imported(module, 'tag').map(({ desc }) => (desc as { type: TagType }).type), ...module.tags]
  const hookTable = tables.length + module.tables.length
  const place = (): CounterPlace => ({
    left: firstGlobal + SHARED_GLOBALS.indexOf('bytes'),
    table: hookTable,
    made: additions.type(plain([ANYREF, I32], [I32])),
    thrown: additions.type(plain([EXNREF, I32], [I32])),
  })
  return {
    module,
    meter,
    ...switches,
    maxDepth: limits.callDepth,
    firstGlobal,
    shift: shared + (needs.exn === undefined ? 0 : 1) + needs.constants.length,
    lowers: needs.splits || needs.exn !== undefined || functionsAreAny(),
    exn: needs.exn && { last: firstGlobal + shared, records: needs.exn.records, isCaught: false },
    splits: needs.splits,
    globals: Object.fromEntries(SHARED_GLOBALS.map((name, k) => [name, firstGlobal + k])) as Control['globals'],
    hookTable,
    tickType: additions.type(plain([I32, I32, I32], [I32])),
    growType: additions.type(plain([I32, I32], [I32])),
    objects: (type) => additions.counter(`t${type}`, objects(module, type, place())),
    exceptions(tag) {
      if (!switches.bytes || !keepsExceptions(module)) return undefined
      const { params } = module.types[tags[tag]!.type]!.comp as FuncType
      return additions.counter(`e${tag}`, exceptions(tag, params, place()))
    },
    blockType: (results) => additions.type(plain([], results)),
    erased,
    slot: (slot) => additions.slot(slot),
    arrayCheck: (type) => additions.arrayCheck(type, firstGlobal + SHARED_GLOBALS.indexOf('why')),
    tagParams: (k) => (module.types[tags[k]!.type]!.comp as FuncType).params.map(erased),
    tableType: (k) => tables[k] ?? module.tables[k - tables.length]!.type,
    mostElements(type) {
      const { comp } = module.types[type]!
      return comp.kind === 'array' ? Math.min(limits.arrayElements, mostElements(comp.field.type)) : 0
    },
    memoryType,
    wait(op, r) {
      const { shared, limits } = memoryType(r.memory)
      // On a memory that is not shared it traps, and the trap's place tells why.
      return shared && losesBeneathWaits() ? additions.wait(op, limits.address === 'i64' ? I64 : I32, r) : undefined
    },
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

function cappedMemory(purpose: Purpose, type: MemType): MemType {
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
  needs: Needs,
  begin: number | undefined,
): Module {
  const on = isOn(purpose.switches)
  const table = hasTable(purpose, additions)
  const move = (code: Code): Code => moveGlobals(needs.fold.folded(code), control)
  const global = (name: string, type: ValType, mutable: boolean): Import => ({
    module: prefix,
    name,
    desc: { kind: 'global', type: { type, mutable } },
  })
  const own = imports.map((i) => ({ ...i, desc: erasedDesc(i.desc) }))
  const added = on ? SHARED_GLOBALS.map((name) => global(name, I32, true)) : []
  if (needs.exn !== undefined) added.push(global(EXN, EXTERNREF, true))
  needs.constants.forEach(({ type }, k) => {
    added.push(global(`constant${k}`, type, false))
  })
  const moved = (x: Export): Export =>
    x.kind === 'global' && x.index >= control.firstGlobal ? { ...x, index: x.index + control.shift } : x
  const exports: Export[] = [...module.exports, ...hidden].filter(
    (x) => !(needs.splits && x.kind === 'memory' && x.index > 0),
  )
  if (table) exports.push({ name: `${prefix}hooks`, kind: 'table', index: control.hookTable })
  if (table && begin !== undefined) exports.push({ name: `${prefix}start`, kind: 'func', index: begin })
  const { tableElements } = purpose.limits
  const tables = module.tables.map(({ type, init }) => ({
    type: {
      ...(tableElements === DEFAULT_LIMITS.tableElements ? type : capped(type, tableElements, NATURAL_ELEMENTS)),
      elem: erased(type.elem),
    },
    init: needs.init ? undefined : init && move(init),
  }))
  const size = HOOK_TABLE.size + BigInt(additions.slots.length)
  const hooks = { type: { limits: { address: 'i32' as const, min: size, max: size }, elem: HOOK_TABLE.elem } }
  const memories = module.memories.map((type) => cappedMemory(purpose, type))
  const isSecond = (i: Import, k: number) => i.desc.kind === 'memory' && k !== firstMemory
  const firstMemory = imports.findIndex((i) => i.desc.kind === 'memory')
  const passive = { kind: 'passive' } as const
  return {
    ...module,
    recTypes: [...module.recTypes.map((group) => group.map(erasedSub)), ...additions.types.map((t) => [erasedSub(t)])],
    imports: [...(needs.splits ? own.filter((i, k) => !isSecond(i, k)) : own), ...added],
    funcs: [...module.funcs, ...additions.funcs],
    tables: table ? [...tables, { ...hooks, init: undefined }] : tables,
    memories: needs.splits ? memories.slice(0, firstMemory < 0 ? 1 : 0) : memories,
    globals: module.globals.map((g, k) => ({
      type: { ...g.type, type: erased(g.type.type) },
      init: needs.constantOf(k, control) ?? move(g.init),
    })),
    exports: exports.map(moved),
    start: table ? undefined : begin,
    elems: [
      ...module.elems.map(
        (e): Elem => ({
          type: erased(e.type),
          mode: e.mode.kind !== 'active' ? e.mode : needs.init ? passive : { ...e.mode, offset: move(e.mode.offset) },
          init: e.init.kind === 'exprs' ? { kind: 'exprs', exprs: e.init.exprs.map(move) } : e.init,
        }),
      ),
      ...needs.declared,
    ],
    datas: module.datas.map((d) =>
      d.mode.kind !== 'active' ? d : { ...d, mode: needs.init ? passive : { ...d.mode, offset: move(d.mode.offset) } },
    ),
    dataCount: needs.init && module.datas.length > 0 ? module.datas.length : module.dataCount,
    customs: module.customs.filter((c) => c.name === 'name' && c.after === 11),
  }
}

function erasedDesc(desc: ImportDesc): ImportDesc {
  if (desc.kind === 'global') return { ...desc, type: { ...desc.type, type: erased(desc.type.type) } }
  return desc.kind === 'table' ? { ...desc, type: { ...desc.type, elem: erased(desc.type.elem) } } : desc
}
