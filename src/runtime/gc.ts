// Structs, arrays and casts (specification: Runtime Structure, Aggregates). A struct keeps its fields in lanes by kind - i0, i1 … int32s, f0 …
// floats, r0 … references - so that no slot ever mixes representations; a subtype's layout extends its supertype's. Arrays are typed arrays by kind.
import { Trap } from '../errors.ts'
import { i64_to_halves } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import type { DefType, TypeRegistry } from '../syntax/type-registry.ts'
import {
  type ArrayType,
  CONCRETE,
  F32,
  F64,
  Heap,
  type HeapType,
  heapOf,
  I8,
  I16,
  I64,
  isNullable,
  isRef,
  type StructType,
  typeIndexOf,
  V128,
  type ValType,
} from '../syntax/types.ts'
import { ExnInst, FuncInst } from './instances.ts'
import { newSlots, putValue, type V128Value, type Value } from './values.ts'

/** A struct's lanes are its own properties `i0 … f0 … r0 …`; StructLayout says which field lies where. */
export class StructInst {
  [lane: string]: unknown
  constructor(readonly def: DefType) {}

  get layout(): StructLayout {
    return structLayout(this.def)
  }
}

/** A struct or array that an engine keeps in a form of its own. */
export abstract class ForeignAggregate {
  /** @param ref what the engine's code knows it as */
  constructor(
    readonly def: DefType,
    readonly ref: object,
  ) {}
  /** The number of fields or elements. */
  abstract readonly length: number
  /** The value of one of them; packed ones are sign-extended. */
  abstract get(index: number): Value
}

/** Where a field lies: its first lane's name, and the names of all its lanes in order. */
export interface FieldLanes {
  readonly type: ValType
  readonly lanes: readonly string[]
}

export interface StructLayout {
  readonly fields: readonly FieldLanes[]
  /** All lanes of a struct, also those that only fill its size up, in the order in which they are made. */
  readonly lanes: readonly string[]
  /** Makes a struct with every field at its default. */
  readonly make: () => StructInst
}

type Lane = 'i' | 'f' | 'r'
const laneOf = (t: ValType): Lane => (isRef(t) ? 'r' : t === F32 || t === F64 ? 'f' : 'i')
const laneCount = (t: ValType): number => (t === I64 ? 2 : t === V128 ? 4 : 1)

const layouts = new WeakMap<DefType, StructLayout>()

/** The layout of a struct type; made once. */
export function structLayout(def: DefType): StructLayout {
  let layout = layouts.get(def)
  if (layout === undefined) {
    layout = newLayout(def)
    layouts.set(def, layout)
  }
  return layout
}

function newLayout(def: DefType): StructLayout {
  const next = { i: 0, f: 0, r: 0 }
  const fields = (def.sub.comp as StructType).fields.map(({ type }) => {
    const lane = laneOf(type)
    return { type, lanes: Array.from({ length: laneCount(type) }, () => `${lane}${next[lane]++}`) }
  })
  // Sizes in buckets, so that related types share hidden classes.
  const bucket = (n: number) => (n <= 2 ? n : n <= 4 ? 4 : (n + 3) & ~3)
  const names = (lane: Lane) => Array.from({ length: bucket(next[lane]) }, (_, k) => `${lane}${k}`)
  const ints = names('i')
  const floats = names('f')
  const refs = names('r')
  return {
    fields,
    lanes: [...ints, ...floats, ...refs],
    make: () => {
      const s = new StructInst(def)
      for (const name of ints) s[name] = 0
      for (const name of floats) {
        // A fraction first, so that the property holds doubles from the start.
        s[name] = -0.5
        s[name] = 0
      }
      for (const name of refs) s[name] = null
      return s
    },
  }
}

export type ArrayData = Int8Array | Int16Array | Int32Array | Float64Array | unknown[]

/** An array; i64 elements take two int32s of `data`, v128 ones four. */
export class ArrayInst {
  constructor(
    readonly def: DefType,
    readonly data: ArrayData,
    /** Elements. */
    readonly length: number,
  ) {}
}

/** Elements of `data` per array element. */
export const elementSlots = (t: ValType): number => laneCount(t)
/** Most elements that an array may have, whatever they are. */
export const MAX_ARRAY_LENGTH = 2 ** 28
const MAX_ARRAY_BYTES = 2 ** 30
/** V8 makes a dictionary of more, which takes minutes. */
const MAX_REFERENCES = 2 ** 25

/** Most elements that an array of this element type may have; beyond, engines report `array too large`. */
export const mostElements = (t: ValType): number =>
  isRef(t) ? MAX_REFERENCES : Math.min(MAX_ARRAY_LENGTH, MAX_ARRAY_BYTES / (t === F32 ? 8 : elementBytes(t)))

const arrayElement = (def: DefType): ValType => (def.sub.comp as ArrayType).field.type

/** An array of `length` default values. */
export function newArray(def: DefType, length: number): ArrayInst {
  const t = arrayElement(def)
  if (length >>> 0 > mostElements(t)) throw new Trap('array too large', String(length >>> 0))
  return new ArrayInst(def, arrayData(t, length), length)
}

function arrayData(t: ValType, length: number): ArrayData {
  try {
    if (t === I8) return new Int8Array(length)
    if (t === I16) return new Int16Array(length)
    if (t === F32 || t === F64) return new Float64Array(length)
    if (isRef(t)) return new Array<unknown>(length).fill(null)
    return new Int32Array(length * laneCount(t))
  } catch {
    throw new Trap('array too large')
  }
}

/** Byte width of an element in a data segment. */
export const elementBytes = (t: ValType): number =>
  t === I8 ? 1 : t === I16 ? 2 : t === I64 || t === F64 ? 8 : t === V128 ? 16 : 4

/** Sets a struct's field from a value. */
export function setField(s: StructInst, field: number, v: Value): void {
  const { type, lanes } = s.layout.fields[field]!
  if (lanes.length === 1) {
    s[lanes[0]!] = type === I8 ? ((v as number) << 24) >> 24 : type === I16 ? ((v as number) << 16) >> 16 : v
    return
  }
  const slots = newSlots(4)
  putValue(slots, 0, type, v)
  lanes.forEach((name, k) => {
    s[name] = slots.i[k]
  })
}

/** Sets an array's element from a value. */
export function setElement(a: ArrayInst, at: number, v: Value): void {
  const t = arrayElement(a.def)
  const { data } = a
  if (t === I64) {
    data[at * 2] = i64_to_halves(v as bigint)
    data[at * 2 + 1] = ret.hi
  } else if (t === V128) (data as Int32Array).set((v as V128Value).lanes, at * 4)
  else data[at] = v
}

/** Whether a reference that is not null has the heap type `h`, which carries a registry id where it is concrete. */
export function isOfHeapType(reg: TypeRegistry, v: unknown, h: HeapType): boolean {
  if (h & CONCRETE) {
    const id = typeIndexOf(h)
    const def = v instanceof StructInst || v instanceof ArrayInst || v instanceof FuncInst ? v.def : undefined
    return def !== undefined && (def.id === id || def.supers[reg.types[id]!.depth] === id)
  }
  switch (h) {
    case Heap.any:
    case Heap.extern:
      return true
    case Heap.func:
      return v instanceof FuncInst
    case Heap.exn:
      return v instanceof ExnInst
    case Heap.struct:
      return v instanceof StructInst
    case Heap.array:
      return v instanceof ArrayInst
    case Heap.i31:
      return isI31(v)
    case Heap.eq:
      return v instanceof StructInst || v instanceof ArrayInst || isI31(v)
    default:
      return false
  }
}

/** An i31 reference is a JavaScript integer in its range. */
export const isI31 = (v: unknown): boolean => typeof v === 'number' && v === (v << 1) >> 1 && !Object.is(v, -0)

/** Whether a reference, null or not, has the reference type `t`. */
export const isOfType = (reg: TypeRegistry, v: unknown, t: ValType): boolean =>
  v === null ? isNullable(t) : isOfHeapType(reg, v, heapOf(t))
