// WebAssembly.Module and compiling (specification: JavaScript API, Modules).
import { decode } from '../binary/decode.ts'
import { checkModuleLimits, checkModuleSize } from '../runtime/store.ts'
import type { ExternKind, Module } from '../syntax/module.ts'
import { validate } from '../valid/module.ts'
import { type CompileOptions, checkBuiltins, isProvided, readCompileOptions } from './builtins.ts'
import { apiError } from './errors.ts'
import { expectGrowth } from './memory.ts'
import type { Realm } from './realm.ts'
import { asInterface, type Bytes, bytesOf, needArguments } from './webidl.ts'

/** What a Module object holds. */
export interface ModuleState {
  readonly module: Module
  readonly options: CompileOptions
}

export interface ModuleExportDescriptor {
  name: string
  kind: 'function' | 'table' | 'memory' | 'global' | 'tag'
}
export interface ModuleImportDescriptor extends ModuleExportDescriptor {
  module: string
}

/** Bytes of a module from which on its program is likely to need more memory. */
const LARGE = 1 << 18

/** What validation finds out. */
export type Facts = Pick<Module, 'changesTables'>

/**
 * Decodes and validates bytes that nobody else changes.
 * @param facts what validation has found out, where another agent has validated them
 * @throws the realm's CompileError
 */
export function compileBytes(
  realm: Realm,
  bytes: Uint8Array,
  options: CompileOptions,
  what: string,
  facts?: Facts,
): ModuleState {
  try {
    checkModuleSize(realm.store, bytes.length)
    if (bytes.length >= LARGE) expectGrowth()
    const module = decode(bytes, true)
    checkModuleLimits(realm.store, module)
    if (facts === undefined) {
      realm.store.executor.expect?.(module)
      validate(module)
    } else Object.assign(module, facts)
    checkBuiltins(module, options)
    return { module, options }
  } catch (e) {
    throw apiError(realm.errors, what, e)
  }
}

const kindName = (kind: ExternKind): ModuleExportDescriptor['kind'] => (kind === 'func' ? 'function' : kind)

export function defineModule(realm: Realm) {
  class Module {
    constructor(bytes: Bytes, options?: object) {
      needArguments(arguments.length, 1, 'WebAssembly.Module()')
      const copy = bytesOf(bytes, 'WebAssembly.Module()')
      realm.modules.add(this, compileBytes(realm, copy, readCompileOptions(options), 'WebAssembly.Module()'))
    }

    /** Its exports in declaration order. */
    static exports(module: unknown): ModuleExportDescriptor[] {
      needArguments(arguments.length, 1, 'WebAssembly.Module.exports()')
      const state = realm.modules.of(module, 'the argument of WebAssembly.Module.exports()')
      return state.module.exports.map(({ name, kind }) => ({ name, kind: kindName(kind) }))
    }

    /** Its imports in declaration order, without those that builtins and string constants provide. */
    static imports(module: unknown): ModuleImportDescriptor[] {
      needArguments(arguments.length, 1, 'WebAssembly.Module.imports()')
      const state = realm.modules.of(module, 'the argument of WebAssembly.Module.imports()')
      return state.module.imports
        .filter((i) => !isProvided(i, state.options))
        .map((i) => ({ module: i.module, name: i.name, kind: kindName(i.desc.kind) }))
    }

    /** Copies of the custom sections of a name. */
    static customSections(module: unknown, name: unknown): ArrayBuffer[] {
      needArguments(arguments.length, 2, 'WebAssembly.Module.customSections()')
      const state = realm.modules.of(module, 'the argument of WebAssembly.Module.customSections()')
      const wanted = `${name as string}`
      return state.module.customs.filter((c) => c.name === wanted).map((c) => c.bytes.slice().buffer as ArrayBuffer)
    }
  }
  Object.defineProperty(Module, 'length', { value: 1, configurable: true })
  realm.modules.proto = Module.prototype
  return asInterface(Module, 'Module')
}
