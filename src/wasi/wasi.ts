// The class WASI: options in, import object out, and the start of a program. It takes what node:wasi takes, and more.
// It knows instances by their shape only, so they may be the host's own or ours.
// Specification: WASI preview 1, docs.md; "Application ABI" for _start and _initialize.

import {
  ANY,
  ARRAY,
  BOOLEAN,
  checkArgument,
  checkKinds,
  FUNCTION,
  isObject,
  type Kind,
  type Kinds,
  methods,
  OBJECT,
} from '../util/options.ts'
import { directoryRights, Errno, errnoOf, FileType, fileRights, GuestMemory, type MemoryLike } from './abi.ts'
import { type Clock, SystemClock } from './clock.ts'
import { type Calls, type Context, ExitStatus } from './context.ts'
import { ioCalls } from './fd-io.ts'
import { statCalls } from './fd-stat.ts'
import { Descriptors, streamDescriptor } from './fds.ts'
import type { FileSystem, Socket, Stream } from './fs.ts'
import { hasNodeFs, NodeFileSystem, type NodeFsModule, NodeStream } from './fs-node.ts'
import { pathCalls } from './path-calls.ts'
import { openCalls } from './path-open.ts'
import { localReadiness, pollCalls } from './poll.ts'
import { processCalls } from './process.ts'
import { socketCalls, socketDescriptor } from './sockets.ts'
import { ConsoleStream, emptyStream } from './stdio.ts'
import { unstableCalls } from './unstable.ts'

/** What `new WASI` takes. The first nine are those of node:wasi. */
export interface WASIOptions {
  /** Only `preview1` is known, which is also the default. */
  version?: 'preview1'
  /** The first is the program's name by convention. */
  args?: readonly string[]
  env?: Readonly<Record<string, string | undefined>>
  /** The guest's name of a folder → the host's path, or a file system. */
  preopens?: Readonly<Record<string, string | FileSystem>>
  /** A descriptor of the process, or a stream. */
  stdin?: number | Stream
  stdout?: number | Stream
  stderr?: number | Stream
  /** Whether `start` returns the exit code (the default); otherwise it ends the process. */
  returnOnExit?: boolean
  /** Sockets to hand over; they get the numbers after the folders. */
  sockets?: readonly Socket[]
  clock?: Clock
  /** Fills the array with random bytes; the default is the host's secure source. */
  random?: (into: Uint8Array) => void
  /** What stands for node:fs behind paths and descriptor numbers. */
  fs?: NodeFsModule
}

const STREAM: Kind = {
  words: 'the number of a descriptor, or a stream',
  is: (v) => typeof v === 'number' || isObject(v),
}
const FOLDERS: Kind = {
  words: 'an object of paths and file systems by their names for the program',
  is: (v) =>
    isObject(v) &&
    Object.values(v).every((x) => typeof x === 'string' || (isObject(x) && typeof x['open'] === 'function')),
}
/** What its options must be. Others are ignored, as node:wasi does. */
const KINDS: Kinds<WASIOptions> = {
  version: ANY,
  args: ARRAY,
  env: OBJECT,
  preopens: FOLDERS,
  stdin: STREAM,
  stdout: STREAM,
  stderr: STREAM,
  returnOnExit: BOOLEAN,
  sockets: ARRAY,
  clock: methods('now', 'resolution', 'sleep'),
  random: FUNCTION,
  fs: OBJECT,
}

/** What WASI needs of an instance of whatever runtime. */
export interface InstanceLike {
  readonly exports: Readonly<Record<string, unknown>>
}

export type Import = (...args: (number | bigint)[]) => number

const encoder = new TextEncoder()

/** By name, since a buffer may come from another realm. */
const BUFFERS = new Set(['[object ArrayBuffer]', '[object SharedArrayBuffer]'])

function terminated(s: string, what: string): Uint8Array {
  if (s.includes('\0')) throw new TypeError(`${what} must not contain a NUL character`)
  return encoder.encode(`${s}\0`)
}

/** The most bytes that crypto.getRandomValues gives at once. */
const QUOTA = 65536

function secureRandom(into: Uint8Array): void {
  for (let i = 0; i < into.length; i += QUOTA) {
    globalThis.crypto.getRandomValues(into.subarray(i, i + QUOTA) as Uint8Array<ArrayBuffer>)
  }
}

function standardStream(given: number | Stream | undefined, fd: number, fs: NodeFsModule | undefined): Stream {
  if (typeof given === 'object') return given
  if (fs || hasNodeFs()) return new NodeStream(given ?? fd, fs)
  if (given !== undefined) throw new TypeError('This host has no file descriptors: pass a stream')
  return fd === 0 ? emptyStream() : new ConsoleStream(fd === 1 ? console.log : console.error)
}

/** Makes imports of functions: unsigned numbers in, error codes out. */
export function bind(c: Context, calls: Calls): Record<string, Import> {
  const out: Record<string, Import> = {}
  for (const [name, call] of Object.entries(calls)) {
    const run = call as (c: Context, ...args: (number | bigint)[]) => void
    // Every i32 of preview 1 is unsigned. The arity matters to nobody: imports of WebAssembly get as many as their type says.
    out[name] = (...args) => {
      for (let i = 0; i < args.length; i++) {
        const a = args[i]!
        if (typeof a === 'number') args[i] = a >>> 0
      }
      try {
        run(c, ...args)
        return Errno.SUCCESS
      } catch (e) {
        const errno = errnoOf(e)
        if (errno === undefined) throw e
        return errno
      }
    }
  }
  return out
}

/** The 46 functions. */
export const allCalls: Calls = {
  ...processCalls,
  ...ioCalls,
  ...statCalls,
  ...openCalls,
  ...pathCalls,
  ...pollCalls,
  ...socketCalls,
}

function openAll(fds: Descriptors, o: WASIOptions): void {
  for (const [fd, stream] of [o.stdin, o.stdout, o.stderr].entries()) {
    fds.add(streamDescriptor(standardStream(stream, fd, o.fs)))
  }
  for (const [name, place] of Object.entries(o.preopens ?? {})) {
    const system = typeof place === 'string' ? new NodeFileSystem(place, o.fs) : place
    fds.add({
      kind: 'directory',
      directory: system.open(),
      type: FileType.DIRECTORY,
      rights: directoryRights,
      inheriting: directoryRights | fileRights,
      flags: 0,
      preopen: encoder.encode(name),
      listing: undefined,
    })
  }
  for (const socket of o.sockets ?? []) fds.add(socketDescriptor(socket))
}

/** What the functions work on. Opens the streams and folders unless `fds` are given. */
export function makeContext(o: WASIOptions, memory: () => MemoryLike, opened?: Descriptors): Context {
  const args = (o.args ?? []).map((a) => terminated(String(a), 'An argument'))
  const env = Object.entries(o.env ?? {})
    .filter(([, v]) => v !== undefined)
    .map(([k, v]) => terminated(`${k}=${v}`, 'A variable'))
  const fds = opened ?? new Descriptors()
  try {
    if (!opened) openAll(fds, o)
  } catch (e) {
    fds.closeAll()
    throw e
  }
  return {
    memory: new GuestMemory(memory),
    fds,
    args,
    env,
    clock: o.clock ?? new SystemClock(),
    random: o.random ?? secureRandom,
    ready: (fd, reading) => localReadiness(fds, fd, reading),
  }
}

/** A guest's view of the system: make one per program run. */
export class WASI {
  /** The functions of `wasi_snapshot_preview1`. */
  readonly wasiImport: Record<string, Import>
  /** The functions of `wasi_unstable`, the version before. */
  readonly unstableImport: Record<string, Import>
  private readonly fds: Descriptors
  private memory: MemoryLike | undefined
  private started = false
  private readonly returnOnExit: boolean

  /** Opens the folders; throws when one is missing. */
  constructor(options: WASIOptions = {}) {
    checkKinds('WASI', options, KINDS)
    if (options.version !== undefined && options.version !== 'preview1') {
      throw new TypeError(`WASI version ${String(options.version)} is not supported, only preview1`)
    }
    this.returnOnExit = options.returnOnExit ?? true
    const context = makeContext(options, () => this.present())
    this.fds = context.fds
    this.wasiImport = bind(context, allCalls)
    this.unstableImport = { ...this.wasiImport, ...bind(context, unstableCalls) }
  }

  private present(): MemoryLike {
    if (!this.memory) throw new Error('The guest called WASI before start() or initialize()')
    return this.memory
  }

  /** The import object for an instance that uses nothing but WASI. */
  getImportObject(): Record<'wasi_snapshot_preview1' | 'wasi_unstable', Record<string, Import>> {
    return { wasi_snapshot_preview1: this.wasiImport, wasi_unstable: this.unstableImport }
  }

  private take(instance: InstanceLike, memory: MemoryLike | undefined): void {
    if (this.started) throw new Error('This WASI has been started already: make a new one for each run')
    const m = memory ?? (instance.exports['memory'] as MemoryLike | undefined)
    if (!m || !BUFFERS.has(Object.prototype.toString.call(m.buffer)))
      throw new TypeError('The instance must export a memory named "memory"')
    this.memory = m
    this.started = true
  }

  /**
   * Runs a command: calls its `_start`.
   * @param memory the memory, where the instance imports instead of exporting it
   * @returns the exit code, 0 when the program just ends
   */
  start(instance: InstanceLike, memory?: MemoryLike): number {
    checkArgument('the argument of start', 'an instance', instance, 'exports')
    const { _start, _initialize } = instance.exports
    if (typeof _start !== 'function') throw new TypeError('The instance must export a function named "_start"')
    if (_initialize !== undefined) throw new TypeError('An instance that exports "_initialize" is no command')
    this.take(instance, memory)
    let code = 0
    try {
      _start()
    } catch (e) {
      if (!(e instanceof ExitStatus)) throw e
      code = e.code
    } finally {
      this.fds.closeAll()
    }
    if (!this.returnOnExit) (globalThis as { process?: { exit(code: number): void } }).process?.exit(code)
    return code
  }

  /** Prepares a library ("reactor"): calls its `_initialize`, if there is one. Its descriptors stay open. */
  initialize(instance: InstanceLike, memory?: MemoryLike): void {
    checkArgument('the argument of initialize', 'an instance', instance, 'exports')
    const { _start, _initialize } = instance.exports
    if (_start !== undefined) throw new TypeError('An instance that exports "_start" is a command: use start()')
    if (_initialize !== undefined && typeof _initialize !== 'function') {
      throw new TypeError('The export "_initialize" must be a function')
    }
    this.take(instance, memory)
    _initialize?.()
  }
}
