// Compiles all functions of a module to the source of what ahead.ts runs. Nothing is instantiated: the compiler only asks an instance for types, so
// it gets one whose memories, tables and globals are empty.
import { FuncInst, GlobalInst, MemInst, ModuleInst, TableInst, TagInst } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import type { Import, Module } from '../syntax/module.ts'
import { mapType } from '../syntax/type-registry.ts'
import type { GlobalType, MemType, TableType } from '../syntax/types.ts'
import { factoryBody } from './emit.ts'
import { FuncCompiler } from './func.ts'
import { structKey, structSource } from './structs.ts'

/**
 * The source of an expression that gives an AheadCode.
 * @param store one whose type registry is in the state in which the code will find its own
 * @param number an integer from 0 to 2^32 - 1
 */
export function compileAhead(store: Store, module: Module, number: number): string {
  const inst = outline(store, module)
  const structs = new Map<string, string>()
  const rows: string[] = []
  for (const func of inst.funcs.slice(inst.importedFuncs)) {
    const { source, names, hasTailCall } = new FuncCompiler(inst, func).compile(`$${number}_${func.index}`)
    rows.push(`[${hasTailCall ? 1 : 0},"${names.join()}",function($){${factoryBody(source, names)}}]`)
    for (const name of names) {
      const type = /^make(\d+)$/.exec(name)
      if (type === null) continue
      const key = structKey(inst.types[Number(type[1])]!)
      structs.set(key, `"${key}":${structSource(key === '' ? [] : key.split(','))}`)
    }
  }
  return `{number:${number},structs:{${[...structs.values()].join(',\n')}},funcs:[\n${rows.join(',\n')}\n]}`
}

/** An instance that has the types of everything and the contents of nothing. */
function outline(store: Store, module: Module): ModuleInst {
  const typeIds = store.registry.add(module.recTypes)
  const types = typeIds.map((id) => store.registry.types[id]!)
  const inst = new ModuleInst(store, module, types, typeIds)
  for (const { desc } of module.imports) addImport(inst, desc)
  for (const f of module.funcs) inst.funcs.push(new FuncInst(types[f.type]!, absent, inst, inst.funcs.length))
  for (const t of module.tags) inst.tags.push(new TagInst(types[t.type]!))
  for (const { type } of module.globals) addGlobal(inst, type)
  for (const { type } of module.tables) addTable(inst, type)
  for (const type of module.memories) addMemory(inst, type)
  return inst
}

const absent = () => {
  throw new Error('this instance does not run')
}

function addImport(inst: ModuleInst, desc: Import['desc']): void {
  switch (desc.kind) {
    case 'func':
      inst.funcs.push(new FuncInst(inst.types[desc.type]!, absent, undefined, -1))
      return
    case 'table':
      addTable(inst, desc.type)
      return
    case 'memory':
      addMemory(inst, desc.type)
      return
    case 'global':
      addGlobal(inst, desc.type)
      return
    case 'tag':
      inst.tags.push(new TagInst(inst.types[desc.type.type]!))
  }
}

const addGlobal = (inst: ModuleInst, type: GlobalType) =>
  inst.globals.push(new GlobalInst({ ...type, type: mapType(type.type, inst.typeIds) }))

const addTable = (inst: ModuleInst, type: TableType) =>
  inst.tables.push(new TableInst({ ...type, elem: mapType(type.elem, inst.typeIds) }, 0, null, []))

const addMemory = (inst: ModuleInst, type: MemType) => inst.memories.push(new MemInst(type, 0, new ArrayBuffer(0)))
