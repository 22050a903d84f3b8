// Subtyping and import matching (specification: Validation, Matching). Concrete heap types carry ids of the given TypeRegistry, so that
// equality is === and everything that is equal is decided before anything is looked up. Gives booleans; messages are the caller's.

import type { TypeRegistry } from './type-registry.ts'
import {
  BOT,
  CONCRETE,
  type CompType,
  type FieldType,
  type FuncType,
  type GlobalType,
  Heap,
  type HeapType,
  heapOf,
  type Limits,
  type MemType,
  NULL,
  REF,
  type TableType,
  typeIndexOf,
  type ValType,
} from './types.ts'

/** For each abstract heap type the abstract heap types above it. */
const ABOVE: Record<number, readonly HeapType[]> = {
  [Heap.none]: [Heap.i31, Heap.struct, Heap.array, Heap.eq, Heap.any],
  [Heap.i31]: [Heap.eq, Heap.any],
  [Heap.struct]: [Heap.eq, Heap.any],
  [Heap.array]: [Heap.eq, Heap.any],
  [Heap.eq]: [Heap.any],
  [Heap.nofunc]: [Heap.func],
  [Heap.noextern]: [Heap.extern],
  [Heap.noexn]: [Heap.exn],
}

/** The abstract heap type directly above the concrete type `h`: func, struct or array. */
export const kindOf = (reg: TypeRegistry, h: HeapType): HeapType => Heap[reg.types[typeIndexOf(h)]!.sub.comp.kind]

/** The top of the hierarchy of `h`: any, func, extern or exn. */
export function topOf(reg: TypeRegistry, h: HeapType): HeapType {
  const abstract = h & CONCRETE ? kindOf(reg, h) : h
  switch (abstract) {
    case Heap.func:
    case Heap.nofunc:
      return Heap.func
    case Heap.extern:
    case Heap.noextern:
      return Heap.extern
    case Heap.exn:
    case Heap.noexn:
      return Heap.exn
    default:
      return Heap.any
  }
}

/** Whether the defined type with id `a` is the one with id `b` or a declared subtype of it. */
export const matchesDef = (reg: TypeRegistry, a: number, b: number): boolean =>
  a === b || reg.types[a]!.supers[reg.types[b]!.depth] === b

export function matchesHeap(reg: TypeRegistry, a: HeapType, b: HeapType): boolean {
  if (a === b || a === Heap.bot) return true
  if (a & CONCRETE) {
    if (b & CONCRETE) return matchesDef(reg, typeIndexOf(a), typeIndexOf(b))
    const kind = kindOf(reg, a)
    return kind === b || (ABOVE[kind]?.includes(b) ?? false)
  }
  if (b & CONCRETE) return a === (kindOf(reg, b) === Heap.func ? Heap.nofunc : Heap.none)
  return ABOVE[a]?.includes(b) ?? false
}

/** Both are reference types. */
export const matchesRef = (reg: TypeRegistry, a: ValType, b: ValType): boolean =>
  a === b || (((a & NULL) === 0 || (b & NULL) !== 0) && matchesHeap(reg, heapOf(a), heapOf(b)))

export const matchesVal = (reg: TypeRegistry, a: ValType, b: ValType): boolean =>
  a === b || a === BOT || ((a & b & REF) !== 0 && matchesRef(reg, a, b))

export function matchesVals(reg: TypeRegistry, as: readonly ValType[], bs: readonly ValType[]): boolean {
  if (as === bs) return true
  if (as.length !== bs.length) return false
  for (let i = 0; i < as.length; i++) if (!matchesVal(reg, as[i]!, bs[i]!)) return false
  return true
}

export const matchesFuncType = (reg: TypeRegistry, a: FuncType, b: FuncType): boolean =>
  matchesVals(reg, b.params, a.params) && matchesVals(reg, a.results, b.results)

/** Storage types: packed types match themselves alone. */
export const matchesStorage = matchesVal

export const matchesField = (reg: TypeRegistry, a: FieldType, b: FieldType): boolean =>
  a.mutable === b.mutable && matchesStorage(reg, a.type, b.type) && (!a.mutable || matchesStorage(reg, b.type, a.type))

export function matchesComp(reg: TypeRegistry, a: CompType, b: CompType): boolean {
  if (a.kind === 'func') return b.kind === 'func' && matchesFuncType(reg, a, b)
  if (a.kind === 'array') return b.kind === 'array' && matchesField(reg, a.field, b.field)
  return (
    b.kind === 'struct' &&
    a.fields.length >= b.fields.length &&
    b.fields.every((field, i) => matchesField(reg, a.fields[i]!, field))
  )
}

export const matchesLimits = (a: Limits, b: Limits): boolean =>
  a.address === b.address && a.min >= b.min && (b.max === undefined || (a.max !== undefined && a.max <= b.max))

export const matchesTable = (reg: TypeRegistry, a: TableType, b: TableType): boolean =>
  matchesLimits(a.limits, b.limits) && matchesRef(reg, a.elem, b.elem) && matchesRef(reg, b.elem, a.elem)

export const matchesMem = (a: MemType, b: MemType): boolean =>
  a.shared === b.shared && a.pageSizeLog2 === b.pageSizeLog2 && matchesLimits(a.limits, b.limits)

export const matchesGlobal = (reg: TypeRegistry, a: GlobalType, b: GlobalType): boolean =>
  a.mutable === b.mutable && matchesVal(reg, a.type, b.type) && (!a.mutable || matchesVal(reg, b.type, a.type))

/** Tags match when their function types, registry ids, are equal. */
export const matchesTag = (a: number, b: number): boolean => a === b
