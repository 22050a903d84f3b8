// What takes the place of globalThis.WebAssembly, by column.
import { createWebAssembly } from '../../dist/js-api/index.js'

export const namespaces = {
  tiered: () => createWebAssembly('tiered'),
  compiler: () => createWebAssembly('compiler'),
  interpreter: () => createWebAssembly('interpreter'),
  polywasm: async () => (await import('polywasm')).WebAssembly,
}
