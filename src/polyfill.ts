// anywasm/polyfill: gives a host without WebAssembly one; elsewhere it changes nothing.
import { createWebAssembly } from './js-api/index.ts'

if (typeof globalThis.WebAssembly === 'undefined')
  Object.defineProperty(globalThis, 'WebAssembly', { value: createWebAssembly(), writable: true, configurable: true })
