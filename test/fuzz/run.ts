// Runs a generated module on an engine and writes down all that can be seen of it: results, traps, calls of the host, and after every call the globals,
// memories and tables. Two engines differ when their transcripts do. NaNs are one, since the specification leaves their bits open, but in deterministic stores.
import { decode } from '../../src/binary/decode.ts'
import { Trap } from '../../src/errors.ts'
import { hostFunc, invoke, leaving } from '../../src/runtime/boundary.ts'
import { ExnInst, type Extern, FuncInst, GlobalInst, MemInst, TableInst } from '../../src/runtime/instances.ts'
import { instantiate } from '../../src/runtime/instantiate.ts'
import { type Executor, Store } from '../../src/runtime/store.ts'
import { pushSlots, readGlobal, type Value, valueList, writeGlobal } from '../../src/runtime/values.ts'
import type { Module } from '../../src/syntax/module.ts'
import { EXTERNREF, F32, F64, I64, type ValType } from '../../src/syntax/types.ts'
import { validate } from '../../src/valid/module.ts'

/** A module that is run: its functions with scalar parameters, by export name. */
export interface Subject {
  bytes: Uint8Array
  module: Module
}

export function subject(bytes: Uint8Array): Subject {
  const module = decode(bytes)
  validate(module)
  return { bytes, module }
}

/** What a call may use up. */
const FUEL = 60

/** What differs between two hosts in how a value is shown is taken out here. */
export function show(v: unknown): string {
  if (typeof v === 'number') return Number.isNaN(v) ? 'nan' : Object.is(v, -0) ? '-0' : String(v)
  return String(v)
}

const words = new BigUint64Array(1)
const double = new Float64Array(words.buffer)
/** The same with all bits of a NaN. */
function showBits(v: unknown): string {
  if (typeof v !== 'number' || v === v) return show(v)
  double[0] = v
  return `nan:${words[0]!.toString(16)}`
}

const digests = new WeakMap<ArrayBufferLike, { bytes: Buffer; text: string }>()

/** Stands for a memory's contents; made anew when they have changed. */
export function digest(buffer: ArrayBufferLike): string {
  const now = Buffer.from(buffer as ArrayBuffer)
  const known = digests.get(buffer)
  if (known?.bytes.equals(now)) return known.text
  const text = digestOf(buffer)
  digests.set(buffer, { bytes: Buffer.copyBytesFrom(now), text })
  return text
}

function digestOf(buffer: ArrayBufferLike): string {
  const words = new Int32Array(buffer, 0, buffer.byteLength >> 2)
  let h = buffer.byteLength
  for (let k = 0; k < words.length; k++)
    if (words[k] !== 0) h = (Math.imul(h, 31) ^ Math.imul(words[k]!, 0x9e3779b1) ^ k) | 0
  for (const b of new Uint8Array(buffer, words.length * 4)) h = (Math.imul(h, 31) + b) | 0
  return `${buffer.byteLength}:${h}`
}

/** The arguments of call `round` of a function with these parameters. */
function argumentsOf(params: readonly string[], round: number): Value[] {
  const i = [3, -1, 0x7fffffff, 40][round % 4]!
  return params.map((p, k) => {
    if (p === 'i32') return (i + k) | 0
    if (p === 'i64') return [5n, -1n, 0x7fffffffffffffffn, 1n << 40n][(round + k) % 4]!
    const x = [0.5, Number.NaN, -2147483648.5, 1e10][(round + k) % 4]!
    return p === 'f32' ? Math.fround(x) : x
  })
}

/** How an engine is driven: the two kinds of hosts look alike from here. */
export interface Driver {
  refuel(units: number): void
  call(name: string, args: Value[]): string
  /** Calls the export `back`; throws what it throws. */
  back(n: number): number
  state(): string
  /** Units of fuel that the last call took. */
  consumed(): number
}

export interface Transcript {
  lines: string[]
  /** By call. */
  fuel: number[]
}

const ROUNDS = 3

/** The transcript of a module on a driver. */
export function transcript(
  driver: Driver,
  log: string[],
  calls: readonly { name: string; params: readonly string[] }[],
): Transcript {
  const out: Transcript = { lines: [], fuel: [] }
  for (let round = 0; round < ROUNDS; round++)
    for (const { name, params } of calls) {
      driver.refuel(FUEL)
      const args = argumentsOf(params, round)
      const outcome = driver.call(name, args)
      out.fuel.push(driver.consumed())
      out.lines.push(
        `${name}(${args.map(show).join(', ')}) ${outcome} | ${log.splice(0).join(' ')} | ${driver.state()}`,
      )
    }
  return out
}

const scalar = (t: ValType): string => (t === I64 ? 'i64' : t === F32 ? 'f32' : t === F64 ? 'f64' : 'i32')

/** The exported functions that are called: f0, f1 … */
export function callsOf({ module }: Subject): { name: string; params: readonly string[] }[] {
  const imported = module.imports.filter((i) => i.desc.kind === 'func').length
  const types = module.recTypes.flat()
  return module.exports
    .filter((e) => e.kind === 'func' && e.name !== 'back')
    .map((e) => {
      const { comp } = types[module.funcs[e.index - imported]!.type]!
      return { name: e.name, params: comp.kind === 'func' ? comp.params.map(scalar) : [] }
    })
}

export const THING = { toString: () => 'thing' }
/** What the host's function gives; for some arguments it calls the module back, or throws. */
export function answer(a: number, c: bigint, back: (n: number) => number): bigint {
  if (a === 7) throw new Error('of the host')
  const n = a === 2 || a === 0x7fffffff ? back(a) : a
  return BigInt.asIntN(64, c ^ (BigInt(n) * 0x9e3779b97f4an))
}

/** How one of our engines is run: metered, in one go or in slices of so much fuel between which it pauses. */
export type Way = 'plain' | 'metered' | 'sliced'

/** More fuel than any call takes. */
const PLENTY = 1e9
/** Units between pauses, by the call's number. */
const SLICES = [3, 17, 80]

/** Runs it on one of our engines. Where it is metered, gives what each call consumed too. */
export function runOurs(executor: Executor, s: Subject, way: Way, deterministic: boolean): Transcript {
  const tell = deterministic ? showBits : show
  const log: string[] = []
  const store = new Store(executor, {}, way === 'plain' ? {} : { fuel: PLENTY, interruptible: true }, {
    exactTraps: true,
    deterministic,
  })
  const { meter } = store
  const ids = store.registry.add(s.module.recTypes)
  const host = s.module.imports.find((i) => i.desc.kind === 'func')!
  const h = hostFunc(store.registry.types[ids[(host.desc as { type: number }).type]!]!, (args) => {
    log.push(args.map(tell).join(','))
    return [answer(args[0] as number, args[2] as bigint, (n) => driver.back(n))]
  })
  const x = store.newGlobal({ type: EXTERNREF, mutable: false }, THING)
  const inst = instantiate(store, s.module, [h, x])
  const func = (name: string) => inst.exports.get(name) as FuncInst
  /** Fuel that was there for the call, and calls so far. */
  let given = 0
  let calls = 0
  const driver: Driver = {
    refuel(units) {
      writeGlobal(inst.exports.get('fuel') as GlobalInst, units)
      if (!meter.metered) return
      given = PLENTY
      meter.fuel = PLENTY
    },
    call(name, args) {
      try {
        const pause = () => {
          const units = SLICES[calls % SLICES.length]!
          given += units
          return units
        }
        if (way === 'sliced') given = meter.fuel = 0
        const results = way === 'sliced' ? inSlices(store, func(name), args, pause) : invoke(store, func(name), args)
        return `= ${results.map(tell).join(' ')}`
      } catch (e) {
        if (e instanceof Trap) return `! ${e.code}`
        if (e instanceof ExnInst) return '! exception'
        if (e instanceof Error && e.message === 'of the host') return `! ${e.message}`
        throw e
      } finally {
        calls++
      }
    },
    back(n) {
      if (!meter.metered) return invoke(store, func('back'), [n])[0] as number
      // A call within a call that pauses can't pause itself.
      const left = meter.fuel
      meter.fuel = PLENTY
      try {
        return invoke(store, func('back'), [n])[0] as number
      } finally {
        given += PLENTY - meter.fuel
        meter.fuel = left
      }
    },
    state: () => [...inst.exports.values()].map((x) => ourState(x, tell)).join(' '),
    consumed: () => (meter.metered ? given - meter.fuel : 0),
  }
  return transcript(driver, log, callsOf(s))
}

/** A call that goes on with the fuel that `pause` gives whenever it has run out. */
function inSlices(store: Store, func: FuncInst, args: readonly Value[], pause: () => number): readonly Value[] {
  const slots = valueList()
  args.forEach((a, k) => {
    pushSlots(slots, func.type.params[k]!, a)
  })
  try {
    const execution = store.executor.start!(func, slots)!
    while (execution.run() !== 'done') store.meter.fuel += pause()
    return execution.results
  } catch (e) {
    throw leaving(store, e)
  }
}

function ourState(x: Extern, tell: typeof show): string {
  if (x instanceof GlobalInst) return tell(readGlobal(x))
  if (x instanceof MemInst) return digest(x.buffer)
  if (x instanceof TableInst)
    return `[${Array.from({ length: x.size }, (_, k) => x.get(k))
      .map((e) =>
        e === null
          ? '-'
          : e instanceof FuncInst
            ? `f${Math.max(e.index, 0)}`
            : e === THING
              ? 'x'
              : typeof e === 'number'
                ? e
                : 'o',
      )
      .join('')}]`
  return ''
}
