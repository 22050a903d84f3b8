// Lowers the instructions whose types depend on the module or the stack, control aside: calls, variables, references, aggregates, tables, segments.
// Each becomes [op, destination, operand registers…, immediates…], except calls, whose arguments lie side by side.
import { Crash } from '../errors.ts'
import { rows } from '../syntax/instructions.ts'
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
  slotCount,
  unpacked,
  V128,
  type ValType,
} from '../syntax/types.ts'
import { kindOf } from './kinds.ts'
import type { Lowerer } from './lower.ts'
import { Inner } from './lowered.ts'

/** How many registers' worth a move of this type is: 0, 1, 2 by kind for one, 3 a pair, 4 a vector. */
export const shape = (t: ValType): number => (t === I64 ? 3 : t === V128 ? 4 : kindOf(t))

/** Any reference type will do for a register. */
const SOME_REF = REF

export function special(c: Lowerer, op: Op): boolean {
  if (!rows[op]!.poly) return false
  if (call(c, op) || variable(c, op) || branchOnReference(c, op) || aggregate(c, op) || bulk(c, op)) return true
  throw new Crash(`${rows[op]!.name} is not supported by the interpreter`)
}

function call(c: Lowerer, op: Op): boolean {
  const { r, inst } = c
  const finish = (type: FuncType, ...words: number[]) => {
    c.emit(...words)
    for (const t of type.results) c.push(t)
  }
  const typeAt = (index: number) => inst.types[index]!.sub.comp as FuncType
  const slots = (type: FuncType) => type.params.reduce((n, t) => n + slotCount(t), 0)
  switch (op) {
    case Op.call: {
      const f = r.u32()
      const { type } = inst.funcs[f]!
      finish(type, op, c.popHomes(type.params.length), f)
      return true
    }
    case Op.call_indirect: {
      const [t, table] = [r.u32(), r.u32()]
      const at = c.popRegister()
      finish(typeAt(t), Inner.call_indirect, c.popHomes(typeAt(t).params.length), table, at, inst.typeIds[t]!)
      return true
    }
    case Op.call_ref: {
      const type = typeAt(r.u32())
      const ref = c.popRegister()
      finish(type, Inner.call_ref, c.popHomes(type.params.length), ref)
      return true
    }
    case Op.return_call: {
      const f = r.u32()
      const { type } = inst.funcs[f]!
      c.tails = true
      c.emit(Inner.tail_call, c.popHomes(type.params.length), f, slots(type))
      c.kill()
      return true
    }
    case Op.return_call_indirect: {
      const [t, table] = [r.u32(), r.u32()]
      const at = c.popRegister()
      const base = c.popHomes(typeAt(t).params.length)
      c.tails = true
      c.emit(Inner.tail_call_indirect, base, table, at, inst.typeIds[t]!, slots(typeAt(t)))
      c.kill()
      return true
    }
    case Op.return_call_ref: {
      const type = typeAt(r.u32())
      const ref = c.popRegister()
      c.tails = true
      c.emit(Inner.tail_call_ref, c.popHomes(type.params.length), ref, slots(type))
      c.kill()
      return true
    }
    case Op.throw_: {
      const tag = r.u32()
      c.emit(op, tag, c.popHomes(inst.tags[tag]!.type.params.length))
      c.kill()
      return true
    }
    case Op.throw_ref:
      c.emit(op, c.popRegister())
      c.kill()
      return true
  }
  return false
}

function variable(c: Lowerer, op: Op): boolean {
  const { r, inst } = c
  switch (op) {
    case Op.global_get: {
      const g = r.u32()
      const { type } = inst.globals[g]!.type
      if (shape(type) === 0) c.result(type, Inner.global_get_i, g)
      else c.result(type, op, g, shape(type))
      return true
    }
    case Op.global_set: {
      const g = r.u32()
      const size = shape(inst.globals[g]!.type.type)
      if (size === 0) c.emit(Inner.global_set_i, c.popRegister(), g)
      else c.emit(op, c.popRegister(), g, size)
      return true
    }
    case Op.select:
    case Op.select_t: {
      if (op === Op.select_t) r.types()
      const { type } = c.stack[c.stack.length - 3]!
      const registers = c.popRegisters(3)
      if (shape(type) < 2) c.result(type, shape(type) === 0 ? Inner.select_i : Inner.select_d, ...registers)
      else c.result(type, Op.select, ...registers, shape(type))
      return true
    }
    case Op.ref_null:
      c.result(refType(true, r.heap()), op)
      return true
    case Op.ref_func:
      c.result(SOME_REF, op, r.u32())
      return true
    case Op.ref_is_null:
      c.result(I32, op, c.popRegister())
      return true
    case Op.ref_as_non_null: {
      const a = c.popRegister()
      c.result(SOME_REF, op, a)
      return true
    }
    case Op.any_convert_extern:
    case Op.extern_convert_any: {
      const a = c.popRegister()
      c.result(SOME_REF, Inner.move_r, a)
      return true
    }
  }
  return false
}

function branchOnReference(c: Lowerer, op: Op): boolean {
  const { r } = c
  if (op === Op.br_on_null || op === Op.br_on_non_null) {
    const depth = r.u32()
    const ref = c.popRegister()
    const kept = keep(c, ref)
    const test = c.push(I32)
    c.emit(Op.ref_is_null, test, kept)
    c.pop()
    const wantNull = op === Op.br_on_null
    if (wantNull) c.pop()
    const jumpWhenSet = wantNull !== c.inverts(depth)
    c.branchOn([jumpWhenSet ? Inner.jump_if : Inner.jump_unless, test], depth)
    if (wantNull) {
      const at = c.push(SOME_REF)
      c.move(SOME_REF, at, kept)
    } else c.pop()
    return true
  }
  if (op !== Op.br_on_cast && op !== Op.br_on_cast_fail) return false
  const flags = r.castflags()
  const depth = r.u32()
  r.heap()
  const to = mapType(refType((flags & 2) !== 0, r.heap()), c.inst.typeIds)
  const kept = keep(c, c.popRegister())
  const test = c.push(I32)
  c.emit(Op.ref_test, test, kept, to)
  c.pop()
  const jumpWhenSet = (op === Op.br_on_cast) !== c.inverts(depth)
  c.branchOn([jumpWhenSet ? Inner.jump_if : Inner.jump_unless, test], depth)
  return true
}

/** Pushes a reference into its home; gives that register. */
function keep(c: Lowerer, from: number): number {
  const at = c.push(SOME_REF)
  c.move(SOME_REF, at, from)
  return at
}

function aggregate(c: Lowerer, op: Op): boolean {
  const { r, inst } = c
  const comp = (type: number) => inst.types[type]!.sub.comp
  const element = (type: number) => (comp(type) as ArrayType).field.type
  switch (op) {
    case Op.struct_new: {
      const type = r.u32()
      const base = c.popHomes((comp(type) as StructType).fields.length)
      c.result(SOME_REF, op, base, type)
      return true
    }
    case Op.struct_new_default:
      c.result(SOME_REF, op, 0, r.u32())
      return true
    case Op.struct_get:
    case Op.struct_get_s:
    case Op.struct_get_u: {
      const [type, field] = [r.u32(), r.u32()]
      const a = c.popRegister()
      c.result(unpacked((comp(type) as StructType).fields[field]!.type), op, a, type, field)
      return true
    }
    case Op.struct_set: {
      const [type, field] = [r.u32(), r.u32()]
      const [a, v] = c.popRegisters(2)
      c.emit(op, a!, v!, type, field)
      return true
    }
    case Op.array_new_fixed: {
      const [type, count] = [r.u32(), r.u32()]
      const base = c.popHomes(count)
      c.result(SOME_REF, op, base, type, count)
      return true
    }
    case Op.array_new:
    case Op.array_new_default: {
      const type = r.u32()
      const registers = c.popRegisters(op === Op.array_new ? 2 : 1)
      c.result(SOME_REF, op, ...registers, type)
      return true
    }
    case Op.array_new_data:
    case Op.array_new_elem: {
      const [type, segment] = [r.u32(), r.u32()]
      const registers = c.popRegisters(2)
      c.result(SOME_REF, op, ...registers, type, segment)
      return true
    }
    case Op.array_get:
    case Op.array_get_s:
    case Op.array_get_u: {
      const type = r.u32()
      const registers = c.popRegisters(2)
      c.result(unpacked(element(type)), op, ...registers, type)
      return true
    }
    case Op.array_set: {
      const type = r.u32()
      c.emit(op, ...c.popRegisters(3), type)
      return true
    }
    case Op.array_len: {
      const a = c.popRegister()
      c.result(I32, op, a)
      return true
    }
    case Op.array_fill: {
      const type = r.u32()
      c.emit(op, ...c.popRegisters(4), type)
      return true
    }
    case Op.array_copy: {
      r.u32()
      r.u32()
      c.emit(op, ...c.popRegisters(5))
      return true
    }
    case Op.array_init_data:
    case Op.array_init_elem: {
      r.u32()
      const segment = r.u32()
      c.emit(op, ...c.popRegisters(4), segment)
      return true
    }
    case Op.ref_test:
    case Op.ref_test_null:
    case Op.ref_cast:
    case Op.ref_cast_null: {
      const nullable = op === Op.ref_test_null || op === Op.ref_cast_null
      const t = mapType(refType(nullable, r.heap()), inst.typeIds)
      const a = c.popRegister()
      const test = op === Op.ref_test || op === Op.ref_test_null
      c.result(test ? I32 : SOME_REF, test ? Op.ref_test : Op.ref_cast, a, t)
      return true
    }
    case Op.ref_i31: {
      const a = c.popRegister()
      c.result(SOME_REF, op, a)
      return true
    }
    case Op.i31_get_s:
    case Op.i31_get_u: {
      const a = c.popRegister()
      c.result(I32, op, a)
      return true
    }
    case Op.ref_eq: {
      const registers = c.popRegisters(2)
      c.result(I32, op, ...registers)
      return true
    }
  }
  return false
}

/** Operand counts of the bulk operations; their immediates are indices. */
const OPERANDS: Partial<Record<Op, number>> = {
  [Op.memory_fill]: 3,
  [Op.memory_copy]: 3,
  [Op.memory_init]: 3,
  [Op.data_drop]: 0,
  [Op.elem_drop]: 0,
  [Op.table_get]: 1,
  [Op.table_set]: 2,
  [Op.table_size]: 0,
  [Op.table_grow]: 2,
  [Op.table_fill]: 3,
  [Op.table_copy]: 3,
  [Op.table_init]: 3,
}

function bulk(c: Lowerer, op: Op): boolean {
  const count = OPERANDS[op]
  if (count === undefined) return false
  const indices = rows[op]!.imms.map(() => c.r.u32())
  const registers = c.popRegisters(count)
  if (op === Op.table_get) c.result(SOME_REF, op, ...registers, ...indices)
  else if (op === Op.table_size || op === Op.table_grow) {
    const wide = c.inst.tables[indices[0]!]!.type.limits.address === 'i64'
    c.result(wide ? I64 : I32, op, ...registers, ...indices)
  } else c.emit(op, 0, ...registers, ...indices)
  return true
}
