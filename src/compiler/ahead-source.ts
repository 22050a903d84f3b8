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

/** A function as a member of `AheadCode.funcs`. */
export interface AheadRow {
  readonly index: number
  readonly text: string
  /** For each line of the text the byte offset of the instruction in the module that it came from, or -1. The function's head is the second. */
  readonly offsets: readonly number[]
}

export interface AheadSource {
  readonly rows: readonly AheadRow[]
  /** Constructors of structs by their lanes: members of `AheadCode.structs`. */
  readonly structs: readonly string[]
  /** What the functions refer to that is not of an instance: exports of the rooms that builtins.ts joins. */
  readonly helpers: readonly string[]
}

/** Names that resolve.ts gives the parts of an instance, or makes for one. */
const OWN = /^(?:(?:F|M|MI|T|TI|G|D|E|TAG|TYPE|make)\d+|checkCallee)$/
const CASTS = ['testRef', 'castRef']

/**
 * What `anywasm compile` writes an AheadCode of.
 * @param store one whose type registry is in the state in which the code will find its own
 * @param number an integer from 0 to 2^32 - 1
 * @param es5 whether the source has no syntax that is newer
 */
export function compileAhead(store: Store, module: Module, number: number, es5 = false): AheadSource {
  const inst = outline(store, module)
  const structs = new Map<string, string>()
  const helpers = new Set<string>()
  const rows = inst.funcs.slice(inst.importedFuncs).map((func): AheadRow => {
    const compiled = new FuncCompiler(inst, func, undefined, false, es5).compile(`$${number}_${func.index}`)
    const { names, offsets, hasTailCall } = compiled
    for (const name of names) {
      const type = /^make(\d+)$/.exec(name)
      if (type !== null) {
        const key = structKey(inst.types[Number(type[1])]!)
        structs.set(key, `"${key}":${structSource(key === '' ? [] : key.split(','))}`)
      }
      if (CASTS.includes(name)) helpers.add('casts')
      else if (!OWN.test(name)) helpers.add(name)
    }
    const body = es5 ? es5Body(compiled.source, names) : factoryBody(compiled.source, names)
    const text = `[${hasTailCall ? 1 : 0},"${names.join()}",function($){${body}}]`
    return { index: func.index, text, offsets: [-1, offsets[0] ?? -1, ...offsets] }
  })
  return { rows, structs: [...structs.values()], helpers: [...helpers].sort() }
}

/** The source of an AheadCode. */
export const aheadCode = (number: number, { rows, structs }: AheadSource): string =>
  `{number:${number},structs:{${structs.join(',\n')}},funcs:[\n${rows.map((r) => r.text).join(',\n')}\n]}`

/** As `factoryBody`, in ES5. Sources declare at the heads of functions only, and have neither strings nor comments. */
function es5Body(source: string, names: readonly string[]): string {
  const bound = names.length === 0 ? '' : `var ${names.map((n) => `${n}=$.${n}`).join(',')};`
  return `"use strict";${bound}\n${source.replace(/\b(?:let|const) /g, 'var ')}`
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
