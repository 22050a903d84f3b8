// Runs a generated module on an engine and writes down all that can be seen of it: results, traps, calls of the host, and after every call the globals,
// memories and tables. Two engines differ when their transcripts do. NaNs are one: the specification leaves their bits open.
import { decode } from '../../src/binary/decode.ts'
import { Trap } from '../../src/errors.ts'
import { hostFunc, invoke } from '../../src/runtime/boundary.ts'
import { ExnInst, type Extern, FuncInst, GlobalInst, MemInst, TableInst } from '../../src/runtime/instances.ts'
import { instantiate } from '../../src/runtime/instantiate.ts'
import { type Executor, Store } from '../../src/runtime/store.ts'
import { readGlobal, type Value, writeGlobal } from '../../src/runtime/values.ts'
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

export function digest(buffer: ArrayBufferLike): string {
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
  state(): string
}

const ROUNDS = 3

/** The transcript of a module on a driver. */
export function transcript(
  driver: Driver,
  log: string[],
  calls: readonly { name: string; params: readonly string[] }[],
): string[] {
  const out: string[] = []
  for (let round = 0; round < ROUNDS; round++)
    for (const { name, params } of calls) {
      driver.refuel(FUEL)
      const args = argumentsOf(params, round)
      const outcome = driver.call(name, args)
      out.push(`${name}(${args.map(show).join(', ')}) ${outcome} | ${log.splice(0).join(' ')} | ${driver.state()}`)
    }
  return out
}

const scalar = (t: ValType): string => (t === I64 ? 'i64' : t === F32 ? 'f32' : t === F64 ? 'f64' : 'i32')

/** The exported functions that are called: f0, f1 … */
export function callsOf({ module }: Subject): { name: string; params: readonly string[] }[] {
  const imported = module.imports.filter((i) => i.desc.kind === 'func').length
  const types = module.recTypes.flat()
  return module.exports
    .filter((e) => e.kind === 'func')
    .map((e) => {
      const { comp } = types[module.funcs[e.index - imported]!.type]!
      return { name: e.name, params: comp.kind === 'func' ? comp.params.map(scalar) : [] }
    })
}

export const THING = { toString: () => 'thing' }
export const answer = (a: number, c: bigint): bigint => BigInt.asIntN(64, c ^ (BigInt(a) * 0x9e3779b97f4an))

/** Runs it on one of our engines. */
export function runOurs(executor: Executor, s: Subject): string[] {
  const log: string[] = []
  const store = new Store(executor)
  const ids = store.registry.add(s.module.recTypes)
  const host = s.module.imports.find((i) => i.desc.kind === 'func')!
  const h = hostFunc(store.registry.types[ids[(host.desc as { type: number }).type]!]!, (args) => {
    log.push(args.map(show).join(','))
    return [answer(args[0] as number, args[2] as bigint)]
  })
  const x = new GlobalInst({ type: EXTERNREF, mutable: false })
  writeGlobal(x, THING)
  const inst = instantiate(store, s.module, [h, x])
  const fuel = inst.exports.get('fuel') as GlobalInst
  const driver: Driver = {
    refuel: (units) => writeGlobal(fuel, units),
    call(name, args) {
      try {
        return `= ${invoke(store, inst.exports.get(name) as FuncInst, args)
          .map(show)
          .join(' ')}`
      } catch (e) {
        if (e instanceof Trap) return `! ${e.code}`
        if (e instanceof ExnInst) return '! exception'
        throw e
      }
    },
    state: () => [...inst.exports.values()].map(ourState).join(' '),
  }
  return transcript(driver, log, callsOf(s))
}

function ourState(x: Extern): string {
  if (x instanceof GlobalInst) return show(readGlobal(x))
  if (x instanceof MemInst) return digest(x.buffer)
  if (x instanceof TableInst)
    return `[${x.elems.map((e) => (e === null ? '-' : e instanceof FuncInst ? `f${e.index}` : e === THING ? 'x' : typeof e === 'number' ? e : 'o')).join('')}]`
  return ''
}
