// Matches given externs against a module's imports, all before anything is written (specification: Execution, Instantiation). A LinkError names
// module, field, what was expected and what was given.
import { LinkError } from '../errors.ts'
import { matchesDef, matchesGlobal, matchesMem, matchesTable, matchesTag } from '../syntax/match.ts'
import type { Import, ImportDesc, Module } from '../syntax/module.ts'
import { type DefType, mapType, type TypeRegistry } from '../syntax/type-registry.ts'
import { type FuncType, type Limits, type MemType, type TableType, typeName, typeNames } from '../syntax/types.ts'
import type { Extern, MemInst, TableInst } from './instances.ts'

/** Import and export types as people read them, e.g. `func [i32] -> []`. */
export function describe(desc: ImportDesc, types: readonly DefType[]): string {
  switch (desc.kind) {
    case 'func':
      return `func ${signature(types[desc.type]!.sub.comp as FuncType)}`
    case 'tag':
      return `tag ${signature(types[desc.type.type]!.sub.comp as FuncType)}`
    case 'table':
      return `table ${limitsText(desc.type.limits)} ${typeName(desc.type.elem)}`
    case 'memory':
      return `memory ${limitsText(desc.type.limits)}${desc.type.shared ? ' shared' : ''}${desc.type.pageSizeLog2 === 16 ? '' : ` (pagesize ${2 ** desc.type.pageSizeLog2})`}`
    case 'global':
      return `global ${desc.type.mutable ? 'mut ' : ''}${typeName(desc.type.type)}`
  }
}

const signature = (t: FuncType) => `${typeNames(t.params)} -> ${typeNames(t.results)}`
const limitsText = (l: Limits) =>
  `${l.address === 'i64' ? 'i64 ' : ''}${l.min}${l.max === undefined ? '' : ` ${l.max}`}`

/** What an extern is, in the same words. */
export function describeExtern(x: Extern): string {
  switch (x.kind) {
    case 'func':
      return `func ${signature(x.type)}`
    case 'tag':
      return `tag ${signature(x.type)}`
    case 'table':
      return describe({ kind: 'table', type: currentTable(x) }, [])
    case 'memory':
      return describe({ kind: 'memory', type: currentMemory(x) }, [])
    case 'global':
      return describe({ kind: 'global', type: x.type }, [])
  }
}

export function unknownImport(i: Import, types: readonly DefType[]): LinkError {
  return new LinkError(`unknown import "${i.module}" "${i.name}": the module needs a ${describe(i.desc, types)}`)
}

/** Checks every import; a missing one (undefined) or one that does not fit is a LinkError. */
export function checkImports(
  registry: TypeRegistry,
  module: Module,
  types: readonly DefType[],
  externs: readonly (Extern | undefined)[],
): void {
  const ids = types.map((t) => t.id)
  module.imports.forEach((i, k) => {
    const given = externs[k]
    if (given === undefined) throw unknownImport(i, types)
    if (!fits(registry, i.desc, ids, given))
      throw new LinkError(
        `incompatible import type for "${i.module}" "${i.name}": expected ${describe(i.desc, types)}, got ${describeExtern(given)}`,
      )
  })
}

function fits(reg: TypeRegistry, desc: ImportDesc, ids: readonly number[], x: Extern): boolean {
  switch (desc.kind) {
    case 'func':
      return x.kind === 'func' && matchesDef(reg, x.typeId, ids[desc.type]!)
    case 'tag':
      return x.kind === 'tag' && matchesTag(x.def.id, ids[desc.type.type]!)
    case 'table':
      return (
        x.kind === 'table' && matchesTable(reg, currentTable(x), { ...desc.type, elem: mapType(desc.type.elem, ids) })
      )
    case 'memory':
      return x.kind === 'memory' && matchesMem(currentMemory(x), desc.type)
    case 'global':
      return x.kind === 'global' && matchesGlobal(reg, x.type, { ...desc.type, type: mapType(desc.type.type, ids) })
  }
}

/** The types of a table and a memory as they are now: the present size is the minimum. */
export const currentTable = (x: TableInst): TableType => ({
  ...x.type,
  limits: { ...x.type.limits, min: BigInt(x.size) },
})
export const currentMemory = (x: MemInst): MemType => ({
  ...x.type,
  limits: { ...x.type.limits, min: BigInt(x.pages) },
})
