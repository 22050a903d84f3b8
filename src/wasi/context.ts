// What every function of preview 1 has at hand: the guest's memory, its descriptors, its arguments, clocks and randomness.
// The functions stand in process.ts, fd-io.ts, fd-stat.ts, path-open.ts, path-calls.ts, poll.ts and sockets.ts.

import type { GuestMemory } from './abi.ts'
import type { Clock } from './clock.ts'
import type { Descriptors } from './fds.ts'

/** How many bytes a descriptor has, and whether no more will come. */
export interface Readiness {
  bytes: number
  end: boolean
}

export interface Context {
  readonly memory: GuestMemory
  readonly fds: Descriptors
  /** UTF-8, each with its NUL. */
  readonly args: readonly Uint8Array[]
  /** `NAME=value` in UTF-8, each with its NUL. */
  readonly env: readonly Uint8Array[]
  readonly clock: Clock
  /** Fills the array, which is never shared between threads. */
  readonly random: (into: Uint8Array) => void
  /** Whether a descriptor can be read or written now; undefined when it would have to wait. */
  readonly ready: (fd: number, reading: boolean) => Readiness | undefined
}

/** Thrown instead of waiting, where the thread must not wait; the caller tries again later. */
export class Later extends Error {
  override name = 'Later'
}

/**
 * Functions of preview 1 by name. Arguments of type i32 arrive as unsigned numbers, those of type i64 as signed BigInts.
 * They report failure by throwing; returning means success.
 */
export type Calls = Record<string, (c: Context, ...args: never[]) => void>

/** The program ended by itself through proc_exit or a signal. */
export class ExitStatus extends Error {
  override name = 'ExitStatus'
  constructor(readonly code: number) {
    super(`exit code ${code}`)
  }
}
