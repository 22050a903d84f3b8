// WebAssembly values at the embedder's side and their slots inside (docs/design.md, "Slots"). A value is a number (i32, f32, f64), a bigint
// (i64), a V128, or a reference. Here they are already of their type; converting a JavaScript value is js-api's business.
import { i64_from_halves, i64_to_halves } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import { F32, F64, I32, I64, isRef, slotCount, V128, type ValType } from '../syntax/types.ts'
import type { GlobalInst, Slots } from './instances.ts'

/** A v128 as four int32 lanes, lane 0 lowest. */
export class V128Value {
  constructor(readonly lanes: Int32Array) {}
}

/** number, bigint, V128Value or a reference. */
export type Value = unknown

export const isFloat = (t: ValType): boolean => t === F32 || t === F64

/** The default value of a type: zero or null. */
export const defaultValue = (t: ValType): Value =>
  t === I64 ? 0n : t === V128 ? new V128Value(new Int32Array(4)) : isRef(t) ? null : 0

/** How many slots values of these types take together. */
export const slotsOf = (types: readonly ValType[]): number => types.reduce((n, t) => n + slotCount(t), 0)

/** An empty list that keeps every NaN's bits: one that has only ever held numbers becomes an array of raw doubles, which quietens them. */
export function valueList(): Value[] {
  const list: Value[] = ['']
  list.pop()
  return list
}

/** Pushes a value's slots; `out` is a valueList. */
export function pushSlots(out: unknown[], t: ValType, v: Value): void {
  if (t === I64) out.push(i64_to_halves(v as bigint), ret.hi)
  else if (t === V128) out.push(...(v as V128Value).lanes)
  else out.push(v)
}

export const newSlots = (count: number): Slots => ({ i: new Int32Array(count), f: new Float64Array(count), r: [] })

/** Writes a value at slot `at`; gives the next slot. */
export function putValue(s: Slots, at: number, t: ValType, v: Value): number {
  switch (t) {
    case I32:
      s.i[at] = v as number
      return at + 1
    case I64:
      s.i[at] = i64_to_halves(v as bigint)
      s.i[at + 1] = ret.hi
      return at + 2
    case F32:
    case F64:
      s.f[at] = v as number
      return at + 1
    case V128:
      s.i.set((v as V128Value).lanes, at)
      return at + 4
    default:
      s.r[at] = v
      return at + 1
  }
}

/** The value at slot `at`. */
export function getValue(s: Slots, at: number, t: ValType): Value {
  switch (t) {
    case I32:
      return s.i[at]
    case I64:
      return i64_from_halves(s.i[at]!, s.i[at + 1]!)
    case F32:
    case F64:
      return s.f[at]
    case V128:
      return new V128Value(s.i.slice(at, at + 4))
    default:
      return s.r[at]
  }
}

/** The values that a call of a function with these results has left: its JavaScript result and `ret`. */
export function takeResults(types: readonly ValType[], first: unknown): Value[] {
  const out = valueList()
  let at = 0
  for (const t of types) {
    if (at === 0) out.push(takeResult(t, first))
    else {
      if (at === 1 && !isFloat(t) && !isRef(t)) ret.i[1] = ret.hi
      out.push(getValue(ret, at, t))
    }
    at += slotCount(t)
  }
  return out
}

/** The value of a function's only result, or its first, which its JavaScript result and `ret` hold. */
export function takeResult(t: ValType, first: unknown): Value {
  if (t === I64) return i64_from_halves(first as number, ret.hi)
  if (t === V128) return new V128Value(Int32Array.of(first as number, ret.hi, ret.i[2]!, ret.i[3]!))
  return first
}

/** Leaves a function's only result, as leaveResults does. */
export function leaveResult(t: ValType, v: Value): unknown {
  if (t === I64) return i64_to_halves(v as bigint)
  if (t !== V128) return t === I32 ? (v as number) | 0 : v
  const { lanes } = v as V128Value
  ret.i.set(lanes)
  ret.hi = lanes[1]!
  return lanes[0]
}

/** Leaves results as a function does: gives the first slot, puts the others into `ret`. */
export function leaveResults(types: readonly ValType[], values: readonly Value[]): unknown {
  if (types.length === 1) return leaveResult(types[0]!, values[0])
  let at = 0
  for (let k = 0; k < types.length; k++) at = putValue(ret, at, types[k]!, values[k])
  ret.hi = ret.i[1]!
  const t = types[0]
  if (t === undefined) return undefined
  return isRef(t) ? ret.r[0] : isFloat(t) ? values[0] : ret.i[0]
}

export const readGlobal = (g: GlobalInst): Value => g.value

export function writeGlobal(g: GlobalInst, v: Value): void {
  g.value = v
}
