// anywasm/polyfill/force: puts anywasm in the place of the host's WebAssembly, and on Node of its WASI. ANYWASM_ENGINE, where there are environment
// variables, names the engine.
import { createWebAssembly } from './js-api/index.ts'
import type { NodeProcess } from './polyfill-node.ts'

const { process } = globalThis as { process?: Partial<NodeProcess> }

Object.defineProperty(globalThis, 'WebAssembly', {
  value: createWebAssembly(process?.env?.['ANYWASM_ENGINE'] ?? 'auto'),
  writable: true,
  configurable: true,
})
if (typeof process?.getBuiltinModule === 'function')
  (await import('./polyfill-node.ts')).replaceNodeWasi(process as NodeProcess)
