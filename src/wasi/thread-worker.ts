// The script of a worker that is one thread of a guest: makes an instance on the shared memory and runs it. Clocks, sleep, randomness and
// arguments are answered here, everything with a descriptor by the thread in threads-node.ts.
// Specification: wasi-threads.

import { parentPort, workerData } from 'node:worker_threads'
import { Errno, type MemoryLike, WASIError } from './abi.ts'
import { type Context, ExitStatus } from './context.ts'
import { Descriptors } from './fds.ts'
import { pollCalls } from './poll.ts'
import { processCalls } from './process.ts'
import { BROKEN, Cell, LATER, type ThreadData, type ThreadMessage, type ThreadRuntime } from './thread-protocol.ts'
import { allCalls, bind, type Import, type InstanceLike, makeContext } from './wasi.ts'

const data = workerData as ThreadData
const words = new Int32Array(data.cell)
const LONGEST_NAP = 8

const post = (m: ThreadMessage) => parentPort!.postMessage(m)

/** Sends a request and waits for its result. */
function ask(m: ThreadMessage): number {
  Atomics.store(words, Cell.DONE, 0)
  post(m)
  Atomics.wait(words, Cell.DONE, 0)
  const result = words[Cell.RESULT]!
  // The program is being ended; nothing of it may run any more.
  if (result === BROKEN) Atomics.wait(words, Cell.DONE, 1)
  return result
}

function remote(name: string): Import {
  return (...args) => {
    for (let nap = 0.5; ; nap = Math.min(nap * 2, LONGEST_NAP)) {
      const result = ask({ type: 'call', name, args })
      if (result !== LATER) return result
      Atomics.wait(words, Cell.DONE, 1, nap)
    }
  }
}

function preview1(memory: MemoryLike): Record<string, Import> {
  const local: Context = {
    ...makeContext(data, () => memory, new Descriptors()),
    ready(fd, reading) {
      const result = ask({ type: 'ready', fd, reading })
      if (result === LATER) return undefined
      if (result !== Errno.SUCCESS) throw new WASIError(result)
      return { bytes: words[Cell.BYTES]!, end: words[Cell.END] === 1 }
    },
  }
  const out: Record<string, Import> = {}
  for (const name of Object.keys(allCalls)) out[name] = remote(name)
  return Object.assign(out, bind(local, { ...processCalls, ...pollCalls }))
}

async function makeInstance(): Promise<InstanceLike> {
  const { threadRuntime } = (await import(data.runtime)) as { threadRuntime: ThreadRuntime }
  const memory = threadRuntime.memory(data.memory)
  const imports: Record<string, Record<string, unknown>> = {
    wasi_snapshot_preview1: preview1(memory),
    wasi: { 'thread-spawn': (arg: number) => ask({ type: 'spawn', arg }) },
  }
  const [module, name] = data.memoryImport
  imports[module] = { ...imports[module], [name]: memory }
  return threadRuntime.instantiate(await threadRuntime.compile(data.code), imports)
}

async function run(): Promise<void> {
  const { exports } = await makeInstance()
  const name = data.tid === 0 ? '_start' : 'wasi_thread_start'
  const entry = exports[name]
  if (typeof entry !== 'function') throw new TypeError(`The instance must export a function named "${name}"`)
  if (data.tid === 0) entry()
  else entry(data.tid, data.arg)
}

/** Errors lose their class and properties on the way between threads, so they travel in parts. */
function trap(e: unknown): ThreadMessage {
  if (!(e instanceof Error)) return { type: 'trap', name: 'Error', message: String(e), stack: undefined, details: {} }
  const details: Record<string, unknown> = {}
  for (const [k, v] of Object.entries(e)) if (k === 'code' || k === 'frames') details[k] = v
  return { type: 'trap', name: e.name, message: e.message, stack: e.stack, details }
}

run().then(
  () => post({ type: 'end' }),
  (e: unknown) => post(e instanceof ExitStatus ? { type: 'exit', code: e.code } : trap(e)),
)
