// A file system in memory, for browsers and for guests that should touch nothing: files, directories, symbolic and hard links, times,
// and a quota. Following links and `..` is left to paths.ts, as with every file system.

import { Errno, FileType, fail } from './abi.ts'
import type { DirEntry, DirectoryHandle, FileHandle, FileStat, FileSystem, OpenOptions } from './fs.ts'

interface Node {
  readonly ino: bigint
  nlink: bigint
  atim: bigint
  mtim: bigint
  ctim: bigint
}

interface FileNode extends Node {
  type: FileType.REGULAR_FILE
  /** Longer than the file, so that appending does not copy each time. */
  data: Uint8Array
  size: number
  handles: number
}

interface DirectoryNode extends Node {
  type: FileType.DIRECTORY
  entries: Map<string, AnyNode>
  /** Undefined for the root and for directories that have been removed. */
  parent: DirectoryNode | undefined
}

interface LinkNode extends Node {
  type: FileType.SYMBOLIC_LINK
  target: string
}

type AnyNode = FileNode | DirectoryNode | LinkNode

/** What a name, a directory or a link is counted as. */
const ENTRY_COST = 64
const LONGEST_NAME = 255

/** Initial contents: names with bytes or text, or a folder of its own. */
export interface MemoryTree {
  readonly [name: string]: Uint8Array | string | MemoryTree
}

export interface MemoryOptions {
  /** The most bytes that files and entries may take together; beyond it the guest sees NOSPC. */
  quota?: number
  /** Nanoseconds since 1970, for the times of files. */
  now?: () => bigint
}

/** What the nodes of one file system share. */
class Volume {
  readonly dev: bigint
  private lastIno = 0n
  private used = 0
  private static last = 0n

  constructor(
    private readonly quota: number,
    readonly now: () => bigint,
  ) {
    this.dev = ++Volume.last
  }

  node(): Node {
    const t = this.now()
    return { ino: ++this.lastIno, nlink: 1n, atim: t, mtim: t, ctim: t }
  }

  /** NOSPC when there is no room for so many bytes more; negative numbers give back. */
  take(bytes: number): void {
    if (bytes > 0 && this.used + bytes > this.quota) fail(Errno.NOSPC)
    this.used += bytes
  }

  touch(n: Node): void {
    n.mtim = n.ctim = this.now()
  }

  /** A file without names and handles is gone. */
  reclaim(f: FileNode): void {
    if (f.nlink > 0n || f.handles > 0) return
    this.take(-f.size)
    f.data = new Uint8Array(0)
    f.size = 0
  }
}

function statOf(v: Volume, n: AnyNode): FileStat {
  const size =
    n.type === FileType.REGULAR_FILE
      ? n.size
      : n.type === FileType.SYMBOLIC_LINK
        ? new TextEncoder().encode(n.target).length
        : n.entries.size * ENTRY_COST
  return {
    dev: v.dev,
    ino: n.ino,
    type: n.type,
    nlink: n.nlink,
    size: BigInt(size),
    atim: n.atim,
    mtim: n.mtim,
    ctim: n.ctim,
  }
}

function setTimes(v: Volume, n: Node, atim: bigint, mtim: bigint): void {
  n.atim = atim
  n.mtim = mtim
  n.ctim = v.now()
}

function resize(v: Volume, f: FileNode, size: number): void {
  v.take(size - f.size)
  if (size > f.data.length) {
    let data: Uint8Array
    try {
      data = new Uint8Array(Math.max(size, Math.min(f.data.length * 2, f.data.length + (1 << 24))))
    } catch {
      v.take(f.size - size)
      fail(Errno.NOSPC)
    }
    data.set(f.data.subarray(0, f.size))
    f.data = data
  } else if (size < f.size) f.data.fill(0, size, f.size)
  f.size = size
}

class MemoryFile implements FileHandle {
  private open = true
  constructor(
    private readonly volume: Volume,
    private readonly node: FileNode,
  ) {
    node.handles++
  }
  read(into: Uint8Array, position: number): number {
    const bytes = this.node.data.subarray(0, this.node.size).subarray(position, position + into.length)
    into.set(bytes)
    this.node.atim = this.volume.now()
    return bytes.length
  }
  write(from: Uint8Array, position: number): number {
    if (from.length === 0) return 0
    const end = position + from.length
    if (end > this.node.size) resize(this.volume, this.node, end)
    this.node.data.set(from, position)
    this.volume.touch(this.node)
    return from.length
  }
  stat(): FileStat {
    return statOf(this.volume, this.node)
  }
  truncate(size: number): void {
    resize(this.volume, this.node, size)
    this.volume.touch(this.node)
  }
  setTimes(atim: bigint, mtim: bigint): void {
    setTimes(this.volume, this.node, atim, mtim)
  }
  sync(): void {}
  close(): void {
    if (!this.open) return
    this.open = false
    this.node.handles--
    this.volume.reclaim(this.node)
  }
}

class MemoryDirectory implements DirectoryHandle {
  constructor(
    private readonly volume: Volume,
    private readonly node: DirectoryNode,
  ) {}

  private find(name: string): AnyNode | undefined {
    if (name === '.') return this.node
    if (name.length > LONGEST_NAME) fail(Errno.NAMETOOLONG)
    return this.node.entries.get(name)
  }
  private get(name: string): AnyNode {
    return this.find(name) ?? fail(Errno.NOENT)
  }
  private put(name: string, n: AnyNode): void {
    // A removed directory has no links; what were made in it nobody could reach.
    if (this.node.nlink === 0n) fail(Errno.NOENT)
    this.volume.take(ENTRY_COST + name.length)
    this.node.entries.set(name, n)
    this.volume.touch(this.node)
  }
  private drop(name: string): void {
    this.volume.take(-(ENTRY_COST + name.length))
    this.node.entries.delete(name)
    this.volume.touch(this.node)
  }
  private vacant(name: string): void {
    if (this.find(name)) fail(Errno.EXIST)
  }
  /** A name less: the node may be gone for good. */
  private release(n: AnyNode): void {
    if (n.type === FileType.DIRECTORY) {
      n.nlink = 0n
      n.parent = undefined
      this.node.nlink--
      return
    }
    n.nlink--
    n.ctim = this.volume.now()
    if (n.type === FileType.REGULAR_FILE) this.volume.reclaim(n)
    else if (n.nlink === 0n) this.volume.take(-n.target.length)
  }

  stat(name: string): FileStat {
    return statOf(this.volume, this.get(name))
  }
  setTimes(name: string, atim: bigint, mtim: bigint): void {
    setTimes(this.volume, this.get(name), atim, mtim)
  }
  openDirectory(name: string): DirectoryHandle {
    const n = this.get(name)
    if (n.type === FileType.SYMBOLIC_LINK) fail(Errno.LOOP)
    if (n.type !== FileType.DIRECTORY) return fail(Errno.NOTDIR)
    return new MemoryDirectory(this.volume, n)
  }
  openFile(name: string, o: OpenOptions): FileHandle {
    let n = this.find(name)
    if (n && o.create && o.exclusive) fail(Errno.EXIST)
    if (!n) {
      if (!o.create) fail(Errno.NOENT)
      n = { ...this.volume.node(), type: FileType.REGULAR_FILE, data: new Uint8Array(0), size: 0, handles: 0 }
      this.put(name, n)
    }
    if (n.type === FileType.SYMBOLIC_LINK) return fail(Errno.LOOP)
    if (n.type === FileType.DIRECTORY) return fail(Errno.ISDIR)
    if (o.truncate && n.size > 0) {
      resize(this.volume, n, 0)
      this.volume.touch(n)
    }
    return new MemoryFile(this.volume, n)
  }
  list(): DirEntry[] {
    return [...this.node.entries].map(([name, n]) => ({ name, type: n.type }))
  }
  readLink(name: string): string {
    const n = this.get(name)
    return n.type === FileType.SYMBOLIC_LINK ? n.target : fail(Errno.INVAL)
  }
  makeDirectory(name: string): void {
    this.vacant(name)
    const n: DirectoryNode = {
      ...this.volume.node(),
      type: FileType.DIRECTORY,
      entries: new Map(),
      parent: this.node,
      nlink: 2n,
    }
    this.put(name, n)
    this.node.nlink++
  }
  makeLink(target: string, name: string): void {
    this.vacant(name)
    this.volume.take(target.length)
    try {
      this.put(name, { ...this.volume.node(), type: FileType.SYMBOLIC_LINK, target })
    } catch (e) {
      this.volume.take(-target.length)
      throw e
    }
  }
  removeDirectory(name: string): void {
    if (name === '.') fail(Errno.INVAL)
    const n = this.get(name)
    if (n.type !== FileType.DIRECTORY) fail(Errno.NOTDIR)
    if (n.entries.size > 0) fail(Errno.NOTEMPTY)
    this.drop(name)
    this.release(n)
  }
  removeFile(name: string): void {
    const n = this.get(name)
    if (n.type === FileType.DIRECTORY) fail(Errno.ISDIR)
    this.drop(name)
    this.release(n)
  }
  rename(name: string, to: DirectoryHandle, newName: string): void {
    if (!(to instanceof MemoryDirectory) || to.volume !== this.volume) fail(Errno.XDEV)
    if (name === '.' || newName === '.') fail(Errno.BUSY)
    const n = this.get(name)
    const old = to.find(newName)
    if (n === old) return
    if (n.type === FileType.DIRECTORY) {
      for (let d: DirectoryNode | undefined = to.node; d; d = d.parent) if (d === n) fail(Errno.INVAL)
    }
    if (old) to.checkReplace(old, n)
    if (to.node.nlink === 0n) fail(Errno.NOENT)
    // The quota must not stop a rename half way: the old name's share is free before the new one is taken.
    this.drop(name)
    if (old) {
      to.drop(newName)
      to.release(old)
    }
    to.put(newName, n)
    n.ctim = this.volume.now()
    if (n.type === FileType.DIRECTORY) {
      n.parent = to.node
      this.node.nlink--
      to.node.nlink++
    }
  }
  private checkReplace(old: AnyNode, by: AnyNode): void {
    if (old.type === FileType.DIRECTORY) {
      if (by.type !== FileType.DIRECTORY) fail(Errno.ISDIR)
      if (old.entries.size > 0) fail(Errno.NOTEMPTY)
    } else if (by.type === FileType.DIRECTORY) fail(Errno.NOTDIR)
  }
  link(name: string, to: DirectoryHandle, newName: string): void {
    if (!(to instanceof MemoryDirectory) || to.volume !== this.volume) fail(Errno.XDEV)
    const n = this.get(name)
    if (n.type === FileType.DIRECTORY) fail(Errno.PERM)
    to.vacant(newName)
    to.put(newName, n)
    n.nlink++
    n.ctim = this.volume.now()
  }
  sync(): void {}
  close(): void {}
}

/** A file system in memory. It lives as long as this object, over any number of program runs. */
export class MemoryFileSystem implements FileSystem {
  private readonly volume: Volume
  private readonly root: DirectoryNode

  constructor(contents: MemoryTree = {}, options: MemoryOptions = {}) {
    const now = options.now ?? (() => BigInt(Date.now()) * 1_000_000n)
    this.volume = new Volume(options.quota ?? Number.POSITIVE_INFINITY, now)
    this.root = {
      ...this.volume.node(),
      type: FileType.DIRECTORY,
      entries: new Map(),
      parent: undefined,
      nlink: 2n,
    }
    this.fill('', contents)
  }

  private fill(path: string, tree: MemoryTree): void {
    for (const [name, v] of Object.entries(tree)) {
      const at = `${path}/${name}`
      if (typeof v === 'string' || v instanceof Uint8Array) this.writeFile(at, v)
      else {
        this.directory(at, true)
        this.fill(at, v)
      }
    }
  }

  open(): DirectoryHandle {
    return new MemoryDirectory(this.volume, this.root)
  }

  private directory(path: string, create: boolean): DirectoryHandle {
    let d = this.open()
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue
      if (name === '..') fail(Errno.NOTCAPABLE)
      if (create && !d.list().some((e) => e.name === name)) d.makeDirectory(name)
      d = d.openDirectory(name)
    }
    return d
  }

  private split(path: string): [string, string] {
    const i = path.lastIndexOf('/')
    const name = path.slice(i + 1)
    if (name === '' || name === '.' || name === '..') fail(Errno.INVAL)
    return [path.slice(0, Math.max(i, 0)), name]
  }

  /** Writes a whole file for the embedder; makes the folders on the way. Links are not followed. */
  writeFile(path: string, data: Uint8Array | string): void {
    const [folder, name] = this.split(path)
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
    const options = { read: false, write: true, create: true, exclusive: false, truncate: true }
    const file = this.directory(folder, true).openFile(name, options)
    try {
      file.write(bytes, 0)
    } finally {
      file.close()
    }
  }

  /** A whole file as a copy. Links are not followed. */
  readFile(path: string): Uint8Array {
    const [folder, name] = this.split(path)
    const options = { read: true, write: false, create: false, exclusive: false, truncate: false }
    const file = this.directory(folder, false).openFile(name, options)
    try {
      const bytes = new Uint8Array(Number(file.stat().size))
      file.read(bytes, 0)
      return bytes
    } finally {
      file.close()
    }
  }

  /** The names in a folder. */
  list(path = '/'): string[] {
    return this.directory(path, false)
      .list()
      .map((e) => e.name)
  }
}
