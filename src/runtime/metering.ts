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
/** Bytes that bulk operations handle between two looks at the clock, and those that one of them counts as at least. */
const CHUNK = 1 << 18
const LEAST = 64
/** What an entry of a table, or an element of an array that holds references, counts as: each is written by itself. */
export const ENTRY_BYTES = 16

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
  /** Bytes that bulk operations may handle before the next look at the clock. */
  private work = CHUNK
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

  /** Counts bytes that a bulk operation has handled; throws when running code is to stop. */
  worked(bytes: number): void {
    this.work -= bytes + LEAST
    if (this.work >= 0) return
    this.work = CHUNK
    this.check()
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

/** Does a bulk operation on [0, count) in parts, looking at times whether to stop. `width` is the bytes of one. */
export function chunks(
  count: number,
  meter: Meter | undefined,
  width: number,
  part: (from: number, end: number) => void,
): void {
  if (meter === undefined || !meter.interruptible) {
    part(0, count)
    return
  }
  const step = CHUNK / width
  let at = 0
  do {
    const end = Math.min(count, at + step)
    part(at, end)
    meter.worked((end - at) * width)
    at = end
  } while (at < count)
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

/** Immediates that are one unsigned LEB128 number. */
const INDICES = new Set<Imm>(['label', 'func', 'type', 'table', 'memory', 'global', 'local', 'tag', 'elem', 'data'])

/** What a function must count. */
export interface Plan {
  /** Fuel: what each region charges, by the offset of its first instruction that costs something. Code that is never reached charges nothing. */
  readonly charges: ReadonlyMap<number, number>
  /** Interrupts: the units of a check at the function's entry; whoever neither calls nor loops need not check. */
  readonly entry: number
  /** Its loops by the offsets of their instructions. */
  readonly loops: ReadonlyMap<number, LoopPlan>
  /** Whether it calls what may call or loop in its turn. */
  readonly calls: boolean
}

/** A loop in a plan. */
export interface LoopPlan {
  /** Interrupts: the units of a check where its body begins. */
  readonly units: number
  /** Whether it, or a loop in it, calls what may call or loop in its turn. */
  calls: boolean
  /** Whether a loop stands in it. */
  nests: boolean
  /** Whether each of its turns begins with a call of the function that it stands in. */
  recurs: boolean
  /** Fuel: what all regions that begin in it, and in no loop inside, charge together. */
  total: number
}

/** Bytes of code of the longest function that counts as nothing. */
const IDLE_BYTES = 128
const idle = new WeakMap<Code, boolean>()

/** Whether a function is over so soon that whoever calls it need not know: short, without loops, and it calls and throws nothing. */
export function isIdle(code: Code): boolean {
  let known = idle.get(code)
  if (known === undefined) idle.set(code, (known = code.end - code.start <= IDLE_BYTES && onlyGoesOn(code)))
  return known
}

function onlyGoesOn(code: Code): boolean {
  const r = new CodeReader(code)
  while (r.pos < code.end) {
    const op = r.op()
    if (op === Op.loop || CALLS.has(op) || THROWS.has(op)) return false
    r.skipImms(op)
  }
  return true
}

const THROWS: ReadonlySet<Op> = new Set([Op.throw_, Op.throw_ref, Op.rethrow])

/** What a plan has to know of what a function calls. */
export interface Callees {
  /** The function itself in the index space. */
  self: number
  /** The bytes of code of a function, if it is idle; else 0. */
  idle(func: number): number
  /** Those of the longest function that a call_indirect may reach, if all are idle. */
  idleIn(type: number, table: number): number
}

const ANY_CALLEE: Callees = { self: -1, idle: () => 0, idleIn: () => 0 }

/** Instructions that take as long as hundreds of bytes of others, and as how many they count. */
const SLOW: ReadonlySet<Op> = new Set([Op.i64_div_s, Op.i64_div_u, Op.i64_rem_s, Op.i64_rem_u])
const SLOW_BYTES = 256

/** How an instruction is read past: without immediates (1), past one index (2), or by the table (0); those that end regions, open, call or are slow are 0 too. */
const PAST = Uint8Array.from(rows, (row) => {
  if (row === undefined || endsRegion(row.op) || opensBlock(row.op)) return 0
  if (CALLS.has(row.op) || SLOW.has(row.op)) return 0
  if (row.imms.length === 0) return 1
  return row.imms.length === 1 && INDICES.has(row.imms[0]!) ? 2 : 0
})

/** Reads a body's regions and loops. */
export function planOf(code: Code, meter: Meter, callees: Callees = ANY_CALLEE): Plan {
  return new Planner(code, meter, callees).run()
}

class Planner implements Plan {
  readonly charges = new Map<number, number>()
  readonly loops = new Map<number, LoopPlan>()
  entry = 0
  calls = false
  private readonly r: CodeReader
  /** What instructions up to here count as beyond their own bytes: idle functions that are called, and slow operations. */
  private beyond = 0
  /** The open blocks, undefined for those that are no loops, and the loops among them. */
  private readonly blocks: (Open | undefined)[] = [undefined]
  private readonly open: Open[] = []
  /** The loop at the beginning of whose body, before any branch, the reader stands. */
  private fresh: Open | undefined

  constructor(
    code: Code,
    private readonly meter: Meter,
    private readonly callees: Callees,
  ) {
    this.r = new CodeReader(code)
  }

  run(): Plan {
    const { r, charges, blocks, open } = this
    const { costs } = this.meter
    let region = -1
    let sum = 0
    const { pos } = r
    while (blocks.length > 0) {
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
        if (sum > 0) {
          charges.set(region, sum)
          if (open.length > 0) open[open.length - 1]!.total += sum
        }
        region = -1
        sum = 0
      }
      this.structure(op)
    }
    this.entry = units(r.pos - pos + this.beyond)
    return this
  }

  /** Reads past an instruction that ends a region, opens a block or calls. */
  private structure(op: Op): void {
    const { r, blocks, open } = this
    if (CALLS.has(op)) {
      this.call(op)
      return
    }
    if (SLOW.has(op)) this.beyond += SLOW_BYTES
    if (endsRegion(op) || opensBlock(op)) this.fresh = undefined
    if (op === Op.loop) {
      const loop = { at: r.at, beyond: this.beyond, units: 0, calls: false, nests: false, recurs: false, total: 0 }
      if (open.length > 0) open[open.length - 1]!.nests = true
      blocks.push(loop)
      open.push(loop)
      this.fresh = loop
    } else if (opensBlock(op)) blocks.push(undefined)
    else if (op === Op.end || op === Op.delegate) this.close()
    r.skipImms(op)
  }

  private close(): void {
    const loop = this.blocks.pop()
    if (loop === undefined) return
    const { open, r } = this
    open.pop()
    loop.units = units(r.at - loop.at + this.beyond - loop.beyond)
    this.loops.set(loop.at, loop)
    if (loop.calls && open.length > 0) open[open.length - 1]!.calls = true
  }

  private call(op: Op): void {
    const { r, callees, open } = this
    if (op === Op.call) {
      const f = r.u32()
      if (this.idle(callees.idle(f))) return
      if (this.fresh !== undefined && f === callees.self) this.fresh.recurs = true
    } else if (op === Op.call_indirect) {
      const type = r.u32()
      if (this.idle(callees.idleIn(type, r.u32()))) return
    } else r.skipImms(op)
    this.calls = true
    if (open.length > 0) open[open.length - 1]!.calls = true
  }

  private idle(bytes: number): boolean {
    this.beyond += bytes
    return bytes > 0
  }
}

/** A loop whose end has not been read. */
interface Open extends LoopPlan {
  readonly at: number
  /** Planner.beyond before it. */
  readonly beyond: number
  units: number
}

const units = (bytes: number): number => 1 + Math.floor(bytes / UNIT_BYTES)
