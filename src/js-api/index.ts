// The package entry anywasm/js-api: a WebAssembly namespace of one's own over one of anywasm's engines.
import { executorOf } from '../presets/engines.ts'
import type { Executor } from '../runtime/store.ts'
import {
  ANY,
  BOOLEAN,
  checkOptions,
  FLAG,
  FUNCTION,
  isObject,
  type Kinds,
  methods,
  NUMBER,
  OBJECT,
  SIGNAL,
} from '../util/options.ts'
import { createNamespace, messagesOf, storeOf, type WebAssemblyNamespace } from './namespace.ts'
import type { Options } from './realm.ts'

export { messagesOf, type Options, storeOf, type WebAssemblyNamespace }

const KINDS: Kinds<Options> = {
  fuel: ANY,
  costs: OBJECT,
  interruptible: BOOLEAN,
  deadline: NUMBER,
  flag: FLAG,
  signal: SIGNAL,
  limits: OBJECT,
  deterministic: BOOLEAN,
  exactTraps: BOOLEAN,
  mayGrow: FUNCTION,
  heap: methods('collect', 'release', 'used'),
}

/**
 * A namespace like the host's `WebAssembly`. Two of them share nothing. What exceeds the fuel, the deadline or a limit while it runs is a RuntimeError; a
 * module or memory beyond a limit is a CompileError, LinkError or RangeError. `storeOf` gives the fuel that is left and takes more.
 * @param engine an engine, or the name of one: `auto`, `host`, `tiered`, `compiler` or `interpreter`
 * @throws TypeError for an engine that does not exist or that this host forbids, and for options that don't exist or are of the wrong kind
 */
export function createWebAssembly(engine: Executor | string = 'auto', options: Options = {}): WebAssemblyNamespace {
  if (isObject(engine) && !('link' in engine))
    throw new TypeError("createWebAssembly: the engine comes first, such as 'auto', and the options after it")
  const executor = executorOf(engine)
  checkOptions('createWebAssembly', options, KINDS)
  return createNamespace(executor, options)
}
