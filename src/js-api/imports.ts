// Reads the imports of a module out of an imports object (specification: JavaScript API, "read the imports"). Whether kinds fit is decided here,
// whether types fit by the runtime.
import { describe, describeExtern } from '../runtime/imports.ts'
import { type Callable, type Extern, FuncInst, type GlobalInst } from '../runtime/instances.ts'
import type { Import } from '../syntax/module.ts'
import { type DefType, mapType } from '../syntax/type-registry.ts'
import { F32, F64, type GlobalType, I32, I64, V128 } from '../syntax/types.ts'
import { builtinOf, builtinType, isImportedString } from './builtins.ts'
import { describeValue, toWasm } from './convert.ts'
import { importedFunction } from './func.ts'
import type { ModuleState } from './module.ts'
import type { Realm } from './realm.ts'

/** One extern per import. @throws TypeError, the realm's LinkError, and whatever the object's getters throw */
export function readImports(realm: Realm, { module, options }: ModuleState, importObject: unknown): Extern[] {
  if (module.imports.length > 0 && importObject === undefined)
    throw new TypeError(`the imports object is missing; the module has ${module.imports.length} imports`)
  const { registry } = realm.store
  const types = registry.add(module.recTypes).map((id) => registry.types[id]!)
  const reader = new ImportReader(realm, types, importObject as Record<string, unknown>)
  return module.imports.map((i) => {
    const builtin = builtinOf(i, options)
    if (builtin !== undefined)
      return new FuncInst(builtinType(registry, builtin), builtin.code as Callable, undefined, -1, builtin.code)
    if (isImportedString(i, options)) return reader.global(i, (i.desc as { type: GlobalType }).type, i.name)
    return reader.read(i)
  })
}

class ImportReader {
  private readonly ids: readonly number[]

  constructor(
    private readonly realm: Realm,
    private readonly types: readonly DefType[],
    private readonly importObject: Record<string, unknown>,
  ) {
    this.ids = types.map((t) => t.id)
  }

  read(i: Import): Extern {
    const namespace = this.importObject[i.module]
    if ((typeof namespace !== 'object' || namespace === null) && typeof namespace !== 'function')
      throw new TypeError(
        `import "${i.module}": the imports object has ${namespace === undefined ? 'no such module' : describeValue(namespace)}; needed for "${i.name}", a ${describe(i.desc, this.types)}`,
      )
    const v = (namespace as Record<string, unknown>)[i.name]
    switch (i.desc.kind) {
      case 'func':
        if (typeof v !== 'function') throw this.misfit(i, v)
        return importedFunction(this.realm, this.types[i.desc.type]!, v as (...args: unknown[]) => unknown)
      case 'global':
        return this.realm.globals.find(v) ?? this.global(i, i.desc.type, v)
      case 'memory':
        return this.realm.memories.find(v) ?? this.refuse(i, v)
      case 'table':
        return this.realm.tables.find(v) ?? this.refuse(i, v)
      case 'tag':
        return this.realm.tags.find(v) ?? this.refuse(i, v)
    }
  }

  /** An immutable global of a value. */
  global(i: Import, { type, mutable }: GlobalType, v: unknown): GlobalInst {
    const number = type === I32 || type === F32 || type === F64
    const fits = type === I64 ? typeof v === 'bigint' : type === V128 ? false : !number || typeof v === 'number'
    if (!fits || mutable) throw this.misfit(i, v)
    const own = mapType(type, this.ids)
    try {
      return this.realm.store.newGlobal({ type: own, mutable: false }, toWasm(this.realm, v, own))
    } catch (e) {
      throw e instanceof TypeError ? this.misfit(i, v) : e
    }
  }

  private refuse(i: Import, v: unknown): never {
    throw this.misfit(i, v)
  }

  private misfit(i: Import, v: unknown): Error {
    const r = this.realm
    const extern = r.memories.find(v) ?? r.tables.find(v) ?? r.globals.find(v) ?? r.tags.find(v)
    const given = extern === undefined ? describeValue(v) : `a ${describeExtern(extern)}`
    return new r.errors.LinkError(
      `import "${i.module}" "${i.name}": expected a ${describe(i.desc, this.types)}, got ${given}`,
    )
  }
}
