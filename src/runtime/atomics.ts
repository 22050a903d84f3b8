// Atomic accesses (proposal: threads). On shared memories they are the host's Atomics, on others plain accesses, which nothing can tell apart.
// Effective addresses are exact numbers ≥ 0; alignment is checked before bounds, as the specification has it.
import { Trap } from '../errors.ts'
import { i64_from_halves, i64_to_halves } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import type { MemInst } from './instances.ts'

export type Rmw = 'add' | 'sub' | 'and' | 'or' | 'xor' | 'exchange'
type Lane = Uint8Array | Uint16Array | Int32Array | BigInt64Array

/** The lanes made for views of a memory; those of the latest views by themselves, since most programs have one memory. */
const made = new WeakMap<Uint8Array, Lane[]>()
let latest: Uint8Array | undefined
let latestLanes: Lane[]

/** The memory as elements of 2^log2 bytes. */
function lanesOf(mem: MemInst, log2: number): Lane {
  const { u8 } = mem.views
  if (u8 !== latest) {
    latest = u8
    latestLanes = made.get(u8) ?? makeLanes(u8)
  }
  return latestLanes[log2]!
}

function makeLanes(u8: Uint8Array): Lane[] {
  const { buffer, length } = u8
  const lanes = [
    u8,
    new Uint16Array(buffer, 0, Math.floor(length / 2)),
    new Int32Array(buffer, 0, Math.floor(length / 4)),
    new BigInt64Array(buffer, 0, Math.floor(length / 8)),
  ]
  made.set(u8, lanes)
  return lanes
}

/** The element index of an access; traps where it is not aligned or out of bounds. */
function locate(mem: MemInst, at: number, log2: number): number {
  const size = 1 << log2
  if (at % size !== 0) throw new Trap('unaligned atomic')
  // Another agent may have grown a shared memory, which only a look at its size shows.
  if (at + size > mem.views.u8.length && at + size > mem.pages * mem.pageSize)
    throw new Trap('out of bounds memory access')
  return at / size
}

/** Gives an element's slots: the low one, a bigint's high one in ret.hi. */
function give(x: number | bigint): number {
  if (typeof x === 'number') return x | 0
  return i64_to_halves(x)
}

const value = (log2: number, lo: number, hi: number): number | bigint =>
  log2 === 3 ? i64_from_halves(lo, hi) : log2 === 2 ? lo : lo & (log2 === 1 ? 0xffff : 0xff)

// Atomics takes any integer lanes; the types of its overloads can't say so.
type AnyAtomics = Record<string, (lanes: Lane, index: number, ...values: (number | bigint)[]) => number | bigint>
const atomics = Atomics as unknown as AnyAtomics

export function atomicLoad(mem: MemInst, at: number, log2: number): number {
  const index = locate(mem, at, log2)
  const lanes = lanesOf(mem, log2)
  ret.hi = 0
  return log2 === 2 ? Atomics.load(lanes as Int32Array, index) : give(atomics['load']!(lanes, index))
}

export function atomicStore(mem: MemInst, at: number, log2: number, lo: number, hi: number): void {
  const index = locate(mem, at, log2)
  const lanes = lanesOf(mem, log2)
  if (log2 === 2) Atomics.store(lanes as Int32Array, index, lo)
  else atomics['store']!(lanes, index, value(log2, lo, hi))
}

export function atomicRmw(mem: MemInst, at: number, log2: number, what: Rmw, lo: number, hi: number): number {
  const index = locate(mem, at, log2)
  const lanes = lanesOf(mem, log2)
  ret.hi = 0
  return log2 === 2
    ? rmw32(lanes as Int32Array, index, what, lo)
    : give(atomics[what]!(lanes, index, value(log2, lo, hi)))
}

/** By name, since V8 compiles only such calls in line. */
function rmw32(lanes: Int32Array, index: number, what: Rmw, x: number): number {
  switch (what) {
    case 'add':
      return Atomics.add(lanes, index, x)
    case 'sub':
      return Atomics.sub(lanes, index, x)
    case 'and':
      return Atomics.and(lanes, index, x)
    case 'or':
      return Atomics.or(lanes, index, x)
    case 'xor':
      return Atomics.xor(lanes, index, x)
    default:
      return Atomics.exchange(lanes, index, x)
  }
}

/** The expected value wraps to the lane, as the new one does. */
export function atomicCmpxchg(
  mem: MemInst,
  at: number,
  log2: number,
  el: number,
  eh: number,
  lo: number,
  hi: number,
): number {
  const index = locate(mem, at, log2)
  const lanes = lanesOf(mem, log2)
  ret.hi = 0
  if (log2 === 2) return Atomics.compareExchange(lanes as Int32Array, index, el, lo)
  return give(atomics['compareExchange']!(lanes, index, value(log2, el, eh), value(log2, lo, hi)))
}

const RESULTS: Record<string, number> = { ok: 0, 'not-equal': 1, 'timed-out': 2 }

/** @param tl the time-out in nanoseconds, low and high half; negative means none */
export function atomicWait(
  mem: MemInst,
  at: number,
  log2: number,
  el: number,
  eh: number,
  tl: number,
  th: number,
): number {
  const index = locate(mem, at, log2)
  if (!mem.type.shared) throw new Trap('expected shared memory')
  const timeout = th < 0 ? Number.POSITIVE_INFINITY : (th * 4294967296 + (tl >>> 0)) / 1e6
  const lanes = lanesOf(mem, log2)
  try {
    return RESULTS[Atomics.wait(lanes as Int32Array, index, value(log2, el, eh) as number, timeout)]!
  } catch (e) {
    if (e instanceof TypeError) throw new Trap('atomic wait not allowed')
    throw e
  }
}

export function atomicNotify(mem: MemInst, at: number, count: number): number {
  const index = locate(mem, at, 2)
  if (!mem.type.shared) return 0
  return Atomics.notify(lanesOf(mem, 2) as Int32Array, index, count >>> 0)
}
