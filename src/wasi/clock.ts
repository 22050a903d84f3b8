// The clocks a guest sees, from what the host has: Date, performance, and in Node process.hrtime and cpuUsage.
// Waiting blocks the thread where the host allows it (Atomics.wait) and spins elsewhere (a page's main thread).

import { ClockId, Errno, fail } from './abi.ts'

/** Where the guest's time comes from; an embedder may pass its own, for instance one that stands still. */
export interface Clock {
  /** Nanoseconds; since 1970 for REALTIME. */
  now(id: ClockId): bigint
  /** Nanoseconds, at least 1. */
  resolution(id: ClockId): bigint
  /** Blocks for about so many nanoseconds. */
  sleep(ns: bigint): void
}

interface NodeTimes {
  hrtime?: { bigint?(): bigint }
  cpuUsage?(): { user: number; system: number }
}

const times = () => (globalThis as { process?: NodeTimes }).process

const fromMs = (ms: number) => {
  const whole = Math.floor(ms)
  return BigInt(whole) * 1_000_000n + BigInt(Math.floor((ms - whole) * 1e6))
}

/** The host's clocks. */
export class SystemClock implements Clock {
  private offset = Number.NaN
  private cell: Int32Array | undefined

  now(id: ClockId): bigint {
    switch (id) {
      case ClockId.REALTIME:
        return this.realtime()
      case ClockId.MONOTONIC:
        return times()?.hrtime?.bigint?.() ?? fromMs(performance.now())
      case ClockId.PROCESS_CPUTIME:
      case ClockId.THREAD_CPUTIME: {
        const usage = times()?.cpuUsage?.()
        // Without an account of CPU time, the time since the start is its upper bound.
        return usage ? BigInt(usage.user + usage.system) * 1000n : fromMs(performance.now())
      }
      default:
        return fail(Errno.INVAL)
    }
  }

  /** Date has milliseconds only; performance refines it until somebody sets the host's clock. */
  private realtime(): bigint {
    const date = Date.now()
    const fine = performance.now()
    const refined = this.offset + fine
    if (!(Math.abs(refined - date) < 2)) {
      this.offset = date - fine
      return BigInt(date) * 1_000_000n
    }
    return fromMs(refined)
  }

  resolution(id: ClockId): bigint {
    if (id > ClockId.THREAD_CPUTIME) fail(Errno.INVAL)
    return id === ClockId.MONOTONIC && times()?.hrtime?.bigint ? 1n : 1000n
  }

  sleep(ns: bigint): void {
    const end = this.now(ClockId.MONOTONIC) + ns
    for (;;) {
      const left = Number(end - this.now(ClockId.MONOTONIC)) / 1e6
      if (left <= 0) return
      if (!this.wait(left)) this.spin(end)
    }
  }

  private wait(ms: number): boolean {
    try {
      this.cell ??= new Int32Array(new SharedArrayBuffer(4))
      Atomics.wait(this.cell, 0, 0, Math.min(ms, 1e9))
      return true
    } catch {
      return false
    }
  }

  private spin(end: bigint): void {
    while (this.now(ClockId.MONOTONIC) < end);
  }
}
