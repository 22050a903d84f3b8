// Lowers the instructions whose types depend on the module, control and variables aside: calls, references, aggregates, tables, segments.
// Each becomes [op, destination, operand registers…, immediates…], except calls, whose arguments lie side by side.
import { slotsOf } from '../runtime/values.ts'
import { Op } from '../syntax/opcode.ts'
import { mapType } from '../syntax/type-registry.ts'
import {
  type ArrayType,
  type FuncType,
  I32,
  I64,
  REF,
  refType,
  type StructType,
  unpacked,
  type ValType,
} from '../syntax/types.ts'
import { branchOn, inverts, setJump } from './frames.ts'
import type { Arms, Lowerer } from './lower.ts'
import { Inner } from './lowered.ts'

/** Any reference type will do for a register. */
const SOME_REF = REF

export const SPECIAL: Arms = {
  // Calls
  [Op.call]: (c) => {
    const f = c.r.u32()
    const { type } = c.inst.funcs[f]!
    c.emit3(Op.call, c.popHomes(type.params.length), f)
    pushResults(c, type)
  },
  [Op.call_indirect]: (c) => {
    const t = c.r.u32()
    const table = c.r.u32()
    const type = funcType(c, t)
    const at = c.popRegister()
    c.emit5(Inner.call_indirect, c.popHomes(type.params.length), table, at, c.inst.typeIds[t]!)
    pushResults(c, type)
  },
  [Op.call_ref]: (c) => {
    const type = funcType(c, c.r.u32())
    const ref = c.popRegister()
    c.emit3(Inner.call_ref, c.popHomes(type.params.length), ref)
    pushResults(c, type)
  },
  [Op.return_call]: (c) => {
    const f = c.r.u32()
    const { params } = c.inst.funcs[f]!.type
    c.emit4(Inner.tail_call, c.popHomes(params.length), f, slotsOf(params))
    endInCall(c)
  },
  [Op.return_call_indirect]: (c) => {
    const t = c.r.u32()
    const table = c.r.u32()
    const { params } = funcType(c, t)
    const at = c.popRegister()
    c.emit6(Inner.tail_call_indirect, c.popHomes(params.length), table, at, c.inst.typeIds[t]!, slotsOf(params))
    endInCall(c)
  },
  [Op.return_call_ref]: (c) => {
    const { params } = funcType(c, c.r.u32())
    const ref = c.popRegister()
    c.emit4(Inner.tail_call_ref, c.popHomes(params.length), ref, slotsOf(params))
    endInCall(c)
  },

  // References
  [Op.ref_null]: (c, op) => void c.operator(op, 0, refType(true, c.r.heap()), 0),
  [Op.ref_func]: (c, op) => c.operator1(op, 0, SOME_REF, c.r.u32()),
  [Op.ref_is_null]: (c, op) => void c.operator(op, 1, I32, 0),
  [Op.ref_as_non_null]: (c, op) => void c.operator(op, 1, SOME_REF, 0),
  [Op.ref_eq]: (c, op) => void c.operator(op, 2, I32, 0),
  [Op.any_convert_extern]: (c) => void c.operator(Inner.move_r, 1, SOME_REF, 0),
  [Op.extern_convert_any]: (c) => void c.operator(Inner.move_r, 1, SOME_REF, 0),
  [Op.ref_i31]: (c, op) => void c.operator(op, 1, SOME_REF, 0),
  [Op.i31_get_s]: (c, op) => void c.operator(op, 1, I32, 0),
  [Op.i31_get_u]: (c, op) => void c.operator(op, 1, I32, 0),
  [Op.ref_test]: (c) => cast(c, Op.ref_test, I32, false),
  [Op.ref_test_null]: (c) => cast(c, Op.ref_test, I32, true),
  [Op.ref_cast]: (c) => cast(c, Op.ref_cast, SOME_REF, false),
  [Op.ref_cast_null]: (c) => cast(c, Op.ref_cast, SOME_REF, true),
  [Op.br_on_null]: branchOnNull,
  [Op.br_on_non_null]: branchOnNull,
  [Op.br_on_cast]: branchOnCast,
  [Op.br_on_cast_fail]: branchOnCast,

  // Aggregates
  [Op.struct_new]: (c, op) => {
    const type = c.r.u32()
    const base = c.popHomes((comp(c, type) as StructType).fields.length)
    c.operator2(op, 0, SOME_REF, base, type)
  },
  [Op.struct_new_default]: (c, op) => c.operator2(op, 0, SOME_REF, 0, c.r.u32()),
  [Op.struct_get]: structGet,
  [Op.struct_get_s]: structGet,
  [Op.struct_get_u]: structGet,
  [Op.struct_set]: (c, op) => {
    const at = c.bare(op, 2, 2)
    c.code[at] = c.r.u32()
    c.code[at + 1] = c.r.u32()
  },
  [Op.array_new_fixed]: (c, op) => {
    const type = c.r.u32()
    const count = c.r.u32()
    const base = c.popHomes(count)
    const at = c.operator(op, 0, SOME_REF, 3)
    c.code[at] = base
    c.code[at + 1] = type
    c.code[at + 2] = count
  },
  [Op.array_new]: (c, op) => c.operator1(op, 2, SOME_REF, c.r.u32()),
  [Op.array_new_default]: (c, op) => c.operator1(op, 1, SOME_REF, c.r.u32()),
  [Op.array_new_data]: (c, op) => c.operator2(op, 2, SOME_REF, c.r.u32(), c.r.u32()),
  [Op.array_new_elem]: (c, op) => c.operator2(op, 2, SOME_REF, c.r.u32(), c.r.u32()),
  [Op.array_get]: arrayGet,
  [Op.array_get_s]: arrayGet,
  [Op.array_get_u]: arrayGet,
  [Op.array_set]: (c, op) => arrayWrite(c, op, 3),
  [Op.array_len]: (c, op) => void c.operator(op, 1, I32, 0),
  [Op.array_fill]: (c, op) => arrayWrite(c, op, 4),
  [Op.array_copy]: (c, op) => {
    c.r.u32()
    c.r.u32()
    c.bare(op, 5, 0)
  },
  [Op.array_init_data]: arrayInit,
  [Op.array_init_elem]: arrayInit,

  // Memories and tables, whose immediates are indices
  [Op.memory_copy]: (c, op) => bulk(c, op, 3, 2),
  [Op.memory_init]: (c, op) => bulk(c, op, 3, 2),
  [Op.table_get]: (c, op) => c.operator1(op, 1, SOME_REF, c.r.u32()),
  [Op.table_set]: (c, op) => bulk(c, op, 2, 1),
  [Op.table_size]: (c, op) => tableSize(c, op, 0),
  [Op.table_grow]: (c, op) => tableSize(c, op, 2),
  [Op.table_fill]: (c, op) => bulk(c, op, 3, 1),
  [Op.table_copy]: (c, op) => bulk(c, op, 3, 2),
  [Op.table_init]: (c, op) => bulk(c, op, 3, 2),
}

const comp = (c: Lowerer, type: number) => c.inst.types[type]!.sub.comp
const funcType = (c: Lowerer, type: number) => comp(c, type) as FuncType
const elementType = (c: Lowerer, type: number) => unpacked((comp(c, type) as ArrayType).field.type)

function pushResults(c: Lowerer, { results }: FuncType): void {
  for (let k = 0; k < results.length; k++) c.push(results[k]!)
}

function endInCall(c: Lowerer): void {
  c.tails = true
  c.dead = true
}

function cast(c: Lowerer, op: Op, result: ValType, nullable: boolean): void {
  c.operator1(op, 1, result, mapType(refType(nullable, c.r.heap()), c.inst.typeIds))
}

function branchOnNull(c: Lowerer, op: Op): void {
  const depth = c.r.u32()
  const kept = keep(c)
  const test = c.push(I32)
  c.emit3(Op.ref_is_null, test, kept)
  const wantNull = op === Op.br_on_null
  c.drop(wantNull ? 2 : 1)
  branchWhen(c, test, wantNull, depth)
  if (wantNull) c.move(SOME_REF, c.push(SOME_REF), kept)
  else c.drop(1)
}

function branchOnCast(c: Lowerer, op: Op): void {
  const { r } = c
  const flags = r.castflags()
  const depth = r.u32()
  r.heap()
  const to = mapType(refType((flags & 2) !== 0, r.heap()), c.inst.typeIds)
  const kept = keep(c)
  const test = c.push(I32)
  c.emit4(Op.ref_test, test, kept, to)
  c.drop(1)
  branchWhen(c, test, op === Op.br_on_cast, depth)
}

/** Branches where a register with a test's result is set, or where it isn't. */
function branchWhen(c: Lowerer, test: number, set: boolean, depth: number): void {
  setJump(set !== inverts(c, depth) ? Inner.jump_if : Inner.jump_unless, test)
  branchOn(c, depth)
}

/** Has the reference on top in its home; gives that register. */
function keep(c: Lowerer): number {
  const from = c.popRegister()
  const at = c.push(SOME_REF)
  c.move(SOME_REF, at, from)
  return at
}

function structGet(c: Lowerer, op: Op): void {
  const type = c.r.u32()
  const field = c.r.u32()
  c.operator2(op, 1, unpacked((comp(c, type) as StructType).fields[field]!.type), type, field)
}

function arrayGet(c: Lowerer, op: Op): void {
  const type = c.r.u32()
  c.operator1(op, 2, elementType(c, type), type)
}

function arrayWrite(c: Lowerer, op: Op, operands: number): void {
  const at = c.bare(op, operands, 1)
  c.code[at] = c.r.u32()
}

function arrayInit(c: Lowerer, op: Op): void {
  c.r.u32()
  arrayWrite(c, op, 4)
}

function bulk(c: Lowerer, op: Op, operands: number, indices: number): void {
  const at = c.statement(op, operands, indices)
  for (let k = 0; k < indices; k++) c.code[at + k] = c.r.u32()
}

function tableSize(c: Lowerer, op: Op, operands: number): void {
  const table = c.r.u32()
  const wide = c.inst.tables[table]!.type.limits.address === 'i64'
  c.operator1(op, operands, wide ? I64 : I32, table)
}
