// Operations on arrays and casts that engines share (specification: Execution, Reference Instructions). Indices and counts are exact numbers ≥ 0;
// each operation checks its whole range first and writes nothing when it traps. With the meter of running code they look at times whether to stop.
import { Trap, type TrapCode } from '../errors.ts'
import { f32_from_bits } from '../numeric/bits.ts'
import type { DefType, TypeRegistry } from '../syntax/type-registry.ts'
import { type ArrayType, F32, F64, I8, I16, slotCount, type ValType } from '../syntax/types.ts'
import { type ArrayData, ArrayInst, elementBytes, isOfType, MAX_ARRAY_LENGTH, mostElements, newArray } from './gc.ts'
import type { DataInst, ElemInst } from './instances.ts'
import { chunks, ENTRY_BYTES, type Meter } from './metering.ts'
import type { Store } from './store.ts'

/** A function that traps; where it is given a reference, as by code in ES5, which has no `??`, only if that is null. */
export const nullTrap =
  (code: TrapCode) =>
  (ref: unknown = null): never => {
    if (ref === null) throw new Trap(code)
    return ref as never
  }

export const nullStruct = nullTrap('null structure reference')
export const nullArray = nullTrap('null array reference')
export const nullI31 = nullTrap('null i31 reference')
export const arrayBounds = (): never => {
  throw new Trap('out of bounds array access')
}

const elementType = (a: ArrayInst): ValType => (a.def.sub.comp as ArrayType).field.type

function checkRange(a: ArrayInst | null, at: number, count: number): ArrayInst {
  if (a === null) nullArray()
  if (at + count > a!.length) arrayBounds()
  return a!
}

/** Bytes that an element counts as. */
const widthOf = (data: ArrayData, slots: number): number =>
  Array.isArray(data) ? ENTRY_BYTES : data.BYTES_PER_ELEMENT * slots

/** Writes the slots of one value to elements [at, at + count). */
function fillSlots(data: ArrayData, at: number, count: number, slots: readonly unknown[], meter?: Meter): void {
  const n = slots.length
  chunks(count, meter, widthOf(data, n), (from, end) => {
    if (n === 1) (data as unknown[]).fill(slots[0], at + from, at + end)
    else for (let i = (at + from) * n; i < (at + end) * n; i++) data[i] = slots[i % n]
  })
}

/** An array of `count` copies of the value in `slots`. */
export function filledArray(def: DefType, count: number, slots: readonly unknown[], meter?: Meter): ArrayInst {
  const made = newArray(def, count >>> 0)
  fillSlots(made.data, 0, made.length, slots, meter)
  return made
}

/** An array of `count` default values. */
export function arrayNewDefault(def: DefType, count: number, meter?: Meter): ArrayInst {
  const made = newArray(def, count)
  meter?.worked(made.data.length * widthOf(made.data, 1))
  return made
}

export function fillArray(
  a: ArrayInst | null,
  at: number,
  count: number,
  slots: readonly unknown[],
  meter?: Meter,
): void {
  fillSlots(checkRange(a, at, count).data, at, count, slots, meter)
}

/** The two as generated code calls them. */
export const arrayNew = (def: DefType, count: number, ...slots: unknown[]): ArrayInst => filledArray(def, count, slots)
export const arrayFill = (a: ArrayInst | null, at: number, count: number, ...slots: unknown[]): void =>
  fillArray(a, at, count, slots)

export function arrayCopy(
  to: ArrayInst | null,
  at: number,
  from: ArrayInst | null,
  start: number,
  count: number,
  meter?: Meter,
): void {
  if (to === null || from === null) nullArray()
  const target = checkRange(to, at, count).data
  const source = checkRange(from, start, count).data
  const n = slotCount(elementType(to!))
  // The last elements first where they would be overwritten before they are copied.
  const down = target === source && at > start
  chunks(count, meter, widthOf(target, n), (done, end) => {
    const [first, last] = down ? [count - end, count - done] : [done, end]
    copySlots(target, (at + first) * n, source, (start + first) * n, (last - first) * n)
  })
}

function copySlots(target: ArrayData, at: number, source: ArrayData, from: number, count: number): void {
  if (target === source) target.copyWithin(at, from, from + count)
  else if (!Array.isArray(target)) target.set((source as Int32Array).subarray(from, from + count), at)
  else for (let i = 0; i < count; i++) target[at + i] = source[from + i]
}

/** Writes elements from a data segment's bytes. */
function readElements(a: ArrayInst, at: number, bytes: Uint8Array, start: number, count: number, meter?: Meter): void {
  const t = elementType(a)
  const { data } = a
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = (k: number): void => {
    const from = start + k * elementBytes(t)
    if (t === I8) data[at + k] = view.getInt8(from)
    else if (t === I16) data[at + k] = view.getInt16(from, true)
    else if (t === F32) data[at + k] = f32_from_bits(view.getInt32(from, true))
    else if (t === F64) data[at + k] = view.getFloat64(from, true)
    else {
      const n = slotCount(t)
      for (let j = 0; j < n; j++) data[(at + k) * n + j] = view.getInt32(from + 4 * j, true)
    }
  }
  chunks(count, meter, ENTRY_BYTES, (first, end) => {
    for (let k = first; k < end; k++) read(k)
  })
}

export function arrayNewData(def: DefType, segment: DataInst, start: number, count: number, meter?: Meter): ArrayInst {
  const width = elementBytes((def.sub.comp as ArrayType).field.type)
  if (start + count * width > segment.bytes.length) throw new Trap('out of bounds memory access')
  const made = newArray(def, count)
  readElements(made, 0, segment.bytes, start, count, meter)
  return made
}

export function arrayNewElem(def: DefType, segment: ElemInst, start: number, count: number, meter?: Meter): ArrayInst {
  if (start + count > segment.refs.length) throw new Trap('out of bounds table access')
  meter?.worked(count * ENTRY_BYTES)
  return new ArrayInst(def, segment.refs.slice(start, start + count), count)
}

export function arrayInitData(
  a: ArrayInst | null,
  segment: DataInst,
  at: number,
  start: number,
  count: number,
  meter?: Meter,
): void {
  const target = checkRange(a, at, count)
  if (start + count * elementBytes(elementType(target)) > segment.bytes.length)
    throw new Trap('out of bounds memory access')
  readElements(target, at, segment.bytes, start, count, meter)
}

export function arrayInitElem(
  a: ArrayInst | null,
  segment: ElemInst,
  at: number,
  start: number,
  count: number,
  meter?: Meter,
): void {
  const target = checkRange(a, at, count)
  if (start + count > segment.refs.length) throw new Trap('out of bounds table access')
  chunks(count, meter, ENTRY_BYTES, (first, end) => {
    for (let i = first; i < end; i++) target.data[at + i] = segment.refs[start + i]
  })
}

/** Whether a store limits arrays further than every one does. */
const limitsArrays = ({ limits }: Store): boolean => limits.arrayElements < MAX_ARRAY_LENGTH

/** @throws Trap where an array of `count` elements is more than the store allows; what no store allows is left to whoever makes it, after its own checks */
export function checkArray(store: Store, count: number): void {
  if (limitsArrays(store) && count >>> 0 > store.limits.arrayElements) throw arrayTooLarge(store, count >>> 0)
}

/** Elements of an array that is made without asking whether there is room: it is counted when it is there, as one from a segment is, which is no larger than that. */
const SMALL = 256

/** The same, and @throws Exhaustion where the store has no room for it. */
export function checkRoom(store: Store, def: DefType, count: number): void {
  checkArray(store, count)
  if (count >>> 0 > SMALL && count >>> 0 <= mostElements((def.sub.comp as ArrayType).field.type))
    store.census?.roomForArray(def, count >>> 0)
}

/** Counts an array that has been made, and gives it. */
export const countArray = ({ census }: Store, made: ArrayInst): ArrayInst =>
  census === undefined ? made : census.countArray(made)

export const arrayTooLarge = ({ limits }: Store, count: number): Trap =>
  new Trap(
    'array too large',
    count > limits.arrayElements
      ? `the length ${count} exceeds the limit of ${limits.arrayElements} (arrayElements)`
      : String(count),
  )

type Maker = (...args: unknown[]) => ArrayInst
/** What makes arrays, and which of its parameters is the length; the first is the type. */
const MAKERS: Record<string, readonly [Maker, number]> = {
  newArray: [newArray as Maker, 1],
  arrayNew: [arrayNew as Maker, 1],
  arrayNewData: [arrayNewData as Maker, 3],
  arrayNewElem: [arrayNewElem as Maker, 3],
}

/**
 * What makes arrays in a store that limits them, by the names in generated code.
 * @param names what these otherwise mean in the instance, where that is not what they mean in all
 */
export function limitedArrays(store: Store, names: Readonly<Record<string, unknown>>): Record<string, Maker> {
  if (!limitsArrays(store) && store.census === undefined) return {}
  const limited = ([name, [maker, at]]: [string, readonly [Maker, number]]): [string, Maker] => {
    const make = (names[name] ?? maker) as Maker
    return [
      name,
      (...args) => {
        if (at === 1) checkRoom(store, args[0] as DefType, args[at] as number)
        else checkArray(store, args[at] as number)
        return countArray(store, make(...args))
      },
    ]
  }
  return Object.fromEntries(Object.entries(MAKERS).map(limited))
}

/** ref.test and ref.cast for one store. */
export const casts = (reg: TypeRegistry) => ({
  testRef: (v: unknown, t: ValType): boolean => isOfType(reg, v, t),
  castRef: (v: unknown, t: ValType): unknown => {
    if (!isOfType(reg, v, t)) throw new Trap('cast failure')
    return v
  },
})
