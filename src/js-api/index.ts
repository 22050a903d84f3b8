// The package entry anywasm/js-api: a WebAssembly namespace of one's own over one of anywasm's engines.
import { ENGINE_NAMES } from '../presets/engine-names.ts'
import { engineByName } from '../presets/engines.ts'
import type { Executor } from '../runtime/store.ts'
import { createNamespace, messagesOf, storeOf, type WebAssemblyNamespace } from './namespace.ts'
import type { Options } from './realm.ts'

export { messagesOf, type Options, storeOf, type WebAssemblyNamespace }

/**
 * A namespace like the host's `WebAssembly`. Two of them share nothing. What exceeds the fuel, the deadline or a limit while it runs is a RuntimeError; a
 * module or memory beyond a limit is a CompileError, LinkError or RangeError. `storeOf` gives the fuel that is left and takes more.
 * @param engine an engine, or the name of one: `auto`, `host`, `tiered`, `compiler` or `interpreter`
 * @throws TypeError for an engine that does not exist or that this host forbids
 */
export function createWebAssembly(engine: Executor | string = 'auto', options: Options = {}): WebAssemblyNamespace {
  const executor = typeof engine === 'string' ? engineByName(engine) : engine
  if (executor === undefined)
    throw new TypeError(`no engine '${String(engine)}' here; there are ${ENGINE_NAMES.join(', ')}`)
  return createNamespace(executor, options)
}
