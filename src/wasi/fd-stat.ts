// What is known of a descriptor and what can be set: its rights and flags, its file's size and times, a directory's entries.
// Specification: WASI preview 1, functions fd_fdstat_*, fd_filestat_*, fd_prestat_*, fd_readdir.

import { ClockId, Errno, errnoOf, FdFlags, FileType, FstFlags, fail, Right } from './abi.ts'
import type { Calls, Context } from './context.ts'
import { toOffset, u64 } from './fd-io.ts'
import { type DirectoryDescriptor, statOf } from './fds.ts'
import type { DirEntry, FileStat } from './fs.ts'

const ALL_FLAGS = FdFlags.APPEND | FdFlags.DSYNC | FdFlags.NONBLOCK | FdFlags.RSYNC | FdFlags.SYNC
const DIRENT_SIZE = 24

/** The 64 bytes of a `filestat`. */
export function putStat(c: Context, ptr: number, s: FileStat): void {
  const m = c.memory
  m.bytes(ptr, 64).fill(0)
  m.setU64(ptr, s.dev)
  m.setU64(ptr + 8, s.ino)
  m.setU8(ptr + 16, s.type)
  m.setU64(ptr + 24, s.nlink)
  m.setU64(ptr + 32, s.size)
  m.setU64(ptr + 40, s.atim)
  m.setU64(ptr + 48, s.mtim)
  m.setU64(ptr + 56, s.ctim)
}

/** The two times that a call with `fstflags` leads to, given the present ones. */
export function timesFor(
  c: Context,
  flags: number,
  atim: bigint,
  mtim: bigint,
  now: () => FileStat,
): { atim: bigint; mtim: bigint } | undefined {
  const has = (f: FstFlags) => (flags & f) !== 0
  if (flags > 15 || (has(FstFlags.ATIM) && has(FstFlags.ATIM_NOW)) || (has(FstFlags.MTIM) && has(FstFlags.MTIM_NOW)))
    fail(Errno.INVAL)
  if (flags === 0) return undefined
  const stat = now()
  const clock = c.clock.now(ClockId.REALTIME)
  const pick = (set: FstFlags, setNow: FstFlags, value: bigint, old: bigint) =>
    has(set) ? u64(value) : has(setNow) ? clock : old
  return {
    atim: pick(FstFlags.ATIM, FstFlags.ATIM_NOW, atim, stat.atim),
    mtim: pick(FstFlags.MTIM, FstFlags.MTIM_NOW, mtim, stat.mtim),
  }
}

const encoder = new TextEncoder()

/** The entries as of the start of the listing; `.` and `..` first. */
function listing(d: DirectoryDescriptor, cookie: number): DirEntry[] {
  if (cookie === 0 || !d.listing) {
    const type = FileType.DIRECTORY
    d.listing = [{ name: '.', type }, { name: '..', type }, ...d.directory.list()]
  }
  return d.listing
}

/** 0 for `..`, which may lie outside, and for what has gone meanwhile: the C library asks again where it matters. */
function inode(d: DirectoryDescriptor, name: string): bigint {
  if (name === '..') return 0n
  try {
    return d.directory.stat(name).ino
  } catch (e) {
    if (errnoOf(e) === undefined) throw e
    return 0n
  }
}

function readdir(c: Context, fd: number, buffer: number, length: number, cookie: bigint, out: number): void {
  const d = c.fds.directory(fd, Right.FD_READDIR)
  const into = c.memory.bytes(buffer, length)
  const first = u64(cookie)
  const entries = listing(d, Number(first))
  const header = new DataView(new ArrayBuffer(DIRENT_SIZE))
  let used = 0
  const append = (bytes: Uint8Array) => {
    const part = bytes.subarray(0, length - used)
    into.set(part, used)
    used += part.length
  }
  // The last entry may be cut: a full buffer tells the guest to come back with the cookie before it.
  for (
    let i = first > BigInt(entries.length) ? entries.length : Number(first);
    i < entries.length && used < length;
    i++
  ) {
    const entry = entries[i]!
    const name = encoder.encode(entry.name)
    header.setBigUint64(0, BigInt(i + 1), true)
    header.setBigUint64(8, BigInt.asUintN(64, inode(d, entry.name)), true)
    header.setUint32(16, name.length, true)
    header.setUint8(20, entry.type)
    append(new Uint8Array(header.buffer))
    append(name)
  }
  c.memory.setU32(out, used)
}

function preopenName(c: Context, fd: number): Uint8Array {
  const d = c.fds.get(fd)
  return (d.kind === 'directory' ? d.preopen : undefined) ?? fail(Errno.BADF)
}

export const statCalls = {
  fd_fdstat_get(c: Context, fd: number, out: number) {
    const d = c.fds.get(fd)
    c.memory.bytes(out, 24).fill(0)
    c.memory.setU8(out, d.type)
    c.memory.setU16(out + 2, d.flags)
    c.memory.setU64(out + 8, d.rights)
    c.memory.setU64(out + 16, d.inheriting)
  },
  fd_fdstat_set_flags(c: Context, fd: number, flags: number) {
    const d = c.fds.get(fd, Right.FD_FDSTAT_SET_FLAGS)
    if (flags & ~ALL_FLAGS) fail(Errno.INVAL)
    d.flags = flags
  },
  /** Rights can be given up, never gained. */
  fd_fdstat_set_rights(c: Context, fd: number, rights: bigint, inheriting: bigint) {
    const d = c.fds.get(fd)
    if (u64(rights) & ~d.rights || u64(inheriting) & ~d.inheriting) fail(Errno.NOTCAPABLE)
    d.rights = u64(rights)
    d.inheriting = u64(inheriting)
  },

  fd_filestat_get(c: Context, fd: number, out: number) {
    putStat(c, out, statOf(c.fds.get(fd, Right.FD_FILESTAT_GET)))
  },
  fd_filestat_set_size(c: Context, fd: number, size: bigint) {
    const d = c.fds.get(fd)
    if (d.kind === 'directory') fail(Errno.ISDIR)
    if (d.kind !== 'file') return fail(Errno.INVAL)
    if (!(d.rights & Right.FD_FILESTAT_SET_SIZE)) fail(Errno.NOTCAPABLE)
    d.file.truncate(toOffset(u64(size)))
  },
  fd_filestat_set_times(c: Context, fd: number, atim: bigint, mtim: bigint, flags: number) {
    const d = c.fds.get(fd, Right.FD_FILESTAT_SET_TIMES)
    const t = timesFor(c, flags, atim, mtim, () => statOf(d))
    if (!t) return
    if (d.kind === 'file') d.file.setTimes(t.atim, t.mtim)
    else if (d.kind === 'directory') d.directory.setTimes('.', t.atim, t.mtim)
    else fail(Errno.INVAL)
  },

  fd_prestat_get(c: Context, fd: number, out: number) {
    const name = preopenName(c, fd)
    c.memory.setU32(out, 0)
    c.memory.setU32(out + 4, name.length)
  },
  fd_prestat_dir_name(c: Context, fd: number, out: number, length: number) {
    const name = preopenName(c, fd)
    if (length < name.length) fail(Errno.NAMETOOLONG)
    c.memory.bytes(out, name.length).set(name)
  },

  fd_readdir(c: Context, fd: number, buffer: number, length: number, cookie: bigint, out: number) {
    readdir(c, fd, buffer, length, cookie, out)
  },
} satisfies Calls
