// Copy on write: a lower file system that is only read, and an upper one that takes all changes.
// As with Linux's overlayfs, a directory that comes from below cannot be renamed (XDEV), and a file that is open for reading from below
// does not see what is written to its copy.

import { Errno, errnoOf, FileType, fail } from './abi.ts'
import type { DirEntry, DirectoryHandle, FileHandle, FileStat, FileSystem, OpenOptions } from './fs.ts'

/** Which names of the lower directory are gone, and the same for directories below. */
class Shadow {
  readonly hidden = new Set<string>()
  private readonly below = new Map<string, Shadow>()
  child(name: string): Shadow {
    let s = this.below.get(name)
    if (!s) this.below.set(name, (s = new Shadow()))
    return s
  }
  hide(name: string): void {
    this.hidden.add(name)
    this.below.delete(name)
  }
}

const CHUNK = 1 << 16
const READING: OpenOptions = { read: true, write: false, create: false, exclusive: false, truncate: false }
const CREATING: OpenOptions = { read: false, write: true, create: true, exclusive: true, truncate: false }

function statIn(d: DirectoryHandle | undefined, name: string): FileStat | undefined {
  try {
    return d?.stat(name)
  } catch (e) {
    if (errnoOf(e) === Errno.NOENT) return undefined
    throw e
  }
}

function openIn(d: DirectoryHandle | undefined, name: string): DirectoryHandle | undefined {
  return statIn(d, name)?.type === FileType.DIRECTORY ? d!.openDirectory(name) : undefined
}

class OverlayDirectory implements DirectoryHandle {
  /** Handles on directories below need this one to make their upper directory. */
  private users = 1

  constructor(
    private readonly lower: DirectoryHandle | undefined,
    private upper: DirectoryHandle | undefined,
    private readonly shadow: Shadow,
    private readonly parent: OverlayDirectory | undefined,
    private readonly name: string,
  ) {
    if (parent) parent.users++
  }

  private below(name: string): FileStat | undefined {
    return this.shadow.hidden.has(name) ? undefined : statIn(this.lower, name)
  }
  private above(name: string): FileStat | undefined {
    return statIn(this.upper, name)
  }
  private find(name: string): FileStat | undefined {
    return this.above(name) ?? this.below(name)
  }
  private vacant(name: string): void {
    if (this.find(name)) fail(Errno.EXIST)
  }

  /** The upper directory, made when it is not there yet. */
  private top(): DirectoryHandle {
    if (this.upper) return this.upper
    const above = this.parent!.top()
    if (!statIn(above, this.name)) {
      above.makeDirectory(this.name)
      const s = this.lower!.stat('.')
      above.setTimes(this.name, s.atim, s.mtim)
    }
    return (this.upper = above.openDirectory(this.name))
  }

  /** Brings a file or link up, with its contents unless they are to be dropped. */
  private copyUp(name: string, contents = true): DirectoryHandle {
    const top = this.top()
    const s = this.above(name) ? undefined : this.below(name)
    if (!s) return top
    if (s.type === FileType.SYMBOLIC_LINK) top.makeLink(this.lower!.readLink(name), name)
    else if (s.type !== FileType.REGULAR_FILE) fail(Errno.XDEV)
    else if (contents) this.copyFile(name, top)
    else top.openFile(name, CREATING).close()
    if (contents) top.setTimes(name, s.atim, s.mtim)
    return top
  }
  private copyFile(name: string, top: DirectoryHandle): void {
    const from = this.lower!.openFile(name, READING)
    try {
      const to = top.openFile(name, CREATING)
      try {
        const chunk = new Uint8Array(CHUNK)
        for (let at = 0, n: number; (n = from.read(chunk, at)) > 0; at += n) {
          for (let done = 0; done < n; ) done += to.write(chunk.subarray(done, n), at + done)
        }
      } catch (e) {
        // Half a copy must not hide the whole original.
        top.removeFile(name)
        throw e
      } finally {
        to.close()
      }
    } finally {
      from.close()
    }
  }

  stat(name: string): FileStat {
    return this.find(name) ?? fail(Errno.NOENT)
  }
  setTimes(name: string, atim: bigint, mtim: bigint): void {
    if (name === '.') this.top().setTimes('.', atim, mtim)
    else if (this.stat(name).type !== FileType.DIRECTORY) this.copyUp(name).setTimes(name, atim, mtim)
    else {
      const d = this.openDirectory(name)
      try {
        d.setTimes('.', atim, mtim)
      } finally {
        d.close()
      }
    }
  }
  openDirectory(name: string): DirectoryHandle {
    if (name === '.') {
      return new OverlayDirectory(openIn(this.lower, '.'), openIn(this.upper, '.'), this.shadow, this.parent, this.name)
    }
    const { type } = this.stat(name)
    if (type === FileType.SYMBOLIC_LINK) fail(Errno.LOOP)
    if (type !== FileType.DIRECTORY) fail(Errno.NOTDIR)
    const lower = this.shadow.hidden.has(name) ? undefined : openIn(this.lower, name)
    return new OverlayDirectory(lower, openIn(this.upper, name), this.shadow.child(name), this, name)
  }
  openFile(name: string, o: OpenOptions): FileHandle {
    const s = this.find(name)
    if (s && o.create && o.exclusive) fail(Errno.EXIST)
    if (s?.type === FileType.SYMBOLIC_LINK) fail(Errno.LOOP)
    if (!s) {
      if (!o.create) fail(Errno.NOENT)
      return this.top().openFile(name, o)
    }
    if (!o.write && !o.truncate) return (this.above(name) ? this.upper! : this.lower!).openFile(name, READING)
    return this.copyUp(name, !o.truncate).openFile(name, o)
  }
  list(): DirEntry[] {
    const above = this.upper?.list() ?? []
    const names = new Set(above.map((e) => e.name))
    const below = this.lower?.list() ?? []
    return [...above, ...below.filter((e) => !names.has(e.name) && !this.shadow.hidden.has(e.name))]
  }
  readLink(name: string): string {
    return (this.above(name) ? this.upper! : this.below(name) ? this.lower! : fail(Errno.NOENT)).readLink(name)
  }
  makeDirectory(name: string): void {
    this.vacant(name)
    this.top().makeDirectory(name)
  }
  makeLink(target: string, name: string): void {
    this.vacant(name)
    this.top().makeLink(target, name)
  }
  removeDirectory(name: string): void {
    if (name === '.') fail(Errno.INVAL)
    const d = this.openDirectory(name)
    try {
      if (d.list().length > 0) fail(Errno.NOTEMPTY)
    } finally {
      d.close()
    }
    if (this.above(name)) this.upper!.removeDirectory(name)
    this.hideBelow(name)
  }
  removeFile(name: string): void {
    if (this.stat(name).type === FileType.DIRECTORY) fail(Errno.ISDIR)
    if (this.above(name)) this.upper!.removeFile(name)
    this.hideBelow(name)
  }
  private hideBelow(name: string): void {
    if (this.below(name)) this.shadow.hide(name)
  }

  rename(name: string, to: DirectoryHandle, newName: string): void {
    if (!(to instanceof OverlayDirectory)) fail(Errno.XDEV)
    if (name === '.' || newName === '.') fail(Errno.BUSY)
    const s = this.stat(name)
    if (s.type === FileType.DIRECTORY && this.below(name)) fail(Errno.XDEV)
    const old = to.find(newName)
    if (old) {
      if (old.dev === s.dev && old.ino === s.ino) return
      to.checkReplace(newName, old, s)
    }
    const from = this.copyUp(name)
    from.rename(name, to.top(), newName)
    // The lower one of that name is behind the new one, and must stay away when that goes.
    to.hideBelow(newName)
    this.hideBelow(name)
  }
  private checkReplace(name: string, old: FileStat, by: FileStat): void {
    if (old.type !== FileType.DIRECTORY) {
      if (by.type === FileType.DIRECTORY) fail(Errno.NOTDIR)
      return
    }
    if (by.type !== FileType.DIRECTORY) fail(Errno.ISDIR)
    const d = this.openDirectory(name)
    try {
      if (d.list().length > 0) fail(Errno.NOTEMPTY)
    } finally {
      d.close()
    }
  }
  link(name: string, to: DirectoryHandle, newName: string): void {
    if (!(to instanceof OverlayDirectory)) fail(Errno.XDEV)
    if (this.stat(name).type === FileType.DIRECTORY) fail(Errno.PERM)
    to.vacant(newName)
    this.copyUp(name).link(name, to.top(), newName)
  }
  sync(): void {
    this.upper?.sync()
  }
  close(): void {
    if (--this.users > 0) return
    this.lower?.close()
    this.upper?.close()
    this.parent?.close()
  }
}

/**
 * Reads come from `lower` until something is changed; changes go to `upper`, which should be empty at first. What has been deleted is
 * remembered by the object returned, not by `upper`.
 */
export function overlay(lower: FileSystem, upper: FileSystem): FileSystem {
  const shadow = new Shadow()
  return { open: () => new OverlayDirectory(lower.open(), upper.open(), shadow, undefined, '') }
}
