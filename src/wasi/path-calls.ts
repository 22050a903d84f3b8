// What is done to a path without opening it: information, times, creation, links, renaming, removal.
// Specification: WASI preview 1, functions path_* except path_open.

import { Errno, FileType, fail, Right } from './abi.ts'
import type { Calls, Context } from './context.ts'
import { putStat, timesFor } from './fd-stat.ts'
import type { FileStat } from './fs.ts'
import { at, demandDirectory, endsInSlash, type Place } from './paths.ts'

const FOLLOW = 1

/** The place of a path that names what must not be followed: something to make, rename or remove. */
function entry<T>(c: Context, fd: number, right: bigint, ptr: number, length: number, use: (p: Place) => T): T {
  return at(c.fds.directory(fd, right).directory, c.memory.string(ptr, length), false, use)
}

/** The place of a path to look at. A trailing slash follows a link even when the flags do not. */
function target<T>(
  c: Context,
  fd: number,
  right: bigint,
  lookup: number,
  ptr: number,
  length: number,
  use: (p: Place) => T,
): T {
  if (lookup > FOLLOW) fail(Errno.INVAL)
  const path = c.memory.string(ptr, length)
  return at(c.fds.directory(fd, right).directory, path, lookup === FOLLOW || endsInSlash(path), (p) => {
    demandDirectory(p)
    return use(p)
  })
}

/** Only directories can have names with a slash: EXIST when one is there, NOENT when nothing is. */
function makeEntry(p: Place): void {
  if (!p.slash) return
  demandDirectory(p)
  fail(Errno.EXIST)
}

function rename(from: Place, to: Place): void {
  demandDirectory(from)
  if (to.slash && from.directory.stat(from.name).type !== FileType.DIRECTORY) fail(Errno.NOTDIR)
  from.directory.rename(from.name, to.directory, to.name)
}

export function pathStat(c: Context, fd: number, lookup: number, ptr: number, length: number): FileStat {
  return target(c, fd, Right.PATH_FILESTAT_GET, lookup, ptr, length, (p) => p.directory.stat(p.name))
}

const encoder = new TextEncoder()

export const pathCalls = {
  path_create_directory(c: Context, fd: number, ptr: number, length: number) {
    entry(c, fd, Right.PATH_CREATE_DIRECTORY, ptr, length, (p) => p.directory.makeDirectory(p.name))
  },
  path_filestat_get(c: Context, fd: number, lookup: number, ptr: number, length: number, out: number) {
    putStat(c, out, pathStat(c, fd, lookup, ptr, length))
  },
  path_filestat_set_times(
    c: Context,
    fd: number,
    lookup: number,
    ptr: number,
    length: number,
    atim: bigint,
    mtim: bigint,
    flags: number,
  ) {
    target(c, fd, Right.PATH_FILESTAT_SET_TIMES, lookup, ptr, length, (p) => {
      const t = timesFor(c, flags, atim, mtim, () => p.directory.stat(p.name))
      if (t) p.directory.setTimes(p.name, t.atim, t.mtim)
    })
  },
  path_link(
    c: Context,
    oldFd: number,
    lookup: number,
    oldPtr: number,
    oldLength: number,
    newFd: number,
    newPtr: number,
    newLength: number,
  ) {
    target(c, oldFd, Right.PATH_LINK_SOURCE, lookup, oldPtr, oldLength, (from) =>
      entry(c, newFd, Right.PATH_LINK_TARGET, newPtr, newLength, (to) => {
        makeEntry(to)
        // What hosts say about hard links to directories differs; some allow them.
        if (from.directory.stat(from.name).type === FileType.DIRECTORY) fail(Errno.PERM)
        from.directory.link(from.name, to.directory, to.name)
      }),
    )
  },
  path_readlink(c: Context, fd: number, ptr: number, length: number, buffer: number, size: number, out: number) {
    target(c, fd, Right.PATH_READLINK, 0, ptr, length, (p) => {
      const bytes = encoder.encode(p.directory.readLink(p.name)).subarray(0, size)
      c.memory.bytes(buffer, size).set(bytes)
      c.memory.setU32(out, bytes.length)
    })
  },
  path_remove_directory(c: Context, fd: number, ptr: number, length: number) {
    entry(c, fd, Right.PATH_REMOVE_DIRECTORY, ptr, length, (p) => p.directory.removeDirectory(p.name))
  },
  path_rename(
    c: Context,
    oldFd: number,
    oldPtr: number,
    oldLength: number,
    newFd: number,
    newPtr: number,
    newLength: number,
  ) {
    entry(c, oldFd, Right.PATH_RENAME_SOURCE, oldPtr, oldLength, (from) =>
      entry(c, newFd, Right.PATH_RENAME_TARGET, newPtr, newLength, (to) => rename(from, to)),
    )
  },
  /** The target may lead anywhere inside; an absolute one could only lead out. */
  path_symlink(c: Context, oldPtr: number, oldLength: number, fd: number, newPtr: number, newLength: number) {
    const to = c.memory.string(oldPtr, oldLength)
    entry(c, fd, Right.PATH_SYMLINK, newPtr, newLength, (p) => {
      if (to === '') fail(Errno.NOENT)
      if (to.startsWith('/')) fail(Errno.NOTCAPABLE)
      makeEntry(p)
      p.directory.makeLink(to, p.name)
    })
  },
  path_unlink_file(c: Context, fd: number, ptr: number, length: number) {
    entry(c, fd, Right.PATH_UNLINK_FILE, ptr, length, (p) => {
      demandDirectory(p)
      p.directory.removeFile(p.name)
    })
  },
} satisfies Calls
