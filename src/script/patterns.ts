// Constants of scripts as values, and results against the patterns that scripts expect (specification: interpreter, Scripts). Floats are compared
// by their bits, vectors lane by lane; a host reference is one object per number, so that identity survives the way through WebAssembly.
import { f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import { ExnInst } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import { V128Value, type Value } from '../runtime/values.ts'
import { Heap } from '../syntax/types.ts'
import type { Const, Nan, Pattern, RefKind } from './script.ts'

/** What `(ref.extern n)` and `(ref.host n)` stand for. */
export class HostRef {
  constructor(readonly value: number) {}
}

/** The host references of one script; the same number gives the same object. */
export class HostRefs {
  readonly #made = new Map<number, HostRef>()
  get(value: number): HostRef {
    let made = this.#made.get(value)
    if (made === undefined) {
      made = new HostRef(value)
      this.#made.set(value, made)
    }
    return made
  }
}

const wide = (lo: number, hi: number): bigint => (BigInt(hi) << 32n) | BigInt(lo >>> 0)

/** The value of a constant. */
export function constValue(c: Const, hosts: HostRefs): Value {
  switch (c.type) {
    case 'i32':
      return c.bits
    case 'i64':
      return wide(c.lo, c.hi)
    case 'f32':
      return f32_from_bits(c.bits)
    case 'f64':
      return f64_from_bits(c.lo, c.hi)
    case 'v128':
      return new V128Value(c.words)
    case 'ref.null':
      return null
    default:
      return hosts.get(c.value)
  }
}

/** Whether a result is what a pattern asks for. */
export function matchesPattern(p: Pattern, v: Value, hosts: HostRefs, store: Store): boolean {
  switch (p.kind) {
    case 'const':
      return matchesConst(p.value, v, hosts)
    case 'nan':
      if (typeof v !== 'number') return false
      return p.type === 'f32' ? isNan32(p.nan, f32_to_bits(v)) : isNan64(p.nan, f64_to_bits(v), ret.hi)
    case 'lanes':
      return v instanceof V128Value && p.lanes.every((lane, i) => matchesLane(p.shape, lane, v.lanes, i))
    case 'ref':
      return matchesRef(p.ref, v, store)
    case 'either':
      return p.of.some((one) => matchesPattern(one, v, hosts, store))
  }
}

function matchesConst(c: Const, v: Value, hosts: HostRefs): boolean {
  switch (c.type) {
    case 'i32':
      return v === c.bits
    case 'i64':
      return v === wide(c.lo, c.hi)
    case 'f32':
      return typeof v === 'number' && f32_to_bits(v) === c.bits
    case 'f64':
      return typeof v === 'number' && f64_to_bits(v) === (c.lo | 0) && ret.hi === (c.hi | 0)
    case 'v128':
      return v instanceof V128Value && c.words.every((word, i) => v.lanes[i] === word)
    default:
      return v === constValue(c, hosts)
  }
}

function matchesLane(shape: 'f32x4' | 'f64x2', lane: Nan | { lo: number; hi: number }, words: Int32Array, i: number) {
  if (shape === 'f32x4') {
    const bits = words[i]!
    return typeof lane === 'string' ? isNan32(lane, bits) : bits === (lane.lo | 0)
  }
  const lo = words[2 * i]!
  const hi = words[2 * i + 1]!
  return typeof lane === 'string' ? isNan64(lane, lo, hi) : lo === (lane.lo | 0) && hi === (lane.hi | 0)
}

/** A canonical NaN's payload is the quiet bit alone; an arithmetic one has the quiet bit set. The sign is free. */
const isNan32 = (nan: Nan, bits: number) =>
  nan === 'canonical' ? (bits & 0x7fffffff) === 0x7fc00000 : (bits & 0x7fc00000) === 0x7fc00000
const isNan64 = (nan: Nan, lo: number, hi: number) =>
  nan === 'canonical' ? lo === 0 && (hi & 0x7fffffff) === 0x7ff80000 : (hi & 0x7ff80000) === 0x7ff80000

function matchesRef(kind: RefKind, v: Value, store: Store): boolean {
  if (v === null) return kind === 'null'
  switch (kind) {
    case 'null':
      return false
    case 'any':
    case 'extern':
      return v !== undefined && !(v instanceof ExnInst)
    default:
      return store.isOfHeapType(v, Heap[kind])
  }
}

const hex = (x: number) => (x >>> 0).toString(16).padStart(8, '0')

/** A result as a message writes it. */
export function showValue(v: Value): string {
  if (typeof v === 'number') return v === v ? String(Object.is(v, -0) ? '-0' : v) : `nan (f64 ${nanBits(v)})`
  if (v instanceof V128Value) return `v128 ${[...v.lanes].map((x) => `0x${hex(x)}`).join(' ')}`
  if (v instanceof HostRef) return `(ref.extern ${v.value})`
  if (v === null) return 'null'
  if (typeof v === 'object') return `a ${v.constructor.name}`
  return String(v)
}

function nanBits(v: number): string {
  const lo = f64_to_bits(v)
  return `0x${hex(ret.hi)}${hex(lo)}`
}

/** A pattern as a message writes it. */
export function showPattern(p: Pattern): string {
  switch (p.kind) {
    case 'const':
      return showConst(p.value)
    case 'nan':
      return `(${p.type}.const nan:${p.nan})`
    case 'lanes':
      return `(${p.shape} ${p.lanes.map((x) => (typeof x === 'string' ? `nan:${x}` : `0x${hex(x.hi)}${hex(x.lo)}`)).join(' ')})`
    case 'ref':
      return `(ref.${p.ref})`
    case 'either':
      return `either ${p.of.map(showPattern).join(' or ')}`
  }
}

function showConst(c: Const): string {
  switch (c.type) {
    case 'f32':
      return `f32 0x${hex(c.bits)}`
    case 'f64':
      return `f64 0x${hex(c.hi)}${hex(c.lo)}`
    case 'v128':
      return showValue(new V128Value(c.words))
    default:
      return `${c.type} ${showValue(constValue(c, new HostRefs()))}`
  }
}
