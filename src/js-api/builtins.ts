// Compile options: which builtin sets and which imported string constants a module uses (specification: JavaScript API, Builtins).
// The builtin functions themselves stand in js-string.ts.
import { CompileError } from '../errors.ts'
import type { Import, Module } from '../syntax/module.ts'
import { type DefType, TypeRegistry } from '../syntax/type-registry.ts'
import { EXTERNREF, Heap, heapOf, isRef, type RecType, typeNames } from '../syntax/types.ts'
import { ARRAY_GROUP, type Builtin, jsString } from './js-string.ts'
import { dictionary } from './webidl.ts'

/** What compiling functions take in their options argument, converted. */
export interface CompileOptions {
  /** Names of builtin sets as given; those that we don't know mean nothing. */
  readonly builtins: readonly string[]
  /** The sets among them that we know. */
  readonly sets: ReadonlyMap<string, ReadonlyMap<string, Builtin>>
  /** The import module whose globals are their own names as strings. */
  readonly importedStrings: string | undefined
}

/** Only options lead to them, so that who takes none need not have them. */
const SETS: CompileOptions['sets'] = new Map([['js-string', jsString]])
export const NO_OPTIONS: CompileOptions = { builtins: [], sets: new Map(), importedStrings: undefined }

/** @throws TypeError for options of a wrong type */
export function readCompileOptions(value: unknown): CompileOptions {
  if (value === undefined) return NO_OPTIONS
  const options = dictionary(value, 'the compile options')
  const names = options.builtins
  const builtins = names === undefined ? [] : Array.from(names as Iterable<unknown>, (n) => `${n as string}`)
  const strings = options.importedStringConstants
  const sets = new Map([...SETS].filter(([name]) => builtins.includes(name)))
  return {
    builtins,
    sets,
    importedStrings: strings === undefined || strings === null ? undefined : `${strings as string}`,
  }
}

/** The builtin that an import names, if its set is enabled. */
export function builtinOf(i: Import, options: CompileOptions): Builtin | undefined {
  if (!i.module.startsWith('wasm:')) return undefined
  return options.sets.get(i.module.slice('wasm:'.length))?.get(i.name)
}

export const isImportedString = (i: Import, options: CompileOptions): boolean => i.module === options.importedStrings

/** Whether the import needs nothing from the imports object. */
export const isProvided = (i: Import, options: CompileOptions): boolean =>
  isImportedString(i, options) || builtinOf(i, options) !== undefined

/** The defined type of a builtin. */
export function builtinType(registry: TypeRegistry, { params, results }: Builtin): DefType {
  const group: RecType = [{ final: true, supers: [], comp: { kind: 'func', params, results } }]
  const ids = registry.add([ARRAY_GROUP, group])
  return registry.types[ids[1]!]!
}

/** @throws CompileError where an import has another type than the builtin or string constant that it names */
export function checkBuiltins(module: Module, options: CompileOptions): void {
  if (options === NO_OPTIONS) return
  if (new Set(options.builtins).size < options.builtins.length) throw new CompileError('a builtin set is listed twice')
  const registry = new TypeRegistry()
  const ids = registry.add(module.recTypes)
  for (const i of module.imports) {
    if (isImportedString(i, options)) checkString(i)
    const builtin = builtinOf(i, options)
    if (builtin === undefined) continue
    if (i.desc.kind !== 'func' || ids[i.desc.type] !== builtinType(registry, builtin).id)
      throw new CompileError(
        `the builtin "${i.name}" must be imported as a function ${typeNames(builtin.params)} -> ${typeNames(builtin.results)}`,
      )
  }
}

function checkString(i: Import): void {
  const t = i.desc.kind === 'global' && !i.desc.type.mutable ? i.desc.type.type : 0
  if (!isRef(t) || (t !== EXTERNREF && heapOf(t) !== Heap.extern))
    throw new CompileError(`the string constant "${i.name}" must be imported as an immutable global of type externref`)
}
