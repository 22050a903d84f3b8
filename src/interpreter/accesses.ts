// The page for accesses to memory that the loop does not have inline: 64-bit memories, vectors, atomics, and loads and stores of odd widths.
import { Crash } from '../errors.ts'
import { f32_from_bits, f32_to_bits } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import * as i16x8 from '../numeric/v128-i16x8.ts'
import * as i32x4 from '../numeric/v128-i32x4.ts'
import * as i64x2 from '../numeric/v128-i64x2.ts'
import * as atomics from '../runtime/atomics.ts'
import { type Row, rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I64, V128 } from '../syntax/types.ts'
import type { Lowered } from './lowered.ts'
import { F, I, lanes } from './machine.ts'

/** Opcodes from here on are those of atomic accesses. */
const FIRST_ATOMIC = 0x800

/** An index or count in a register as an exact number ≥ 0. */
export const index = (at: number, wide: boolean): number =>
  wide ? (I[at + 1]! >>> 0) * 4294967296 + (I[at]! >>> 0) : I[at]! >>> 0

export function memoryAccess(f: Lowered, row: Row, pc: number, fp: number): void {
  const { code } = f
  const imms = pc + 2 + row.params.length
  const mem = f.inst.memories[code[imms]!]!
  const operand = (k: number) => fp + code[pc + 2 + k]!
  const offset = (code[imms + 2]! >>> 0) * 4294967296 + (code[imms + 1]! >>> 0)
  const ea = index(operand(0), mem.type.limits.address === 'i64') + offset
  const to = fp + code[pc + 1]!
  const { op } = row
  if (op >= FIRST_ATOMIC) atomic(row, mem, ea, to, operand)
  else if (row.results[0] === V128 || (row.params.length === 2 && row.params[1] === V128))
    vector(row, mem.views.dv, ea, to, operand, code[imms + 3]!)
  else if (row.results.length > 0) load(row, mem.views.dv, ea, to)
  else store(row, mem.views.dv, ea, operand(1))
}

/** Bits that an access reads or writes, and whether it extends the sign, from its name: load8_s, store32 … By opcode. */
const widths = rows.map((row) => {
  const m = /(?:load|store)(\d+)?(?:_([su]))?$/.exec(row?.name.replace('.', '_') ?? '')
  return { bits: m?.[1] ? Number(m[1]) : 8 << (row?.align ?? 0), signed: m?.[2] === 's' }
})

function load(row: Row, dv: DataView, ea: number, to: number): void {
  const t = row.results[0]!
  if (t === F64) F[to] = dv.getFloat64(ea, true)
  else if (t === F32) {
    const x = dv.getFloat32(ea, true)
    F[to] = x === x ? x : f32_from_bits(dv.getInt32(ea, true))
  } else {
    const { bits, signed } = widths[row.op]!
    if (bits === 64) I[to + 1] = dv.getInt32(ea + 4, true)
    const lo =
      bits === 8
        ? signed
          ? dv.getInt8(ea)
          : dv.getUint8(ea)
        : bits === 16
          ? signed
            ? dv.getInt16(ea, true)
            : dv.getUint16(ea, true)
          : dv.getInt32(ea, true)
    I[to] = lo
    if (t === I64 && bits < 64) I[to + 1] = signed ? lo >> 31 : 0
  }
}

function store(row: Row, dv: DataView, ea: number, from: number): void {
  const t = row.params[1]
  if (t === F64) dv.setFloat64(ea, F[from]!, true)
  else if (t === F32) {
    const x = F[from]!
    if (x === x) dv.setFloat32(ea, x, true)
    else dv.setInt32(ea, f32_to_bits(x), true)
  } else {
    const { bits } = widths[row.op]!
    // The high half first: when it is out of bounds nothing has been written.
    if (bits === 64) dv.setInt32(ea + 4, I[from + 1]!, true)
    if (bits === 8) dv.setInt8(ea, I[from]!)
    else if (bits === 16) dv.setInt16(ea, I[from]!, true)
    else dv.setInt32(ea, I[from]!, true)
  }
}

function vector(row: Row, dv: DataView, ea: number, to: number, operand: (k: number) => number, lane: number): void {
  const { op } = row
  const put = (...words: number[]) => {
    for (let k = 0; k < 4; k++) I[to + k] = words[k]!
  }
  const word = (k: number) => dv.getInt32(ea + 4 * k, true)
  if (op === Op.v128_load) put(word(0), word(1), word(2), word(3))
  else if (op === Op.v128_store) for (let k = 3; k >= 0; k--) dv.setInt32(ea + 4 * k, I[operand(1) + k]!, true)
  else if (op === Op.v128_load32_zero) put(word(0), 0, 0, 0)
  else if (op === Op.v128_load64_zero) put(word(0), word(1), 0, 0)
  else if (op === Op.v128_load8_splat || op === Op.v128_load16_splat || op === Op.v128_load32_splat) {
    const x =
      op === Op.v128_load8_splat
        ? Math.imul(dv.getUint8(ea), 0x01010101)
        : op === Op.v128_load16_splat
          ? Math.imul(dv.getUint16(ea, true), 0x00010001)
          : word(0)
    put(x, x, x, x)
  } else if (op === Op.v128_load64_splat) put(word(0), word(1), word(0), word(1))
  else if (op >= Op.v128_load8_lane && op <= Op.v128_store64_lane) oneLane(row, dv, ea, to, operand(1), lane)
  else {
    put(word(0), word(1), 0, 0)
    const extend = EXTEND[op]
    if (extend === undefined) throw new Crash(`${row.name} has no operator`)
    extend(lanes, to, to)
  }
}

function oneLane(row: Row, dv: DataView, ea: number, to: number, from: number, lane: number): void {
  const size = 1 << row.align
  const isLoad = row.results.length > 0
  const base = isLoad ? to : from
  if (isLoad && to !== from) for (let k = 0; k < 4; k++) I[to + k] = I[from + k]!
  const at = base * 4 + lane * size
  const step = Math.min(size, 4)
  for (let k = size - step; k >= 0; k -= step) {
    if (step === 1 && isLoad) lanes.i8[at] = dv.getInt8(ea)
    else if (step === 1) dv.setInt8(ea, lanes.i8[at]!)
    else if (step === 2 && isLoad) lanes.i16[at >> 1] = dv.getInt16(ea, true)
    else if (step === 2) dv.setInt16(ea, lanes.i16[at >> 1]!, true)
    else if (isLoad) lanes.i32[(at + k) >> 2] = dv.getInt32(ea + k, true)
    else dv.setInt32(ea + k, lanes.i32[(at + k) >> 2]!, true)
  }
}

type Extend = (v: typeof lanes, d: number, a: number) => void
const EXTEND: Partial<Record<Op, Extend>> = {
  [Op.v128_load8x8_s]: i16x8.i16x8_extend_low_i8x16_s,
  [Op.v128_load8x8_u]: i16x8.i16x8_extend_low_i8x16_u,
  [Op.v128_load16x4_s]: i32x4.i32x4_extend_low_i16x8_s,
  [Op.v128_load16x4_u]: i32x4.i32x4_extend_low_i16x8_u,
  [Op.v128_load32x2_s]: i64x2.i64x2_extend_low_i32x4_s,
  [Op.v128_load32x2_u]: i64x2.i64x2_extend_low_i32x4_u,
}

/** What an atomic access does to its cell, from its name; undefined for a load, wait or notify. By opcode. */
const cells = rows.map((row) => {
  const name = row?.op !== undefined && row.op >= FIRST_ATOMIC ? Op[row.op]! : ''
  const rmw = /rmw\d*_(add|sub|and|or|xor|xchg|cmpxchg)/.exec(name)?.[1]
  if (/_store\d*$/.test(name)) return 'store'
  return rmw === 'xchg' ? 'exchange' : (rmw as atomics.Rmw | 'cmpxchg' | undefined)
})

function atomic(
  row: Row,
  mem: Lowered['inst']['memories'][number],
  ea: number,
  to: number,
  operand: (k: number) => number,
): void {
  const log2 = row.align
  const lo = (k: number) => I[operand(k)]!
  const hi = (k: number) => (row.params[k] === I64 ? I[operand(k) + 1]! : 0)
  const cell = cells[row.op]
  if (cell === 'store') {
    atomics.atomicStore(mem, ea, log2, lo(1), hi(1))
    return
  }
  let first: number
  if (row.op === Op.memory_atomic_notify) first = atomics.atomicNotify(mem, ea, lo(1))
  else if (row.op === Op.memory_atomic_wait32 || row.op === Op.memory_atomic_wait64)
    first = atomics.atomicWait(mem, ea, log2, lo(1), hi(1), lo(2), hi(2))
  else if (cell === undefined) first = atomics.atomicLoad(mem, ea, log2)
  else if (cell === 'cmpxchg') first = atomics.atomicCmpxchg(mem, ea, log2, lo(1), hi(1), lo(2), hi(2))
  else first = atomics.atomicRmw(mem, ea, log2, cell, lo(1), hi(1))
  I[to] = first
  if (row.results[0] === I64) I[to + 1] = ret.hi
}
