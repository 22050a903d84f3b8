// Imports: from what the embedder gives to one extern per import of a module. What is missing or does not fit is a LinkError that names module, field,
// what was expected and given, and names that are near.
import { LinkError } from '../errors.ts'
import { checkImports, describe, describeExtern, unknownImport } from '../runtime/imports.ts'
import type { FuncInst, GlobalInst, Extern as Inst } from '../runtime/instances.ts'
import { FuncInst as FuncClass } from '../runtime/instances.ts'
import type { Import } from '../syntax/module.ts'
import { type DefType, mapType } from '../syntax/type-registry.ts'
import { nearest } from '../util/near.ts'
import { describeValue, isObject } from '../util/options.ts'
import type { Environments } from './environment.ts'
import { instOf } from './handles.ts'
import { type AnyFunction, type Bound, bindTo, hostInst } from './host.ts'
import type { Module } from './module.ts'
import type { Extern, Store } from './store.ts'
import type { Value } from './types.ts'
import { toWasm } from './values.ts'

/** What can stand for an import: an extern, a JavaScript function for a function, a value for an immutable global. */
export type Importable = Extern | ((...args: Value[]) => unknown) | Value
/** Importables by name; an instance stands for all that it exports. */
export type Namespace =
  | Readonly<Record<string, Importable>>
  | ReadonlyMap<string, Importable>
  | { readonly exports: ReadonlyMap<string, Extern> }
/** Imports by module and name. */
export type Imports = Readonly<Record<string, Namespace>> | ReadonlyMap<string, Namespace>

/** Gives what stands for an import, and the names that there are. */
export interface Source {
  get(module: string, name: string): Importable | undefined
  modules(): Iterable<string>
  names(module: string): Iterable<string>
}

const isMap = (x: unknown): x is ReadonlyMap<string, never> => x instanceof Map

function member(of: object | undefined, name: string): unknown {
  if (of === undefined) return undefined
  if (isMap(of)) return of.get(name)
  return Object.hasOwn(of, name) ? (of as Record<string, unknown>)[name] : undefined
}

const keys = (of: object | undefined): Iterable<string> =>
  of === undefined ? [] : isMap(of) ? of.keys() : Object.keys(of)

/** An imports object as a source. @throws {TypeError} for a namespace that is none */
export function makeSource(imports: Imports): Source {
  if (!isObject(imports)) throw new TypeError(`the imports must be an object of modules, got ${describeValue(imports)}`)
  const namespace = (module: string): object | undefined => {
    const found = member(imports, module)
    if (found === undefined) return undefined
    if (typeof found !== 'object' || found === null)
      throw new TypeError(`imports: ${JSON.stringify(module)} must be an object of names, got ${describeValue(found)}`)
    return instOf(found) === undefined ? found : (found as { exports: ReadonlyMap<string, Extern> }).exports
  }
  return {
    get: (module, name) => member(namespace(module), name) as Importable,
    modules: () => keys(imports),
    names: (module) => keys(namespace(module)),
  }
}

/** The externs of a module's imports, and the functions that were made for this instance alone. */
export interface Resolved {
  readonly externs: Inst[]
  readonly bound: readonly Bound[]
}

/** @throws {LinkError} for imports that are missing or do not fit */
export function resolve(store: Store, module: Module, source: Source, environments: Environments): Resolved {
  const { registry } = store.inner
  const ids = registry.add(module.syntax.recTypes)
  const types = ids.map((id) => registry.types[id]!)
  const known = new Map<FuncInst, Bound>()
  const own = (func: FuncInst): FuncInst => {
    let bound = known.get(func)
    if (bound === undefined) known.set(func, (bound = bindTo(store, func, environments)))
    return bound.func
  }
  const given = module.syntax.imports.map((i) => externOf(store, i, types, source))
  // All are checked before anything is bound.
  given.forEach((x, k) => {
    try {
      checkImports(registry, { ...module.syntax, imports: [module.syntax.imports[k]!] }, types, [x])
    } catch (e) {
      throw located(e, module.syntax.imports[k]!, types, x)
    }
  })
  const externs = given.map((x) => (x instanceof FuncClass ? own(x) : x))
  return { externs, bound: [...known.values()] }
}

/** The same error with what it is about. */
function located(e: unknown, i: Import, types: readonly DefType[], x: Inst | undefined): unknown {
  if (e instanceof LinkError)
    e.import = {
      module: i.module,
      name: i.name,
      expected: describe(i.desc, types),
      given: x === undefined ? undefined : describeExtern(x),
    }
  return e
}

function externOf(store: Store, i: Import, types: readonly DefType[], source: Source): Inst {
  const value: unknown = source.get(i.module, i.name)
  const known = instOf(value)
  if (known !== undefined) {
    if (known.store !== store.inner)
      throw misfit(
        i,
        types,
        'one of another store',
        `import "${i.module}" "${i.name}": what is given belongs to another store`,
      )
    if (isExtern(known.inst)) return known.inst
  } else if (i.desc.kind === 'func' && typeof value === 'function')
    return hostInst(store, types[i.desc.type]!, {
      name: `${i.module}.${i.name}`,
      fn: value as AnyFunction,
      caller: undefined,
      cell: undefined,
    })
  if (value === undefined) throw missing(i, types, source)
  if (i.desc.kind === 'global' && !i.desc.type.mutable) return constant(store, i, types, value)
  throw misfit(i, types, describeValue(value))
}

const isExtern = (x: object): x is Inst => 'kind' in x

/** An immutable global of a value. */
function constant(store: Store, i: Import, types: readonly DefType[], value: unknown): GlobalInst {
  const { type } = (i.desc as Extract<Import['desc'], { kind: 'global' }>).type
  const own = mapType(
    type,
    types.map((t) => t.id),
  )
  try {
    const given = toWasm(store, value, own, () => 'the value')
    return store.inner.plainGlobal({ type: own, mutable: false }, given)
  } catch (e) {
    throw e instanceof TypeError ? misfit(i, types, describeValue(value)) : e
  }
}

function misfit(i: Import, types: readonly DefType[], given: string, message?: string): LinkError {
  const expected = describe(i.desc, types)
  const error = new LinkError(
    message ?? `incompatible import type for "${i.module}" "${i.name}": expected ${expected}, got ${given}`,
  )
  error.import = { module: i.module, name: i.name, expected, given }
  return error
}

function missing(i: Import, types: readonly DefType[], source: Source): LinkError {
  const names = [...source.names(i.module)]
  const hint =
    names.length === 0
      ? nearest('module', i.module, [...source.modules()])
      : nearest(`name in "${i.module}"`, i.name, names)
  const error = new LinkError(`${unknownImport(i, types).message}${hint}`)
  error.import = { module: i.module, name: i.name, expected: describe(i.desc, types), given: undefined }
  return error
}
