// Opening by path: rights, creation, truncation, and which kind of thing it turns out to be.
// Specification: WASI preview 1, function path_open; types `oflags`, `lookupflags`, `rights`.

import {
  allRights,
  directoryRights,
  Errno,
  errnoOf,
  FdFlags,
  FileType,
  fail,
  fileRights,
  OFlags,
  Right,
} from './abi.ts'
import type { Calls, Context } from './context.ts'
import { u64 } from './fd-io.ts'
import type { Descriptor, DirectoryDescriptor } from './fds.ts'
import type { FileStat } from './fs.ts'
import { at, endsInSlash, type Place } from './paths.ts'

const ALL_OFLAGS = OFlags.CREAT | OFlags.DIRECTORY | OFlags.EXCL | OFlags.TRUNC
const ALL_FDFLAGS = FdFlags.APPEND | FdFlags.DSYNC | FdFlags.NONBLOCK | FdFlags.RSYNC | FdFlags.SYNC
const READING = Right.FD_READ | Right.FD_READDIR
const WRITING = Right.FD_WRITE | Right.FD_DATASYNC | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE

interface Request {
  oflags: number
  flags: number
  rights: bigint
  inheriting: bigint
}

/** Undefined when nothing has the name. */
function statIfAny(p: Place): FileStat | undefined {
  try {
    return p.directory.stat(p.name)
  } catch (e) {
    if (errnoOf(e) === Errno.NOENT) return undefined
    throw e
  }
}

function openDirectory(p: Place, r: Request): Descriptor {
  if (r.oflags & OFlags.EXCL && r.oflags & OFlags.CREAT) fail(Errno.EXIST)
  if (r.oflags & (OFlags.CREAT | OFlags.TRUNC) || r.rights & Right.FD_WRITE) fail(Errno.ISDIR)
  return {
    kind: 'directory',
    directory: p.directory.openDirectory(p.name),
    type: FileType.DIRECTORY,
    rights: r.rights & directoryRights,
    inheriting: r.inheriting,
    flags: r.flags,
    preopen: undefined,
    listing: undefined,
  }
}

function openFile(p: Place, r: Request): Descriptor {
  const write = (r.rights & WRITING) !== 0n || (r.oflags & OFlags.TRUNC) !== 0
  const file = p.directory.openFile(p.name, {
    read: (r.rights & READING) !== 0n || !write,
    write,
    create: (r.oflags & OFlags.CREAT) !== 0,
    exclusive: (r.oflags & OFlags.EXCL) !== 0,
    truncate: (r.oflags & OFlags.TRUNC) !== 0,
  })
  const type = file.stat().type
  if (type === FileType.DIRECTORY) {
    // A directory took the place of the file just now.
    file.close()
    fail(Errno.ISDIR)
  }
  const position = type === FileType.REGULAR_FILE || type === FileType.BLOCK_DEVICE ? 0 : -1
  const unseekable = position < 0 ? Right.FD_SEEK | Right.FD_TELL : 0n
  return {
    kind: 'file',
    file,
    position,
    type,
    rights: r.rights & fileRights & ~unseekable,
    inheriting: r.inheriting,
    flags: r.flags,
  }
}

function open(p: Place, r: Request): Descriptor {
  const stat = statIfAny(p)
  const wantDirectory = p.slash || (r.oflags & OFlags.DIRECTORY) !== 0
  if (!stat) {
    if (!(r.oflags & OFlags.CREAT)) fail(Errno.NOENT)
    if (p.slash) fail(Errno.ISDIR)
    return openFile(p, r)
  }
  if (stat.type === FileType.DIRECTORY) return openDirectory(p, r)
  if (stat.type === FileType.SYMBOLIC_LINK) {
    fail((r.oflags & OFlags.EXCL) !== 0 ? Errno.EXIST : wantDirectory ? Errno.NOTDIR : Errno.LOOP)
  }
  if (wantDirectory) fail(Errno.NOTDIR)
  return openFile(p, r)
}

/** What the flags need of the directory, and what the new descriptor may get through it. */
function checkRights(base: DirectoryDescriptor, r: Request): void {
  let needed = Right.PATH_OPEN as bigint
  if (r.oflags & OFlags.CREAT) needed |= Right.PATH_CREATE_FILE
  if (r.oflags & OFlags.TRUNC) needed |= Right.PATH_FILESTAT_SET_SIZE
  if ((base.rights & needed) !== needed) fail(Errno.NOTCAPABLE)
  // Rights that no file has are no reason to refuse: many programs ask for all of them.
  const asked = (r.rights | r.inheriting) & (directoryRights | fileRights)
  if (asked & ~base.inheriting) fail(Errno.NOTCAPABLE)
}

export const openCalls = {
  path_open(
    c: Context,
    fd: number,
    lookup: number,
    pathPtr: number,
    pathLength: number,
    oflags: number,
    rights: bigint,
    inheriting: bigint,
    flags: number,
    out: number,
  ) {
    const base = c.fds.directory(fd, Right.PATH_OPEN)
    const path = c.memory.string(pathPtr, pathLength)
    if (oflags & ~ALL_OFLAGS || flags & ~ALL_FDFLAGS || lookup > 1) fail(Errno.INVAL)
    if (oflags & OFlags.CREAT && oflags & OFlags.DIRECTORY) fail(Errno.INVAL)
    const r: Request = { oflags, flags, rights: u64(rights) & allRights, inheriting: u64(inheriting) & allRights }
    checkRights(base, r)
    r.inheriting &= base.inheriting
    c.memory.setU32(out, 0)
    const exclusive = (oflags & (OFlags.CREAT | OFlags.EXCL)) === (OFlags.CREAT | OFlags.EXCL)
    const follow = !exclusive && (lookup === 1 || endsInSlash(path))
    c.memory.setU32(
      out,
      at(base.directory, path, follow, (p) => c.fds.add(open(p, r))),
    )
  },
} satisfies Calls
