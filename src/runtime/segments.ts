// Bulk operations on memories and tables and their segments (specification: Execution, Memory and Table Instructions). Each checks its whole range
// first and writes nothing when it traps; length zero is checked too. Addresses and lengths are exact numbers ≥ 0, so sums never wrap.
import { Trap } from '../errors.ts'
import type { DataInst, ElemInst, MemInst, TableInst } from './instances.ts'

const memoryBounds = () => new Trap('out of bounds memory access')
const tableBounds = () => new Trap('out of bounds table access')

export function memoryInit(mem: MemInst, data: DataInst, to: number, from: number, count: number): void {
  const { u8 } = mem.views
  if (from + count > data.bytes.length || to + count > u8.length) throw memoryBounds()
  u8.set(data.bytes.subarray(from, from + count), to)
}

export function memoryCopy(dst: MemInst, src: MemInst, to: number, from: number, count: number): void {
  const target = dst.views.u8
  const source = src.views.u8
  if (to + count > target.length || from + count > source.length) throw memoryBounds()
  if (target === source) target.copyWithin(to, from, from + count)
  else target.set(source.subarray(from, from + count), to)
}

export function memoryFill(mem: MemInst, to: number, value: number, count: number): void {
  const { u8 } = mem.views
  if (to + count > u8.length) throw memoryBounds()
  u8.fill(value & 0xff, to, to + count)
}

export function tableGet(table: TableInst, at: number): unknown {
  if (at >= table.elems.length) throw tableBounds()
  return table.elems[at]
}

export function tableSet(table: TableInst, at: number, ref: unknown): void {
  if (at >= table.elems.length) throw tableBounds()
  table.elems[at] = ref
}

export function tableInit(table: TableInst, elem: ElemInst, to: number, from: number, count: number): void {
  if (from + count > elem.refs.length || to + count > table.elems.length) throw tableBounds()
  for (let i = 0; i < count; i++) table.elems[to + i] = elem.refs[from + i]
}

export function tableCopy(dst: TableInst, src: TableInst, to: number, from: number, count: number): void {
  if (to + count > dst.elems.length || from + count > src.elems.length) throw tableBounds()
  if (to <= from) for (let i = 0; i < count; i++) dst.elems[to + i] = src.elems[from + i]
  else for (let i = count - 1; i >= 0; i--) dst.elems[to + i] = src.elems[from + i]
}

export function tableFill(table: TableInst, to: number, ref: unknown, count: number): void {
  if (to + count > table.elems.length) throw tableBounds()
  table.elems.fill(ref, to, to + count)
}

export const dropElem = (elem: ElemInst): void => {
  elem.refs = []
}
export const dropData = (data: DataInst): void => {
  data.bytes = new Uint8Array(0)
}
