// ToJSValue and ToWebAssemblyValue (specification: JavaScript API, "Exported Functions"): JavaScript values to values of a WebAssembly type and back.
// Values are those of runtime/values.ts; a reference to a host value is the value itself, an i31 a number.
import { i64_wrap } from '../numeric/bits.ts'
import { ArrayInst, StructInst } from '../runtime/gc.ts'
import { FuncInst } from '../runtime/instances.ts'
import type { Value } from '../runtime/values.ts'
import { matchesHeap, topOf } from '../syntax/match.ts'
import {
  EXTERNREF,
  F32,
  F64,
  Heap,
  heapOf,
  I32,
  I64,
  isNullable,
  isRef,
  typeName,
  V128,
  type ValType,
} from '../syntax/types.ts'
import type { Realm } from './realm.ts'

/** Whether values of the type have no form in JavaScript: v128 and exnref. */
export const isOpaque = (realm: Realm, t: ValType): boolean =>
  t === V128 || (isRef(t) && topOf(realm.store.registry, heapOf(t)) === Heap.exn)

/** @throws TypeError where the value has no form in the type */
export function toWasm(realm: Realm, v: unknown, t: ValType): Value {
  switch (t) {
    case I32:
      return (v as number) | 0
    case I64:
      return i64_wrap(v as bigint)
    case F32:
    case F64: {
      const x = +(v as number)
      if (x !== x && realm.store.deterministic) return Number.NaN
      return t === F32 ? Math.fround(x) : x
    }
    default:
      if (isOpaque(realm, t)) throw new TypeError(`a JavaScript value can't be a ${typeName(t)}`)
      return toRef(realm, v, t)
  }
}

/** The struct or array that an object stands for. */
const instOf = (realm: Realm, v: unknown): object | undefined =>
  realm.exportsGc && typeof v === 'object' && v !== null ? realm.gcInsts.get(v) : undefined

function toRef(realm: Realm, v: unknown, t: ValType): unknown {
  if (v === null) {
    if (isNullable(t)) return null
    throw new TypeError(`null is no value of type ${typeName(t)}`)
  }
  const { registry } = realm.store
  const heap = heapOf(t)
  const gc = instOf(realm, v)
  if (matchesHeap(registry, heap, Heap.extern)) {
    if (heap === Heap.extern) return gc ?? v
  } else if (topOf(registry, heap) === Heap.func) {
    const func = typeof v === 'function' ? realm.funcInsts.get(v) : undefined
    if (func !== undefined && realm.store.isOfHeapType(func, heap)) return func
  } else {
    const inner = gc ?? v
    if (realm.store.isOfHeapType(inner, heap)) return inner
  }
  throw new TypeError(`${describeValue(v)} is no value of type ${typeName(t)}`)
}

/** A JavaScript value as messages name it. */
export function describeValue(v: unknown): string {
  if (typeof v === 'function') return 'a function'
  if (typeof v === 'object') return v === null ? 'null' : `an object (${Object.prototype.toString.call(v)})`
  return v === undefined ? 'undefined' : `the ${typeof v} ${String(v)}`
}

/** @throws TypeError for types without a form in JavaScript */
export function toJS(realm: Realm, v: Value, t: ValType): unknown {
  if (!isRef(t)) {
    if (t === V128) throw new TypeError("a v128 can't be a JavaScript value")
    return v
  }
  if (t === EXTERNREF && (typeof v !== 'object' || v === null)) return v
  if (t !== EXTERNREF && isOpaque(realm, t))
    throw new TypeError(`a value of type ${typeName(t)} can't be a JavaScript value`)
  if (v instanceof FuncInst) return realm.functionOf(v, v.index)
  if (v instanceof StructInst || v instanceof ArrayInst) return exportedObject(realm, v)
  return v
}

const refuse = () => false
const deny = () => {
  throw new TypeError("a WebAssembly object's fields can't be written from JavaScript")
}
/** An exported GC object shows nothing and takes nothing. */
const closed: ProxyHandler<object> = {
  preventExtensions: refuse,
  setPrototypeOf: refuse,
  defineProperty: refuse,
  // Also in sloppy mode.
  set: deny,
  deleteProperty: deny,
}

function exportedObject(realm: Realm, inst: StructInst | ArrayInst): object {
  let object = realm.gcObjects.get(inst)
  if (object === undefined) {
    object = new Proxy(Object.freeze(Object.create(null) as object), closed)
    realm.gcObjects.set(inst, object)
    realm.gcInsts.set(object, inst)
    realm.exportsGc = true
  }
  return object
}

/** DefaultValue: undefined for externref, else zero or null; undefined where there is none. */
export function defaultOf(realm: Realm, t: ValType): { value: Value } | undefined {
  if (!isRef(t)) return { value: t === I64 ? 0n : 0 }
  if (t === (realm.jsTag.type.params[0] as ValType)) return { value: undefined }
  return isNullable(t) ? { value: null } : undefined
}
