// What a module that was compiled ahead of time needs at run time: the JavaScript API without compiling, over the executor of its code. The build makes
// one file of it, dist/ahead-runtime.js, which `anywasm compile` puts into its output.
import { decode } from '../binary/decode.ts'
import { type AheadCode, aheadExecutor } from '../compiler/ahead.ts'
import { NO_OPTIONS } from '../js-api/builtins.ts'
import { exportedFunction } from '../js-api/func.ts'
import { defineGlobal } from '../js-api/global.ts'
import { checkImportObject, instantiateModule } from '../js-api/instance.ts'
import { defineMemory } from '../js-api/memory.ts'
import type { ModuleState } from '../js-api/module.ts'
import { Realm } from '../js-api/realm.ts'
import { defineTable } from '../js-api/table.ts'
import { defineException, defineTag } from '../js-api/tag.ts'
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

/**
 * What the output of `anywasm compile` exports.
 * @param types a module of nothing but the types, in base64
 * @param contents gives the module without its functions' bodies
 */
export function load(code: AheadCode, types: string, contents: () => Uint8Array | Promise<Uint8Array>) {
  const realm = aheadRealm(aheadExecutor(code), fromBase64(types))
  let state: Promise<ModuleState> | undefined
  const read = async (): Promise<ModuleState> => {
    const module = decode(await contents(), true)
    if (module.funcs.length !== code.funcs.length)
      throw new Error('the .wasm file is not the one that this code was compiled with: compile the module again')
    return { module, options: NO_OPTIONS }
  }
  return {
    /** Makes an instance; the imports are those that `WebAssembly.instantiate` takes, with this file's classes. */
    async instantiate(imports?: object): Promise<{ readonly exports: object }> {
      checkImportObject(imports, 'instantiate()')
      state ??= read()
      const inst = instantiateModule(realm, await state, imports, 'instantiate()')
      return { exports: inst.hostState as object }
    },
    Memory: defineMemory(realm),
    Table: defineTable(realm),
    Global: defineGlobal(realm),
    Tag: defineTag(realm),
    Exception: defineException(realm),
    LinkError: realm.errors.LinkError,
    RuntimeError: realm.errors.RuntimeError,
  }
}
