// Node's file system below one folder. On Linux a directory is an open descriptor and names are reached through
// /proc/self/fd/N/name, so a folder that is moved or replaced by a link meanwhile cannot lead out; elsewhere it is a path.
// Following links and `..` is left to paths.ts. node:fs is taken from the running process, so that bundlers for browsers see no import.

import type * as NodeFs from 'node:fs'
import { Errno, FileType, fail, WASIError } from './abi.ts'
import type { DirEntry, DirectoryHandle, FileHandle, FileStat, FileSystem, OpenOptions, Stream } from './fs.ts'

/** What is needed of node:fs. */
export type NodeFsModule = typeof NodeFs
type Fs = NodeFsModule

interface NodeProcess {
  platform: string
  getBuiltinModule?(name: string): unknown
}

const nodeProcess = () => (globalThis as { process?: NodeProcess }).process

/** The host's node:fs. Throws where there is none; pass file systems and streams explicitly there. */
export function nodeFs(): Fs {
  const fs = nodeProcess()?.getBuiltinModule?.('node:fs')
  if (!fs)
    throw new Error(
      'This host has no node:fs: pre-open a FileSystem object and pass streams for stdin, stdout and stderr',
    )
  return fs as Fs
}

/** Whether paths and descriptor numbers mean anything here. */
export const hasNodeFs = () => nodeProcess()?.getBuiltinModule?.('node:fs') !== undefined

interface Kind {
  isDirectory(): boolean
  isFile(): boolean
  isSymbolicLink(): boolean
  isBlockDevice(): boolean
  isCharacterDevice(): boolean
  isSocket(): boolean
}

function typeOf(s: Kind): FileType {
  if (s.isFile()) return FileType.REGULAR_FILE
  if (s.isDirectory()) return FileType.DIRECTORY
  if (s.isSymbolicLink()) return FileType.SYMBOLIC_LINK
  if (s.isCharacterDevice()) return FileType.CHARACTER_DEVICE
  if (s.isBlockDevice()) return FileType.BLOCK_DEVICE
  if (s.isSocket()) return FileType.SOCKET_STREAM
  return FileType.UNKNOWN
}

interface Times {
  atim: bigint
  mtim: bigint
}

// Node takes times as doubles, which are 240 ns apart these days. What was asked for is kept beside what the system
// made of it, so that the guest reads back what it set for as long as nobody else changes the file.
const asked = new Map<string, { made: Times; asked: Times }>()
const MOST_ASKED = 4096

const keyOf = (s: NodeFs.BigIntStats) => `${s.dev}:${s.ino}`

function exactTimes(s: NodeFs.BigIntStats): Times {
  const made = { atim: s.atimeNs, mtim: s.mtimeNs }
  const known = asked.size > 0 ? asked.get(keyOf(s)) : undefined
  if (!known) return made
  return {
    atim: made.atim === known.made.atim ? known.asked.atim : made.atim,
    mtim: made.mtim === known.made.mtim ? known.asked.mtim : made.mtim,
  }
}

function rememberTimes(s: NodeFs.BigIntStats, want: Times): void {
  asked.delete(keyOf(s))
  if (s.atimeNs === want.atim && s.mtimeNs === want.mtim) return
  if (asked.size >= MOST_ASKED) asked.delete(asked.keys().next().value!)
  asked.set(keyOf(s), { made: { atim: s.atimeNs, mtim: s.mtimeNs }, asked: want })
}

function toStat(s: NodeFs.BigIntStats): FileStat {
  const { dev, ino, nlink, size } = s
  return { dev, ino, type: typeOf(s), nlink, size, ...exactTimes(s), ctim: s.ctimeNs }
}

// The system cuts to nanoseconds; half a nanosecond more keeps small times exact.
const seconds = (ns: bigint) => Number(ns / 1_000_000_000n) + (Number(ns % 1_000_000_000n) + 0.5) / 1e9

class NodeFile implements FileHandle {
  constructor(
    private readonly fs: Fs,
    private readonly fd: number,
  ) {}
  read(into: Uint8Array, position: number): number {
    return this.fs.readSync(this.fd, into, 0, into.length, position < 0 ? null : position)
  }
  write(from: Uint8Array, position: number): number {
    return this.fs.writeSync(this.fd, from, 0, from.length, position < 0 ? null : position)
  }
  stat(): FileStat {
    return toStat(this.fs.fstatSync(this.fd, { bigint: true }))
  }
  truncate(size: number): void {
    this.fs.ftruncateSync(this.fd, size)
  }
  setTimes(atim: bigint, mtim: bigint): void {
    this.fs.futimesSync(this.fd, seconds(atim), seconds(mtim))
    rememberTimes(this.fs.fstatSync(this.fd, { bigint: true }), { atim, mtim })
  }
  sync(dataOnly: boolean): void {
    if (dataOnly) this.fs.fdatasyncSync(this.fd)
    else this.fs.fsyncSync(this.fd)
  }
  close(): void {
    this.fs.closeSync(this.fd)
  }
}

class NodeDirectory implements DirectoryHandle {
  /** @param fd the descriptor behind `path`, or -1 where directories are plain paths */
  constructor(
    private readonly fs: Fs,
    private readonly path: string,
    private readonly fd: number,
  ) {}

  private at(name: string): string {
    // Windows has more separators, and takes names with dots or spaces at the end for others.
    if (nodeProcess()?.platform === 'win32' && name !== '.' && /[\\/:]|[. ]$/.test(name)) fail(Errno.INVAL)
    // The name `.` needs its own spelling: the plain /proc entry would be a link, not the directory.
    return `${this.path}/${name}`
  }

  stat(name: string): FileStat {
    return toStat(this.fs.lstatSync(this.at(name), { bigint: true }))
  }
  setTimes(name: string, atim: bigint, mtim: bigint): void {
    this.fs.lutimesSync(this.at(name), seconds(atim), seconds(mtim))
    rememberTimes(this.fs.lstatSync(this.at(name), { bigint: true }), { atim, mtim })
  }
  openDirectory(name: string): DirectoryHandle {
    const path = this.at(name)
    if (this.fd >= 0) return openByDescriptor(this.fs, path, this.fs.constants.O_NOFOLLOW)
    const type = this.stat(name).type
    if (type === FileType.SYMBOLIC_LINK) fail(Errno.LOOP)
    if (type !== FileType.DIRECTORY) fail(Errno.NOTDIR)
    return new NodeDirectory(this.fs, path, -1)
  }
  openFile(name: string, o: OpenOptions): FileHandle {
    const c = this.fs.constants
    let flags = o.write ? (o.read ? c.O_RDWR : c.O_WRONLY) : c.O_RDONLY
    if (o.create) flags |= c.O_CREAT
    if (o.exclusive) flags |= c.O_EXCL
    if (o.truncate) flags |= c.O_TRUNC
    // Without O_NONBLOCK a guest could hang the host on a pipe that nobody writes to; files do not mind.
    flags |= (c.O_NOFOLLOW ?? 0) | (c.O_NONBLOCK ?? 0)
    if (c.O_NOFOLLOW === undefined && this.isLink(name)) fail(Errno.LOOP)
    return new NodeFile(this.fs, this.fs.openSync(this.at(name), flags, 0o666))
  }
  private isLink(name: string): boolean {
    return this.fs.lstatSync(this.at(name), { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  }
  list(): DirEntry[] {
    return this.fs.readdirSync(this.at('.'), { withFileTypes: true }).map((e) => ({ name: e.name, type: typeOf(e) }))
  }
  readLink(name: string): string {
    return this.fs.readlinkSync(this.at(name))
  }
  makeDirectory(name: string): void {
    this.fs.mkdirSync(this.at(name))
  }
  makeLink(target: string, name: string): void {
    this.fs.symlinkSync(target, this.at(name))
  }
  removeDirectory(name: string): void {
    this.fs.rmdirSync(this.at(name))
  }
  removeFile(name: string): void {
    // macOS says EPERM for a directory where Linux says EISDIR.
    if (this.stat(name).type === FileType.DIRECTORY) fail(Errno.ISDIR)
    this.fs.unlinkSync(this.at(name))
  }
  rename(name: string, to: DirectoryHandle, newName: string): void {
    if (!(to instanceof NodeDirectory)) throw new WASIError(Errno.XDEV)
    this.fs.renameSync(this.at(name), to.at(newName))
  }
  link(name: string, to: DirectoryHandle, newName: string): void {
    if (!(to instanceof NodeDirectory)) throw new WASIError(Errno.XDEV)
    // Linux links the link itself; other systems follow it, which could lead out.
    if (nodeProcess()?.platform !== 'linux' && this.isLink(name)) fail(Errno.NOTSUP)
    this.fs.linkSync(this.at(name), to.at(newName))
  }
  sync(): void {
    if (this.fd >= 0) this.fs.fsyncSync(this.fd)
  }
  close(): void {
    if (this.fd >= 0) this.fs.closeSync(this.fd)
  }
}

function openByDescriptor(fs: Fs, path: string, noFollow: number): NodeDirectory {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | noFollow)
  return new NodeDirectory(fs, `/proc/self/fd/${fd}`, fd)
}

/** The folder `folder` of the host as a file system. */
export class NodeFileSystem implements FileSystem {
  private readonly fs: Fs
  /**
   * @param folder a path on the host; links in it are followed
   * @param fs node:fs, where the process cannot be asked for it
   */
  constructor(
    private readonly folder: string,
    fs?: Fs,
  ) {
    this.fs = fs ?? nodeFs()
  }
  open(): DirectoryHandle {
    if (nodeProcess()?.platform === 'linux' && this.fs.existsSync('/proc/self/fd')) {
      return openByDescriptor(this.fs, this.folder, 0)
    }
    const real = this.fs.realpathSync(this.folder)
    if (!this.fs.statSync(real).isDirectory()) fail(Errno.NOTDIR)
    return new NodeDirectory(this.fs, real, -1)
  }
}

/** Linux: /dev/null and its like. */
const isMemoryDevice = (rdev: number) => nodeProcess()?.platform === 'linux' && rdev >> 8 === 1

interface Tty {
  isatty(fd: number): boolean
}

const isCode = (e: unknown, code: string) => (e as { code?: string } | null)?.code === code

/** How much is read ahead to learn whether there is anything. */
const AHEAD = 4096

/** A descriptor of the process as a standard stream; it stays open when the guest closes its end. */
export class NodeStream implements Stream {
  private readonly fs: Fs
  /** Whether the descriptor is one of this process. */
  private readonly own: boolean
  /** Read ahead by poll(). */
  private ahead = new Uint8Array(0)
  /** The same pipe or terminal opened again without waiting; null when that cannot be. */
  private probe: number | null | undefined
  private cell: Int32Array | undefined

  constructor(
    private readonly fd: number,
    fs?: Fs,
  ) {
    this.fs = fs ?? nodeFs()
    this.own = !fs
  }

  /** node:tty is slow to load, so it is only asked about devices. */
  get isTerminal(): boolean {
    const at = this.own ? this.fs.fstatSync(this.fd) : undefined
    if (!at?.isCharacterDevice() || isMemoryDevice(at.rdev)) return false
    return (nodeProcess()?.getBuiltinModule?.('node:tty') as Tty | undefined)?.isatty(this.fd) ?? false
  }

  stat(): FileStat {
    return toStat(this.fs.fstatSync(this.fd, { bigint: true }))
  }

  read(into: Uint8Array, nonblocking: boolean): number {
    if (nonblocking && this.ahead.length === 0) {
      const state = this.poll()
      if (state.bytes < 0) throw new WASIError(Errno.AGAIN)
      if (state.end) return 0
    }
    if (this.ahead.length > 0) {
      const n = Math.min(into.length, this.ahead.length)
      into.set(this.ahead.subarray(0, n))
      this.ahead = this.ahead.subarray(n)
      return n
    }
    return this.patiently(() => this.fs.readSync(this.fd, into, 0, into.length, null), false)
  }

  write(from: Uint8Array, nonblocking: boolean): number {
    return this.patiently(() => this.fs.writeSync(this.fd, from, 0, from.length, null), nonblocking)
  }

  /** Node leaves some pipes and terminals in non-blocking mode; then the call is repeated after a short rest. */
  private patiently(call: () => number, nonblocking: boolean): number {
    for (;;) {
      try {
        return call()
      } catch (e) {
        if (isCode(e, 'EOF')) return 0
        if (nonblocking || !isCode(e, 'EAGAIN')) throw e
        this.cell ??= new Int32Array(new SharedArrayBuffer(4))
        Atomics.wait(this.cell, 0, 0, 5)
      }
    }
  }

  poll(): { bytes: number; end: boolean } {
    if (this.ahead.length > 0) return { bytes: this.ahead.length, end: false }
    const probe = this.openProbe()
    // A file is always ready, and where nothing can be learnt a read may wait.
    if (probe === null) return { bytes: 1, end: false }
    const into = new Uint8Array(AHEAD)
    try {
      const n = this.fs.readSync(probe, into, 0, AHEAD, null)
      this.ahead = into.subarray(0, n)
      return { bytes: n, end: n === 0 }
    } catch (e) {
      if (isCode(e, 'EAGAIN')) return { bytes: -1, end: false }
      if (isCode(e, 'EOF')) return { bytes: 0, end: true }
      throw e
    }
  }

  close(): void {
    if (typeof this.probe === 'number') this.fs.closeSync(this.probe)
    this.probe = undefined
  }

  /** O_NONBLOCK belongs to an open description, which the process may share with its parent; a new one can be changed freely. */
  private openProbe(): number | null {
    if (this.probe !== undefined) return this.probe
    this.probe = null
    const c = this.fs.constants
    const waits = this.isTerminal || this.fs.fstatSync(this.fd).isFIFO()
    if (waits && nodeProcess()?.platform === 'linux') {
      try {
        this.probe = this.fs.openSync(`/proc/self/fd/${this.fd}`, c.O_RDONLY | c.O_NONBLOCK)
      } catch {
        // No /proc, or not ours to open: reads may wait then.
      }
    }
    return this.probe
  }
}
