// Atomic accesses (proposal: threads). On shared memories they are the host's Atomics, on others plain accesses, which nothing can tell apart.
// Effective addresses are exact numbers ≥ 0; alignment is checked before bounds, as the specification has it.
import { Trap } from '../errors.ts'
import { i64_from_halves, i64_to_halves } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import type { MemInst } from './instances.ts'

export type Rmw = 'add' | 'sub' | 'and' | 'or' | 'xor' | 'exchange'
type Lane = Uint8Array | Uint16Array | Int32Array | BigInt64Array

const views = new WeakMap<ArrayBufferLike, { length: number; lanes: Lane[] }>()

/** The memory as elements of 2^log2 bytes. */
function lanesOf(mem: MemInst, log2: number): Lane {
  const b = mem.views.u8.buffer
  let cached = views.get(b)
  if (cached === undefined || cached.length !== b.byteLength) {
    const even = (size: number) => Math.floor(b.byteLength / size)
    cached = {
      length: b.byteLength,
      lanes: [
        new Uint8Array(b),
        new Uint16Array(b, 0, even(2)),
        new Int32Array(b, 0, even(4)),
        new BigInt64Array(b, 0, even(8)),
      ],
    }
    views.set(b, cached)
  }
  return cached.lanes[log2]!
}

/** The element index of an access; traps where it is not aligned or out of bounds. */
function locate(mem: MemInst, at: number, log2: number): number {
  const size = 1 << log2
  if (at % size !== 0) throw new Trap('unaligned atomic')
  if (at + size > mem.pages * mem.pageSize) throw new Trap('out of bounds memory access')
  return at / size
}

/** Gives an element's slots: the low one, the high one in ret.hi. */
function give(x: number | bigint): number {
  if (typeof x === 'number') {
    ret.hi = 0
    return x | 0
  }
  return i64_to_halves(x)
}

const value = (log2: number, lo: number, hi: number): number | bigint =>
  log2 === 3 ? i64_from_halves(lo, hi) : log2 === 2 ? lo : lo & (log2 === 1 ? 0xffff : 0xff)

// Atomics takes any integer lanes; the types of its overloads can't say so.
type AnyAtomics = Record<string, (lanes: Lane, index: number, ...values: (number | bigint)[]) => number | bigint>
const atomics = Atomics as unknown as AnyAtomics

export function atomicLoad(mem: MemInst, at: number, log2: number): number {
  return give(atomics['load']!(lanesOf(mem, log2), locate(mem, at, log2)))
}

export function atomicStore(mem: MemInst, at: number, log2: number, lo: number, hi: number): void {
  atomics['store']!(lanesOf(mem, log2), locate(mem, at, log2), value(log2, lo, hi))
}

export function atomicRmw(mem: MemInst, at: number, log2: number, what: Rmw, lo: number, hi: number): number {
  return give(atomics[what]!(lanesOf(mem, log2), locate(mem, at, log2), value(log2, lo, hi)))
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
  const lanes = lanesOf(mem, log2)
  const index = locate(mem, at, log2)
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
