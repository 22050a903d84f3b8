// A controlled module: the functions that instrument.ts writes, and around them the types, globals and the table that these need. Nothing of the
// module's own moves but its defined globals, which come after the shared ones that are imported; the start function is for the embedder to call.

import { CodeReader } from '../binary/code.ts'
import { encode, writeOp } from '../binary/encode.ts'
import { DEFAULT_LIMITS, type Store } from '../runtime/store.ts'
import type { Code, Export, Func, Import, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { type FuncType, I32, type MemType, type SubType, type TableType } from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { HOOK_TABLE, SHARED_GLOBALS, type SharedName, type Switches } from './control.ts'
import { capped, NATURAL_ELEMENTS, NATURAL_PAGES } from './entities.ts'
import { Instrument } from './instrument.ts'
import { sectionsOf } from './sections.ts'
import { type Control, shapeOf } from './shape.ts'
import { plain } from './synth.ts'

export interface Rewritten {
  readonly bytes: Uint8Array
  /** Names that the module's own imports and exports have not. */
  readonly imports: string
  readonly hooks: string
  readonly start: string | undefined
  original(func: number, offset: number): number
}

export function rewrite(
  store: Store,
  module: Module,
  switches: Switches,
  hidden: readonly Export[],
  prefix: string,
): Rewritten {
  const types: SubType[] = []
  const typeOf = (type: FuncType): number =>
    module.types.length + types.push({ final: true, supers: [], comp: type }) - 1
  const blocks = new Map<string, number>()
  const imported = (kind: Import['desc']['kind']) => module.imports.filter((i) => i.desc.kind === kind)
  const firstGlobal = imported('global').length
  const importedTables = imported('table')
  const importedMemories = imported('memory')
  const firstFunc = imported('func').length
  const own = Object.fromEntries(SHARED_GLOBALS.map((name, k) => [name, firstGlobal + k])) as Record<SharedName, number>
  const plainFuncs = new Map<number, boolean>()
  const control: Control = {
    module,
    meter: store.meter,
    ...switches,
    maxDepth: store.limits.callDepth,
    firstGlobal,
    shift: SHARED_GLOBALS.length,
    globals: own,
    hookTable: importedTables.length + module.tables.length,
    tickType: typeOf(plain([I32, I32, I32], [I32])),
    growType: typeOf(plain([I32, I32], [I32])),
    blockType(results) {
      const key = results.join()
      let index = blocks.get(key)
      if (index === undefined) blocks.set(key, (index = typeOf(plain([], results))))
      return index
    },
    tableType: (k) =>
      k < importedTables.length
        ? (importedTables[k]!.desc as { type: TableType }).type
        : module.tables[k - importedTables.length]!.type,
    memoryType: (k) =>
      k < importedMemories.length
        ? (importedMemories[k]!.desc as { type: MemType }).type
        : module.memories[k - importedMemories.length]!,
    isPlain(index) {
      if (switches.fuel || index < firstFunc) return false
      let found = plainFuncs.get(index)
      if (found === undefined) {
        const shape = shapeOf(module.funcs[index - firstFunc]!, switches.growth)
        plainFuncs.set(index, (found = !shape.calls && !shape.loops))
      }
      return found
    },
  }
  const instrument = new Instrument(control)
  // The code comes last and adds types: it is written first.
  const code = new ByteWriter(module.bytes.length + (module.bytes.length >> 1) + 64)
  code.u32(module.funcs.length)
  const starts = new Float64Array(module.funcs.length)
  module.funcs.forEach((func, k) => {
    instrument.write(code, func)
    starts[k] = code.length - instrument.size
  })
  const bytes = encode(
    { ...shell(store, module, control, types, hidden, prefix) },
    module.funcs.length > 0 ? code : undefined,
  )
  const base = sectionsOf(bytes).find((s) => s.id === 10)?.body ?? 0
  return {
    bytes,
    imports: prefix,
    hooks: `${prefix}hooks`,
    start: module.start === undefined ? undefined : `${prefix}start`,
    original(index, offset) {
      const k = index - firstFunc
      return instrument.original(module.funcs[k] as Func, offset - base - starts[k]!)
    },
  }
}

/** The module without its code. */
function shell(
  store: Store,
  module: Module,
  control: Control,
  types: readonly SubType[],
  hidden: readonly Export[],
  prefix: string,
): Module {
  const move = (code: Code): Code => moveGlobals(code, control)
  const shared: Import[] = SHARED_GLOBALS.map((name) => ({
    module: prefix,
    name,
    desc: { kind: 'global', type: { type: I32, mutable: true } },
  }))
  const moved = (x: Export): Export =>
    x.kind === 'global' && x.index >= control.firstGlobal ? { ...x, index: x.index + control.shift } : x
  const limits = { address: 'i32' as const, min: HOOK_TABLE.size, max: HOOK_TABLE.size }
  const exports: Export[] = [
    ...module.exports,
    ...hidden,
    { name: `${prefix}hooks`, kind: 'table', index: control.hookTable },
  ]
  if (module.start !== undefined) exports.push({ name: `${prefix}start`, kind: 'func', index: module.start })
  const { tableElements } = store.limits
  return {
    ...module,
    recTypes: [...module.recTypes, ...types.map((t) => [t])],
    imports: [...module.imports, ...shared],
    tables: [
      ...module.tables.map(({ type, init }) => ({
        type: tableElements === DEFAULT_LIMITS.tableElements ? type : capped(type, tableElements, NATURAL_ELEMENTS),
        init: init && move(init),
      })),
      { type: { limits, elem: HOOK_TABLE.elem }, init: undefined },
    ],
    memories: module.memories.map((type) =>
      store.limits.memoryPages === DEFAULT_LIMITS.memoryPages
        ? type
        : capped(type, store.memoryPages(type), NATURAL_PAGES),
    ),
    globals: module.globals.map((g) => ({ ...g, init: move(g.init) })),
    exports: exports.map(moved),
    start: undefined,
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
