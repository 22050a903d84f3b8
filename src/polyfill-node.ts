// What knows the host's WebAssembly on Node besides programs. node:wasi refuses memories that are not the host's, so its class WASI becomes anywasm's own
// (it says nothing of WASI being experimental, which it would at each start otherwise). And messages between threads carry modules and shared memories.
import type { Messages } from './js-api/messages.ts'
import { WASI } from './wasi/wasi.ts'

export interface NodeProcess {
  env: Record<string, string | undefined>
  emitWarning: unknown
  getBuiltinModule(id: string): unknown
}
const syncExports = (process: NodeProcess): void =>
  (process.getBuiltinModule('node:module') as { syncBuiltinESMExports(): void }).syncBuiltinESMExports()

/** Puts anywasm's WASI in the place of the one of `node:wasi`, for `import` and `require`. */
export function replaceNodeWasi(process: NodeProcess): void {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    const wasi = process.getBuiltinModule('node:wasi') as { WASI: unknown } | undefined
    if (wasi === undefined) return
    wasi.WASI = WASI
    syncExports(process)
  } finally {
    process.emitWarning = emitWarning
  }
}

type Method = (this: unknown, ...args: unknown[]) => unknown
interface WorkerThreads {
  MessagePort: { prototype: Record<string | symbol, Method> }
  workerData: unknown
  receiveMessageOnPort(port: unknown): { message: unknown } | undefined
}
/** What Node calls with each message that arrives at a port, whoever listens and however. */
const DISPATCH = Symbol.for('nodejs.internal.kHybridDispatch')

/** Has the messages of worker threads, their `workerData` and clones keep modules and shared memories, where both sides have the polyfill. */
export function cloneThroughMessages(process: NodeProcess, { pack, unpack }: Messages): void {
  const threads = process.getBuiltinModule('node:worker_threads') as WorkerThreads
  const { prototype } = threads.MessagePort
  const { postMessage, [DISPATCH]: dispatch } = prototype
  const { receiveMessageOnPort } = threads
  if (dispatch === undefined) return
  prototype['postMessage'] = function (message, ...rest) {
    // A new worker gets its data in a message that Node's own code reads.
    const start = message as { type?: unknown; workerData?: unknown } | null
    const starts = typeof start === 'object' && start?.type === 'loadScript' && 'workerData' in start
    const packed = starts ? { ...start, workerData: pack(start.workerData) } : pack(message)
    return postMessage!.call(this, packed, ...rest)
  }
  prototype[DISPATCH] = function (data, type, event) {
    return dispatch.call(this, type === 'message' ? unpack(data) : data, type, event)
  }
  threads.receiveMessageOnPort = (port) => {
    const received = receiveMessageOnPort(port)
    return received && { ...received, message: unpack(received.message) }
  }
  const clone = globalThis.structuredClone
  globalThis.structuredClone = (value, ...rest) => unpack(clone(pack(value) as typeof value, ...rest)) as typeof value
  threads.workerData = unpack(threads.workerData)
  syncExports(process)
}
