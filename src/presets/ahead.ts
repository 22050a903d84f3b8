// What a module that was compiled ahead of time needs at run time: the JavaScript API without compiling, over the executor of its code. The build keeps
// it as statements that `anywasm compile` chooses from (scripts/ahead-runtime.mjs).
import { decode } from '../binary/decode.ts'
import { type AheadCode, aheadExecutor, type Helpers } from '../compiler/ahead.ts'
import { NO_OPTIONS } from '../js-api/builtins.ts'
import { exportedFunction } from '../js-api/func.ts'

export { defineGlobal } from '../js-api/global.ts'

import { checkImportObject, instantiateModule } from '../js-api/instance.ts'

export { defineMemory } from '../js-api/memory.ts'

import type { ModuleState } from '../js-api/module.ts'
import { Realm } from '../js-api/realm.ts'

export { defineTable } from '../js-api/table.ts'
export { defineException, defineTag } from '../js-api/tag.ts'

import type { Executor } from '../runtime/store.ts'

/** The realm that a module's code is compiled for, and runs in: the module's types come first. `types` is a module of nothing but them. */
export function aheadRealm(executor: Executor, types: Uint8Array): Realm {
  const realm = new Realm(executor, {})
  realm.store.registry.add(decode(types).recTypes)
  realm.functionOf = (func, index) => exportedFunction(realm, func, index)
  return realm
}

/** Bytes from base64, on hosts that have no function for it too. */
export function fromBase64(text: string): Uint8Array {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const values = new Uint8Array(128)
  for (let k = 0; k < digits.length; k++) values[digits.charCodeAt(k)] = k
  const length = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length
  const out = new Uint8Array(Math.floor((length * 3) / 4))
  let bits = 0
  for (let k = 0, at = 0; k < length; k++) {
    bits = (bits << 6) | values[text.charCodeAt(k)]!
    if (k % 4 > 0) out[at++] = bits >> (6 - 2 * (k % 4))
  }
  return out
}

/** What `anywasm compile` writes of a module. */
export interface AheadModule {
  readonly code: AheadCode
  readonly helpers: Helpers
  /** A module of nothing but the types, in base64. */
  readonly types: string
  /** Gives the module without its functions' bodies. */
  readonly contents: () => Uint8Array | Promise<Uint8Array>
  /** Classes of the kinds of things that the module imports or exports, by name. */
  readonly classes: Readonly<Record<string, (realm: Realm) => unknown>>
}

export interface Instance {
  readonly exports: object
}

/** What the output of `anywasm compile` exports. */
export function load({ code, helpers, types, contents, classes }: AheadModule): Record<string, unknown> {
  const realm = aheadRealm(aheadExecutor(code, helpers), fromBase64(types))
  let state: ModuleState | undefined
  const read = (bytes: Uint8Array): ModuleState => {
    const module = decode(bytes, true)
    if (module.funcs.length !== code.funcs.length)
      throw new Error('the .wasm file is not the one that this code was compiled with: compile the module again')
    state = { module, options: NO_OPTIONS }
    return state
  }
  const make = (module: ModuleState, imports: object | undefined, what: string): Instance => {
    const inst = instantiateModule(realm, module, imports, what)
    return { exports: inst.hostState as object }
  }
  const loaded: Record<string, unknown> = {
    instantiate: (imports?: object): Promise<Instance> =>
      new Promise((resolve) => {
        checkImportObject(imports, 'instantiate()')
        resolve(state === undefined ? Promise.resolve(contents()).then(read) : state)
      }).then((module) => make(module as ModuleState, imports, 'instantiate()')),
    instantiateSync(imports?: object): Instance {
      checkImportObject(imports, 'instantiateSync()')
      const bytes = state === undefined ? contents() : undefined
      if (bytes instanceof Promise)
        throw new Error(
          "instantiateSync(): the module's data is in a file of its own: await instantiate() once before, or compile with --embed",
        )
      return make(state ?? read(bytes!), imports, 'instantiateSync()')
    },
    LinkError: realm.errors.LinkError,
    RuntimeError: realm.errors.RuntimeError,
  }
  for (const name of Object.keys(classes)) loaded[name] = classes[name]!(realm)
  return loaded
}
