// The guest's descriptors: what stands behind each number, its rights and flags. Numbers are given lowest first.
// Specification: WASI preview 1, types `fd`, `fdstat`, `rights`; functions fd_close, fd_renumber.

import { Errno, FileType, fail, streamRights } from './abi.ts'
import type { DirEntry, DirectoryHandle, FileHandle, FileStat, Socket, Stream } from './fs.ts'

interface Common {
  type: FileType
  rights: bigint
  inheriting: bigint
  flags: number
}

/** A regular file, or a device or pipe found in a folder. */
export interface FileDescriptor extends Common {
  kind: 'file'
  file: FileHandle
  /** The next byte to read or write; -1 where there are no positions. */
  position: number
}

export interface DirectoryDescriptor extends Common {
  kind: 'directory'
  directory: DirectoryHandle
  /** The name under which it was pre-opened. */
  preopen: Uint8Array | undefined
  /** What the last listing from the start found; cookies are indices into it. */
  listing: DirEntry[] | undefined
}

export interface StreamDescriptor extends Common {
  kind: 'stream'
  stream: Stream
}

export interface SocketDescriptor extends Common {
  kind: 'socket'
  socket: Socket
}

export type Descriptor = FileDescriptor | DirectoryDescriptor | StreamDescriptor | SocketDescriptor

/** The standard streams and pipes know no positions and nothing that opens below them. */
export function streamDescriptor(stream: Stream): StreamDescriptor {
  const type = stream.isTerminal ? FileType.CHARACTER_DEVICE : (stream.stat?.().type ?? FileType.UNKNOWN)
  // The C library takes every character device for a terminal; /dev/null is none.
  const shown = type === FileType.CHARACTER_DEVICE && !stream.isTerminal ? FileType.UNKNOWN : type
  return { kind: 'stream', stream, type: shown, rights: streamRights, inheriting: 0n, flags: 0 }
}

function release(d: Descriptor): void {
  if (d.kind === 'file') d.file.close()
  else if (d.kind === 'directory') d.directory.close()
  else if (d.kind === 'socket') d.socket.close?.()
  else d.stream.close?.()
}

const MOST = 1 << 16

export class Descriptors {
  private readonly table: (Descriptor | undefined)[] = []
  /** No number below this one is free. */
  private lowest = 0

  add(d: Descriptor): number {
    let fd = this.lowest
    while (this.table[fd] !== undefined) fd++
    if (fd >= MOST) {
      release(d)
      fail(Errno.MFILE)
    }
    this.table[fd] = d
    this.lowest = fd + 1
    return fd
  }

  /** BADF when the number is not open, NOTCAPABLE when it lacks one of the rights. */
  get(fd: number, rights = 0n): Descriptor {
    const d = this.table[fd] ?? fail(Errno.BADF)
    if ((d.rights & rights) !== rights) fail(Errno.NOTCAPABLE)
    return d
  }

  /** A descriptor that paths start from. */
  directory(fd: number, rights: bigint): DirectoryDescriptor {
    const d = this.get(fd)
    if (d.kind !== 'directory') return fail(Errno.NOTDIR)
    if ((d.rights & rights) !== rights) fail(Errno.NOTCAPABLE)
    return d
  }

  socket(fd: number, rights: bigint): SocketDescriptor {
    const d = this.get(fd)
    if (d.kind !== 'socket') return fail(Errno.NOTSOCK)
    if ((d.rights & rights) !== rights) fail(Errno.NOTCAPABLE)
    return d
  }

  close(fd: number): void {
    const d = this.get(fd)
    this.table[fd] = undefined
    this.lowest = Math.min(this.lowest, fd)
    release(d)
  }

  /** `to` is closed and becomes what `from` was. Both must be open. */
  renumber(from: number, to: number): void {
    const d = this.get(from)
    const old = this.get(to)
    if (from === to) return
    this.table[to] = d
    this.table[from] = undefined
    this.lowest = Math.min(this.lowest, from)
    release(old)
  }

  closeAll(): void {
    for (const d of this.table.splice(0)) {
      try {
        if (d) release(d)
      } catch {
        // The guest has ended; nobody is left to hear that a file did not close well.
      }
    }
    this.lowest = 0
  }
}

const unknown: FileStat = {
  dev: 0n,
  ino: 0n,
  type: FileType.UNKNOWN,
  nlink: 1n,
  size: 0n,
  atim: 0n,
  mtim: 0n,
  ctim: 0n,
}

export function statOf(d: Descriptor): FileStat {
  if (d.kind === 'file') return d.file.stat()
  if (d.kind === 'directory') return d.directory.stat('.')
  const stat = d.kind === 'stream' ? d.stream.stat?.() : undefined
  return { ...(stat ?? unknown), type: d.type }
}
