// What running costs, and what ends it: fuel by instruction, charged a region at a time, interrupts by a deadline, a flag or a signal, and a count of
// frames. The one statement of where regions end and what they cost, so that all engines consume equally; how a check is made is each engine's.
import { CALLS, CodeReader, opensBlock } from '../binary/code.ts'
import { Exhaustion } from '../errors.ts'
import { type Imm, rows } from '../syntax/instructions.ts'
import type { Code } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'

/** How a store meters what runs in it. Nothing is metered by default, and then costs nothing. */
export interface MeterOptions {
  /** Units of fuel to begin with, an integer from 0 to 2^53 - 1. Given, every function is metered. */
  fuel?: number
  /** Units that an instruction costs, by mnemonic (`i32.add`): integers from 0 to 65,535; 1 for those not named, 0 for `end` and `else`. */
  costs?: Readonly<Record<string, number>>
  /** Whether running code looks at the deadline, the flag and the signal. */
  interruptible?: boolean
  /** Milliseconds since the epoch after which running code is stopped; it can be set later too. */
  deadline?: number
  /** See Meter.flag. */
  flag?: Int32Array
  /** See Meter.signal. */
  signal?: AbortSignal
}

/** Most units of fuel between two looks at what is left: an int32 on every engine, also where small integers have 31 bits. */
const MAX_SLICE = 2 ** 30 - 1
/** Units between two looks at the clock: a unit is a few machine instructions. */
const FIRST_PACE = 256
const MAX_PACE = 16384
/** Instructions per unit, about. */
const FUEL_PACE = 4
/** Bytes of code that one unit of an interrupt check stands for. */
const UNIT_BYTES = 32
/** Elements or bytes that a bulk operation handles between two looks at the clock. */
const CHUNK = 1 << 18

/** A store's fuel, interrupts and count of frames. */
export class Meter {
  /** Whether functions charge for what they run. */
  readonly metered: boolean
  /** Whether functions look at the deadline, the flag and the signal. */
  readonly interruptible: boolean
  /** Milliseconds since the epoch after which running code is stopped. */
  deadline: number
  /** Running code is stopped while its first element is not 0; on a SharedArrayBuffer another thread can set it. */
  flag: Int32Array | undefined
  /**
   * Running code is stopped while it is aborted. JavaScript runs one thing at a time, so while WebAssembly runs only a host function that it calls can
   * abort a signal; to stop it from another thread use `flag`, to stop it after a time `deadline`.
   */
  signal: AbortSignal | undefined
  /** The part of the fuel that running code counts down itself, at most 2^30 - 1; the engines' own. */
  slice = 1
  /** Units until the next look at the clock, for code that does not count fuel; the engines' own. */
  ticks = 1
  /** Frames of the compiler's functions, where they are counted; the engines' own. */
  depth = 1
  /** The fuel that is not in `slice`. */
  private rest = Number.POSITIVE_INFINITY
  private pace = FIRST_PACE
  private looked = 0
  /** Units by opcode. */
  readonly costs: Uint16Array
  private key: string | undefined

  constructor(options: MeterOptions = {}) {
    const { fuel, costs = {}, deadline, flag, signal } = options
    this.metered = fuel !== undefined
    this.interruptible = options.interruptible ?? (deadline !== undefined || flag !== undefined || signal !== undefined)
    this.deadline = deadline ?? Number.POSITIVE_INFINITY
    this.flag = flag
    this.signal = signal
    // Written twice, so that no engine takes them for constants.
    this.slice = this.ticks = this.depth = 0
    if (fuel !== undefined) this.fuel = fuel
    for (const name of Object.keys(costs)) checkCost(name, costs[name]!)
    this.costs = Object.keys(costs).length === 0 ? DEFAULT_COSTS : costTable(costs)
  }

  /** Units left, Infinity where nothing is metered. It is exact whenever code of the embedder runs, and may be set then. */
  get fuel(): number {
    return this.slice + this.rest
  }

  set fuel(units: number) {
    if (!this.metered) throw new TypeError('this store is not metered: give it fuel when it is made')
    checkUnits(units)
    this.rest = units
    this.slice = 0
  }

  /** The units that an instruction costs. */
  costOf(op: Op): number {
    return this.costs[op]!
  }

  /** The costs as a key: equal where all costs are. */
  get costsKey(): string {
    this.key ??= String(this.costs)
    return this.key
  }

  /** Whether every loop and every recursion consumes fuel, so that who counts fuel need not count anything else to look at the clock at times. */
  get cyclesCost(): boolean {
    return CYCLES.every((op) => this.costs[op]! > 0)
  }

  /**
   * Goes on after a charge has made `slice` negative: moves more fuel there, and looks whether to stop.
   * @param least move at least as much, as far as there is so much
   * @returns false where all fuel does not pay for the charge; then `slice` is still negative
   */
  refill(least = 0): boolean {
    const total = this.slice + this.rest
    if (total < 0) return false
    this.slice = Math.min(total, this.interruptible ? Math.max(this.pace * FUEL_PACE, least) : MAX_SLICE)
    this.rest = total - this.slice
    if (this.interruptible) this.look()
    return true
  }

  /** Throws when running code is to stop. */
  check(): void {
    if (this.flag !== undefined && Atomics.load(this.flag, 0) !== 0) throw new Exhaustion('interrupted')
    if (this.signal?.aborted) throw new Exhaustion('interrupted')
    if (this.deadline !== Number.POSITIVE_INFINITY && Date.now() >= this.deadline)
      throw new Exhaustion('deadline exceeded')
  }

  /** The slow part of an interrupt check: throws when running code is to stop; gives the units until the next one. */
  tick(): number {
    this.look()
    this.ticks = this.pace
    return this.pace
  }

  /** Has running code look at the clock at its next check. */
  expire(): void {
    this.ticks = 0
    this.rest += this.slice
    this.slice = 0
  }

  /** Checks, and sets the pace: so fast that checks cost little, so slow that the next one is due within a millisecond or two. */
  private look(): void {
    this.check()
    const now = Date.now()
    const passed = now - this.looked
    this.looked = now
    if (passed > 1) this.pace = Math.max(FIRST_PACE, this.pace >> 2)
    else if (passed === 0 && this.pace < MAX_PACE) this.pace *= 2
  }
}

function checkUnits(units: number): void {
  if (!Number.isSafeInteger(units) || units < 0)
    throw new RangeError(`fuel must be an integer from 0 to 2^53 - 1, got ${units}`)
}

function checkCost(name: string, cost: number): void {
  if (!names.has(name)) throw new RangeError(`costs: there is no instruction ${JSON.stringify(name)}`)
  if (!Number.isInteger(cost) || cost < 0 || cost > 65535)
    throw new RangeError(`costs: ${name} must be an integer from 0 to 65535, got ${cost}`)
}

const names = new Set(rows.map((row) => row?.name))
const defaultCost = (op: Op): number => (op === Op.end || op === Op.else_ ? 0 : 1)
const costTable = (costs: Readonly<Record<string, number>>): Uint16Array =>
  Uint16Array.from(rows, (row) => (row === undefined ? 0 : (costs[row.name] ?? defaultCost(row.op))))
const DEFAULT_COSTS = costTable({})

/** A loop or a recursion goes through one of them. */
const CYCLES = [
  Op.br,
  Op.br_if,
  Op.br_table,
  Op.br_on_null,
  Op.br_on_non_null,
  Op.br_on_cast,
  Op.br_on_cast_fail,
  ...CALLS,
  Op.try_,
  Op.try_table,
]

/** Does a bulk operation on [0, count) in parts, looking between them whether to stop. */
export function chunks(count: number, meter: Meter | undefined, part: (from: number, end: number) => void): void {
  if (count <= CHUNK || meter === undefined || !meter.interruptible) {
    part(0, count)
    return
  }
  for (let at = 0; at < count; at += CHUNK) {
    part(at, Math.min(count, at + CHUNK))
    meter.check()
  }
}

/** Throws what a region that cannot be paid for throws; the fuel stays as it is. */
export function outOfFuel(): never {
  throw new Exhaustion('out of fuel')
}

/** Whether an instruction is its region's last. The next one begins a region, as a function's first does. Calls end none. */
export function endsRegion(op: Op): boolean {
  switch (op) {
    case Op.unreachable:
    case Op.loop:
    case Op.if_:
    case Op.else_:
    case Op.catch_:
    case Op.catch_all:
    case Op.delegate:
    case Op.throw_:
    case Op.rethrow:
    case Op.throw_ref:
    case Op.end:
    case Op.br:
    case Op.br_if:
    case Op.br_table:
    case Op.br_on_null:
    case Op.br_on_non_null:
    case Op.br_on_cast:
    case Op.br_on_cast_fail:
    case Op.return_:
    case Op.return_call:
    case Op.return_call_indirect:
    case Op.return_call_ref:
      return true
  }
  return false
}

const isCall = (op: Op): boolean => op === Op.call || op === Op.call_indirect || op === Op.call_ref
/** Immediates that are one unsigned LEB128 number. */
const INDICES = new Set<Imm>(['label', 'func', 'type', 'table', 'memory', 'global', 'local', 'tag', 'elem', 'data'])

/** What a function must count. */
export interface Plan {
  /** Fuel: what each region charges, by the offset of its first instruction that costs something. Code that is never reached charges nothing. */
  readonly charges: ReadonlyMap<number, number>
  /** Interrupts: the units of a check at the function's entry, and at each start of a loop's body, by the offset of the loop. */
  readonly entry: number
  readonly loops: ReadonlyMap<number, number>
  /** Whether it calls. */
  readonly calls: boolean
}

/** How an instruction is read past: without immediates (1), past one index (2), or by the table (0); those that end regions, open or call are 0 too. */
const PAST = Uint8Array.from(rows, (row) => {
  if (row === undefined || endsRegion(row.op) || opensBlock(row.op) || isCall(row.op)) return 0
  if (row.imms.length === 0) return 1
  return row.imms.length === 1 && INDICES.has(row.imms[0]!) ? 2 : 0
})

/** Reads a body's regions and loops. */
export function planOf(code: Code, meter: Meter): Plan {
  const r = new CodeReader(code)
  const { costs } = meter
  const charges = new Map<number, number>()
  const loops = new Map<number, number>()
  /** Offsets of the open blocks, -1 for those that are no loops. */
  const open: number[] = [-1]
  let region = -1
  let sum = 0
  let calls = false
  while (open.length > 0) {
    const op = r.op()
    const cost = costs[op]!
    if (cost > 0) {
      if (region < 0) region = r.at
      sum += cost
    }
    const past = PAST[op]
    if (past === 1) continue
    if (past === 2) {
      r.u32()
      continue
    }
    if (endsRegion(op)) {
      if (sum > 0) charges.set(region, sum)
      region = -1
      sum = 0
    }
    if (isCall(op)) calls = true
    if (opensBlock(op)) open.push(op === Op.loop ? r.at : -1)
    else if (op === Op.end || op === Op.delegate) {
      const at = open.pop()!
      if (at >= 0) loops.set(at, units(r.at - at))
    }
    r.skipImms(op)
  }
  return { charges, entry: units(code.end - code.start), loops, calls }
}

const units = (bytes: number): number => 1 + Math.floor(bytes / UNIT_BYTES)
