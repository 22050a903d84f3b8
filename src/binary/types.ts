// Decodes types: value, heap, composite, table, memory and global types (specification: Binary Format, Types).
// Type indices stay the module's own; whether they exist is the validator's question.

import { MAX_PARAMS, MAX_RESULTS, MAX_STRUCT_FIELDS } from '../syntax/limits.ts'
import {
  type ArrayType,
  CONCRETE,
  type CompType,
  concrete,
  type FieldType,
  type FuncType,
  type GlobalType,
  Heap,
  type HeapType,
  I8,
  I16,
  I32,
  type Limits,
  type MemType,
  NULL,
  REF,
  type RecType,
  refType,
  type StructType,
  type SubType,
  type TableType,
  V128,
  type ValType,
} from '../syntax/types.ts'
import { malformed, type Reader } from './reader.ts'

const isAbstractHeap = (b: number) => b >= Heap.exn && b <= Heap.noexn

export function heapType(r: Reader): HeapType {
  const at = r.pos
  const b = r.peek()
  if (isAbstractHeap(b)) {
    r.pos++
    return b
  }
  const index = r.s33()
  if (index < 0) throw malformed('malformed heap type', at)
  if (index >= CONCRETE >> 2) throw malformed('unknown type', at)
  return concrete(index)
}

/** A reference type, or undefined when the next byte does not begin one. */
function optionalRefType(r: Reader): ValType | undefined {
  const b = r.peek()
  if (isAbstractHeap(b)) {
    r.pos++
    return REF | NULL | b
  }
  if (b !== 0x63 && b !== 0x64) return undefined
  r.pos++
  return refType(b === 0x63, heapType(r))
}

export function valType(r: Reader): ValType {
  const b = r.peek()
  if (b <= I32 && b >= V128) {
    r.pos++
    return b
  }
  const ref = optionalRefType(r)
  if (ref === undefined) throw malformed('malformed value type', r.pos)
  return ref
}

export function reference(r: Reader): ValType {
  const ref = optionalRefType(r)
  if (ref === undefined) throw malformed('malformed reference type', r.pos)
  return ref
}

function mutability(r: Reader): boolean {
  const at = r.pos
  const b = r.byte()
  if (b > 1) throw malformed('malformed mutability', at)
  return b === 1
}

function fieldType(r: Reader): FieldType {
  const b = r.peek()
  if (b === I8 || b === I16) {
    r.pos++
    return { type: b, mutable: mutability(r) }
  }
  const type = valType(r)
  return { type, mutable: mutability(r) }
}

function valTypes(r: Reader, most: number, what: string): ValType[] {
  const at = r.pos
  const n = r.length()
  if (n > most) throw malformed(`too many ${what}: ${n}, at most ${most}`, at)
  return Array.from({ length: n }, () => valType(r))
}

function compType(r: Reader): CompType {
  const at = r.pos
  const form = r.byte()
  switch (form) {
    case 0x60: {
      const params = valTypes(r, MAX_PARAMS, 'parameters')
      return { kind: 'func', params, results: valTypes(r, MAX_RESULTS, 'results') } satisfies FuncType
    }
    case 0x5f: {
      const n = r.length()
      if (n > MAX_STRUCT_FIELDS) throw malformed(`too many fields: ${n}, at most ${MAX_STRUCT_FIELDS}`, at)
      return { kind: 'struct', fields: Array.from({ length: n }, () => fieldType(r)) } satisfies StructType
    }
    case 0x5e:
      return { kind: 'array', field: fieldType(r) } satisfies ArrayType
    default:
      throw malformed(form >= 0x80 ? 'integer representation too long' : 'malformed definition type', at)
  }
}

function subType(r: Reader): SubType {
  const b = r.peek()
  if (b !== 0x50 && b !== 0x4f) return { final: true, supers: [], comp: compType(r) }
  r.pos++
  const supers = Array.from({ length: r.length() }, () => r.u32())
  return { final: b === 0x4f, supers, comp: compType(r) }
}

export function recType(r: Reader): RecType {
  if (r.peek() !== 0x4e) return [subType(r)]
  r.pos++
  return Array.from({ length: r.length() }, () => subType(r))
}

/** Limits after their flag byte. */
function limits(r: Reader, flags: number): Limits {
  // Also those of 32-bit addresses are 64-bit integers; whether they are in range is a matter of validation.
  const read = () => {
    const lo = r.u64()
    return (BigInt(r.hi >>> 0) << 32n) | BigInt(lo >>> 0)
  }
  const min = read()
  return { address: flags & 4 ? 'i64' : 'i32', min, max: flags & 1 ? read() : undefined }
}

export function tableType(r: Reader): TableType {
  const elem = reference(r)
  const at = r.pos
  const flags = r.byte()
  if (flags > 7 || flags & 2) throw malformed('malformed limits flags', at)
  return { limits: limits(r, flags), elem }
}

export function memType(r: Reader): MemType {
  const at = r.pos
  const flags = r.byte()
  // Flags that announce a page size with nothing behind them are none of the proposal's.
  if (flags > 15 || (flags & 8 && r.done)) throw malformed('malformed limits flags', at)
  const range = limits(r, flags)
  const pageAt = r.pos
  const pageSizeLog2 = flags & 8 ? r.u32() : 16
  if (pageSizeLog2 >= 64) throw malformed('invalid custom page size', pageAt)
  return { limits: range, shared: (flags & 2) !== 0, pageSizeLog2 }
}

export function globalType(r: Reader): GlobalType {
  const type = valType(r)
  return { type, mutable: mutability(r) }
}
