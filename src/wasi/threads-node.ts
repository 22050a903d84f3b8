// Programs with threads (wasi-threads) on Node's worker threads. Every thread of the guest, the first included, is a worker; the calling
// thread keeps the descriptors and serves the workers' calls, so that files are common to all and the end of one can end all.
// Specification: wasi-threads. What a worker does is in thread-worker.ts.

import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { Errno, errnoOf, WASIError } from './abi.ts'
import { type Context, Later, type Readiness } from './context.ts'
import type { Stream } from './fs.ts'
import { BROKEN, Cell, LATER, type ThreadData, type ThreadMessage } from './thread-protocol.ts'
import { allCalls, bind, type Import, makeContext, type WASIOptions } from './wasi.ts'

/** What ended a thread, told by it: a trap or an error of its instantiation. */
export class ThreadError extends Error {
  /** @param details the error's own properties that could travel */
  constructor(
    name: string,
    message: string,
    stack: string | undefined,
    readonly details: Readonly<Record<string, unknown>>,
  ) {
    super(message)
    this.name = name
    if (stack) this.stack = stack
  }
}

export type { ThreadRuntime } from './thread-protocol.ts'

/** What `startThreads` takes. Clocks and random sources are the host's, since functions do not travel between threads. */
export interface ThreadOptions extends Omit<WASIOptions, 'clock' | 'random' | 'returnOnExit'> {
  /** The built thread-worker.js. */
  worker: URL
  /** URL of a module that exports a `threadRuntime`. */
  runtime: string
  /** What the runtime compiles: bytes, or a module that can be posted to a worker. */
  code: unknown
  /** What the runtime makes the memory of, and the memory itself for this thread. */
  memory: unknown
  buffer: () => ArrayBufferLike
  memoryImport: readonly [module: string, name: string]
  /** The most threads at a time; a spawn beyond it fails with AGAIN. */
  maxThreads?: number
  /** Ends all threads, also those that wait for each other; the outcome is then its reason. */
  signal?: AbortSignal
}

const LAST_TID = 0x1fffffff

/** The process's standard input without waiting: read ahead by one chunk once the guest has asked. */
class Input implements Stream {
  private chunk: Uint8Array = new Uint8Array(0)
  private ended = false
  private started = false

  private readonly take = (chunk: Uint8Array) => {
    this.chunk = chunk
    process.stdin.pause()
  }
  private readonly end = () => {
    this.ended = true
  }

  private ask(): void {
    if (!this.started)
      process.stdin.on('data', this.take).on('end', this.end).on('error', this.end).on('close', this.end)
    this.started = true
    process.stdin.resume()
  }

  read(into: Uint8Array, nonblocking: boolean): number {
    const n = Math.min(into.length, this.chunk.length)
    if (n > 0) {
      into.set(this.chunk.subarray(0, n))
      this.chunk = this.chunk.subarray(n)
      return n
    }
    if (this.ended || into.length === 0) return 0
    this.ask()
    throw nonblocking ? new WASIError(Errno.AGAIN) : new Later()
  }

  poll(): Readiness {
    if (this.chunk.length > 0) return { bytes: this.chunk.length, end: false }
    if (!this.ended) this.ask()
    return { bytes: this.ended ? 0 : -1, end: this.ended }
  }

  close(): void {
    if (!this.started) return
    process.stdin.off('data', this.take).off('end', this.end).off('error', this.end).off('close', this.end)
    process.stdin.pause()
    this.started = false
  }
}

class Group {
  private readonly context: Context
  private readonly calls: Record<string, Import>
  private readonly workers = new Set<Worker>()
  private lastTid = 0
  private over = false

  constructor(
    private readonly options: ThreadOptions,
    private readonly resolve: (code: number) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    const stdin = options.stdin === undefined || options.stdin === 0 ? new Input() : options.stdin
    this.context = makeContext({ ...options, stdin }, () => ({ buffer: options.buffer() }))
    this.calls = bind(this.context, allCalls)
  }

  /** Begins with the thread that runs `_start`. */
  begin(): void {
    const { signal } = this.options
    const abort = () => this.finish(() => this.reject(signal!.reason))
    if (signal?.aborted) abort()
    else {
      signal?.addEventListener('abort', abort, { once: true })
      this.start(0, 0)
    }
  }

  private start(tid: number, arg: number): void {
    const { worker: url, runtime, code, memory, memoryImport, args = [], env = {} } = this.options
    const cell = new SharedArrayBuffer(Cell.WORDS * 4)
    const data: ThreadData = { runtime, code, memory, memoryImport, args, env, tid, arg, cell }
    const worker = new Worker(url, { workerData: data })
    this.workers.add(worker)
    const words = new Int32Array(cell)
    worker.on('message', (m: ThreadMessage) => this.handle(m, tid, words))
    worker.on('error', (e) => this.finish(() => this.reject(e)))
    worker.on('exit', () => this.workers.delete(worker))
  }

  private handle(m: ThreadMessage, tid: number, words: Int32Array): void {
    if (this.over) return
    switch (m.type) {
      case 'exit':
        this.finish(() => this.resolve(m.code))
        return
      case 'trap':
        this.finish(() => this.reject(new ThreadError(m.name, m.message, m.stack, m.details)))
        return
      case 'end':
        if (tid === 0) this.finish(() => this.resolve(0))
        return
      default:
        try {
          words[Cell.RESULT] = this.answer(m, words)
        } catch (e) {
          words[Cell.RESULT] = e instanceof Later ? LATER : BROKEN
          if (!(e instanceof Later)) this.finish(() => this.reject(e))
        }
        Atomics.store(words, Cell.DONE, 1)
        Atomics.notify(words, Cell.DONE)
    }
  }

  private answer(m: Extract<ThreadMessage, { type: 'call' | 'ready' | 'spawn' }>, words: Int32Array): number {
    if (m.type === 'call') return this.calls[m.name]!(...m.args)
    if (m.type === 'spawn') return this.spawn(m.arg)
    try {
      const state = this.context.ready(m.fd, m.reading)
      if (!state) return LATER
      words[Cell.BYTES] = Math.min(state.bytes, 0x7fffffff)
      words[Cell.END] = state.end ? 1 : 0
      return Errno.SUCCESS
    } catch (e) {
      const errno = errnoOf(e)
      if (errno === undefined) throw e
      return errno
    }
  }

  private spawn(arg: number): number {
    if (this.workers.size >= (this.options.maxThreads ?? 256) || this.lastTid === LAST_TID) return -Errno.AGAIN
    this.start(++this.lastTid, arg)
    return this.lastTid
  }

  /** Ends every thread, whatever it is doing, before the outcome is told. */
  private finish(tell: () => void): void {
    if (this.over) return
    this.over = true
    this.context.fds.closeAll()
    Promise.all([...this.workers].map((w) => w.terminate())).then(tell, this.reject)
  }
}

/**
 * Runs a command that may start threads.
 * @returns the exit code: of `proc_exit` in any thread, or 0 when `_start` returns; rejects with the trap of any thread, or the signal's reason
 */
export function startThreads(options: ThreadOptions): Promise<number> {
  return new Promise((resolve, reject) => new Group(options, resolve, reject).begin())
}
