// What differs in wasi_unstable (snapshot 0) from preview 1: the order of `whence`, the layouts of `filestat` and of clock subscriptions.
// Specification: WASI snapshot 0, docs.md.

import { Right, Whence } from './abi.ts'
import type { Calls, Context } from './context.ts'
import { ioCalls } from './fd-io.ts'
import { statOf } from './fds.ts'
import type { FileStat } from './fs.ts'
import { pathStat } from './path-calls.ts'
import { poll, unstableLayout } from './poll.ts'

const WHENCE = [Whence.CUR, Whence.END, Whence.SET]
const UNKNOWN_WHENCE = 3

/** 56 bytes; `nlink` has 32 bits. */
function putStat(c: Context, ptr: number, s: FileStat): void {
  const m = c.memory
  m.bytes(ptr, 56).fill(0)
  m.setU64(ptr, s.dev)
  m.setU64(ptr + 8, s.ino)
  m.setU8(ptr + 16, s.type)
  m.setU32(ptr + 20, Number(s.nlink))
  m.setU64(ptr + 24, s.size)
  m.setU64(ptr + 32, s.atim)
  m.setU64(ptr + 40, s.mtim)
  m.setU64(ptr + 48, s.ctim)
}

export const unstableCalls = {
  fd_seek(c: Context, fd: number, offset: bigint, whence: number, out: number) {
    ioCalls.fd_seek(c, fd, offset, WHENCE[whence] ?? UNKNOWN_WHENCE, out)
  },
  fd_filestat_get(c: Context, fd: number, out: number) {
    putStat(c, out, statOf(c.fds.get(fd, Right.FD_FILESTAT_GET)))
  },
  path_filestat_get(c: Context, fd: number, lookup: number, ptr: number, length: number, out: number) {
    putStat(c, out, pathStat(c, fd, lookup, ptr, length))
  },
  poll_oneoff(c: Context, subscriptions: number, events: number, count: number, out: number) {
    poll(c, subscriptions, events, count, out, unstableLayout)
  },
} satisfies Calls
