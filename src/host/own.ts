// Memories, tables and globals that the store's embedder makes in place of the host: a module imports what it would define, at the same indices, and what
// it is given is made before it is instantiated.
import { Exhaustion, LinkError } from '../errors.ts'
import { evaluate } from '../runtime/const-expr.ts'
import type { ModuleInst } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import type { Import, Module } from '../syntax/module.ts'
import { mapType } from '../syntax/type-registry.ts'
import { isRef } from '../syntax/types.ts'

const known = new WeakMap<Module, Module>()

/** The module as the host gets it from a store: itself, unless the embedder makes what it defines. */
export function moduleFor(store: Store, module: Module): Module {
  if (!store.hasFactory) return module
  let made = known.get(module)
  if (made === undefined) known.set(module, (made = importing(module)))
  return made
}

function importing(module: Module): Module {
  let from = 'anywasm:own'
  while (module.imports.some((i) => i.module === from)) from += '/'
  const added = (desc: Import['desc'], k: number): Import => ({ module: from, name: `${desc.kind}${k}`, desc })
  // The values of others are the host's objects.
  const tables = module.tables.every(({ init }) => init === undefined) ? module.tables : []
  const globals = module.globals.every(({ type }) => !isRef(type.type)) ? module.globals : []
  const imports = [
    ...module.imports,
    ...module.memories.map((type, k) => added({ kind: 'memory', type }, k)),
    ...tables.map(({ type }, k) => added({ kind: 'table', type }, k)),
    ...globals.map(({ type }, k) => added({ kind: 'global', type }, k)),
  ]
  const rest = { tables: tables.length > 0 ? [] : module.tables, globals: globals.length > 0 ? [] : module.globals }
  return { ...module, imports, memories: [], ...rest }
}

/** Has the store make what the module as given does not define, in the runtime's order. */
export function makeOwn(inst: ModuleInst, given: Module): void {
  const { store, module, typeIds } = inst
  try {
    for (const type of module.memories) inst.memories.push(store.newMemory(type))
  } catch (e) {
    if (e instanceof Exhaustion) throw new LinkError(store.exceed('host memory', e.message))
    throw e
  }
  if (given.globals.length === 0)
    for (const { type, init } of module.globals) inst.globals.push(store.newGlobal(type, evaluate(inst, init)))
  if (given.tables.length === 0)
    for (const { type } of module.tables)
      inst.tables.push(store.newTable({ ...type, elem: mapType(type.elem, typeIds) }))
}
