// The WebAssembly namespace object over an engine (specification: JavaScript API, The WebAssembly Namespace; Web API for the streaming functions).
import type { Executor, Store } from '../runtime/store.ts'
import { type CompileOptions, readCompileOptions } from './builtins.ts'
import { exportedFunction } from './func.ts'
import { defineGlobal } from './global.ts'
import { checkImportObject, defineInstance, instantiateModule } from './instance.ts'
import { defineMemory } from './memory.ts'
import { type Messages, messagesOf as realmMessages } from './messages.ts'
import { compileBytes, defineModule, type ModuleState } from './module.ts'
import { type Options, Realm } from './realm.ts'
import { responseBytes } from './stream.ts'
import { defineTable } from './table.ts'
import { defineException, defineTag } from './tag.ts'
import { type Bytes, bytesOf, needArguments } from './webidl.ts'

type Compile = (what: string) => Promise<ModuleState>

/** The operations of the namespace; all of them members that an enumeration shows. */
function operations(realm: Realm) {
  const moduleOf = (state: ModuleState) => realm.modules.objectOf(state)
  const instanceOf = (state: ModuleState, imports: unknown) =>
    realm.instances.objectOf(instantiateModule(realm, state, imports, 'WebAssembly.instantiate()'))
  const from = (bytes: unknown, options: CompileOptions, what: string): Promise<ModuleState> => {
    const copy = bytesOf(bytes, what)
    return Promise.resolve().then(() => compileBytes(realm, copy, options, what))
  }
  const streamed = (source: unknown, options: CompileOptions, what: string): Promise<ModuleState> =>
    responseBytes(source, what).then((bytes) => compileBytes(realm, bytes, options, what))
  const both = async (compile: Compile, imports: unknown, what: string): Promise<object> => {
    checkImportObject(imports, what)
    const state = await compile(what)
    return { module: moduleOf(state), instance: instanceOf(state, imports) }
  }

  return {
    validate(bytes: Bytes, _options?: object): boolean {
      needArguments(arguments.length, 1, 'WebAssembly.validate()')
      const copy = bytesOf(bytes, 'WebAssembly.validate()')
      const options = readCompileOptions(arguments[1])
      try {
        compileBytes(realm, copy, options, '')
        return true
      } catch (e) {
        if (e instanceof realm.errors.CompileError) return false
        throw e
      }
    },
    async compile(bytes: Bytes, _options?: object): Promise<object> {
      needArguments(arguments.length, 1, 'WebAssembly.compile()')
      return moduleOf(await from(bytes, readCompileOptions(arguments[1]), 'WebAssembly.compile()'))
    },
    async instantiate(source: Bytes | object, _imports?: object, _options?: object): Promise<object> {
      const what = 'WebAssembly.instantiate()'
      needArguments(arguments.length, 1, what)
      const imports: unknown = arguments[1]
      const state = realm.modules.find(source)
      if (state === undefined) {
        const options = readCompileOptions(arguments[2])
        return both(() => from(source, options, what), imports, what)
      }
      checkImportObject(imports, what)
      // The imports are read at once, the rest waits for its turn.
      return instanceOf(state, imports)
    },
    async compileStreaming(source: unknown, _options?: object): Promise<object> {
      const what = 'WebAssembly.compileStreaming()'
      return moduleOf(await streamed(source, readCompileOptions(arguments[1]), what))
    },
    async instantiateStreaming(source: unknown, _imports?: object, _options?: object): Promise<object> {
      const what = 'WebAssembly.instantiateStreaming()'
      const options = readCompileOptions(arguments[2])
      return both(() => streamed(source, options, what), arguments[1], what)
    },
  }
}

const realms = new WeakMap<object, Realm>()

/** The store behind a namespace: its `meter` (fuel, deadline, flag, signal) can be read and set, `exceeded` tells the limit that was met last. */
export function storeOf(namespace: object): Store | undefined {
  return realms.get(namespace)?.store
}

/** How modules and shared memories of a namespace go to other agents. */
export function messagesOf(namespace: object): Messages | undefined {
  const realm = realms.get(namespace)
  return realm && realmMessages(realm)
}

/** What createWebAssembly gives: the shape of the host's `WebAssembly`. */
export type WebAssemblyNamespace = ReturnType<typeof createNamespace>

/** A namespace of its own over an executor. */
export function createNamespace(engine: Executor, options: Options = {}) {
  const realm = new Realm(engine, options)
  realm.functionOf = (func, index) => exportedFunction(realm, func, index)
  const classes = {
    Module: defineModule(realm),
    Instance: defineInstance(realm),
    Memory: defineMemory(realm),
    Table: defineTable(realm),
    Global: defineGlobal(realm),
    Tag: defineTag(realm),
    Exception: defineException(realm),
    ...realm.errors,
  }
  const functions = operations(realm)
  const namespace = {}
  realms.set(namespace, realm)
  for (const [name, value] of Object.entries(functions)) {
    Object.defineProperty(value, 'length', { value: 1, configurable: true })
    Object.defineProperty(namespace, name, { value, writable: true, enumerable: true, configurable: true })
  }
  for (const [name, value] of Object.entries(classes))
    Object.defineProperty(namespace, name, { value, writable: true, configurable: true })
  const jsTag = realm.tags.objectOf(realm.jsTag)
  const getter = Object.getOwnPropertyDescriptor(
    {
      get JSTag() {
        return jsTag
      },
    },
    'JSTag',
  )!
  Object.defineProperty(namespace, 'JSTag', getter)
  Object.defineProperty(namespace, Symbol.toStringTag, { value: 'WebAssembly', configurable: true })
  return namespace as typeof functions & typeof classes & { readonly JSTag: object }
}
