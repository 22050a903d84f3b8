// What takes the host's WebAssembly on Node besides programs: node:wasi refuses memories that are not the host's, so its class WASI becomes anywasm's own.
// It says nothing of WASI being experimental, which it would at each start otherwise.
import { WASI } from './wasi/wasi.ts'

export interface NodeProcess {
  env: Record<string, string | undefined>
  emitWarning: unknown
  getBuiltinModule(id: string): unknown
}

/** Puts anywasm's WASI in the place of the one of `node:wasi`, for `import` and `require`. */
export function replaceNodeWasi(process: NodeProcess): void {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    const wasi = process.getBuiltinModule('node:wasi') as { WASI: unknown } | undefined
    if (wasi === undefined) return
    wasi.WASI = WASI
    ;(process.getBuiltinModule('node:module') as { syncBuiltinESMExports(): void }).syncBuiltinESMExports()
  } finally {
    process.emitWarning = emitWarning
  }
}
