// The options of `anywasm run` that control a program: how long it may run, what it may use up; and what is said when it has met one of them.
import { getHeapStatistics } from 'node:v8'
import { Exhaustion } from '../errors.ts'
import { makesObjects } from '../runtime/census.ts'
import type { MeterOptions } from '../runtime/metering.ts'
import { DEFAULT_LIMITS, type Exceeded, type LimitName, type StoreLimits, type StoreOptions } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'
import { type Clock, SystemClock } from '../wasi/clock.ts'
import type { Stream } from '../wasi/fs.ts'
import { NodeStream } from '../wasi/fs-node.ts'
import { EXIT, Failure } from './failure.ts'

export interface ControlOptions {
  timeout?: string
  fuel?: string
  maxMemory?: string
  maxStack?: string
  maxGc?: string
  deterministic?: boolean
}

/** What a store is made with; the same in each thread. */
export interface Control {
  limits: Partial<StoreLimits>
  metering: MeterOptions
  options: StoreOptions
}

const MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, '': 1000 }
const BYTES: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}

/** A number and a unit of `units`. */
function amount(option: string, text: string, units: Record<string, number>, example: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()]! : Number.NaN
  const value = digits === '' ? Number.NaN : Number(digits) * factor
  if (!(value <= Number.MAX_SAFE_INTEGER)) throw new Failure(`${option} ${text}: expected ${example}`, EXIT.usage)
  return value
}

function integer(option: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value))
    throw new Failure(`${option} ${text}: expected an integer such as 1000000`, EXIT.usage)
  return value
}

/** The limits that the options ask for. The time begins now. */
export function controlOf(o: ControlOptions): Control {
  const limits: Partial<StoreLimits> = {}
  const metering: MeterOptions = {}
  if (o.timeout !== undefined)
    metering.deadline = Date.now() + amount('--timeout', o.timeout, MS, 'a time such as 500ms, 2s or 1m')
  if (o.fuel !== undefined) metering.fuel = integer('--fuel', o.fuel)
  if (o.maxMemory !== undefined)
    limits.memoryPages = Math.floor(amount('--max-memory', o.maxMemory, BYTES, 'a size such as 64MiB or 1GiB') / 65536)
  if (o.maxGc !== undefined)
    limits.gcBytes = Math.floor(amount('--max-gc', o.maxGc, BYTES, 'a size such as 64MiB or 1GiB'))
  if (o.maxStack !== undefined) limits.callDepth = integer('--max-stack', o.maxStack)
  return { limits, metering, options: o.deterministic === true ? { deterministic: true } : {} }
}

/** Bytes of Node's heap that are for young objects or for what is not the program's, and what is left for it where Node has less. */
const OTHERS = 64 * 2 ** 20
const LEAST_HEAP = 32 * 2 ** 20

/** Limits what a program's structs, arrays and exceptions take, where that is not asked for, so that Node's heap never ends the process. */
export function limitObjects({ limits }: Control, module: Module): void {
  if (limits.gcBytes === undefined && makesObjects(module)) limits.gcBytes = Math.floor(heapSize() / 2)
}

/** Bytes of Node's heap for the program. */
const heapSize = (): number => Math.max(LEAST_HEAP, getHeapStatistics().heap_size_limit - OTHERS)

/** Bytes of an entry of a table. */
const ENTRY = 8

/** Limits the tables of a program in the same way, where it could have so many entries: a module with one table can't. */
export function limitTables({ limits }: Control, module: Module): void {
  const most = Math.floor(heapSize() / 4 / ENTRY)
  const { length } = [...module.tables, ...module.imports.filter(({ desc }) => desc.kind === 'table')]
  if (length * DEFAULT_LIMITS.tableElements > most) limits.totalTableElements = most
}

/** The host's clocks, where a sleep ends with the program's time. */
export function clockUntil(deadline: number | undefined): Clock {
  const clock = new SystemClock()
  if (deadline === undefined) return clock
  return {
    now: (id) => clock.now(id),
    resolution: (id) => clock.resolution(id),
    sleep(ns) {
      const left = BigInt(Math.max(0, Math.ceil(deadline - Date.now()))) * 1_000_000n
      if (left < ns) {
        if (left > 0n) clock.sleep(left)
        throw new Exhaustion('deadline exceeded')
      }
      clock.sleep(ns)
    },
  }
}

/** How long a read that is to end in time rests between two looks. */
const REST_NS = 2_000_000n

/** Standard input, whose reads would otherwise wait for ever: they look for bytes, and rest by a clock that ends with the program's time. */
class TimedInput extends NodeStream {
  constructor(
    fd: number,
    private readonly clock: Clock,
  ) {
    super(fd)
  }
  override read(into: Uint8Array, nonblocking: boolean): number {
    if (!nonblocking) while (this.poll().bytes < 0) this.clock.sleep(REST_NS)
    return super.read(into, nonblocking)
  }
}

/** What a program reads from, where its reads end with its time. */
export const inputUntil = (deadline: number | undefined, fd: number, clock: Clock): Stream | number =>
  deadline === undefined ? fd : new TimedInput(fd, clock)

/** The options behind the limits. */
type LimitOption = Exclude<keyof ControlOptions, 'deterministic'>
const OPTIONS: Partial<Record<LimitName, LimitOption>> = {
  deadline: 'timeout',
  fuel: 'fuel',
  memoryPages: 'maxMemory',
  callDepth: 'maxStack',
  gcBytes: 'maxGc',
}
const NAMES: Record<LimitOption, string> = {
  timeout: '--timeout',
  fuel: '--fuel',
  maxMemory: '--max-memory',
  maxStack: '--max-stack',
  maxGc: '--max-gc',
}

/** Names the limit that a program met: what to add to the message of its end. */
export function limitText(met: Exceeded | undefined, o: ControlOptions): string {
  if (met?.limit === 'gcBytes' && o.maxGc === undefined)
    return "the limit --max-gc was reached, which is about half of what Node's heap may be where it is not given"
  const key = met && OPTIONS[met.limit]
  if (met === undefined || key === undefined || o[key] === undefined) return ''
  return `the limit ${NAMES[key]} ${o[key]} was reached (${met.message})`
}
