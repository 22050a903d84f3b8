// anywasm/polyfill/force: puts anywasm in the place of the host's WebAssembly. ANYWASM_ENGINE, where there are environment variables, names the engine.
import { createWebAssembly } from './js-api/index.ts'

const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env

Object.defineProperty(globalThis, 'WebAssembly', {
  value: createWebAssembly(env?.ANYWASM_ENGINE ?? 'auto'),
  writable: true,
  configurable: true,
})
