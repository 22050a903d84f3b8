// Node's file system below one folder. On Linux a directory is an open descriptor and names are reached through
// /proc/self/fd/N/name, so a folder that is moved or replaced by a link meanwhile cannot lead out; elsewhere it is a path.
// Following links and `..` is left to paths.ts. node:fs is taken from the running process, so that bundlers for browsers see no import.

import type * as NodeFs from 'node:fs'
import { Errno, FileType, fail, WASIError } from './abi.ts'
import type { DirEntry, DirectoryHandle, FileHandle, FileStat, FileSystem, OpenOptions, Stream } from './fs.ts'

type Fs = typeof NodeFs

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

function toStat(s: NodeFs.BigIntStats): FileStat {
  return {
    dev: s.dev,
    ino: s.ino,
    type: typeOf(s),
    nlink: s.nlink,
    size: s.size,
    atim: s.atimeNs,
    mtim: s.mtimeNs,
    ctim: s.ctimeNs,
  }
}

// Node takes seconds as a double and cuts to nanoseconds; half a nanosecond more keeps small times exact.
const seconds = (ns: bigint) => Number(ns / 1_000_000_000n) + (Number(ns % 1_000_000_000n) + 0.5) / 1e9

class NodeFile implements FileHandle {
  constructor(
    private readonly fs: Fs,
    private readonly fd: number,
  ) {}
  read(into: Uint8Array, position: number): number {
    return this.fs.readSync(this.fd, into, 0, into.length, position)
  }
  write(from: Uint8Array, position: number): number {
    return this.fs.writeSync(this.fd, from, 0, from.length, position)
  }
  stat(): FileStat {
    return toStat(this.fs.fstatSync(this.fd, { bigint: true }))
  }
  truncate(size: number): void {
    this.fs.ftruncateSync(this.fd, size)
  }
  setTimes(atim: bigint, mtim: bigint): void {
    this.fs.futimesSync(this.fd, seconds(atim), seconds(mtim))
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
    if (nodeProcess()?.platform === 'win32' && /[\\:]/.test(name)) fail(Errno.INVAL)
    // The name `.` needs its own spelling: the plain /proc entry would be a link, not the directory.
    return `${this.path}/${name}`
  }

  stat(name: string): FileStat {
    return toStat(this.fs.lstatSync(this.at(name), { bigint: true }))
  }
  setTimes(name: string, atim: bigint, mtim: bigint): void {
    this.fs.lutimesSync(this.at(name), seconds(atim), seconds(mtim))
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

/** A descriptor of the process as a standard stream; it stays open when the guest closes its end. */
export class NodeStream implements Stream {
  private readonly fs: Fs
  constructor(
    private readonly fd: number,
    fs?: Fs,
  ) {
    this.fs = fs ?? nodeFs()
  }
  get isTerminal(): boolean {
    return this.stat().type === FileType.CHARACTER_DEVICE
  }
  stat(): FileStat {
    return toStat(this.fs.fstatSync(this.fd, { bigint: true }))
  }
  read(into: Uint8Array): number {
    return this.retry(() => this.fs.readSync(this.fd, into, 0, into.length, null))
  }
  write(from: Uint8Array): number {
    return this.retry(() => this.fs.writeSync(this.fd, from, 0, from.length, null))
  }
  /** Node leaves some pipes and terminals in non-blocking mode; then the call is repeated after a short rest. */
  private retry(call: () => number): number {
    for (;;) {
      try {
        return call()
      } catch (e) {
        const code = (e as { code?: string }).code
        if (code === 'EOF') return 0
        if (code !== 'EAGAIN') throw e
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
      }
    }
  }
}
