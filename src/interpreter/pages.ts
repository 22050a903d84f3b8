// The page for instructions that special.ts lowers: references, aggregates, casts, segments, tables, sizes and growth. Words as special.ts lays them:
// [op, destination, operand registers…, immediates…].
import { Trap } from '../errors.ts'
import * as aggregates from '../runtime/aggregates.ts'
import { type ArrayInst, isOfType, newArray, type StructInst, structLayout } from '../runtime/gc.ts'
import type { Meter } from '../runtime/metering.ts'
import * as segments from '../runtime/segments.ts'
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { type ArrayType, I8, I16, slotCount, type ValType } from '../syntax/types.ts'
import { index } from './accesses.ts'
import { kindOf } from './kinds.ts'
import type { Lowered } from './lowered.ts'
import { F, I, R } from './machine.ts'

/** The instructions that are here, by opcode: others needn't ask each page. */
const PAGED = rows.map((r) => r?.poly === true || (r?.imms.some((i) => /^(memory|table|data|elem)$/.test(i)) ?? false))

/** Runs the instruction at `pc`; gives its length in words, or 0 when it is none of these. */
export function page(f: Lowered, pc: number, fp: number): number {
  const op = f.code[pc]! as Op
  if (PAGED[op] !== true) return 0
  return (
    references(f, op, pc, fp) ||
    structs(f, op, pc, fp) ||
    arrays(f, op, pc, fp) ||
    memories(f, op, pc, fp) ||
    tables(f, op, pc, fp)
  )
}

function references({ code, inst }: Lowered, op: Op, pc: number, fp: number): number {
  const to = fp + code[pc + 1]!
  const a = fp + code[pc + 2]!
  switch (op) {
    case Op.ref_null:
      R[to] = null
      return 2
    case Op.ref_func:
      R[to] = inst.funcs[code[pc + 2]!]
      return 3
    case Op.ref_is_null:
      I[to] = R[a] === null ? 1 : 0
      return 3
    case Op.ref_as_non_null:
      if (R[a] === null) throw new Trap('null reference')
      R[to] = R[a]
      return 3
    case Op.ref_eq:
      I[to] = R[a] === R[fp + code[pc + 3]!] ? 1 : 0
      return 4
    case Op.ref_i31:
      R[to] = (I[a]! << 1) >> 1
      return 3
    case Op.i31_get_s:
    case Op.i31_get_u:
      if (R[a] === null) aggregates.nullI31()
      I[to] = op === Op.i31_get_s ? (R[a] as number) : (R[a] as number) & 0x7fffffff
      return 3
    case Op.ref_test:
      I[to] = isOfType(inst.store.registry, R[a], code[pc + 3]!) ? 1 : 0
      return 4
    case Op.ref_cast:
      if (!isOfType(inst.store.registry, R[a], code[pc + 3]!)) throw new Trap('cast failure')
      R[to] = R[a]
      return 4
  }
  return 0
}

/** What a packed slot holds of an int32. */
const packed = (t: ValType, x: unknown): unknown =>
  t === I8 ? ((x as number) << 24) >> 24 : t === I16 ? ((x as number) << 16) >> 16 : x
const unsigned = (t: ValType, x: number): number => (t === I8 ? x & 0xff : t === I16 ? x & 0xffff : x)

const read = (t: ValType, at: number): unknown => (kindOf(t) === 0 ? I[at] : kindOf(t) === 1 ? F[at] : R[at])
function write(t: ValType, at: number, x: unknown): void {
  if (kindOf(t) === 0) I[at] = x as number
  else if (kindOf(t) === 1) F[at] = x as number
  else R[at] = x
}

function structs({ code, inst }: Lowered, op: Op, pc: number, fp: number): number {
  const to = fp + code[pc + 1]!
  switch (op) {
    case Op.struct_new: {
      const def = inst.types[code[pc + 3]!]!
      const layout = structLayout(def)
      const made = layout.make()
      inst.store.census?.countStruct(made, def)
      let at = fp + code[pc + 2]!
      for (const { type, lanes } of layout.fields) for (const lane of lanes) made[lane] = packed(type, read(type, at++))
      R[to] = made
      return 4
    }
    case Op.struct_new_default: {
      const def = inst.types[code[pc + 3]!]!
      const made = structLayout(def).make()
      inst.store.census?.countStruct(made, def)
      R[to] = made
      return 4
    }
    case Op.struct_get:
    case Op.struct_get_s:
    case Op.struct_get_u: {
      const s = R[fp + code[pc + 2]!] as StructInst | null
      if (s === null) return aggregates.nullStruct()
      const { type, lanes } = structLayout(inst.types[code[pc + 3]!]!).fields[code[pc + 4]!]!
      lanes.forEach((lane, k) => {
        const x = s[lane]
        write(type, to + k, op === Op.struct_get_u ? unsigned(type, x as number) : x)
      })
      return 5
    }
    case Op.struct_set: {
      const s = R[to] as StructInst | null
      if (s === null) return aggregates.nullStruct()
      const { type, lanes } = structLayout(inst.types[code[pc + 3]!]!).fields[code[pc + 4]!]!
      const from = fp + code[pc + 2]!
      lanes.forEach((lane, k) => {
        s[lane] = packed(type, read(type, from + k))
      })
      return 5
    }
  }
  return 0
}

const slotsAt = (t: ValType, at: number): unknown[] =>
  Array.from({ length: slotCount(t) }, (_, k) => packed(t, read(t, at + k)))

/** The array and index in registers, checked. */
function element(array: number, at: number): [ArrayInst, number] {
  const a = R[array] as ArrayInst | null
  if (a === null) return aggregates.nullArray()
  const i = I[at]! >>> 0
  if (i >= a.length) aggregates.arrayBounds()
  return [a, i]
}

type InitArray<S> = (a: ArrayInst | null, segment: S, at: number, start: number, count: number, meter: Meter) => void

function arrays({ code, inst, meter }: Lowered, op: Op, pc: number, fp: number): number {
  const to = fp + code[pc + 1]!
  const reg = (k: number) => fp + code[pc + k]!
  const count = (k: number) => I[reg(k)]! >>> 0
  const def = (k: number) => inst.types[code[pc + k]!]!
  const elem = (k: number): ValType => (def(k).sub.comp as ArrayType).field.type
  const checked = (n: number) => {
    aggregates.checkArray(inst.store, n)
    return n
  }
  const initArray = <S>(init: InitArray<S>, segments: readonly S[]) =>
    init(R[to] as ArrayInst | null, segments[code[pc + 5]!]!, count(2), count(3), count(4), meter)
  const fits = (type: number, n: number) => {
    aggregates.checkRoom(inst.store, def(type), n)
    return n
  }
  const counted = (made: ArrayInst) => aggregates.countArray(inst.store, made)
  switch (op) {
    case Op.array_new:
      R[to] = counted(aggregates.filledArray(def(4), fits(4, count(3)), slotsAt(elem(4), reg(2)), meter))
      return 5
    case Op.array_new_default:
      R[to] = counted(aggregates.arrayNewDefault(def(3), fits(3, count(2)), meter))
      return 4
    case Op.array_new_fixed: {
      const made = counted(newArray(def(3), fits(3, code[pc + 4]!)))
      const t = elem(3)
      const slots = made.length * slotCount(t)
      for (let k = 0; k < slots; k++) made.data[k] = read(t, reg(2) + k)
      R[to] = made
      return 5
    }
    case Op.array_new_data:
      R[to] = counted(aggregates.arrayNewData(def(4), inst.datas[code[pc + 5]!]!, count(2), checked(count(3)), meter))
      return 6
    case Op.array_new_elem:
      R[to] = counted(aggregates.arrayNewElem(def(4), inst.elems[code[pc + 5]!]!, count(2), checked(count(3)), meter))
      return 6
    case Op.array_get:
    case Op.array_get_s:
    case Op.array_get_u: {
      const [a, i] = element(reg(2), reg(3))
      const t = elem(4)
      const n = slotCount(t)
      for (let k = 0; k < n; k++) {
        const x = a.data[i * n + k]
        write(t, to + k, op === Op.array_get_u ? unsigned(t, x as number) : x)
      }
      return 5
    }
    case Op.array_set: {
      const [a, i] = element(to, reg(2))
      const t = elem(4)
      const n = slotCount(t)
      for (let k = 0; k < n; k++) a.data[i * n + k] = read(t, reg(3) + k)
      return 5
    }
    case Op.array_len:
      if (R[reg(2)] === null) aggregates.nullArray()
      I[to] = (R[reg(2)] as ArrayInst).length
      return 3
    case Op.array_fill:
      aggregates.fillArray(R[to] as ArrayInst | null, count(2), count(4), slotsAt(elem(5), reg(3)), meter)
      return 6
    case Op.array_copy:
      aggregates.arrayCopy(
        R[to] as ArrayInst | null,
        count(2),
        R[reg(3)] as ArrayInst | null,
        count(4),
        count(5),
        meter,
      )
      return 6
    case Op.array_init_data:
      initArray(aggregates.arrayInitData, inst.datas)
      return 6
    case Op.array_init_elem:
      initArray(aggregates.arrayInitElem, inst.elems)
      return 6
  }
  return 0
}

/** Puts a size or an old size, a number ≥ 0 or -1, into a register. */
function putSize(to: number, wide: boolean, size: number): void {
  I[to] = size
  if (wide) I[to + 1] = size === -1 ? -1 : 0
}

function memories({ code, inst, meter }: Lowered, op: Op, pc: number, fp: number): number {
  const reg = (k: number) => fp + code[pc + k]!
  const mem = (k: number) => inst.memories[code[pc + k]!]!
  const wide = (k: number) => mem(k).type.limits.address === 'i64'
  switch (op) {
    case Op.memory_size:
      putSize(reg(1), wide(2), mem(2).pages)
      return 3
    case Op.memory_grow:
      putSize(reg(1), wide(3), mem(3).grow(index(reg(2), wide(3)), meter))
      return 4
    case Op.memory_fill:
      segments.memoryFill(mem(5), index(reg(2), wide(5)), I[reg(3)]!, index(reg(4), wide(5)), meter)
      return 6
    case Op.memory_copy: {
      const both = wide(5) && wide(6)
      segments.memoryCopy(mem(5), mem(6), index(reg(2), wide(5)), index(reg(3), wide(6)), index(reg(4), both), meter)
      return 7
    }
    case Op.memory_init: {
      const data = inst.datas[code[pc + 5]!]!
      segments.memoryInit(mem(6), data, index(reg(2), wide(6)), index(reg(3), false), index(reg(4), false), meter)
      return 7
    }
    case Op.data_drop:
      segments.dropData(inst.datas[code[pc + 2]!]!)
      return 3
    case Op.elem_drop:
      segments.dropElem(inst.elems[code[pc + 2]!]!)
      return 3
  }
  return 0
}

function tables({ code, inst, meter }: Lowered, op: Op, pc: number, fp: number): number {
  const reg = (k: number) => fp + code[pc + k]!
  const table = (k: number) => inst.tables[code[pc + k]!]!
  const wide = (k: number) => table(k).type.limits.address === 'i64'
  switch (op) {
    case Op.table_get:
      R[reg(1)] = segments.tableGet(table(3), index(reg(2), wide(3)))
      return 4
    case Op.table_set:
      segments.tableSet(table(4), index(reg(2), wide(4)), R[reg(3)])
      return 5
    case Op.table_size:
      putSize(reg(1), wide(2), table(2).elems.length)
      return 3
    case Op.table_grow:
      putSize(reg(1), wide(4), table(4).grow(index(reg(3), wide(4)), R[reg(2)], meter))
      return 5
    case Op.table_fill:
      segments.tableFill(table(5), index(reg(2), wide(5)), R[reg(3)], index(reg(4), wide(5)), meter)
      return 6
    case Op.table_copy: {
      const both = wide(5) && wide(6)
      segments.tableCopy(table(5), table(6), index(reg(2), wide(5)), index(reg(3), wide(6)), index(reg(4), both), meter)
      return 7
    }
    case Op.table_init: {
      const elem = inst.elems[code[pc + 5]!]!
      segments.tableInit(table(6), elem, index(reg(2), wide(6)), index(reg(3), false), index(reg(4), false), meter)
      return 7
    }
  }
  return 0
}
