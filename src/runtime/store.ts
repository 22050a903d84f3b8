// The store: what instances share that may meet each other - one type registry, one executor, one set of limits
// (specification: Runtime Structure, Store). Entities are found by reference, so the store lists none of them.
import { CompileError, LinkError, type SourceLocation, type TrapFrame } from '../errors.ts'
import {
  MAX_FUNCS,
  MAX_LOCALS,
  MAX_MEMORY32_PAGES,
  MAX_MEMORY64_PAGES,
  MAX_MODULE_SIZE,
  MAX_TABLE_SIZE,
} from '../syntax/limits.ts'
import type { Module } from '../syntax/module.ts'
import { type DefType, TypeRegistry } from '../syntax/type-registry.ts'
import type { GlobalType, HeapType, MemType, TableType } from '../syntax/types.ts'
import type { Census, NewCensus } from './census.ts'
import { type ForeignAggregate, isOfHeapType, MAX_ARRAY_LENGTH } from './gc.ts'
import type { Heap } from './heap.ts'
import { type FuncInst, GlobalInst, MemInst, type ModuleInst, TableInst, TagInst } from './instances.ts'
import { Meter, type MeterOptions } from './metering.ts'
import type { Value } from './values.ts'

/** What a code generator or interpreter offers to the runtime. */
export interface Executor {
  readonly name: string
  /** Is told of a module before it is validated, so that what the engine needs for it may come about meanwhile. */
  expect?(module: Module): void
  /** Gives every function that the instance defines its code; it may be lazy. All imports and definitions of `inst` exist by then. */
  link(inst: ModuleInst): void
  /** Makes what the module defines, applies the segments and runs the start function, in place of the runtime. `inst` has its imports, which fit, and its functions. */
  instantiate?(inst: ModuleInst): void
  /** Why it can't run a valid module, undefined where it can. */
  refuses?(module: Module): string | undefined
  /** Why another engine is likely to be faster with a module that it can run, undefined where none is known to be. */
  slow?(module: Module): string | undefined
  /** Makes memories, tables, globals and tags of classes of its own. */
  readonly entities?: Entities
  /** What something thrown out of its functions' code is for the runtime: a Trap, an ExnInst, a HostThrow, or what it was. */
  caught?(e: unknown, store: Store): unknown
  /** Makes who counts what structs, arrays and exceptions take: of engines whose code tells it what it makes. */
  readonly newCensus?: NewCensus
  /** Begins a call that can stop and go on, if the engine can do that with this function. */
  start?(func: FuncInst, slots: readonly unknown[]): Execution | undefined
  /**
   * The frames of an error's stack, innermost first: `wasmFrame`, and `hostFrame` (of any name) where a function named HOST_ENTRY stands. A trap that
   * passes several calls from the host is asked for each time.
   */
  frames(error: Error, store: Store): TrapFrame[]
}

/** How the entities of a store come to be. Types carry ids of the store's registry. */
export interface Entities {
  /** @param handle another agent's `MemInst.handle`, for one that is shared */
  memory(store: Store, type: MemType, most: number, handle?: unknown): MemInst
  table(store: Store, type: TableType, most: number, init: unknown): TableInst
  global(store: Store, type: GlobalType, value: Value): GlobalInst
  tag(store: Store, def: DefType): TagInst
  /** Whether a reference that is not null has the heap type. */
  isOfHeapType(store: Store, ref: unknown, heap: HeapType): boolean
  /** A reference as a struct or array to look at, the same each time; undefined for anything else, and where structs and arrays are the runtime's own. */
  aggregate?(store: Store, ref: object): ForeignAggregate | undefined
}

const plainEntities: Entities = {
  memory: (_store, type, most, handle) => new MemInst(type, most, handle as ArrayBufferLike | undefined),
  table: (_store, type, most, init) => new TableInst(type, most, init),
  global: (_store, type, value) => {
    const made = new GlobalInst(type)
    made.value = value
    return made
  },
  tag: (_store, def) => new TagInst(def),
  isOfHeapType: (store, ref, heap) => isOfHeapType(store.registry, ref, heap),
}

/** Where a call that can stop stands: it can go on, a promise that its host function gave is not settled, or it has ended. */
export type ExecutionStatus = 'paused' | 'waiting' | 'done'

/** A call that can stop and go on. */
export interface Execution {
  readonly status: ExecutionStatus
  /** Goes on until it ends, the fuel runs out, or a host function gives a promise. Throws what the call throws. Does nothing unless it is paused. */
  run(): ExecutionStatus
  /** Has it throw this where it stands when it goes on. */
  raise(error: Error): void
  /** What it waits for; never rejects. The call is paused when it is fulfilled. */
  readonly pending: Promise<void> | undefined
  /** The results, when it is done. */
  readonly results: readonly Value[]
}

/** Resource limits of one store, integers ≥ 0. All are inclusive. */
export interface StoreLimits {
  /** Largest memory, in pages of 64 KiB. */
  memoryPages: number
  /** Memories that its instances define. */
  memories: number
  /** Largest table, in entries. */
  tableElements: number
  /** Entries of all its tables together. There is no such limit unless it is given. */
  totalTableElements: number
  /** Tables that its instances define. */
  tables: number
  /**
   * Largest array, in elements; making a larger one is a trap (`array too large`). No array has more than 2^28 elements or 2^30 bytes, or 2^25 references.
   */
  arrayElements: number
  /**
   * Bytes that the structs, arrays and exceptions of its instances take together while they are alive; making more is a trap (`out of memory`). It is an
   * estimate, and may be exceeded by an eighth of it or of the host's heap. On Node garbage doesn't count; where the host can't be asked for it
   * (`StoreOptions.heap`), all that has been made since it last looked for garbage counts, which it does between calls from the host at the earliest.
   */
  gcBytes: number
  /** Instances alive at a time: those made and not disposed of. */
  instances: number
  /**
   * Most calls inside an outermost one, at most 65,536. Where it is given (or the store is deterministic), all engines end at the same depth; without
   * it the compiler's calls end where the host's stack does. The host's stack may still end before a large limit is reached: Node's default has room
   * for some thousand frames.
   */
  callDepth: number
  /** Bytes of a module's binary. */
  moduleSize: number
  /** Functions that a module defines. */
  functions: number
  /** Locals of a function, parameters included. */
  locals: number
}

export const DEFAULT_LIMITS: StoreLimits = {
  memoryPages: MAX_MEMORY32_PAGES,
  memories: Number.POSITIVE_INFINITY,
  tableElements: MAX_TABLE_SIZE,
  totalTableElements: Number.POSITIVE_INFINITY,
  tables: Number.POSITIVE_INFINITY,
  arrayElements: MAX_ARRAY_LENGTH,
  gcBytes: Number.POSITIVE_INFINITY,
  instances: Number.POSITIVE_INFINITY,
  callDepth: 65536,
  moduleSize: MAX_MODULE_SIZE,
  functions: MAX_FUNCS,
  locals: MAX_LOCALS,
}

/** The call depth of a deterministic store that is given none: what every engine reaches. */
export const DETERMINISTIC_CALL_DEPTH = 1024

/** A growth that the types and limits allow. */
export interface Growth {
  readonly what: 'memory' | 'table'
  /** The size now and the size to be, in the memory's pages or in entries. */
  readonly size: number
  readonly wanted: number
}

export interface StoreOptions {
  /**
   * Fixes what the specification leaves to the host, by its [deterministic profile](https://webassembly.github.io/spec/core/appendix/profiles.html) and
   * beyond: NaNs of arithmetic and of numbers that come from JavaScript are canonical, relaxed operators have one behaviour, calls end at `callDepth`, a
   * growth within the limits for which the host has no memory is a trap, and the host engine tells all traps apart. What the host runs out of is still the
   * host's.
   */
  deterministic?: boolean
  /**
   * Has the host engine tell apart all traps, some of which the host gives one text (a null and a function of another type in a table, a NaN and a number
   * beyond the integers), and count fuel exactly also where a trap ends the run. It costs a check more per indirect call and conversion, and counters in
   * globals. The other engines always do.
   */
  exactTraps?: boolean
  /** Sees each growth of a memory or table of the store; false refuses it, and `memory.grow` gives -1. */
  mayGrow?: (growth: Growth) => boolean
  /** The host's heap, for the limit `gcBytes`, where the host is not Node. */
  heap?: Heap
}

/** The names of what a store can run out of. */
export type LimitName = keyof StoreLimits | 'fuel' | 'deadline' | 'interrupt' | 'mayGrow' | 'host memory'

/** A limit that was met, in words too. */
export interface Exceeded {
  readonly limit: LimitName
  readonly message: string
}

export class Store {
  readonly registry = new TypeRegistry()
  readonly limits: StoreLimits
  /** The fuel and the interrupts of what runs in it. */
  readonly meter: Meter
  /** Who counts what structs, arrays and exceptions take; undefined where they are not limited. */
  readonly census: Census | undefined
  readonly deterministic: boolean
  readonly exactTraps: boolean
  /** Whether calls are counted, so that they end at `limits.callDepth` on every engine. */
  readonly countsDepth: boolean
  /** The limit that was met last: by a trap, a refused creation, or a growth that was refused. */
  exceeded: Exceeded | undefined = undefined
  /** What its instances hold. */
  readonly counts = { instances: 0, memories: 0, tables: 0, tableElements: 0 }
  /** Where an instruction comes from, by its offset in the module: the embedder's, for backtraces. */
  locate: ((module: Module, offset: number) => SourceLocation | undefined) | undefined = undefined
  private readonly mayGrow: StoreOptions['mayGrow']

  constructor(
    readonly executor: Executor,
    limits: Partial<StoreLimits> = {},
    metering: MeterOptions = {},
    { deterministic = false, exactTraps = false, mayGrow, heap }: StoreOptions = {},
  ) {
    const given = Object.entries(limits).filter(([, most]) => most !== undefined)
    for (const [name, most] of given) checkLimit(name, most)
    const depth = deterministic ? { callDepth: DETERMINISTIC_CALL_DEPTH } : {}
    this.limits = { ...DEFAULT_LIMITS, ...depth, ...Object.fromEntries(given) }
    this.meter = new Meter(metering)
    const { gcBytes } = this.limits
    if (gcBytes !== Number.POSITIVE_INFINITY)
      this.census = executor.newCensus?.(gcBytes, heap, ({ message }) => void this.exceed('gcBytes', message))
    this.deterministic = deterministic
    this.exactTraps = exactTraps
    this.countsDepth = deterministic || limits.callDepth !== undefined
    this.mayGrow = mayGrow
  }

  private get entities(): Entities {
    return this.executor.entities ?? plainEntities
  }

  /**
   * A new memory of at most `most` pages of its own size, all bytes zero; with `handle`, the memory that this is the `MemInst.handle` of.
   * @throws Exhaustion where the host has no room for it
   */
  newMemory(type: MemType, most = this.memoryPages(type), handle?: unknown): MemInst {
    return this.entities.memory(this, type, most, handle)
  }

  /** A new table; every entry is `init`. */
  newTable(type: TableType, init: unknown = null): TableInst {
    return this.entities.table(this, type, this.limits.tableElements, init)
  }

  /** A new global with a value of its type. */
  newGlobal(type: GlobalType, value: Value): GlobalInst {
    return this.entities.global(this, type, value)
  }

  /** A new tag; `def` is a function type without results. */
  newTag(def: DefType): TagInst {
    return this.entities.tag(this, def)
  }

  /** Whether a reference that is not null has the heap type, which carries a registry id where it is concrete. */
  isOfHeapType(ref: unknown, heap: HeapType): boolean {
    return this.entities.isOfHeapType(this, ref, heap)
  }

  /** A struct or array that the engine keeps in a form of its own. */
  aggregate(ref: unknown): ForeignAggregate | undefined {
    return typeof ref === 'object' && ref !== null ? this.entities.aggregate?.(this, ref) : undefined
  }

  /** The most pages of its own page size that a memory of this type may have here. */
  memoryPages(type: MemType): number {
    const own = this.limits.memoryPages
    const bytes = (type.limits.address === 'i64' && own === MAX_MEMORY32_PAGES ? MAX_MEMORY64_PAGES : own) * 65536
    const most = Math.floor(bytes / 2 ** type.pageSizeLog2)
    return type.limits.address === 'i32' ? Math.min(most, 2 ** (32 - type.pageSizeLog2)) : most
  }

  /** Whether the embedder makes what instances define, by a store with methods of its own. */
  get hasFactory(): boolean {
    return false
  }

  /** Whether the embedder is asked before a memory or table grows. */
  get asksBeforeGrowth(): boolean {
    return this.mayGrow !== undefined
  }

  /** Notes the limit that was met; gives the message. */
  exceed(limit: LimitName, message: string): string {
    this.exceeded = { limit, message }
    return message
  }

  /** Notes that there is no memory: the host's, unless it is a limit that has been noted. Gives the message. */
  noMemory(message: string): string {
    return this.exceeded?.message === message ? message : this.exceed('host memory', message)
  }

  /** @throws LinkError that names the limit, unless `amount` is within it. `what` describes the amount, which is its %. */
  within(name: keyof StoreLimits, amount: number | bigint, what: string, most = this.limits[name]): void {
    if (amount > most)
      throw new LinkError(
        this.exceed(name, `${what.replace('%', String(amount))} exceeds the limit of ${most} (${name})`),
      )
  }

  /** @throws LinkError that names the limit, unless there may be these tables, too */
  checkTables(types: readonly TableType[]): void {
    let all = this.counts.tableElements
    for (const { limits } of types) {
      this.within('tableElements', limits.min, 'table of % elements')
      all += Number(limits.min)
    }
    this.within('totalTableElements', all, 'a total of % elements of tables')
  }

  /** Has a memory or table ask this store before it grows. */
  watch(x: MemInst | TableInst): void {
    if (x.kind === 'memory') x.mustGrow = this.deterministic
    if (x.mayGrow !== undefined) return
    x.mayGrow = (size, delta) => this.allows(x, size, delta)
    if (x.kind === 'table') this.countTable(x, x.size)
  }

  /** Has a table count as so many entries. */
  private countTable(x: TableInst, elements: number): void {
    this.counts.tableElements += elements - x.counted
    x.counted = elements
  }

  /** What an instance defined counts no longer. */
  release({ module, tables }: ModuleInst): void {
    const { counts } = this
    counts.instances--
    counts.memories -= module.memories.length
    counts.tables -= module.tables.length
    for (const x of tables.slice(tables.length - module.tables.length)) this.countTable(x, 0)
  }

  private allows(x: MemInst | TableInst, size: number, delta: number): boolean {
    if (delta === 0) return true
    const memory = x.kind === 'memory'
    const wanted = size + delta
    const most = memory ? Math.min(x.maxPages, this.memoryPages(x.type)) : Math.min(x.max, this.limits.tableElements)
    const unit = memory ? 'pages' : 'elements'
    const limit = memory ? 'memoryPages' : 'tableElements'
    /** Entries of all tables, with those wanted. */
    const total = memory ? 0 : this.counts.tableElements - x.counted + wanted
    const text = `growing a ${x.kind} to ${wanted} ${unit}`
    if (wanted > most) this.exceed(limit, `${text} exceeds the limit of ${most} (${limit})`)
    else if (total > this.limits.totalTableElements)
      this.exceed(
        'totalTableElements',
        `${text} would make a total of ${total}, which exceeds the limit of ${this.limits.totalTableElements} (totalTableElements)`,
      )
    else if (this.mayGrow?.({ what: x.kind, size, wanted }) === false)
      this.exceed('mayGrow', `${text} was refused by the embedder (mayGrow)`)
    else {
      if (!memory) this.countTable(x, wanted)
      return true
    }
    return false
  }
}

function checkLimit(name: string, most: number): void {
  if (!(name in DEFAULT_LIMITS))
    throw new RangeError(`limits: there is no ${name}; there are ${Object.keys(DEFAULT_LIMITS).join(', ')}`)
  if (most !== Number.POSITIVE_INFINITY && (!Number.isInteger(most) || most < 0))
    throw new RangeError(`limits: ${name} must be an integer ≥ 0, got ${most}`)
}

/**
 * Checks a binary's size before it is decoded.
 * @throws CompileError that names the limit
 */
export function checkModuleSize(store: Store, size: number): void {
  const { moduleSize } = store.limits
  if (size > moduleSize)
    throw new CompileError(
      store.exceed('moduleSize', `module of ${size} bytes exceeds the limit of ${moduleSize} (moduleSize)`),
    )
}

/**
 * Checks a decoded module against the store's limits on modules; instantiation does it too.
 * @throws CompileError that names the limit
 */
export function checkModuleLimits(store: Store, module: Module): void {
  const { functions, locals } = store.limits
  checkModuleSize(store, module.bytes.length)
  if (module.funcs.length > functions)
    throw new CompileError(
      store.exceed('functions', `${module.funcs.length} functions exceed the limit of ${functions} (functions)`),
    )
  const imported = module.imports.filter((i) => i.desc.kind === 'func').length
  module.funcs.forEach((f, k) => {
    const { comp } = module.types[f.type]!
    let count = comp.kind === 'func' ? comp.params.length : 0
    for (const run of f.locals) count += run.count
    if (count > locals)
      throw new CompileError(
        store.exceed(
          'locals',
          `function ${imported + k} has ${count} locals, which exceeds the limit of ${locals} (locals)`,
        ),
        f.body.start,
      )
  })
}
