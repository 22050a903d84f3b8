// The host's heap, where it can be asked: Node tells how much of it is in use, and can be had to look for garbage at once. Other hosts do so when they
// see fit, and only between jobs; who embeds the library there may know more.

/** What a host can be asked about its heap. */
export interface Heap {
  /** Has the host look for all garbage now. Afterwards a WeakRef, also one made or read in this very job, is empty where only weak references lead to what it refers to. */
  collect(): void
  /** Lets go of what WeakRefs made or read in this job refer to, which JavaScript otherwise keeps until the job ends. */
  release(): void
  /** Bytes in use, garbage that has not been found included. */
  used(): number
}

/** The parts of Node's modules that are used. */
interface V8 {
  setFlagsFromString(flags: string): void
  getHeapStatistics(): { used_heap_size: number }
}
interface VM {
  createContext(object: object, options?: object): object
  runInNewContext(code: string): unknown
  Script: new (code: string) => { runInContext(context: object): unknown }
}
interface Process {
  getBuiltinModule?(name: string): unknown
}

let found: Heap | null | undefined

/** Node's heap; undefined elsewhere. */
export function nodeHeap(): Heap | undefined {
  if (found === undefined)
    try {
      found = makeNodeHeap() ?? null
    } catch {
      found = null
    }
  return found ?? undefined
}

function makeNodeHeap(): Heap | undefined {
  const { process } = globalThis as { process?: Process }
  const v8 = process?.getBuiltinModule?.('node:v8') as V8 | undefined
  const vm = process?.getBuiltinModule?.('node:vm') as VM | undefined
  if (v8 === undefined || vm === undefined) return undefined
  v8.setFlagsFromString('--expose-gc')
  const gc = vm.runInNewContext('gc') as () => void
  v8.setFlagsFromString('--no-expose-gc')
  if (typeof gc !== 'function') return undefined
  // A context with microtasks of its own ends a job, for V8, whenever a script in it has run.
  const context = vm.createContext({}, { microtaskMode: 'afterEvaluate' })
  const nothing = new vm.Script('0')
  const release = () => void nothing.runInContext(context)
  return {
    collect() {
      release()
      gc()
    },
    release,
    used: () => v8.getHeapStatistics().used_heap_size,
  }
}
