// Types of WebAssembly 3.0 (specification: Syntax, Types). A value type is one small integer, so that validation compares with === and never
// allocates. References to defined types carry an index: the module's own in a decoded module, a TypeRegistry's after canonicalisation.

/** A value or storage type: a number type's binary code, or REF | NULL? | heap type. */
export type ValType = number
/** An abstract heap type's binary code, or CONCRETE | type index. */
export type HeapType = number

export const I32 = 0x7f
export const I64 = 0x7e
export const F32 = 0x7d
export const F64 = 0x7c
export const V128 = 0x7b
/** Packed storage types, in fields only. */
export const I8 = 0x78
export const I16 = 0x77
/** The bottom value type, in validation only. */
export const BOT = 0

/** Flag of a reference type. */
export const REF = 1 << 28
/** Flag of a nullable reference type. */
export const NULL = 1 << 27
/** Flag of a heap type that is a defined type; the low 24 bits are its index. */
export const CONCRETE = 1 << 26
/** Flag of an exact heap type (custom descriptors); unused by WebAssembly 3.0. */
export const EXACT = 1 << 25
export const HEAP_MASK = CONCRETE | EXACT | 0xffffff
export const INDEX_MASK = 0xffffff

/** Abstract heap types, by their binary codes. */
export const Heap = {
  noexn: 0x74,
  nofunc: 0x73,
  noextern: 0x72,
  none: 0x71,
  func: 0x70,
  extern: 0x6f,
  any: 0x6e,
  eq: 0x6d,
  i31: 0x6c,
  struct: 0x6b,
  array: 0x6a,
  exn: 0x69,
  /** The bottom of every hierarchy, in validation only. */
  bot: 1,
} as const

export const refType = (nullable: boolean, heap: HeapType): ValType => REF | (nullable ? NULL : 0) | heap
export const concrete = (index: number): HeapType => CONCRETE | index
export const isRef = (t: ValType): boolean => (t & REF) !== 0
export const isNullable = (t: ValType): boolean => (t & NULL) !== 0
export const heapOf = (t: ValType): HeapType => t & HEAP_MASK
export const isConcrete = (h: HeapType | ValType): boolean => (h & CONCRETE) !== 0
export const typeIndexOf = (h: HeapType | ValType): number => h & INDEX_MASK
export const isNum = (t: ValType): boolean => t <= I32 && t >= F64
export const isPacked = (t: ValType): boolean => t === I8 || t === I16
/** The value type that a field of storage type `t` unpacks to. */
export const unpacked = (t: ValType): ValType => (isPacked(t) ? I32 : t)
/** Whether a local or field of type `t` has a default value. */
export const isDefaultable = (t: ValType): boolean => !isRef(t) || isNullable(t)

export const FUNCREF = REF | NULL | Heap.func
export const EXTERNREF = REF | NULL | Heap.extern
export const ANYREF = REF | NULL | Heap.any
export const EXNREF = REF | NULL | Heap.exn

const NUM_NAMES: Record<number, string> = {
  [I32]: 'i32',
  [I64]: 'i64',
  [F32]: 'f32',
  [F64]: 'f64',
  [V128]: 'v128',
  [I8]: 'i8',
  [I16]: 'i16',
  [BOT]: 'bot',
}
const HEAP_NAMES = new Map<number, string>(Object.entries(Heap).map(([name, code]) => [code, name]))
const SHORTHANDS = new Map<number, string>([
  [Heap.none, 'nullref'],
  [Heap.noextern, 'nullexternref'],
  [Heap.nofunc, 'nullfuncref'],
  [Heap.noexn, 'nullexnref'],
  ...(['func', 'extern', 'any', 'eq', 'i31', 'struct', 'array', 'exn'] as const).map(
    (n) => [Heap[n], `${n}ref`] as [number, string],
  ),
])

/** A heap type as the text format writes it. */
export const heapName = (h: HeapType): string =>
  isConcrete(h) ? String(typeIndexOf(h)) : (HEAP_NAMES.get(h) ?? `heap 0x${h.toString(16)}`)

/** A value type as the text format writes it, e.g. `i32`, `funcref`, `(ref null 3)`. */
export function typeName(t: ValType): string {
  if (!isRef(t)) return NUM_NAMES[t] ?? `type 0x${t.toString(16)}`
  const heap = heapOf(t)
  const short = isNullable(t) ? SHORTHANDS.get(heap) : undefined
  return short ?? `(ref ${isNullable(t) ? 'null ' : ''}${heapName(heap)})`
}

/** A type list as messages write it: `[i32 f64]`. */
export const typeNames = (ts: readonly ValType[]): string => `[${ts.map(typeName).join(' ')}]`

export interface FieldType {
  type: ValType
  mutable: boolean
}
export interface FuncType {
  kind: 'func'
  params: readonly ValType[]
  results: readonly ValType[]
}
export interface StructType {
  kind: 'struct'
  fields: readonly FieldType[]
}
export interface ArrayType {
  kind: 'array'
  field: FieldType
}
export type CompType = FuncType | StructType | ArrayType

export interface SubType {
  final: boolean
  /** Type indices of the declared supertypes (at most one in WebAssembly 3.0). */
  supers: readonly number[]
  comp: CompType
}
/** A recursive type group; its types have consecutive indices. */
export type RecType = readonly SubType[]

/** Limits of a table or memory: entries or pages. bigint only where a number would not be exact. */
export interface Limits {
  /** The type of its addresses. */
  address: 'i32' | 'i64'
  min: bigint
  max: bigint | undefined
}
export interface TableType {
  limits: Limits
  elem: ValType
}
export interface MemType {
  limits: Limits
  shared: boolean
  /** log2 of the page size in bytes: 16, or 0 (custom page sizes). */
  pageSizeLog2: number
}
export interface GlobalType {
  type: ValType
  mutable: boolean
}
export interface TagType {
  /** Type index of its function type. */
  type: number
}

/** How many JavaScript slots a value of type `t` takes (see docs/design.md, "Slots"). */
export const slotCount = (t: ValType): number => (t === I64 ? 2 : t === V128 ? 4 : 1)
