// The numbers and the layout rules of WASI preview 1: error codes, rights, flags, and bounds-checked access to the guest's memory.
// It knows nothing of files or clocks. Specification: WASI preview 1, docs.md ("Types") and typenames.witx.

/** The error codes a function of preview 1 returns. */
export enum Errno {
  SUCCESS = 0,
  TOOBIG = 1,
  ACCES = 2,
  ADDRINUSE = 3,
  ADDRNOTAVAIL = 4,
  AFNOSUPPORT = 5,
  AGAIN = 6,
  ALREADY = 7,
  BADF = 8,
  BADMSG = 9,
  BUSY = 10,
  CANCELED = 11,
  CHILD = 12,
  CONNABORTED = 13,
  CONNREFUSED = 14,
  CONNRESET = 15,
  DEADLK = 16,
  DESTADDRREQ = 17,
  DOM = 18,
  DQUOT = 19,
  EXIST = 20,
  FAULT = 21,
  FBIG = 22,
  HOSTUNREACH = 23,
  IDRM = 24,
  ILSEQ = 25,
  INPROGRESS = 26,
  INTR = 27,
  INVAL = 28,
  IO = 29,
  ISCONN = 30,
  ISDIR = 31,
  LOOP = 32,
  MFILE = 33,
  MLINK = 34,
  MSGSIZE = 35,
  MULTIHOP = 36,
  NAMETOOLONG = 37,
  NETDOWN = 38,
  NETRESET = 39,
  NETUNREACH = 40,
  NFILE = 41,
  NOBUFS = 42,
  NODEV = 43,
  NOENT = 44,
  NOEXEC = 45,
  NOLCK = 46,
  NOLINK = 47,
  NOMEM = 48,
  NOMSG = 49,
  NOPROTOOPT = 50,
  NOSPC = 51,
  NOSYS = 52,
  NOTCONN = 53,
  NOTDIR = 54,
  NOTEMPTY = 55,
  NOTRECOVERABLE = 56,
  NOTSOCK = 57,
  NOTSUP = 58,
  NOTTY = 59,
  NXIO = 60,
  OVERFLOW = 61,
  OWNERDEAD = 62,
  PERM = 63,
  PIPE = 64,
  PROTO = 65,
  PROTONOSUPPORT = 66,
  PROTOTYPE = 67,
  RANGE = 68,
  ROFS = 69,
  SPIPE = 70,
  SRCH = 71,
  STALE = 72,
  TIMEDOUT = 73,
  TXTBSY = 74,
  XDEV = 75,
  NOTCAPABLE = 76,
}

/** What a descriptor or a directory entry is. */
export enum FileType {
  UNKNOWN = 0,
  BLOCK_DEVICE = 1,
  CHARACTER_DEVICE = 2,
  DIRECTORY = 3,
  REGULAR_FILE = 4,
  SOCKET_DGRAM = 5,
  SOCKET_STREAM = 6,
  SYMBOLIC_LINK = 7,
}

export enum OFlags {
  CREAT = 1,
  DIRECTORY = 2,
  EXCL = 4,
  TRUNC = 8,
}

export enum FdFlags {
  APPEND = 1,
  DSYNC = 2,
  NONBLOCK = 4,
  RSYNC = 8,
  SYNC = 16,
}

export enum FstFlags {
  ATIM = 1,
  ATIM_NOW = 2,
  MTIM = 4,
  MTIM_NOW = 8,
}

export enum Whence {
  SET = 0,
  CUR = 1,
  END = 2,
}

export enum EventType {
  CLOCK = 0,
  FD_READ = 1,
  FD_WRITE = 2,
}

export enum ClockId {
  REALTIME = 0,
  MONOTONIC = 1,
  PROCESS_CPUTIME = 2,
  THREAD_CPUTIME = 3,
}

const bit = (n: number) => 1n << BigInt(n)

/** The rights of a descriptor, one bit each. */
export const Right = {
  FD_DATASYNC: bit(0),
  FD_READ: bit(1),
  FD_SEEK: bit(2),
  FD_FDSTAT_SET_FLAGS: bit(3),
  FD_SYNC: bit(4),
  FD_TELL: bit(5),
  FD_WRITE: bit(6),
  FD_ADVISE: bit(7),
  FD_ALLOCATE: bit(8),
  PATH_CREATE_DIRECTORY: bit(9),
  PATH_CREATE_FILE: bit(10),
  PATH_LINK_SOURCE: bit(11),
  PATH_LINK_TARGET: bit(12),
  PATH_OPEN: bit(13),
  FD_READDIR: bit(14),
  PATH_READLINK: bit(15),
  PATH_RENAME_SOURCE: bit(16),
  PATH_RENAME_TARGET: bit(17),
  PATH_FILESTAT_GET: bit(18),
  PATH_FILESTAT_SET_SIZE: bit(19),
  PATH_FILESTAT_SET_TIMES: bit(20),
  FD_FILESTAT_GET: bit(21),
  FD_FILESTAT_SET_SIZE: bit(22),
  FD_FILESTAT_SET_TIMES: bit(23),
  PATH_SYMLINK: bit(24),
  PATH_REMOVE_DIRECTORY: bit(25),
  PATH_UNLINK_FILE: bit(26),
  POLL_FD_READWRITE: bit(27),
  SOCK_SHUTDOWN: bit(28),
  SOCK_ACCEPT: bit(29),
} as const

export const allRights = bit(30) - 1n

const R = Right
/** What a directory can be asked to do. */
export const directoryRights =
  R.FD_FDSTAT_SET_FLAGS |
  R.FD_SYNC |
  R.FD_DATASYNC |
  R.FD_ADVISE |
  R.PATH_CREATE_DIRECTORY |
  R.PATH_CREATE_FILE |
  R.PATH_LINK_SOURCE |
  R.PATH_LINK_TARGET |
  R.PATH_OPEN |
  R.FD_READDIR |
  R.PATH_READLINK |
  R.PATH_RENAME_SOURCE |
  R.PATH_RENAME_TARGET |
  R.PATH_FILESTAT_GET |
  R.PATH_FILESTAT_SET_SIZE |
  R.PATH_FILESTAT_SET_TIMES |
  R.FD_FILESTAT_GET |
  R.FD_FILESTAT_SET_TIMES |
  R.PATH_SYMLINK |
  R.PATH_REMOVE_DIRECTORY |
  R.PATH_UNLINK_FILE |
  R.POLL_FD_READWRITE

/** What a regular file can be asked to do. */
export const fileRights =
  R.FD_DATASYNC |
  R.FD_READ |
  R.FD_SEEK |
  R.FD_FDSTAT_SET_FLAGS |
  R.FD_SYNC |
  R.FD_TELL |
  R.FD_WRITE |
  R.FD_ADVISE |
  R.FD_ALLOCATE |
  R.FD_FILESTAT_GET |
  R.FD_FILESTAT_SET_SIZE |
  R.FD_FILESTAT_SET_TIMES |
  R.POLL_FD_READWRITE

/** What a terminal, a pipe or a callback stream can be asked to do: no seeking, so that the C library sees a terminal. */
export const streamRights =
  R.FD_READ | R.FD_WRITE | R.FD_FDSTAT_SET_FLAGS | R.FD_SYNC | R.FD_DATASYNC | R.FD_FILESTAT_GET | R.POLL_FD_READWRITE

export const socketRights =
  R.FD_READ |
  R.FD_WRITE |
  R.FD_FDSTAT_SET_FLAGS |
  R.FD_FILESTAT_GET |
  R.POLL_FD_READWRITE |
  R.SOCK_SHUTDOWN |
  R.SOCK_ACCEPT

/** An error that the guest sees as an error code. File systems throw it too. */
export class WASIError extends Error {
  override name = 'WASIError'
  constructor(readonly errno: Errno) {
    super(Errno[errno])
  }
}

export function fail(errno: Errno): never {
  throw new WASIError(errno)
}

const hostCodes = new Map<string, Errno>([
  ['E2BIG', Errno.TOOBIG],
  ['EEXIST', Errno.EXIST],
  ['EOPNOTSUPP', Errno.NOTSUP],
  ['ENOTSUP', Errno.NOTSUP],
  // Node refuses strings with NUL bytes and integers out of its range before the system sees them.
  ['ERR_INVALID_ARG_VALUE', Errno.INVAL],
  ['ERR_OUT_OF_RANGE', Errno.INVAL],
  ['ERR_FS_FILE_TOO_LARGE', Errno.FBIG],
  ['ERR_FS_EISDIR', Errno.ISDIR],
])

/** The error code for what a host function threw, or undefined when it is no error of the host's system. */
export function errnoOf(e: unknown): Errno | undefined {
  if (e instanceof WASIError) return e.errno
  const code = (e as { code?: unknown } | null)?.code
  if (typeof code !== 'string') return undefined
  const known = hostCodes.get(code)
  if (known !== undefined) return known
  if (!/^E[A-Z]+$/.test(code)) return undefined
  const errno = (Errno as unknown as Record<string, Errno | undefined>)[code.slice(1)]
  return errno ?? Errno.IO
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What WASI needs of a memory: its present buffer, or a view of all of it where that is cheaper. */
export interface MemoryLike {
  readonly buffer: ArrayBufferLike
  readonly view?: DataView<ArrayBufferLike>
}

/** The guest's linear memory. Every access is checked; an address outside gives FAULT. */
export class GuestMemory {
  private latest: DataView<ArrayBufferLike> = new DataView(new ArrayBuffer(0))

  /** @param source the memory; its buffer changes when it grows */
  constructor(private readonly source: () => MemoryLike) {}

  /** All of it, as it is now. */
  private get view(): DataView<ArrayBufferLike> {
    const memory = this.source()
    if (memory.view !== undefined) return memory.view
    const { buffer } = memory
    // A shared buffer keeps its identity while the memory grows, so the length counts as well.
    if (buffer !== this.latest.buffer || buffer.byteLength !== this.latest.byteLength)
      this.latest = new DataView(buffer)
    return this.latest
  }

  private at(ptr: number, length: number): DataView {
    const { view } = this
    if (ptr + length > view.byteLength) fail(Errno.FAULT)
    return view
  }

  getU8(ptr: number): number {
    return this.at(ptr, 1).getUint8(ptr)
  }
  getU16(ptr: number): number {
    return this.at(ptr, 2).getUint16(ptr, true)
  }
  getU32(ptr: number): number {
    return this.at(ptr, 4).getUint32(ptr, true)
  }
  getU64(ptr: number): bigint {
    return this.at(ptr, 8).getBigUint64(ptr, true)
  }
  setU8(ptr: number, v: number): void {
    this.at(ptr, 1).setUint8(ptr, v)
  }
  setU16(ptr: number, v: number): void {
    this.at(ptr, 2).setUint16(ptr, v, true)
  }
  setU32(ptr: number, v: number): void {
    this.at(ptr, 4).setUint32(ptr, v, true)
  }
  setU64(ptr: number, v: bigint): void {
    this.at(ptr, 8).setBigUint64(ptr, v, true)
  }

  /** A live view; valid until the memory grows. */
  bytes(ptr: number, length: number): Uint8Array {
    return new Uint8Array(this.at(ptr, length).buffer, ptr, length)
  }

  /** True when the memory is shared between threads, whose views most host functions refuse. */
  get shared(): boolean {
    return typeof SharedArrayBuffer !== 'undefined' && this.view.buffer instanceof SharedArrayBuffer
  }

  /** Bytes that belong to the guest are read into: directly, or through a copy where the memory is shared. */
  fill(into: Uint8Array, fill: (private_: Uint8Array) => number): number {
    if (!this.shared) return fill(into)
    const copy = new Uint8Array(into.length)
    const n = fill(copy)
    into.set(copy.subarray(0, n))
    return n
  }

  /** UTF-8 text; ILSEQ when it is none, INVAL when it holds a NUL. */
  string(ptr: number, length: number): string {
    const bytes = this.bytes(ptr, length).slice()
    if (bytes.includes(0)) fail(Errno.INVAL)
    try {
      return decoder.decode(bytes)
    } catch {
      return fail(Errno.ILSEQ)
    }
  }

  /** The buffers of an array of iovec or ciovec (pointer, length), all inside the memory. */
  vectors(ptr: number, count: number): Uint8Array[] {
    this.at(ptr, count * 8)
    const out: Uint8Array[] = []
    let total = 0
    for (let i = 0; i < count; i++) {
      const length = this.getU32(ptr + i * 8 + 4)
      total += length
      // The count of bytes travels back as a u32.
      if (total > 0xffffffff) fail(Errno.INVAL)
      out.push(this.bytes(this.getU32(ptr + i * 8), length))
    }
    return out
  }
}
