// What the threads of a wasi-threads program and the one that serves them say to each other. A thread asks by a message and waits on its
// cell for the answer; the serving thread owns the descriptors and never waits itself.
// Specification: wasi-threads, README.md ("wasi_thread_start", "thread-spawn").

import type { InstanceLike } from './wasi.ts'

/** How a thread gets an instance: the module named by `ThreadData.runtime` exports an object of this type as `threadRuntime`. */
export interface ThreadRuntime {
  /** @param code what `startThreads` was given */
  compile(code: unknown): unknown
  /** The import value for the shared memory that `startThreads` was given. */
  memory(handle: unknown): { readonly buffer: ArrayBufferLike }
  instantiate(module: unknown, imports: Record<string, Record<string, unknown>>): InstanceLike | Promise<InstanceLike>
}

/** All that a thread starts with. */
export interface ThreadData {
  runtime: string
  code: unknown
  memory: unknown
  memoryImport: readonly [module: string, name: string]
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** 0 for the thread that runs `_start`. */
  tid: number
  arg: number
  cell: SharedArrayBuffer
}

export type ThreadMessage =
  | { type: 'call'; name: string; args: (number | bigint)[] }
  | { type: 'ready'; fd: number; reading: boolean }
  | { type: 'spawn'; arg: number }
  | { type: 'exit'; code: number }
  | { type: 'trap'; name: string; message: string; stack: string | undefined; details: Record<string, unknown> }
  | { type: 'end' }

/** The words of a cell. */
export enum Cell {
  /** 0 while the answer is awaited, 1 when it is there. */
  DONE = 0,
  RESULT = 1,
  BYTES = 2,
  END = 3,
  WORDS = 4,
}

/** Results besides error codes. */
export const LATER = -1
export const BROKEN = -2
