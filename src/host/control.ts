// What a store asks of the modules that run in it, and what rewritten modules and the store share: the globals in which counters lie while code of the
// embedder runs, the reason for a trap, and the hooks that slow paths call.
import { Exhaustion, Trap } from '../errors.ts'
import { arrayTooLarge } from '../runtime/aggregates.ts'
import { makesObjects } from '../runtime/census.ts'
import type { ModuleInst } from '../runtime/instances.ts'
import { Meter, outOfFuel } from '../runtime/metering.ts'
import { DEFAULT_LIMITS, type Store } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { ANYREF, EXNREF, FUNCREF, I32 } from '../syntax/types.ts'
import { incoming } from './bridge.ts'
import { ARRAY } from './counters.ts'
import { exceptionsAreObjects } from './erase.ts'
import type { NativeFunction, NativeGlobal, NativeTable } from './native.ts'
import { type Realm, realmOf } from './refs.ts'
import type { Purpose } from './rewrite.ts'
import { HOOK, WHY } from './shape.ts'
import { Body, run, Synth } from './synth.ts'

/** Which parts of the rewriting a store needs. */
export interface Switches {
  readonly fuel: boolean
  readonly ticks: boolean
  readonly depth: boolean
  readonly growth: boolean
  /** Whether traps for which the host has one text are told apart. */
  readonly traps: boolean
  /** Whether NaNs of arithmetic become canonical, and relaxed operators are those of the deterministic profile. */
  readonly nans: boolean
  /** Whether arrays end at our lengths, not at the host's. */
  readonly arrays: boolean
  /** Whether the bytes of structs, arrays and exceptions are counted. */
  readonly bytes: boolean
}

const SHARED = ['slice', 'ticks', 'depth', 'why', 'arg', 'bytes'] as const
export type SharedName = (typeof SHARED)[number]
export const SHARED_GLOBALS: readonly SharedName[] = SHARED

/** For one module, or for all of the store's. */
export function switchesOf(store: Store, module?: Module): Switches {
  const { meter, limits } = store
  const limited = (['memoryPages', 'tableElements', 'totalTableElements'] as const).some(
    (name) => limits[name] !== DEFAULT_LIMITS[name],
  )
  return {
    fuel: meter.metered,
    ticks: meter.interruptible,
    depth: store.countsDepth,
    growth: limited || store.deterministic || store.asksBeforeGrowth,
    // What a factory makes is imported, which only rewritten modules do.
    traps: store.exactTraps || store.deterministic || store.hasFactory,
    nans: store.deterministic,
    arrays: store.deterministic || limits.arrayElements < DEFAULT_LIMITS.arrayElements,
    bytes: store.census !== undefined && (module === undefined || makesObjects(module)),
  }
}

/** What a store's module is rewritten for. */
export const purposeOf = (store: Store, module: Module): Purpose => ({
  meter: store.meter,
  limits: store.limits,
  switches: switchesOf(store, module),
  memoryPages: (type) => store.memoryPages(type),
})

/** What others are, where the host lacks something. */
export const UNCONTROLLED: Purpose = {
  meter: new Meter(),
  limits: DEFAULT_LIMITS,
  switches: {
    fuel: false,
    ticks: false,
    depth: false,
    growth: false,
    traps: false,
    nans: false,
    arrays: false,
    bytes: false,
  },
  memoryPages: () => DEFAULT_LIMITS.memoryPages,
}

/** What a rewritten module depends on, as a key. */
export function settingsOf(store: Store, module: Module): string {
  const switches = switchesOf(store, module)
  if (!Object.values(switches).some(Boolean)) return ''
  const { limits, meter } = store
  const costs = switches.fuel ? meter.costsKey : ''
  const sizes = [limits.memoryPages, limits.tableElements, limits.arrayElements, limits.callDepth]
  return JSON.stringify([switches, sizes, costs])
}

/** The store's side of rewritten modules. */
export class Controls {
  readonly globals: Readonly<Record<SharedName, NativeGlobal>>
  private readonly realm: Realm
  private depth = 0

  constructor(
    private readonly store: Store,
    private readonly switches: Switches,
  ) {
    this.realm = realmOf(store)
    this.realm.controls = this
    const synth = new Synth(store.registry)
    SHARED.forEach((name, k) => {
      synth.globals.push({ type: { type: I32, mutable: true }, init: new Body().i32(0).end() })
      synth.export(name, 'global', k)
    })
    this.globals = run(synth.compile()) as unknown as Record<SharedName, NativeGlobal>
  }

  /** Control goes to WebAssembly. */
  enter(): void {
    if (this.switches.depth) this.globals.depth.value = this.depth
    this.enterAgain()
  }

  /** Control comes from there. */
  leave(): void {
    const { globals, switches } = this
    const { meter } = this.store
    if (switches.fuel) meter.slice = globals.slice.value as number
    if (switches.ticks) meter.ticks = globals.ticks.value as number
    if (switches.bytes) this.store.census!.left = globals.bytes.value as number
  }

  /** Runs code of the embedder that WebAssembly calls. */
  outside<T>(run: () => T): T {
    this.leave()
    const { depth } = this
    if (this.switches.depth) this.depth = this.globals.depth.value as number
    try {
      return run()
    } finally {
      this.depth = depth
      this.enterAgain()
    }
  }

  /** Control goes back to WebAssembly, which is as deep as it was. */
  private enterAgain(): void {
    const { globals, switches } = this
    const { meter } = this.store
    if (switches.fuel) globals.slice.value = meter.slice
    if (switches.ticks) globals.ticks.value = meter.ticks
    if (switches.bytes) globals.bytes.value = this.store.census!.left
  }

  /** The trap whose reason rewritten code has left, once. */
  reason(): Trap | undefined {
    const { why, arg } = this.globals
    const code = why.value
    why.value = 0
    switch (code) {
      case WHY.fuel:
        return new Exhaustion('out of fuel')
      case WHY.depth:
        return new Exhaustion('call stack exhausted')
      case WHY.conversion:
        return new Trap('invalid conversion to integer')
      case WHY.range:
        return new Trap('out of bounds array access')
      case WHY.uninitialized:
        return new Trap('uninitialized element', String((arg.value as number) >>> 0))
      case WHY.array:
        return arrayTooLarge(this.store, (arg.value as number) >>> 0)
    }
    return undefined
  }

  /** The hooks for an instance, as the entries of its table. */
  hooks(inst: ModuleInst, table: NativeTable): void {
    const { realm, store } = this
    const tick = realm.funcType([I32, I32, I32], [I32])
    const grow = realm.funcType([I32, I32], [I32])
    const guarded =
      (code: (...args: never[]) => number) =>
      (...args: unknown[]) => {
        try {
          return code(...(args as never[]))
        } catch (e) {
          this.globals.slice.value = store.meter.slice
          this.globals.ticks.value = store.meter.ticks
          throw realm.raised(e)
        }
      }
    const set = (at: number, def: typeof tick, code: (...args: never[]) => number) =>
      table.set(at, incoming(store.registry, def, guarded(code) as NativeFunction))
    set(HOOK.fuel, tick, (slice, units, least) => this.refuel(slice, units, least))
    set(HOOK.ticks, tick, (ticks) => {
      store.meter.ticks = ticks
      return store.meter.tick()
    })
    // The embedder may be asked, who may look at the fuel.
    set(HOOK.check, tick, () => {
      this.leave()
      store.meter.check()
      return 0
    })
    set(HOOK.growMemory, grow, (delta, index) => this.outside(() => inst.memories[index]!.grow(delta >>> 0)))
    set(HOOK.growTable, grow, (delta, index) => {
      const x = inst.tables[index]!
      return this.outside(() => x.mayGrow?.(x.size, delta >>> 0)) === false ? 0 : 1
    })
    if (this.switches.bytes) this.countingHooks(set)
  }

  /** Counts an object that was made outside of rewritten code. @throws Exhaustion where more is alive than may be */
  count(made: object, bytes: number): void {
    const { census } = this.store
    if (census === undefined) return
    const { bytes: left } = this.globals
    census.left = left.value as number
    census.count(made, bytes)
    left.value = census.left
  }

  /** Those by which objects are counted. */
  private countingHooks(set: (at: number, def: DefType, code: (...args: never[]) => number) => void): void {
    const { realm, globals } = this
    const census = this.store.census!
    const remember = (made: object, bytes: number) => {
      this.leave()
      census.sample(made, bytes)
      globals.bytes.value = census.left
      return 0
    }
    set(HOOK.room, realm.funcType([I32, I32], [I32]), (length, width) => {
      this.leave()
      const bytes = ARRAY + (length >>> 0) * width
      // What no array may be is the host's to tell.
      if (bytes <= 2 ** 30) census.room(bytes)
      return 0
    })
    set(HOOK.made, realm.funcType([ANYREF, I32], [I32]), remember)
    // Where the host knows no such references exceptions are counted where they are thrown (slots.ts).
    if (!exceptionsAreObjects()) set(HOOK.thrown, realm.funcType([EXNREF, I32], [I32]), remember)
  }

  private refuel(slice: number, units: number, least: number): number {
    const { meter } = this.store
    meter.slice = slice
    if (!meter.refill(least)) {
      meter.slice += units
      outOfFuel()
    }
    return meter.slice
  }
}

const made = new WeakMap<Store, Controls | null>()
/** undefined where nothing has to be controlled. */
export function controlsOf(store: Store): Controls | undefined {
  let found = made.get(store)
  if (found === undefined) {
    const switches = switchesOf(store)
    found = Object.values(switches).some(Boolean) ? new Controls(store, switches) : null
    made.set(store, found)
  }
  return found ?? undefined
}

/** The table of hooks of a rewritten module. */
export const HOOK_TABLE = { elem: FUNCREF, size: BigInt(Object.keys(HOOK).length) }
