// Store: where instances live that may meet each other; their limits, fuel and interrupts; and the one place where what WebAssembly throws comes out.
import { locate } from '../debug/locate.ts'
import { Trap } from '../errors.ts'
import { leaving } from '../runtime/boundary.ts'
import { ArrayInst, ForeignAggregate, StructInst } from '../runtime/gc.ts'
import type { Heap } from '../runtime/heap.ts'
import { ExnInst, FuncInst, GlobalInst, MemInst, type ModuleInst, TableInst, TagInst } from '../runtime/instances.ts'
import type { Exceeded, Growth, StoreLimits } from '../runtime/store.ts'
import type * as syntax from '../syntax/types.ts'
import {
  ANY,
  BOOLEAN,
  checkArgument,
  checkOptions,
  describeValue,
  FLAG,
  FUNCTION,
  type Kinds,
  methods,
  OBJECT,
  SIGNAL,
} from '../util/options.ts'
import { ArrayRef, StructRef } from './aggregate.ts'
import type { EngineBase } from './engine.ts'
import { Exception } from './exception.ts'
import { FactoryStore } from './factory.ts'
import { Func } from './func.ts'
import { Global } from './global.ts'
import { adopt, type Handle, handleOf, type Inst, instOf, printable } from './handles.ts'
import { Instance } from './instance.ts'
import { Memory } from './memory.ts'
import { Table } from './table.ts'
import { Tag } from './tag.ts'
import type { GlobalType, MemoryType, TableType } from './types.ts'
import { Count, type MemoryUsage } from './usage.ts'

/** What a module imports and exports. */
export type Extern = Func | Table | Memory | Global | Tag

/**
 * Makes what instances define. What it gives must fit the type (a LinkError says so otherwise), and may be reused or share its buffer: that is the
 * embedder's decision. A memory's contents stay; the segments are written over them.
 */
export interface Factory {
  memory?(type: MemoryType, next: () => Memory): Memory
  table?(type: TableType, next: () => Table): Table
  /** Its value is set to the initial one. */
  global?(type: GlobalType, next: () => Global): Global
}

/** Choices of a store. */
export interface StoreOptions<T = unknown> {
  /** The embedder's own, as `store.data`. */
  readonly data?: T
  /** What its instances may use; without limits, as much as the host has. */
  readonly limits?: Partial<StoreLimits>
  /** Units of fuel to begin with, from 0 to 2^53 - 1. Given, everything that runs is metered: one unit per instruction unless `costs` says otherwise. */
  readonly fuel?: number
  /** Units that instructions cost, by their names in the text format: integers from 0 to 65535. */
  readonly costs?: Readonly<Record<string, number>>
  /** Milliseconds that each call from the host may take, instantiation included; then it ends with the trap `deadline exceeded`. */
  readonly timeout?: number
  /** Ends what runs with the trap `interrupted` when it is aborted. While a call runs, only its host functions, or a paused call's host, can abort it. */
  readonly signal?: AbortSignal
  /** Ends what runs while its first element is not 0; on a SharedArrayBuffer, another thread can set it. */
  readonly flag?: Int32Array
  /** Whether what runs can be stopped at all; true by itself where `timeout`, `signal` or `flag` is given. For `setDeadline` and `interrupt`. */
  readonly interruptible?: boolean
  /** Sees each growth of a memory or table that the limits allow; false refuses it. */
  readonly mayGrow?: (growth: Growth) => boolean
  /** The host's heap for the limit `gcBytes`, where the host is not Node. */
  readonly heap?: Heap
  /** Makes the memories, tables and globals of instances; `next` makes one as it would be made without. The host engine makes tables with initial values itself, and globals where one is a reference; its memories have buffers of their own. */
  readonly factory?: Factory
  /** Sees each trap first, with its frames, before it comes out. */
  readonly onTrap?: (trap: Trap) => void
  /** Asked for units when a call by `callAsync` has none left; 0 ends it with the trap `out of fuel`. */
  readonly onOutOfFuel?: () => number | Promise<number>
}

/** What its options must be; ranges of numbers are the runtime's to check. */
const KINDS: Kinds<StoreOptions> = {
  data: ANY,
  limits: OBJECT,
  fuel: ANY,
  costs: OBJECT,
  timeout: ANY,
  signal: SIGNAL,
  flag: FLAG,
  interruptible: BOOLEAN,
  mayGrow: FUNCTION,
  heap: methods('collect', 'release', 'used'),
  factory: methods('memory', 'table', 'global'),
  onTrap: FUNCTION,
  onOutOfFuel: FUNCTION,
}

/** A store (specification: Appendix, Embedding, Store). */
export class Store<T = unknown> {
  /** @internal */
  readonly inner: FactoryStore
  /** The embedder's own. */
  data: T
  private readonly flag: Int32Array
  private readonly instances = new Set<WeakRef<ModuleInst>>()
  private readonly entities: WeakRef<MemInst | TableInst | GlobalInst>[] = []
  private readonly told = new WeakSet<Trap>()
  private calls = 0

  /** @throws {RangeError} for limits, costs or fuel out of their ranges */
  constructor(
    readonly engine: EngineBase,
    readonly options: StoreOptions<T> = {},
  ) {
    checkArgument('the first argument of a store', 'an Engine', engine, 'executor')
    checkOptions('a store', options, KINDS)
    const { limits, fuel, costs, signal, timeout, mayGrow, heap } = options
    this.data = options.data as T
    if (timeout !== undefined && !(timeout >= 0))
      throw new RangeError(`timeout must be a number of milliseconds, got ${timeout}`)
    this.flag = options.flag ?? new Int32Array(1)
    const stops = options.interruptible ?? (timeout !== undefined || signal !== undefined || options.flag !== undefined)
    const interrupts = { interruptible: stops, ...(stops ? { flag: this.flag } : {}), ...(signal ? { signal } : {}) }
    const metering = { ...interrupts, ...(fuel === undefined ? {} : { fuel }), ...(costs ? { costs } : {}) }
    this.inner = new FactoryStore(this, engine.executor, limits, metering, {
      deterministic: engine.deterministic,
      ...(mayGrow ? { mayGrow } : {}),
      ...(heap ? { heap } : {}),
    })
    this.inner.locate = locate
  }

  /** Units of fuel left, exact whenever the host runs; Infinity where nothing is metered. @throws {TypeError} on setting, where nothing is metered */
  get fuel(): number {
    return this.inner.meter.fuel
  }

  set fuel(units: number) {
    this.inner.meter.fuel = units
  }

  /** The limit that was met last, by a trap, a refused instance or a refused growth, in words too. */
  get exceeded(): Exceeded | undefined {
    return this.inner.exceeded
  }

  /**
   * Has whatever runs end so many milliseconds from now, with the trap `deadline exceeded`; Infinity: never.
   * @throws {TypeError} where the store is not interruptible
   */
  setDeadline(milliseconds: number): void {
    this.mustStop('setDeadline')
    if (typeof milliseconds !== 'number' || milliseconds !== milliseconds)
      throw new TypeError(`setDeadline: expected a number of milliseconds, got ${describeValue(milliseconds)}`)
    this.inner.meter.deadline = Date.now() + milliseconds
  }

  /** Has whatever runs end with the trap `interrupted`, and everything after it, until `resume`. @throws {TypeError} where the store is not interruptible */
  interrupt(): void {
    this.mustStop('interrupt')
    Atomics.store(this.flag, 0, 1)
  }

  /** Lets calls run again after `interrupt`. */
  resume(): void {
    Atomics.store(this.flag, 0, 0)
  }

  private mustStop(what: string): void {
    if (!this.inner.meter.interruptible)
      throw new TypeError(`${what}: what runs in this store looks at no clock: make it with { interruptible: true }`)
  }

  /** What its instances, and memories, tables and globals of the host, keep; each once. */
  memoryUsage(): MemoryUsage {
    const count = new Count()
    for (const ref of this.instances) {
      const inst = ref.deref()
      if (inst === undefined) this.instances.delete(ref)
      else count.instance(inst)
    }
    for (const ref of this.entities) {
      const x = ref.deref()
      if (x?.kind === 'memory') count.memory(x)
      else if (x?.kind === 'table') count.table(x)
      else if (x !== undefined) count.global(x)
    }
    return count.result
  }

  toString(): string {
    return `Store { ${this.engine.name}, ${this.inner.counts.instances} instances }`
  }

  /** @internal The one handle of something. */
  handle(inst: FuncInst): Func
  handle(inst: MemInst): Memory
  handle(inst: TableInst): Table
  handle(inst: GlobalInst): Global
  handle(inst: TagInst): Tag
  handle(inst: ExnInst): Exception
  handle(inst: ModuleInst): Instance
  handle(inst: Inst): Handle | Exception
  handle(inst: Inst): object {
    return handleOf(inst) ?? this.newHandle(inst)
  }

  private newHandle(inst: Inst): object {
    if (inst instanceof FuncInst) return adopt(Func, this, inst)
    if (inst instanceof MemInst) return adopt(Memory, this, inst)
    if (inst instanceof TableInst) return adopt(Table, this, inst)
    if (inst instanceof GlobalInst) return adopt(Global, this, inst)
    if (inst instanceof TagInst) return adopt(Tag, this, inst)
    if (inst instanceof ExnInst) return new Exception(this, inst)
    if (inst instanceof StructInst) return adopt(StructRef, this, inst)
    if (inst instanceof ArrayInst) return adopt(ArrayRef, this, inst)
    if (inst instanceof ForeignAggregate)
      return inst.def.sub.comp.kind === 'struct' ? adopt(StructRef, this, inst) : adopt(ArrayRef, this, inst)
    return adopt(Instance, this, inst)
  }

  /** @internal Counts an instance among its own. */
  adopt(inst: ModuleInst): void {
    this.instances.add(new WeakRef(inst))
  }

  /** @internal Forgets an instance that is disposed of. */
  disown(inst: ModuleInst): void {
    for (const ref of this.instances) if (ref.deref() === inst) this.instances.delete(ref)
  }

  private own<X extends MemInst | TableInst | GlobalInst>(x: X): X {
    this.entities.push(new WeakRef(x))
    return x
  }

  /** @internal */
  newMemory(type: syntax.MemType, buffer?: ArrayBufferLike): MemInst {
    const most = this.inner.memoryPages(type)
    this.inner.within('memoryPages', type.limits.min, 'memory of % pages', most)
    if (buffer !== undefined) checkBuffer(type, buffer, most)
    const made = this.inner.plainMemory(type, most, buffer)
    this.inner.watch(made)
    return this.own(made)
  }

  /** @internal */
  newTable(type: syntax.TableType, init: unknown): TableInst {
    this.inner.checkTables([type])
    const made = this.inner.plainTable(type, init)
    this.inner.watch(made)
    return this.own(made)
  }

  /** @internal */
  newGlobal(type: syntax.GlobalType, value: unknown): GlobalInst {
    return this.own(this.inner.plainGlobal(type, value))
  }

  /** @internal Begins a call from the host; `leave` ends it. */
  enter(): void {
    const { timeout } = this.options
    if (this.calls++ === 0 && timeout !== undefined) this.inner.meter.deadline = Date.now() + timeout
  }

  /** @internal */
  leave(): void {
    this.calls--
  }

  /** @internal What the embedder gets for something that WebAssembly has thrown. */
  thrown(e: unknown): unknown {
    return this.left(leaving(this.inner, e))
  }

  /** @internal The same for something that has left the runtime already. */
  left(e: unknown): unknown {
    if (e instanceof ExnInst) return this.handle(e)
    if (e instanceof Trap && !this.told.has(e)) {
      this.told.add(e)
      this.options.onTrap?.(e)
    }
    return e
  }

  /** @internal What WebAssembly gets for something that a host function throws. */
  entering(e: unknown): unknown {
    const inst = instOf(e)?.inst
    if (inst instanceof ExnInst) return inst
    if (e instanceof Trap && !this.told.has(e)) e.byHost = true
    return e
  }
}
printable(Store)

function checkBuffer(type: syntax.MemType, buffer: ArrayBufferLike, most: number): void {
  const size = 2 ** type.pageSizeLog2
  const { byteLength } = buffer
  const isShared = Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'
  if (isShared !== type.shared)
    throw new TypeError(
      `a ${type.shared ? 'shared' : 'plain'} memory needs ${type.shared ? 'a SharedArrayBuffer' : 'an ArrayBuffer'}`,
    )
  const max = Math.min(most, type.limits.max === undefined ? most : Number(type.limits.max))
  if (byteLength % size !== 0 || byteLength < Number(type.limits.min) * size || byteLength > max * size)
    throw new TypeError(
      `a buffer of ${byteLength} bytes is no memory of ${type.limits.min} to ${max} pages of ${size} bytes`,
    )
}
