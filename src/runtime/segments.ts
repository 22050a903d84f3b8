// Bulk operations on memories and tables and their segments (specification: Execution, Memory and Table Instructions). Each checks its whole range
// first and writes nothing when it traps; length zero is checked too. Addresses and lengths are exact numbers ≥ 0, so sums never wrap. With the meter of
// running code they look at times whether to stop; what was written until then stays.
import { Trap } from '../errors.ts'
import type { DataInst, ElemInst, MemInst, TableInst } from './instances.ts'
import { chunks, ENTRY_BYTES, type Meter } from './metering.ts'

const memoryBounds = () => new Trap('out of bounds memory access')
const tableBounds = () => new Trap('out of bounds table access')

export function memoryInit(mem: MemInst, data: DataInst, to: number, from: number, count: number, meter?: Meter): void {
  const { u8 } = mem.views
  if (from + count > data.bytes.length || to + count > u8.length) throw memoryBounds()
  chunks(count, meter, 1, (at, end) => u8.set(data.bytes.subarray(from + at, from + end), to + at))
}

export function memoryCopy(dst: MemInst, src: MemInst, to: number, from: number, count: number, meter?: Meter): void {
  const target = dst.views.u8
  const source = src.views.u8
  if (to + count > target.length || from + count > source.length) throw memoryBounds()
  const last = from + count
  // The last bytes first where they would be overwritten before they are copied.
  const down = to > from
  chunks(count, meter, 1, (at, end) => {
    const [first, next] = down ? [last - end, last - at] : [from + at, from + end]
    const there = to + first - from
    if (target === source) target.copyWithin(there, first, next)
    else target.set(source.subarray(first, next), there)
  })
}

export function memoryFill(mem: MemInst, to: number, value: number, count: number, meter?: Meter): void {
  const { u8 } = mem.views
  if (to + count > u8.length) throw memoryBounds()
  chunks(count, meter, 1, (at, end) => u8.fill(value & 0xff, to + at, to + end))
}

export const memoryGrow = (mem: MemInst, delta: number, meter?: Meter): number => mem.grow(delta, meter)

export const tableGrow = (table: TableInst, delta: number, ref: unknown, meter?: Meter): number =>
  table.grow(delta, ref, meter)

export function tableGet(table: TableInst, at: number): unknown {
  if (at >= table.elems.length) throw tableBounds()
  return table.elems[at]
}

export function tableSet(table: TableInst, at: number, ref: unknown): void {
  if (at >= table.elems.length) throw tableBounds()
  table.elems[at] = ref
}

export function tableInit(
  table: TableInst,
  elem: ElemInst,
  to: number,
  from: number,
  count: number,
  meter?: Meter,
): void {
  if (from + count > elem.refs.length || to + count > table.elems.length) throw tableBounds()
  chunks(count, meter, ENTRY_BYTES, (at, end) => {
    for (let i = at; i < end; i++) table.elems[to + i] = elem.refs[from + i]
  })
}

export function tableCopy(
  dst: TableInst,
  src: TableInst,
  to: number,
  from: number,
  count: number,
  meter?: Meter,
): void {
  if (to + count > dst.elems.length || from + count > src.elems.length) throw tableBounds()
  const down = to > from
  chunks(count, meter, ENTRY_BYTES, (at, end) => {
    if (down) for (let i = count - 1 - at; i >= count - end; i--) dst.elems[to + i] = src.elems[from + i]
    else for (let i = at; i < end; i++) dst.elems[to + i] = src.elems[from + i]
  })
}

export function tableFill(table: TableInst, to: number, ref: unknown, count: number, meter?: Meter): void {
  if (to + count > table.elems.length) throw tableBounds()
  chunks(count, meter, ENTRY_BYTES, (at, end) => table.elems.fill(ref, to + at, to + end))
}

// Shared: modules may have tens of thousands of segments.
const NO_REFS: readonly unknown[] = []
const NO_BYTES = new Uint8Array(0)
export const dropElem = (elem: ElemInst): void => {
  elem.refs = NO_REFS
}
export const dropData = (data: DataInst): void => {
  data.bytes = NO_BYTES
}
