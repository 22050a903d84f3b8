// Arguments, environment, clocks, randomness and the end of the program.
// Specification: WASI preview 1, functions args_*, environ_*, clock_*, random_get, proc_*, sched_yield.

import { Errno, fail } from './abi.ts'
import { type Calls, type Context, ExitStatus } from './context.ts'

function sizes(c: Context, list: readonly Uint8Array[], countPtr: number, sizePtr: number): void {
  c.memory.setU32(countPtr, list.length)
  c.memory.setU32(
    sizePtr,
    list.reduce((sum, s) => sum + s.length, 0),
  )
}

function strings(c: Context, list: readonly Uint8Array[], pointers: number, buffer: number): void {
  for (const [i, s] of list.entries()) {
    c.memory.setU32(pointers + i * 4, buffer)
    c.memory.bytes(buffer, s.length).set(s)
    buffer += s.length
  }
}

enum Signal {
  NONE = 0,
  CHLD = 16,
  CONT = 17,
  STOP = 18,
  TTOU = 21,
  URG = 22,
  WINCH = 27,
  SYS = 30,
}

export const processCalls = {
  args_get(c: Context, pointers: number, buffer: number) {
    strings(c, c.args, pointers, buffer)
  },
  args_sizes_get(c: Context, countPtr: number, sizePtr: number) {
    sizes(c, c.args, countPtr, sizePtr)
  },
  environ_get(c: Context, pointers: number, buffer: number) {
    strings(c, c.env, pointers, buffer)
  },
  environ_sizes_get(c: Context, countPtr: number, sizePtr: number) {
    sizes(c, c.env, countPtr, sizePtr)
  },

  clock_res_get(c: Context, id: number, out: number) {
    c.memory.setU64(out, c.clock.resolution(id))
  },
  clock_time_get(c: Context, id: number, _precision: bigint, out: number) {
    c.memory.setU64(out, c.clock.now(id))
  },

  random_get(c: Context, ptr: number, length: number) {
    const bytes = c.memory.bytes(ptr, length)
    c.memory.fill(bytes, (into) => {
      c.random(into)
      return into.length
    })
  },

  proc_exit(_: Context, code: number) {
    throw new ExitStatus(code)
  },

  /** There are no handlers, so a signal does what it does by default: nothing, or end the program as a shell reports it. */
  proc_raise(_: Context, signal: number) {
    if (signal > Signal.SYS) fail(Errno.INVAL)
    switch (signal) {
      case Signal.NONE:
      case Signal.CHLD:
      case Signal.CONT:
      case Signal.URG:
      case Signal.WINCH:
        return
    }
    // Nobody could wake a stopped program.
    if (signal >= Signal.STOP && signal <= Signal.TTOU) fail(Errno.NOTSUP)
    throw new ExitStatus(128 + signal)
  },

  sched_yield() {},
} satisfies Calls
