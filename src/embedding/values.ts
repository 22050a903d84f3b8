// Values of embedders to values of a WebAssembly type and back: numbers wrap as the JavaScript API has it, anything of another kind is a TypeError that
// says which value it was. References cross as handles (Func, Exception, StructRef, ArrayRef); host values are themselves.
import { i64_wrap } from '../numeric/bits.ts'
import { ArrayInst, ForeignAggregate, StructInst } from '../runtime/gc.ts'
import { ExnInst, FuncInst } from '../runtime/instances.ts'
import { V128Value } from '../runtime/values.ts'
import { topOf } from '../syntax/match.ts'
import {
  F32,
  F64,
  Heap,
  heapOf,
  I32,
  I64,
  isNullable,
  isRef,
  typeName,
  V128 as V128_TYPE,
  type ValType,
} from '../syntax/types.ts'
import { describeValue } from '../util/options.ts'
import { instOf } from './handles.ts'
import type { Store } from './store.ts'
import type { Value } from './types.ts'

/** A vector of 128 bits: four int32 lanes, lane 0 the lowest. */
export const V128 = V128Value
/** A vector of 128 bits: four int32 lanes, lane 0 the lowest. */
export type V128 = V128Value

/** Names the value that a message is about. */
export type What = () => string

const mismatch = (what: What, expected: string, v: unknown): TypeError =>
  new TypeError(`${what()}: expected ${expected}, got ${describeValue(v)}`)

/**
 * @param what names the value, for the message
 * @throws {TypeError} where it is no value of the type
 */
export function toWasm(store: Store, v: unknown, t: ValType, what: What): unknown {
  switch (t) {
    case I32:
      if (typeof v !== 'number') throw mismatch(what, 'a number for an i32', v)
      return v | 0
    case I64:
      if (typeof v !== 'bigint') throw mismatch(what, 'a bigint for an i64', v)
      return i64_wrap(v)
    case F32:
      if (typeof v !== 'number') throw mismatch(what, 'a number for an f32', v)
      // An f32 NaN with its bits is one already, and rounding would drop them.
      return v === v ? Math.fround(v) : nanOf(store, v)
    case F64:
      if (typeof v !== 'number') throw mismatch(what, 'a number for an f64', v)
      return v === v ? v : nanOf(store, v)
    case V128_TYPE:
      if (!(v instanceof V128Value)) throw mismatch(what, 'a V128 for a v128', v)
      return v
    default:
      return toRef(store, v, t, what)
  }
}

/** Which NaN a number is, is the JavaScript engine's choice. */
const nanOf = (store: Store, v: number): number => (store.inner.deterministic ? Number.NaN : v)

function toRef(store: Store, v: unknown, t: ValType, what: What): unknown {
  if (v === null) {
    if (isNullable(t)) return null
    throw mismatch(what, `a value of ${typeName(t)}, which is never null`, v)
  }
  const { registry } = store.inner
  const heap = heapOf(t)
  const inst = instOf(v)
  if (inst !== undefined && inst.store !== store.inner && topOf(registry, heap) !== Heap.extern)
    throw new TypeError(
      `${what()}: the ${inst.inst.constructor.name.replace(/Inst$/, '').toLowerCase()} belongs to another store`,
    )
  const inner = inst?.inst instanceof ForeignAggregate ? inst.inst.ref : inst?.inst
  const top = topOf(registry, heap)
  // Handles of functions and exceptions are host values among the others.
  const aggregate = inner instanceof StructInst || inner instanceof ArrayInst || inst?.inst instanceof ForeignAggregate
  const value = aggregate || top === Heap.func || top === Heap.exn ? (inner ?? v) : v
  if (store.inner.isOfHeapType(value, heap)) return value
  throw mismatch(what, `a value of type ${typeName(t)}`, v)
}

/** What the embedder gets for a value of the type. */
export function fromWasm(store: Store, v: unknown, t: ValType): Value {
  if (!isRef(t)) return v
  if (v instanceof FuncInst || v instanceof ExnInst || v instanceof StructInst || v instanceof ArrayInst)
    return store.handle(v)
  const foreign = store.inner.aggregate(v)
  return foreign === undefined ? v : store.handle(foreign)
}
