// The run-time objects of WebAssembly (specification: Runtime Structure). An address is the object reference: two handles are equal when they
// are the same object, and what nothing refers to any more is the host's garbage. Types in here carry ids of the store's type registry.
import { Exhaustion } from '../errors.ts'
import { i64_from_halves, i64_to_halves } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import type { Func, Module } from '../syntax/module.ts'
import type { DefType } from '../syntax/type-registry.ts'
import {
  F32,
  F64,
  type FuncType,
  type GlobalType,
  I32,
  I64,
  isRef,
  type MemType,
  type TableType,
  V128,
} from '../syntax/types.ts'
import { chunks, ENTRY_BYTES, type Meter } from './metering.ts'
import type { Store } from './store.ts'
import { V128Value, type Value } from './values.ts'
import { MemoryViews, type Views } from './views.ts'

/** Code by the calling convention (docs/design.md, "Slots"): argument slots in, the first result slot out, the others in `ret`. */
// biome-ignore lint/suspicious/noExplicitAny: a slot is a number or any reference
export type Callable = (...slots: any[]) => any

export class FuncInst {
  readonly kind = 'func'
  /** What to call. An executor replaces it when it has compiled the body; callers read it at each call. */
  code: Callable
  /** The same for a caller that goes on with the tail call it leaves in `ret`; undefined where it leaves none. */
  tail: Callable | undefined = undefined
  readonly type: FuncType
  readonly typeId: number
  /** What the engine that runs it keeps with it. */
  engine: unknown = undefined

  /**
   * @param module the instance it was defined in; undefined for a host function
   * @param index its function index there, or -1
   * @param host the embedder's function, for a host function
   */
  constructor(
    readonly def: DefType,
    code: Callable,
    readonly module: ModuleInst | undefined,
    readonly index: number,
    readonly host: unknown = undefined,
  ) {
    this.code = code
    this.type = def.sub.comp as FuncType
    this.typeId = def.id
  }
}

/** How much more than it needs now a memory takes when it moves. */
const ROOM = 1.5

/** A memory. Embedders make one with `Store.newMemory`: its engine may have a class of its own. */
export class MemInst {
  readonly kind = 'memory'
  private bytes: ArrayBufferLike
  /** Who holds its views. */
  readonly holders: MemoryViews
  /** Called after a growth that has put another buffer in the place of this one. */
  onGrow: ((old: ArrayBufferLike) => void) | undefined
  /** Asked before each growth that the type allows; false refuses it. */
  mayGrow: ((pages: number, delta: number) => boolean) | undefined
  /** Whether it is a trap, rather than -1, when the host has no memory for a growth that is allowed. */
  mustGrow = false
  /** Whether somebody outside may hold its present buffer. */
  private shown = false
  /** Whether growing detaches the old buffer by itself. */
  readonly detaches: boolean = false
  /** Largest size in pages that it may reach. */
  readonly maxPages: number

  /** @param most the store's or host's limit in pages */
  constructor(
    readonly type: MemType,
    most: number,
    buffer?: ArrayBufferLike,
  ) {
    const max = type.limits.max === undefined ? most : Math.min(most, Number(type.limits.max))
    this.maxPages = max
    this.bytes = buffer ?? allocate(type, Number(type.limits.min) * 2 ** type.pageSizeLog2, max)
    this.holders = new MemoryViews(this.bytes, this.bytes.byteLength)
  }

  /** What its contents lie in now, of its size exactly; growing may replace it. */
  get buffer(): ArrayBufferLike {
    const { length } = this.views.u8
    if (!this.type.shared && this.bytes.byteLength > length && !this.move(length, length)) throw outOfMemory(length)
    this.shown = true
    return this.bytes
  }

  set buffer(next: ArrayBufferLike) {
    this.bytes = next
    this.shown = true
  }

  /** What its contents lie in, with the room that growth may use. */
  protected get storage(): ArrayBufferLike {
    return this.bytes
  }

  /** Views of the whole memory. */
  get views(): Views {
    this.holders.look()
    return this.holders.common
  }

  /** What another agent makes the same memory of, where it is shared: `Store.newMemory` takes it. */
  get handle(): unknown {
    return this.bytes
  }

  get pageSize(): number {
    return 2 ** this.type.pageSizeLog2
  }

  /** Its size in pages. */
  get pages(): number {
    if (this.type.shared && this.storage.byteLength !== this.views.dv.byteLength) this.rebind()
    return this.views.dv.byteLength / this.pageSize
  }

  /**
   * Grows by `delta` pages (a number ≥ 0, exact or beyond every limit). Gives the old size in pages, or -1.
   * @param meter of running code: looked at while a large memory is copied
   */
  grow(delta: number, meter?: Meter): number {
    const old = this.pages
    if (delta > this.typeMax - old || this.mayGrow?.(old, delta) === false || delta > this.maxPages - old) return -1
    const before = this.storage
    if (!this.resize((old + delta) * this.pageSize, meter)) {
      if (this.mustGrow) throw new Exhaustion('out of memory', `the host can't grow a memory to ${old + delta} pages`)
      return -1
    }
    if (this.storage !== before) this.onGrow?.(before)
    return old
  }

  /** Makes it so many bytes; false where the host has not that much. */
  protected resize(bytes: number, meter?: Meter): boolean {
    const { storage } = this
    if (this.type.shared) {
      if (!growShared(storage as SharedArrayBuffer, bytes)) return false
      this.rebind()
      return true
    }
    if ((storage as Resizable).resizable) {
      if (!growResizable(storage as Resizable, bytes)) return false
      this.rebind()
      return true
    }
    if (bytes <= storage.byteLength && !this.shown) {
      this.rebind(bytes)
      return true
    }
    // Programs grow page by page: room to grow into spares them a copy each time. A buffer that somebody looks at has none, so a memory that is looked at
    // after each growth takes none.
    const room = Math.min(Math.floor(bytes * ROOM), this.maxPages * this.pageSize)
    return (!this.shown && this.move(bytes, room, meter)) || this.move(bytes, bytes, meter)
  }

  /** Moves the contents into a buffer of `capacity` bytes, of which `bytes` are the memory; false where the host has not that much. */
  private move(bytes: number, capacity: number, meter?: Meter): boolean {
    let next: ArrayBuffer
    try {
      next = new ArrayBuffer(capacity)
    } catch {
      return false
    }
    const to = new Uint8Array(next)
    const { u8 } = this.views
    chunks(u8.length, meter, 1, (at, end) => to.set(u8.subarray(at, end), at))
    this.bytes = next
    this.shown = false
    this.rebind(bytes)
    return true
  }

  private get typeMax(): number {
    const { max } = this.type.limits
    return max === undefined ? Number.POSITIVE_INFINITY : Number(max)
  }

  /** Binds the views anew; other agents' growth of a shared memory becomes visible here. */
  rebind(bytes = this.type.shared ? this.storage.byteLength : undefined): void {
    this.holders.bind(this.storage, bytes)
  }
}

/** A buffer that the embedder has put in the place of a memory's own. */
type Resizable = ArrayBuffer & { resizable?: boolean }
const { resize } = ArrayBuffer.prototype as { resize?: (this: Resizable, length: number) => void }
const growBuffer = (
  globalThis.SharedArrayBuffer?.prototype as { grow?: (this: SharedArrayBuffer, length: number) => void } | undefined
)?.grow
const GrowableShared = globalThis.SharedArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => SharedArrayBuffer

function growResizable(buffer: Resizable, bytes: number): boolean {
  try {
    resize!.call(buffer, bytes)
    return true
  } catch {
    return false
  }
}

function growShared(buffer: SharedArrayBuffer, bytes: number): boolean {
  try {
    if (bytes > buffer.byteLength) growBuffer!.call(buffer, bytes)
    return true
  } catch {
    return false
  }
}

function allocate(type: MemType, bytes: number, maxPages: number): ArrayBufferLike {
  try {
    if (!type.shared) return new ArrayBuffer(bytes)
    return new GrowableShared(bytes, { maxByteLength: maxPages * 2 ** type.pageSizeLog2 })
  } catch {
    throw outOfMemory(bytes)
  }
}

const outOfMemory = (bytes: number) =>
  new Exhaustion('out of memory', `the host can't allocate a memory of ${bytes} bytes`)

/** A table. Embedders make one with `Store.newTable`, and use its methods: its engine may have a class of its own. */
export class TableInst {
  readonly kind = 'table'
  /** References; null is the null reference. Replaced never, so that code may keep it. For the engines that work on it. */
  readonly elems: unknown[]
  mayGrow: ((size: number, delta: number) => boolean) | undefined
  /** The entries that its store counts for it: as many as it was last allowed to have. */
  counted = 0
  readonly max: number

  constructor(
    readonly type: TableType,
    most: number,
    init: unknown,
    elems?: unknown[],
  ) {
    this.max = type.limits.max === undefined ? most : Math.min(most, Number(type.limits.max))
    this.elems = elems ?? new Array(Number(type.limits.min)).fill(init)
  }

  /** How many entries it has now. */
  get size(): number {
    return this.elems.length
  }

  /** The reference at an index below `size`. */
  get(at: number): unknown {
    return this.elems[at]
  }

  /** Replaces the reference at an index below `size` by one of its type. */
  set(at: number, ref: unknown): void {
    this.elems[at] = ref
  }

  /** Grows by `delta` entries. Gives the old size, or -1. `meter` is that of running code. */
  grow(delta: number, init: unknown, meter?: Meter): number {
    const old = this.size
    const { max } = this.type.limits
    if (max !== undefined && delta > Number(max) - old) return -1
    if (this.mayGrow?.(old, delta) === false || delta > this.max - old) return -1
    return this.extend(delta, init, meter) ? old : -1
  }

  /** false where the host has not that much. */
  protected extend(delta: number, init: unknown, meter?: Meter): boolean {
    const old = this.elems.length
    try {
      chunks(delta, meter, ENTRY_BYTES, (at, end) => {
        for (let i = at; i < end; i++) this.elems.push(init)
      })
    } catch (e) {
      this.elems.length = old
      throw e
    }
    return true
  }
}

/**
 * A global. Its value lies in the field of its kind: i32 in lo, i64 in lo and hi, v128 in lo, hi, x2, x3, floats in num, references in ref.
 * Those are for the engines that work on them. Embedders make one with `Store.newGlobal` and use `value`: its engine may have a class of its own.
 */
export class GlobalInst {
  readonly kind = 'global'
  lo = 0
  hi = 0
  x2 = 0
  x3 = 0
  num = 0
  ref: unknown = null

  constructor(readonly type: GlobalType) {
    // -0.5 keeps the field a double from the start.
    if (!isRef(type.type)) this.num = -0.5
    this.num = 0
  }

  get value(): Value {
    switch (this.type.type) {
      case I32:
        return this.lo
      case I64:
        return i64_from_halves(this.lo, this.hi)
      case F32:
      case F64:
        return this.num
      case V128:
        return new V128Value(Int32Array.of(this.lo, this.hi, this.x2, this.x3))
      default:
        return this.ref
    }
  }

  /** Also an immutable one's: it is how it gets the value that it has. */
  set value(v: Value) {
    switch (this.type.type) {
      case I32:
        this.lo = v as number
        return
      case I64:
        this.lo = i64_to_halves(v as bigint)
        this.hi = ret.hi
        return
      case F32:
      case F64:
        this.num = v as number
        return
      case V128: {
        const [lo, hi, x2, x3] = (v as V128Value).lanes as unknown as [number, number, number, number]
        Object.assign(this, { lo, hi, x2, x3 })
        return
      }
      default:
        this.ref = v
    }
  }
}

export class TagInst {
  readonly kind = 'tag'
  readonly type: FuncType
  constructor(readonly def: DefType) {
    this.type = def.sub.comp as FuncType
  }
}

/** Values of any types by slot index: ints in `i`, floats in `f`, references in `r`. */
export interface Slots {
  i: Int32Array
  f: Float64Array
  r: unknown[]
}

/** An exception in flight; also the value of an `exnref`. It is what engines throw. */
export class ExnInst {
  /** The embedder's own exception object, once it has one. */
  host: unknown = undefined
  constructor(
    readonly tag: TagInst,
    readonly payload: Slots,
  ) {}
}

/** What a host function threw, on its way through WebAssembly frames; it leaves them as the original. */
export class HostThrow {
  constructor(readonly error: unknown) {}
}

/** A passive or active element segment of an instance; dropped means empty. */
export interface ElemInst {
  refs: readonly unknown[]
}
/** A data segment of an instance; dropped means empty. */
export interface DataInst {
  bytes: Uint8Array
}

export type Extern = FuncInst | TableInst | MemInst | GlobalInst | TagInst

export class ModuleInst {
  readonly funcs: FuncInst[] = []
  readonly tables: TableInst[] = []
  readonly memories: MemInst[] = []
  readonly globals: GlobalInst[] = []
  readonly tags: TagInst[] = []
  readonly elems: ElemInst[] = []
  readonly datas: DataInst[] = []
  /** In declaration order. */
  readonly exports = new Map<string, Extern>()
  /** The embedder's own. */
  hostState: unknown = undefined
  /** The module's name for backtraces. */
  name: string | undefined

  /** @param types defined types by the module's type index */
  constructor(
    readonly store: Store,
    readonly module: Module,
    readonly types: readonly DefType[],
    readonly typeIds: readonly number[],
  ) {}

  /** How many of `funcs` are imported; the rest are defined by the module, in order. */
  get importedFuncs(): number {
    return this.funcs.length - this.module.funcs.length
  }
}

/** What the module has at a function index; undefined where that is imported. */
export const definitionAt = ({ module, importedFuncs }: ModuleInst, index: number): Func | undefined =>
  module.funcs[index - importedFuncs]

/** What its module says of a function that is no host function. */
export const definitionOf = ({ module, index }: FuncInst): Func => definitionAt(module!, index)!
