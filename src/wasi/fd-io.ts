// Reading, writing, seeking, closing: what is done with a descriptor's contents.
// Specification: WASI preview 1, functions fd_read … fd_tell, fd_sync, fd_advise, fd_allocate, fd_close, fd_renumber.

import { Errno, FdFlags, FileType, fail, Right, Whence } from './abi.ts'
import type { Calls, Context } from './context.ts'
import type { Descriptor, FileDescriptor } from './fds.ts'

/** Offsets are u64 or s64 for the guest; no host has files beyond 2^53 - 1 bytes. */
export function toOffset(v: bigint): number {
  const n = Number(v)
  if (n < 0) fail(Errno.INVAL)
  if (!Number.isSafeInteger(n)) fail(Errno.FBIG)
  return n
}

export const u64 = (v: bigint) => BigInt.asUintN(64, v)

/** A file, where seeking or size matter. */
function fileOf(c: Context, fd: number, rights: bigint): FileDescriptor {
  const d = c.fds.get(fd)
  if (d.kind === 'directory') return fail(Errno.ISDIR)
  if (d.kind !== 'file') return fail(Errno.SPIPE)
  if ((d.rights & rights) !== rights) fail(Errno.NOTCAPABLE)
  return d
}

function readOnce(d: Descriptor, into: Uint8Array, position: number): number {
  const nonblocking = (d.flags & FdFlags.NONBLOCK) !== 0
  switch (d.kind) {
    case 'file':
      return d.file.read(into, position)
    case 'stream':
      return d.stream.read ? d.stream.read(into, nonblocking) : fail(Errno.BADF)
    case 'socket':
      return d.socket.receive ? d.socket.receive(into, false, false, nonblocking) : fail(Errno.NOTCONN)
    case 'directory':
      return fail(Errno.ISDIR)
  }
}

/** Fills the buffers one after the other until the source gives less than was asked for. */
function readAll(c: Context, d: Descriptor, buffers: Uint8Array[], position: number): number {
  let total = 0
  for (const buffer of buffers) {
    if (buffer.length === 0) continue
    let n: number
    try {
      n = c.memory.fill(buffer, (into) => readOnce(d, into, position < 0 ? -1 : position + total))
    } catch (e) {
      // What has been read must not get lost; the error will come again.
      if (total > 0) return total
      throw e
    }
    total += n
    if (n < buffer.length) break
    // A pipe or a terminal may have no more for now, and the next read would wait.
    if (position < 0) break
  }
  return total
}

/** One write for all buffers, so that lines from several processes do not mix. */
function gather(c: Context, buffers: Uint8Array[]): Uint8Array {
  const filled = buffers.filter((b) => b.length > 0)
  if (filled.length === 0) return new Uint8Array(0)
  if (filled.length === 1 && !c.memory.shared) return filled[0]!
  return concat(filled)
}

export function concat(buffers: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(buffers.reduce((sum, b) => sum + b.length, 0))
  let at = 0
  for (const b of buffers) {
    all.set(b, at)
    at += b.length
  }
  return all
}

function writeFile(d: FileDescriptor, from: Uint8Array, position: number): number {
  let done = 0
  while (done < from.length) {
    const n = d.file.write(from.subarray(done), position < 0 ? -1 : position + done)
    if (n === 0) break
    done += n
    if (position < 0) break
  }
  if (done > 0 && d.flags & (FdFlags.SYNC | FdFlags.DSYNC)) d.file.sync((d.flags & FdFlags.SYNC) === 0)
  return done
}

/** Writes where the descriptor stands, and moves it. */
function write(d: Descriptor, from: Uint8Array): number {
  switch (d.kind) {
    case 'file': {
      if (d.position < 0) return writeFile(d, from, -1)
      const start = d.flags & FdFlags.APPEND ? Number(d.file.stat().size) : d.position
      const n = writeFile(d, from, start)
      d.position = start + n
      return n
    }
    case 'stream':
      if (!d.stream.write) return fail(Errno.BADF)
      return from.length === 0 ? 0 : (d.stream.write(from, (d.flags & FdFlags.NONBLOCK) !== 0) ?? from.length)
    case 'socket':
      return d.socket.send ? d.socket.send(from) : fail(Errno.NOTCONN)
    case 'directory':
      return fail(Errno.ISDIR)
  }
}

function seekable(c: Context, fd: number, rights: bigint): FileDescriptor {
  const d = fileOf(c, fd, rights)
  if (d.position < 0) fail(Errno.SPIPE)
  return d
}

function startOf(d: FileDescriptor, whence: Whence): bigint {
  switch (whence) {
    case Whence.SET:
      return 0n
    case Whence.CUR:
      return BigInt(d.position)
    case Whence.END:
      return d.file.stat().size
    default:
      return fail(Errno.INVAL)
  }
}

function seek(c: Context, fd: number, offset: bigint, whence: number, out: number): void {
  // Asking for the position is telling, which needs the smaller right only.
  const telling = offset === 0n && whence === Whence.CUR
  const d = seekable(c, fd, telling ? 0n : Right.FD_SEEK)
  if (telling && !(d.rights & (Right.FD_SEEK | Right.FD_TELL))) fail(Errno.NOTCAPABLE)
  const to = startOf(d, whence) + offset
  if (to < 0n) fail(Errno.INVAL)
  if (to > BigInt(Number.MAX_SAFE_INTEGER)) fail(Errno.OVERFLOW)
  c.memory.setU64(out, to)
  d.position = Number(to)
}

function sync(c: Context, fd: number, right: bigint, dataOnly: boolean): void {
  const d = c.fds.get(fd, right)
  if (d.kind === 'file') d.file.sync(dataOnly)
  else if (d.kind === 'directory') d.directory.sync()
  else fail(Errno.INVAL)
}

const LAST_ADVICE = 5

export const ioCalls = {
  fd_read(c: Context, fd: number, iovs: number, count: number, out: number) {
    const d = c.fds.get(fd, Right.FD_READ)
    const position = d.kind === 'file' ? d.position : -1
    const n = readAll(c, d, c.memory.vectors(iovs, count), position)
    if (d.kind === 'file' && position >= 0) d.position = position + n
    c.memory.setU32(out, n)
  },
  fd_pread(c: Context, fd: number, iovs: number, count: number, offset: bigint, out: number) {
    const d = seekable(c, fd, Right.FD_READ | Right.FD_SEEK)
    c.memory.setU32(out, readAll(c, d, c.memory.vectors(iovs, count), toOffset(u64(offset))))
  },
  fd_write(c: Context, fd: number, iovs: number, count: number, out: number) {
    const d = c.fds.get(fd, Right.FD_WRITE)
    c.memory.setU32(out, write(d, gather(c, c.memory.vectors(iovs, count))))
  },
  fd_pwrite(c: Context, fd: number, iovs: number, count: number, offset: bigint, out: number) {
    const d = seekable(c, fd, Right.FD_WRITE | Right.FD_SEEK)
    c.memory.setU32(out, writeFile(d, gather(c, c.memory.vectors(iovs, count)), toOffset(u64(offset))))
  },

  fd_seek(c: Context, fd: number, offset: bigint, whence: number, out: number) {
    seek(c, fd, offset, whence, out)
  },
  fd_tell(c: Context, fd: number, out: number) {
    c.memory.setU64(out, BigInt(seekable(c, fd, Right.FD_TELL).position))
  },

  fd_sync(c: Context, fd: number) {
    sync(c, fd, Right.FD_SYNC, false)
  },
  fd_datasync(c: Context, fd: number) {
    sync(c, fd, Right.FD_DATASYNC, true)
  },

  /** Advice may be ignored; the arguments must make sense all the same. */
  fd_advise(c: Context, fd: number, _offset: bigint, _length: bigint, advice: number) {
    const d = c.fds.get(fd, Right.FD_ADVISE)
    if (advice > LAST_ADVICE) fail(Errno.INVAL)
    if (d.kind === 'directory') fail(Errno.BADF)
    if (d.kind !== 'file') fail(Errno.SPIPE)
  },
  fd_allocate(c: Context, fd: number, offset: bigint, length: bigint) {
    const d = fileOf(c, fd, Right.FD_ALLOCATE)
    if (d.type !== FileType.REGULAR_FILE) fail(Errno.NODEV)
    if (length === 0n) fail(Errno.INVAL)
    const end = toOffset(u64(offset) + u64(length))
    if (d.file.stat().size < BigInt(end)) d.file.truncate(end)
  },

  fd_close(c: Context, fd: number) {
    c.fds.close(fd)
  },
  fd_renumber(c: Context, from: number, to: number) {
    c.fds.renumber(from, to)
  },
} satisfies Calls
