// anywasm/polyfill/force: puts anywasm in the place of the host's WebAssembly, and on Node of its WASI and messages. ANYWASM_ENGINE, where there are environment
// variables, names the engine.
import { createWebAssembly, messagesOf } from './js-api/index.ts'
import type { NodeProcess } from './polyfill-node.ts'

const { process } = globalThis as { process?: Partial<NodeProcess> }

const value = createWebAssembly(process?.env?.['ANYWASM_ENGINE'] ?? 'auto')
Object.defineProperty(globalThis, 'WebAssembly', {
  value,
  writable: true,
  configurable: true,
})
if (typeof process?.getBuiltinModule === 'function') {
  const { cloneThroughMessages, replaceNodeWasi } = await import('./polyfill-node.ts')
  replaceNodeWasi(process as NodeProcess)
  cloneThroughMessages(process as NodeProcess, messagesOf(value)!)
}
