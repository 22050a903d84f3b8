// File systems made of others: one that refuses changes, and one that puts others at paths of it.
// Copying on write is in fs-overlay.ts.

import { Errno, FileType, fail } from './abi.ts'
import type { DirEntry, DirectoryHandle, FileHandle, FileStat, FileSystem, OpenOptions } from './fs.ts'
import { MemoryFileSystem } from './fs-memory.ts'

const refuse = () => fail(Errno.ROFS)

class ReadOnlyFile implements FileHandle {
  constructor(private readonly inner: FileHandle) {}
  read(into: Uint8Array, position: number): number {
    return this.inner.read(into, position)
  }
  stat(): FileStat {
    return this.inner.stat()
  }
  close(): void {
    this.inner.close()
  }
  write = refuse
  truncate = refuse
  setTimes = refuse
  sync(): void {}
}

class ReadOnlyDirectory implements DirectoryHandle {
  constructor(private readonly inner: DirectoryHandle) {}
  stat(name: string): FileStat {
    return this.inner.stat(name)
  }
  openDirectory(name: string): DirectoryHandle {
    return new ReadOnlyDirectory(this.inner.openDirectory(name))
  }
  openFile(name: string, o: OpenOptions): FileHandle {
    if (o.write || o.truncate || o.create) {
      // Creating what exists, without writing to it, changes nothing; creating anew does.
      const exists = this.inner.list().some((e) => e.name === name)
      if (exists && o.create && o.exclusive) fail(Errno.EXIST)
      if (!exists || o.write || o.truncate) fail(exists || o.create ? Errno.ROFS : Errno.NOENT)
    }
    const plain = { read: true, write: false, create: false, exclusive: false, truncate: false }
    return new ReadOnlyFile(this.inner.openFile(name, plain))
  }
  list(): DirEntry[] {
    return this.inner.list()
  }
  readLink(name: string): string {
    return this.inner.readLink(name)
  }
  setTimes = refuse
  makeDirectory = refuse
  makeLink = refuse
  removeDirectory = refuse
  removeFile = refuse
  rename = refuse
  link = refuse
  sync(): void {}
  close(): void {
    this.inner.close()
  }
}

/** The same file system, but every change is refused with ROFS. */
export function readOnly(system: FileSystem): FileSystem {
  return { open: () => new ReadOnlyDirectory(system.open()) }
}

/** What is mounted at and below a directory. */
interface MountPoint {
  system: FileSystem | undefined
  below: Map<string, MountPoint>
}

/** Stands where only a mount below makes a directory exist. */
const nothing = readOnly(new MemoryFileSystem())

class MountDirectory implements DirectoryHandle {
  constructor(
    private readonly inner: DirectoryHandle,
    private readonly point: MountPoint | undefined,
  ) {}

  private mounted(name: string): MountPoint | undefined {
    return this.point?.below.get(name)
  }
  /** A place where something is mounted cannot be replaced or taken away. */
  private free(name: string): string {
    if (this.mounted(name)) fail(Errno.BUSY)
    return name
  }
  private enter(name: string, point: MountPoint): DirectoryHandle {
    if (point.system) return point.system.open()
    try {
      return this.inner.openDirectory(name)
    } catch {
      return nothing.open()
    }
  }

  stat(name: string): FileStat {
    const point = this.mounted(name)
    if (!point) return this.inner.stat(name)
    const d = this.enter(name, point)
    try {
      return d.stat('.')
    } finally {
      d.close()
    }
  }
  setTimes(name: string, atim: bigint, mtim: bigint): void {
    this.inner.setTimes(this.free(name), atim, mtim)
  }
  openDirectory(name: string): DirectoryHandle {
    if (name === '.') return new MountDirectory(this.inner.openDirectory('.'), this.point)
    const point = this.mounted(name)
    return new MountDirectory(point ? this.enter(name, point) : this.inner.openDirectory(name), point)
  }
  openFile(name: string, options: OpenOptions): FileHandle {
    if (this.mounted(name)) fail(Errno.ISDIR)
    return this.inner.openFile(name, options)
  }
  list(): DirEntry[] {
    const own = this.inner.list().filter((e) => !this.mounted(e.name))
    return [...own, ...[...(this.point?.below.keys() ?? [])].map((name) => ({ name, type: FileType.DIRECTORY }))]
  }
  readLink(name: string): string {
    if (this.mounted(name)) fail(Errno.INVAL)
    return this.inner.readLink(name)
  }
  makeDirectory(name: string): void {
    if (this.mounted(name)) fail(Errno.EXIST)
    this.inner.makeDirectory(name)
  }
  makeLink(target: string, name: string): void {
    if (this.mounted(name)) fail(Errno.EXIST)
    this.inner.makeLink(target, name)
  }
  removeDirectory(name: string): void {
    this.inner.removeDirectory(this.free(name))
  }
  removeFile(name: string): void {
    if (this.mounted(name)) fail(Errno.ISDIR)
    this.inner.removeFile(name)
  }
  rename(name: string, to: DirectoryHandle, newName: string): void {
    if (!(to instanceof MountDirectory)) fail(Errno.XDEV)
    this.inner.rename(this.free(name), to.inner, to.free(newName))
  }
  link(name: string, to: DirectoryHandle, newName: string): void {
    if (!(to instanceof MountDirectory)) fail(Errno.XDEV)
    if (to.mounted(newName)) fail(Errno.EXIST)
    this.inner.link(this.free(name), to.inner, newName)
  }
  sync(): void {
    this.inner.sync()
  }
  close(): void {
    this.inner.close()
  }
}

/**
 * File systems at paths of one tree, for instance `{ '/': base, '/usr/share': assets }`. Without `/`, only what leads to the mounts exists.
 * Links in file systems do not cross mounts upwards by `..`, since `..` goes the way it came.
 */
export function mounts(systems: Readonly<Record<string, FileSystem>>): FileSystem {
  const root: MountPoint = { system: undefined, below: new Map() }
  for (const [path, system] of Object.entries(systems)) {
    let at = root
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue
      if (name === '..') throw new TypeError(`A mount's path must not contain "..": ${path}`)
      let next = at.below.get(name)
      if (!next) at.below.set(name, (next = { system: undefined, below: new Map() }))
      at = next
    }
    at.system = system
  }
  return { open: () => new MountDirectory((root.system ?? nothing).open(), root) }
}
