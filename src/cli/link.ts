// Joins a module with WASI: its imports from functions and memories by name, and its instance in the shape that WASI looks at.
import { LinkError } from '../errors.ts'
import { hostFunc, invoke } from '../runtime/boundary.ts'
import { unknownImport } from '../runtime/imports.ts'
import type { Extern, MemInst, ModuleInst } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import type { Value } from '../runtime/values.ts'
import type { Import, ImportDesc, Module } from '../syntax/module.ts'
import type { FuncType } from '../syntax/types.ts'
import { didYouMean } from './suggest.ts'

/** Functions of preview 1 and memories, by module and name. */
export type Given = Readonly<Record<string, Readonly<Record<string, unknown>>>>

function own<T>(of: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return of !== undefined && Object.hasOwn(of, name) ? of[name] : undefined
}

export type MemoryImport = Import & { desc: Extract<ImportDesc, { kind: 'memory' }> }

/** The shared memory that a program with threads imports. */
export function sharedMemory(module: Module): MemoryImport | undefined {
  return module.imports.find((i): i is MemoryImport => i.desc.kind === 'memory' && i.desc.type.shared)
}

/** What is known of an import that is not given: the names that are near to it. */
function advice({ module, name }: Import, given: Given): string {
  const functions = own(given, module)
  if (functions !== undefined) return didYouMean(name, Object.keys(functions))
  const hint = didYouMean(module, Object.keys(given))
  return hint || `; anywasm run gives only ${Object.keys(given).join(' and ')}`
}

/** The externs for a module's imports, in order; a LinkError names the first that is not given. */
export function externs(store: Store, module: Module, given: Given): (Extern | undefined)[] {
  const ids = store.registry.add(module.recTypes)
  const types = ids.map((id) => store.registry.types[id]!)
  return module.imports.map((i) => {
    const value = own(own(given, i.module), i.name)
    if (value !== undefined && i.desc.kind === 'memory') return value as MemInst
    if (typeof value !== 'function' || i.desc.kind !== 'func') {
      const error = unknownImport(i, types)
      throw new LinkError(error.message + advice(i, given))
    }
    const def = types[i.desc.type]!
    const { results } = def.sub.comp as FuncType
    return hostFunc(def, (values) => {
      const result: Value = value(...values)
      return results.length === 0 ? [] : [result]
    })
  })
}

/** The instance as WASI wants it. */
export function facade(store: Store, inst: ModuleInst): { exports: Record<string, unknown> } {
  const exports: Record<string, unknown> = {}
  for (const [name, x] of inst.exports)
    exports[name] =
      x.kind === 'func'
        ? (...args: Value[]) => invoke(store, x, args)[0]
        : x.kind === 'memory'
          ? {
              get buffer() {
                return x.buffer
              },
              get view() {
                void x.pages
                return x.views.dv
              },
            }
          : x
  return { exports }
}
