// Plays a guest without WebAssembly: a memory, and the calls of preview 1 with strings put into it. Shared by the tests of WASI.
import { Errno, type FileSystem, WASI, type WASIOptions } from '../../src/wasi/index.ts'

export const CREAT = 1
export const DIRECTORY = 2
export const EXCL = 4
export const TRUNC = 8

/** Everything a file or a directory can be asked to do, as a program asks for it. */
const ALL = (1n << 29n) - 1n
/** FD_DATASYNC, FD_WRITE, FD_ALLOCATE, FD_FILESTAT_SET_SIZE: what the C library leaves out for O_RDONLY. */
const WRITING = (1n << 0n) | (1n << 6n) | (1n << 8n) | (1n << 22n)

const PATH = 1024
const PATH2 = 8192
const IOV = 64
const OUT = 128
const DATA = 16384

export class Guest {
  readonly memory = { buffer: new ArrayBuffer(1 << 17) }
  readonly wasi: WASI
  readonly view = new DataView(this.memory.buffer)
  readonly bytes = new Uint8Array(this.memory.buffer)

  constructor(options: WASIOptions | string | FileSystem) {
    const place = typeof options === 'string' || 'open' in options
    this.wasi = new WASI({
      stdin: {},
      stdout: {},
      stderr: {},
      ...(place ? { preopens: { '/': options as string | FileSystem } } : (options as WASIOptions)),
    })
    this.wasi.initialize({ exports: { memory: this.memory } })
  }

  call(name: string, ...args: (number | bigint)[]): Errno {
    return this.wasi.wasiImport[name]!(...args)
  }

  string(s: string, at = PATH): [number, number] {
    const b = new TextEncoder().encode(s)
    this.bytes.set(b, at)
    return [at, b.length]
  }

  /** The descriptor, or the negated error. */
  open(path: string, oflags = 0, o: { follow?: boolean; fd?: number; flags?: number; write?: boolean } = {}): number {
    const rights = oflags & DIRECTORY || o.write === false ? ALL & ~WRITING : ALL
    const errno = this.call(
      'path_open',
      o.fd ?? 3,
      o.follow === false ? 0 : 1,
      ...this.string(path),
      oflags,
      rights,
      ALL,
      o.flags ?? 0,
      OUT,
    )
    return errno ? -errno : this.view.getUint32(OUT, true)
  }

  write(fd: number, text: string): number {
    this.view.setUint32(IOV, DATA, true)
    this.view.setUint32(IOV + 4, this.string(text, DATA)[1], true)
    const errno = this.call('fd_write', fd, IOV, 1, OUT)
    return errno ? -errno : this.view.getUint32(OUT, true)
  }

  /** Text, or the error's name. */
  read(fd: number, length = 1000): string {
    this.view.setUint32(IOV, DATA, true)
    this.view.setUint32(IOV + 4, length, true)
    const errno = this.call('fd_read', fd, IOV, 1, OUT)
    if (errno) return Errno[errno]
    return new TextDecoder().decode(this.bytes.slice(DATA, DATA + this.view.getUint32(OUT, true)))
  }

  seek(fd: number, offset: bigint, whence = 0): bigint | string {
    const errno = this.call('fd_seek', fd, offset, whence, OUT)
    return errno ? Errno[errno] : this.view.getBigUint64(OUT, true)
  }

  /** Opens, reads and closes; the error's name when that fails. */
  cat(path: string, follow = true): string {
    const fd = this.open(path, 0, { follow, write: false })
    if (fd < 0) return Errno[-fd]!
    const text = this.read(fd)
    this.call('fd_close', fd)
    return text
  }

  /** Creates a file; the error's name when that fails. */
  save(path: string, text: string): string {
    const fd = this.open(path, CREAT | TRUNC)
    if (fd < 0) return Errno[-fd]!
    this.write(fd, text)
    this.call('fd_close', fd)
    return 'SUCCESS'
  }

  private path(name: string, path: string): string {
    return Errno[this.call(name, 3, ...this.string(path))]!
  }
  mkdir(path: string): string {
    return this.path('path_create_directory', path)
  }
  rmdir(path: string): string {
    return this.path('path_remove_directory', path)
  }
  unlink(path: string): string {
    return this.path('path_unlink_file', path)
  }
  symlink(target: string, path: string): string {
    return Errno[this.call('path_symlink', ...this.string(target, PATH2), 3, ...this.string(path))]!
  }
  rename(from: string, to: string): string {
    return Errno[this.call('path_rename', 3, ...this.string(from), 3, ...this.string(to, PATH2))]!
  }
  link(from: string, to: string, follow = false): string {
    return Errno[this.call('path_link', 3, follow ? 1 : 0, ...this.string(from), 3, ...this.string(to, PATH2))]!
  }
  readlink(path: string): string {
    const errno = this.call('path_readlink', 3, ...this.string(path), DATA, 1000, OUT)
    if (errno) return Errno[errno]
    return new TextDecoder().decode(this.bytes.slice(DATA, DATA + this.view.getUint32(OUT, true)))
  }
  stat(path: string, follow = true): { type: number; ino: bigint; nlink: bigint; size: bigint; mtim: bigint } | string {
    const errno = this.call('path_filestat_get', 3, follow ? 1 : 0, ...this.string(path), DATA)
    if (errno) return Errno[errno]
    const v = this.view
    return {
      type: v.getUint8(DATA + 16),
      ino: v.getBigUint64(DATA + 8, true),
      nlink: v.getBigUint64(DATA + 24, true),
      size: v.getBigUint64(DATA + 32, true),
      mtim: v.getBigUint64(DATA + 48, true),
    }
  }
  touch(path: string, mtim: bigint, follow = true): string {
    return Errno[this.call('path_filestat_set_times', 3, follow ? 1 : 0, ...this.string(path), 0n, mtim, 4)]!
  }

  /** One call of fd_readdir: whole entries only, and whether the buffer was not filled. */
  readdir(fd: number, cookie: bigint, size = 4096): { names: string[]; next: bigint; end: boolean } {
    const errno = this.call('fd_readdir', fd, DATA, size, cookie, OUT)
    if (errno) throw new Error(Errno[errno])
    const used = this.view.getUint32(OUT, true)
    const names: string[] = []
    let next = cookie
    for (let at = DATA; at + 24 <= DATA + used; ) {
      const length = this.view.getUint32(at + 16, true)
      if (at + 24 + length > DATA + used) break
      next = this.view.getBigUint64(at, true)
      names.push(new TextDecoder().decode(this.bytes.slice(at + 24, at + 24 + length)))
      at += 24 + length
    }
    return { names, next, end: used < size }
  }

  ls(path: string): string[] | string {
    const fd = this.open(path, DIRECTORY)
    if (fd < 0) return Errno[-fd]!
    const { names } = this.readdir(fd, 0n)
    this.call('fd_close', fd)
    return names.filter((n) => n !== '.' && n !== '..').sort()
  }
}
