// Instantiation in the specification's order (specification: Execution, Instantiation): imports are checked before anything is written; then
// tables, memories, globals and segments are made; then element and data segments are applied in order, then the start function runs.
import { Exhaustion, LinkError } from '../errors.ts'
import type { Elem, ImportDesc, Module } from '../syntax/module.ts'
import { mapType } from '../syntax/type-registry.ts'
import type { GlobalType } from '../syntax/types.ts'
import { controlHost, leaving } from './boundary.ts'
import { evaluate } from './const-expr.ts'
import { checkImports } from './imports.ts'
import { type Extern, FuncInst, ModuleInst } from './instances.ts'
import { dropData, dropElem, memoryInit, tableInit } from './segments.ts'
import { checkModuleLimits, type Store } from './store.ts'

/**
 * Instantiates a validated module.
 * @param externs one per import, in order; undefined where the embedder has none
 * @param created called when the instance exists, before anything is written and before the start function
 * @throws LinkError when an import is missing or does not fit, or a limit of the store is exceeded
 * @throws Trap when a segment does not fit or the start function traps; what was written before stays
 */
export function instantiate(
  store: Store,
  module: Module,
  externs: readonly (Extern | undefined)[],
  name?: string,
  created?: (inst: ModuleInst) => void,
): ModuleInst {
  const inst = prepare(store, module, externs)
  inst.name = name
  const { executor } = store
  if (executor.instantiate === undefined) {
    define(inst)
    addExports(inst)
  }
  store.counts.instances++
  created?.(inst)
  try {
    if (executor.instantiate !== undefined) {
      executor.instantiate(inst)
      addExports(inst)
    } else {
      applySegments(inst)
      if (module.start !== undefined) inst.funcs[module.start]!.code()
    }
  } catch (e) {
    store.counts.instances--
    throw leaving(store, e)
  }
  return inst
}

function addExports(inst: ModuleInst): void {
  for (const x of inst.module.exports) inst.exports.set(x.name, externOf(inst, x.kind, x.index))
}

/** An instance with its imports and functions. */
function prepare(store: Store, module: Module, externs: readonly (Extern | undefined)[]): ModuleInst {
  const typeIds = store.registry.add(module.recTypes)
  const types = typeIds.map((id) => store.registry.types[id]!)
  checkImports(store.registry, module, types, externs)
  checkModule(store, module)
  const inst = new ModuleInst(store, module, types, typeIds)
  for (const x of externs) addExtern(inst, x!)
  addFuncs(inst)
  store.executor.link(inst)
  return inst
}

/** Everything up to the segments: nothing imported has been changed yet. */
function define(inst: ModuleInst): void {
  const { store, module } = inst
  try {
    for (const type of module.memories) inst.memories.push(store.newMemory(type))
    addDefinitions(inst)
  } catch (e) {
    if (e instanceof Exhaustion && e.code === 'out of memory') throw new LinkError(store.noMemory(e.message))
    throw e instanceof LinkError ? e : leaving(store, e)
  }
  adopt(inst)
}

/** Counts and watches what the instance has defined. */
export function adopt({ store, module, memories, tables }: ModuleInst): void {
  for (const x of [...memories, ...tables]) store.watch(x)
  store.counts.memories += module.memories.length
  store.counts.tables += module.tables.length
}

/** The limits that a module can be known to exceed before anything is made. */
function checkModule(store: Store, module: Module): void {
  const { counts } = store
  checkModuleLimits(store, module)
  store.within('instances', counts.instances + 1, 'instance number %')
  store.within('memories', counts.memories + module.memories.length, 'memory number %')
  store.within('tables', counts.tables + module.tables.length, 'table number %')
  for (const type of module.memories)
    store.within('memoryPages', type.limits.min, 'memory of % pages', store.memoryPages(type))
  store.checkTables(module.tables.map(({ type }) => type))
}

function addExtern(inst: ModuleInst, x: Extern): void {
  if (x.kind === 'func') {
    if (x.module === undefined) controlHost(inst.store, x)
    inst.funcs.push(x)
    return
  }
  if (x.kind === 'table' || x.kind === 'memory') inst.store.watch(x)
  if (x.kind === 'table') inst.tables.push(x)
  else if (x.kind === 'memory') inst.memories.push(x)
  else if (x.kind === 'global') inst.globals.push(x)
  else inst.tags.push(x)
}

export function externOf(inst: ModuleInst, kind: ImportDesc['kind'], index: number): Extern {
  switch (kind) {
    case 'func':
      return inst.funcs[index]!
    case 'table':
      return inst.tables[index]!
    case 'memory':
      return inst.memories[index]!
    case 'global':
      return inst.globals[index]!
    case 'tag':
      return inst.tags[index]!
  }
}

const unlinked = () => {
  throw new Error('the executor has not linked this function')
}

function addFuncs(inst: ModuleInst): void {
  for (const f of inst.module.funcs)
    inst.funcs.push(new FuncInst(inst.types[f.type]!, unlinked, inst, inst.funcs.length))
}

/** Tags, globals, tables and segments, in the order in which constant expressions may refer to them. */
function addDefinitions(inst: ModuleInst): void {
  const { module, store, types, typeIds } = inst
  for (const t of module.tags) inst.tags.push(store.newTag(types[t.type]!))
  for (const g of module.globals) {
    const type: GlobalType = { ...g.type, type: mapType(g.type.type, typeIds) }
    inst.globals.push(store.newGlobal(type, evaluate(inst, g.init)))
  }
  addTables(inst)
  for (const e of module.elems) inst.elems.push({ refs: elemRefs(inst, e) })
  for (const d of module.datas) inst.datas.push({ bytes: d.bytes })
}

function addTables(inst: ModuleInst): void {
  for (const t of inst.module.tables) {
    const init = t.init === undefined ? null : evaluate(inst, t.init)
    inst.tables.push(inst.store.newTable({ ...t.type, elem: mapType(t.type.elem, inst.typeIds) }, init))
  }
}

function elemRefs(inst: ModuleInst, e: Elem): unknown[] {
  if (e.init.kind === 'funcs') return Array.from(e.init.funcs, (index) => inst.funcs[index]!)
  return e.init.exprs.map((code) => evaluate(inst, code))
}

/** An address as an exact number ≥ 0. */
const address = (v: unknown): number => (typeof v === 'bigint' ? Number(BigInt.asUintN(64, v)) : (v as number) >>> 0)

function applySegments(inst: ModuleInst): void {
  inst.module.elems.forEach((e, k) => {
    const segment = inst.elems[k]!
    if (e.mode.kind === 'active')
      tableInit(inst.tables[e.mode.index]!, segment, address(evaluate(inst, e.mode.offset)), 0, segment.refs.length)
    if (e.mode.kind !== 'passive') dropElem(segment)
  })
  inst.module.datas.forEach((d, k) => {
    const segment = inst.datas[k]!
    if (d.mode.kind !== 'active') return
    memoryInit(inst.memories[d.mode.index]!, segment, address(evaluate(inst, d.mode.offset)), 0, segment.bytes.length)
    dropData(segment)
  })
}
