// What takes the place of globalThis.WebAssembly, by column.
import { createWebAssembly } from '../../dist/js-api/index.js'

export const namespaces = {
  compiler: () => createWebAssembly('compiler'),
  interpreter: () => createWebAssembly('interpreter'),
  polywasm: async () => (await import('polywasm')).WebAssembly,
}
