// Operations on arrays and casts that engines share (specification: Execution, Reference Instructions). Indices and counts are exact numbers ≥ 0;
// each operation checks its whole range first and writes nothing when it traps.
import { Trap, type TrapCode } from '../errors.ts'
import { f32_from_bits } from '../numeric/bits.ts'
import type { DefType, TypeRegistry } from '../syntax/type-registry.ts'
import { type ArrayType, F32, F64, I8, I16, slotCount, type ValType } from '../syntax/types.ts'
import { type ArrayData, ArrayInst, elementBytes, isOfType, newArray } from './gc.ts'
import type { DataInst, ElemInst } from './instances.ts'

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

/** Writes the slots of one value to elements [at, at + count). */
function fillSlots(data: ArrayData, at: number, count: number, slots: readonly unknown[]): void {
  const n = slots.length
  if (n === 1) (data as unknown[]).fill(slots[0], at, at + count)
  else for (let i = at * n; i < (at + count) * n; i++) data[i] = slots[i % n]
}

/** An array of `count` copies of the value in `slots`. */
export function arrayNew(def: DefType, count: number, ...slots: unknown[]): ArrayInst {
  const made = newArray(def, count >>> 0)
  fillSlots(made.data, 0, made.length, slots)
  return made
}

export function arrayFill(a: ArrayInst | null, at: number, count: number, ...slots: unknown[]): void {
  fillSlots(checkRange(a, at, count).data, at, count, slots)
}

export function arrayCopy(
  to: ArrayInst | null,
  at: number,
  from: ArrayInst | null,
  start: number,
  count: number,
): void {
  if (to === null || from === null) nullArray()
  const target = checkRange(to, at, count)
  const source = checkRange(from, start, count)
  const n = slotCount(elementType(target))
  const width = count * n
  if (target.data === source.data || !Array.isArray(target.data)) {
    if (target.data === source.data) target.data.copyWithin(at * n, start * n, start * n + width)
    else (target.data as Int32Array).set((source.data as Int32Array).subarray(start * n, start * n + width), at * n)
  } else for (let i = 0; i < width; i++) target.data[at + i] = source.data[start + i]
}

/** Writes elements from a data segment's bytes. */
function readElements(a: ArrayInst, at: number, bytes: Uint8Array, start: number, count: number): void {
  const t = elementType(a)
  const { data } = a
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let k = 0; k < count; k++) {
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
}

export function arrayNewData(def: DefType, segment: DataInst, start: number, count: number): ArrayInst {
  const width = elementBytes((def.sub.comp as ArrayType).field.type)
  if (start + count * width > segment.bytes.length) throw new Trap('out of bounds memory access')
  const made = newArray(def, count)
  readElements(made, 0, segment.bytes, start, count)
  return made
}

export function arrayNewElem(def: DefType, segment: ElemInst, start: number, count: number): ArrayInst {
  if (start + count > segment.refs.length) throw new Trap('out of bounds table access')
  return new ArrayInst(def, segment.refs.slice(start, start + count), count)
}

export function arrayInitData(a: ArrayInst | null, segment: DataInst, at: number, start: number, count: number): void {
  const target = checkRange(a, at, count)
  if (start + count * elementBytes(elementType(target)) > segment.bytes.length)
    throw new Trap('out of bounds memory access')
  readElements(target, at, segment.bytes, start, count)
}

export function arrayInitElem(a: ArrayInst | null, segment: ElemInst, at: number, start: number, count: number): void {
  const target = checkRange(a, at, count)
  if (start + count > segment.refs.length) throw new Trap('out of bounds table access')
  for (let i = 0; i < count; i++) target.data[at + i] = segment.refs[start + i]
}

/** ref.test and ref.cast for one store. */
export const casts = (reg: TypeRegistry) => ({
  testRef: (v: unknown, t: ValType): boolean => isOfType(reg, v, t),
  castRef: (v: unknown, t: ValType): unknown => {
    if (!isOfType(reg, v, t)) throw new Trap('cast failure')
    return v
  },
})
