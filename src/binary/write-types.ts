// Encodes types: value, heap, recursive, table, memory and global types (specification: Binary Format, Types), in their shortest form.
import {
  type FieldType,
  type GlobalType,
  type HeapType,
  heapOf,
  isConcrete,
  isNullable,
  isRef,
  type Limits,
  type MemType,
  type RecType,
  type SubType,
  type TableType,
  typeIndexOf,
  type ValType,
} from '../syntax/types.ts'
import type { ByteWriter } from '../util/byte-writer.ts'

export function writeHeapType(w: ByteWriter, heap: HeapType): void {
  if (isConcrete(heap)) w.s33(typeIndexOf(heap))
  else w.byte(heap)
}

/** A value or storage type. */
export function writeValType(w: ByteWriter, type: ValType): void {
  if (!isRef(type)) {
    w.byte(type)
    return
  }
  const heap = heapOf(type)
  if (!isNullable(type)) w.byte(0x64)
  else if (isConcrete(heap)) w.byte(0x63)
  writeHeapType(w, heap)
}

export function writeValTypes(w: ByteWriter, types: readonly ValType[]): void {
  w.u32(types.length)
  for (const type of types) writeValType(w, type)
}

function writeFieldType(w: ByteWriter, field: FieldType): void {
  writeValType(w, field.type)
  w.byte(field.mutable ? 1 : 0)
}

function writeSubType(w: ByteWriter, sub: SubType): void {
  if (!sub.final || sub.supers.length > 0) {
    w.byte(sub.final ? 0x4f : 0x50)
    w.u32(sub.supers.length)
    for (const index of sub.supers) w.u32(index)
  }
  const { comp } = sub
  if (comp.kind === 'func') {
    w.byte(0x60)
    writeValTypes(w, comp.params)
    writeValTypes(w, comp.results)
  } else if (comp.kind === 'struct') {
    w.byte(0x5f)
    w.u32(comp.fields.length)
    for (const field of comp.fields) writeFieldType(w, field)
  } else {
    w.byte(0x5e)
    writeFieldType(w, comp.field)
  }
}

/** A group of one type is written as the type alone. */
export function writeRecType(w: ByteWriter, rec: RecType): void {
  if (rec.length !== 1) {
    w.byte(0x4e)
    w.u32(rec.length)
  }
  for (const sub of rec) writeSubType(w, sub)
}

function writeLimits(w: ByteWriter, limits: Limits, flags: number): void {
  w.byte(flags | (limits.max !== undefined ? 1 : 0) | (limits.address === 'i64' ? 4 : 0))
  w.u64n(limits.min)
  if (limits.max !== undefined) w.u64n(limits.max)
}

export function writeTableType(w: ByteWriter, table: TableType): void {
  writeValType(w, table.elem)
  writeLimits(w, table.limits, 0)
}

export function writeMemType(w: ByteWriter, memory: MemType): void {
  const custom = memory.pageSizeLog2 !== 16
  writeLimits(w, memory.limits, (memory.shared ? 2 : 0) | (custom ? 8 : 0))
  if (custom) w.u32(memory.pageSizeLog2)
}

export function writeGlobalType(w: ByteWriter, global: GlobalType): void {
  writeValType(w, global.type)
  w.byte(global.mutable ? 1 : 0)
}
