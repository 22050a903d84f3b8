// `anywasm run` for programs with threads: those that import a shared memory.
import { Exhaustion, Trap, type TrapCode, type TrapFrame } from '../errors.ts'
import type { Store } from '../runtime/store.ts'
import { startThreads, ThreadError, type ThreadOptions } from '../wasi/threads-node.ts'
import type { MemoryImport } from './link.ts'
import type { ThreadCode, ThreadMemory } from './thread-runtime.ts'

/** Runs it and gives its exit code; rejects with the Trap of any thread. */
export async function runThreads(
  store: Store,
  code: ThreadCode,
  memory: MemoryImport,
  options: Pick<ThreadOptions, 'args' | 'env' | 'preopens' | 'stdin'>,
): Promise<number> {
  const { type } = memory.desc
  const maxPages = store.memoryPages(type)
  const inst = store.newMemory(type)
  const handle: ThreadMemory = { engine: code.engine, control: code.control, type, maxPages, handle: inst.handle }
  const ender = new AbortController()
  const timer = endAfter(code.control.metering.deadline, ender)
  try {
    return await startThreads({
      ...options,
      signal: ender.signal,
      worker: new URL('../wasi/thread-worker.js', import.meta.url),
      runtime: new URL('./thread-runtime.js', import.meta.url).href,
      code,
      memory: handle,
      buffer: () => inst.buffer,
      memoryImport: [memory.module, memory.name],
    })
  } catch (e) {
    const error = e instanceof ThreadError && (e.name === 'Trap' || e.name === 'Exhaustion') ? trapOf(e) : e
    if (error instanceof Trap && error.code === 'deadline exceeded') store.exceed('deadline', error.message)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Milliseconds in which a thread that computes may tell where it was when the time was over. */
const GRACE = 100
const LONGEST_TIMER = 2 ** 31 - 1

/** Ends the program a little after its deadline, which threads that wait do not look at. */
function endAfter(deadline: number | undefined, ender: AbortController): NodeJS.Timeout | undefined {
  const left = (deadline ?? Number.POSITIVE_INFINITY) - Date.now() + GRACE
  if (left > LONGEST_TIMER) return undefined
  return setTimeout(() => ender.abort(new Exhaustion('deadline exceeded')), left)
}

function trapOf(e: ThreadError): Trap {
  const trap = new Trap(e.details['code'] as TrapCode)
  trap.message = e.message
  trap.frames = e.details['frames'] as TrapFrame[]
  return trap
}
