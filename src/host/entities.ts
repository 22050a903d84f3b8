// Memories, tables, globals and tags of the host under the runtime's classes. What JavaScript has no values for goes through small modules.

import { Exhaustion } from '../errors.ts'
import { f32_to_bits, f64_to_bits } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import { isI31, isOfHeapType } from '../runtime/gc.ts'
import { ExnInst, FuncInst, GlobalInst, MemInst, TableInst, TagInst } from '../runtime/instances.ts'
import type { Entities, Store } from '../runtime/store.ts'
import { isFloat, takeResults, V128Value, type Value } from '../runtime/values.ts'
import type { Views } from '../runtime/views.ts'
import { topOf } from '../syntax/match.ts'
import { Op } from '../syntax/opcode.ts'
import type { DefType } from '../syntax/type-registry.ts'
import {
  F32,
  F64,
  type GlobalType,
  Heap,
  heapOf,
  I32,
  I64,
  isConcrete,
  isNullable,
  isRef,
  type MemType,
  type TableType,
  V128,
  type ValType,
} from '../syntax/types.ts'
import { aggregateOf, refTest } from './aggregates.ts'
import { outgoing } from './bridge.ts'
import type { NativeFunction, NativeGlobal, NativeMemory, NativeTable } from './native.ts'
import { foreign, type Realm, realmOf } from './refs.ts'
import { Body, host, run, Synth } from './synth.ts'

export class HostMemInst extends MemInst {
  override readonly detaches = true
  private seen: ArrayBufferLike

  constructor(
    type: MemType,
    most: number,
    readonly native: NativeMemory,
  ) {
    super(type, most, native.buffer)
    this.seen = native.buffer
  }

  override get buffer(): ArrayBufferLike {
    return this.native?.buffer ?? super.buffer
  }

  protected override get storage(): ArrayBufferLike {
    return this.native.buffer
  }

  override set buffer(_next: ArrayBufferLike) {
    throw new TypeError("a memory of the host engine keeps the host's buffer")
  }

  override get views(): Views {
    const { buffer } = this.native
    if (buffer !== this.seen) {
      this.seen = buffer
      this.rebind()
    }
    return super.views
  }

  /** Other agents get the host's own memory. */
  override get handle(): unknown {
    return this.native
  }

  protected override resize(bytes: number): boolean {
    const pages = Math.round((bytes - this.native.buffer.byteLength) / this.pageSize)
    try {
      this.native.grow(this.type.limits.address === 'i64' ? BigInt(pages) : pages)
      return true
    } catch {
      return false
    }
  }
}

export class HostTableInst extends TableInst {
  private readonly wide: boolean
  private readonly isFunc: boolean

  constructor(
    private readonly realm: Realm,
    type: TableType,
    most: number,
    readonly native: NativeTable,
  ) {
    super(type, most, null, [])
    this.wide = type.limits.address === 'i64'
    this.isFunc = realm.isFunc(type.elem)
  }

  private at(k: number): number | bigint {
    return this.wide ? BigInt(k) : k
  }

  override get size(): number {
    return Number(this.native.length)
  }

  override get(at: number): unknown {
    const ref = this.native.get(this.at(at))
    return this.isFunc && ref !== null ? this.realm.funcOf(ref as NativeFunction) : ref
  }

  override set(at: number, ref: unknown): void {
    this.native.set(this.at(at), this.toNative(ref))
  }

  private toNative(ref: unknown): unknown {
    return this.isFunc && ref !== null ? this.realm.nativeOf(ref as FuncInst) : ref
  }

  protected override extend(delta: number, init: unknown): boolean {
    try {
      this.native.grow(this.at(delta), this.toNative(init))
      return true
    } catch {
      return false
    }
  }
}

export class HostGlobalInst extends GlobalInst {
  constructor(
    private readonly realm: Realm,
    type: GlobalType,
    readonly native: NativeGlobal,
  ) {
    super(type)
  }

  override get value(): Value {
    const t = this.type.type
    if (this.needsCode(t)) return this.read()
    const v = this.native.value
    // The host gives one NaN for all.
    if (v !== v && isFloat(t)) return this.read()
    return this.realm.fromJS(v, t)
  }

  override set value(v: Value) {
    // The runtime's own constructor has nothing to write to yet.
    const t = this.type.type
    if (this.needsCode(t) || (v !== v && isFloat(t))) this.write(v)
    else this.native.value = this.realm.toJS(v, t)
  }

  private needsCode(t: ValType): boolean {
    return t === V128 || (isRef(t) && topOf(this.realm.store.registry, heapOf(t)) === Heap.exn)
  }

  private read(): Value {
    const t = this.type.type
    const def = this.realm.funcType([], [t])
    const synth = new Synth(this.realm.store.registry)
    synth.import('g', { kind: 'global', type: { ...this.type, type: synth.val(t) } })
    synth.export('f', 'func', synth.func(synth.def(def), [], new Body().op(Op.global_get, 0).end()))
    const get = run(synth.compile(), { g: this.native })['f'] as NativeFunction
    return takeResults([t], outgoing(this.realm.store.registry, def, get, this.realm)())[0]
  }

  private write(v: Value): void {
    const t = this.type.type
    const def = this.realm.funcType([t], [])
    const synth = new Synth(this.realm.store.registry)
    synth.import('g', { kind: 'global', type: { ...this.type, type: synth.val(t) } })
    const body = new Body().op(Op.local_get, 0).op(Op.global_set, 0).end()
    synth.export('f', 'func', synth.func(synth.def(def), [], body))
    const set = run(synth.compile(), { g: this.native })['f'] as NativeFunction
    const code = outgoing(this.realm.store.registry, def, set, this.realm)
    if (v instanceof V128Value) code(...v.lanes)
    else code(v)
  }
}

export class HostTagInst extends TagInst {
  constructor(
    realm: Realm,
    def: DefType,
    readonly native: object,
  ) {
    super(def)
    realm.bindTag(this, native)
  }
}

/** The host's object for an entity. */
export function nativeOf(x: MemInst | TableInst | GlobalInst | TagInst): unknown {
  if (x instanceof HostMemInst || x instanceof HostTableInst || x instanceof HostGlobalInst || x instanceof HostTagInst)
    return x.native
  throw foreign(x.kind)
}

/** A type of a memory or table whose maximum is within the store's limit. */
export function capped<T extends MemType | TableType>(type: T, most: number, natural: number): T {
  const max = type.limits.max === undefined ? (most < natural ? BigInt(most) : undefined) : type.limits.max
  return { ...type, limits: { ...type.limits, max: max !== undefined && max > BigInt(most) ? BigInt(most) : max } }
}

/** Limits that the host has by itself, where a type has no maximum. */
export const NATURAL_PAGES = 65536
export const NATURAL_ELEMENTS = 10_000_000

function memory(store: Store, type: MemType, most: number, handle?: unknown): MemInst {
  if (handle !== undefined) return new HostMemInst(type, most, handle as NativeMemory)
  const synth = new Synth(store.registry)
  synth.memories.push(capped(type, most, NATURAL_PAGES))
  synth.export('x', 'memory', 0)
  const module = synth.compile()
  try {
    return new HostMemInst(type, most, run(module)['x'] as NativeMemory)
  } catch {
    const bytes = Number(type.limits.min) * 2 ** type.pageSizeLog2
    throw new Exhaustion('out of memory', `the host can't allocate a memory of ${bytes} bytes`)
  }
}

function table(store: Store, type: TableType, most: number, init: unknown): TableInst {
  const realm = realmOf(store)
  const synth = new Synth(store.registry)
  const elem = synth.val(type.elem)
  const imports: Record<string, unknown> = {}
  let first: ReturnType<Body['end']> | undefined
  if (!isNullable(elem)) {
    synth.import('v', { kind: 'global', type: { type: elem, mutable: false } })
    imports['v'] = realm.toJS(init, type.elem)
    first = new Body().op(Op.global_get, 0).end()
  }
  synth.tables.push({ type: { ...capped(type, most, NATURAL_ELEMENTS), elem }, init: first })
  synth.export('x', 'table', 0)
  const made = new HostTableInst(realm, type, most, run(synth.compile(), imports)['x'] as NativeTable)
  if (first === undefined && init !== null) for (let k = 0; k < made.size; k++) made.set(k, init)
  return made
}

function global(store: Store, type: GlobalType, value: Value): GlobalInst {
  const realm = realmOf(store)
  const synth = new Synth(store.registry)
  const own = synth.val(type.type)
  const imports: Record<string, unknown> = {}
  const init = constant(value, type.type) ?? imported()
  function imported() {
    synth.import('v', { kind: 'global', type: { type: own, mutable: false } })
    imports['v'] = realm.toJS(value, type.type)
    return new Body().op(Op.global_get, 0)
  }
  synth.globals.push({ type: { type: own, mutable: type.mutable }, init: init.end() })
  synth.export('x', 'global', 0)
  return new HostGlobalInst(realm, type, run(synth.compile(), imports)['x'] as NativeGlobal)
}

function plainGlobal(type: GlobalType, value: Value): GlobalInst {
  const made = new GlobalInst(type)
  made.value = value
  return made
}

/** A constant expression for a value that is no reference. */
function constant(v: Value, t: ValType): Body | undefined {
  const b = new Body()
  if (t === I32) return b.i32(v as number)
  if (t === I64) return b.i64(v as bigint)
  if (t === F32) {
    b.op(Op.f32_const)
    b.w.word(f32_to_bits(v as number))
  } else if (t === F64) {
    b.op(Op.f64_const)
    const lo = f64_to_bits(v as number)
    b.w.word(lo)
    b.w.word(ret.hi)
  } else if (t === V128) {
    b.op(Op.v128_const)
    for (const lane of (v as V128Value).lanes) b.w.word(lane)
  } else return undefined
  return b
}

function tag(store: Store, def: DefType): TagInst {
  const synth = new Synth(store.registry)
  synth.tags.push({ type: synth.def(def) })
  synth.export('x', 'tag', 0)
  return new HostTagInst(realmOf(store), def, run(synth.compile())['x'] as object)
}

/** Where the host has no such type, no module that it runs has one either: the runtime's own class does for JavaScript. */
function orPlain<T>(make: () => T, plainly: () => T): T {
  try {
    return make()
  } catch (e) {
    if (e instanceof host().CompileError) return plainly()
    throw e
  }
}

export const entities: Entities = {
  memory: (store, type, most, handle) =>
    orPlain(
      () => memory(store, type, most, handle),
      () => new MemInst(type, most),
    ),
  table: (store, type, most, init) =>
    orPlain(
      () => table(store, type, most, init),
      () => new TableInst(type, most, init),
    ),
  global: (store, type, value) =>
    orPlain(
      () => global(store, type, value),
      () => plainGlobal(type, value),
    ),
  tag: (store, def) =>
    orPlain(
      () => tag(store, def),
      () => new TagInst(def),
    ),
  aggregate: aggregateOf,
  isOfHeapType(store, ref, heap) {
    if (ref instanceof FuncInst || ref instanceof ExnInst || typeof ref === 'number')
      return isConcrete(heap) && !(ref instanceof FuncInst) ? false : isOfHeapType(store.registry, ref, heap)
    switch (heap) {
      case Heap.any:
      case Heap.extern:
        return true
      case Heap.func:
      case Heap.exn:
        return false
      case Heap.i31:
        return isI31(ref)
      default:
        return typeof ref === 'object' && topOf(store.registry, heap) === Heap.any && refTest(store, ref, heap)
    }
  },
}
