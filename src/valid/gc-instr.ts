// Validates the instructions of references and aggregates (specification: Validation, Reference and Aggregate Instructions).

import { Crash } from '../errors.ts'
import { rows } from '../syntax/instructions.ts'
import { MAX_ARRAY_NEW_FIXED } from '../syntax/limits.ts'
import { matchesStorage, matchesVal, topOf } from '../syntax/match.ts'
import { Op } from '../syntax/opcode.ts'
import {
  concrete,
  type FieldType,
  Heap,
  type HeapType,
  I32,
  isDefaultable,
  isNullable,
  isPacked,
  isRef,
  NULL,
  refType,
  unpacked,
  type ValType,
} from '../syntax/types.ts'
import { unknown } from './context.ts'
import type { FuncState } from './func.ts'

const EQREF = refType(true, Heap.eq)
const I31REF = refType(true, Heap.i31)
const ARRAYREF = refType(true, Heap.array)

/** The canonical reference type to type index `x`. */
const refTo = (v: FuncState, x: number, nullable: boolean): ValType =>
  refType(nullable, concrete(v.ctx.typeId(x, v.r.at)))

function structFields(v: FuncState, x: number): readonly FieldType[] {
  const comp = v.ctx.comp(x, v.r.at)
  if (comp.kind !== 'struct') throw v.fail(`non-structure type ${x}`)
  return comp.fields
}

function arrayField(v: FuncState, x: number): FieldType {
  const comp = v.ctx.comp(x, v.r.at)
  if (comp.kind !== 'array') throw v.fail(`non-array type ${x}`)
  return comp.field
}

function mutableArray(v: FuncState, x: number): FieldType {
  const field = arrayField(v, x)
  if (!field.mutable) throw v.fail('immutable array')
  return field
}

const readHeap = (v: FuncState): HeapType => v.ctx.heapType(v.r.heap(), v.r.at)

export function gcInstr(v: FuncState, op: Op): void {
  const { r } = v
  switch (op) {
    case Op.struct_new:
    case Op.struct_new_default:
      structNew(v, op)
      return
    case Op.struct_get:
    case Op.struct_get_s:
    case Op.struct_get_u:
    case Op.struct_set:
      structAccess(v, op)
      return
    case Op.array_new:
    case Op.array_new_default:
    case Op.array_new_fixed:
    case Op.array_new_data:
    case Op.array_new_elem:
      arrayNew(v, op)
      return
    case Op.array_get:
    case Op.array_get_s:
    case Op.array_get_u:
      arrayGet(v, op)
      return
    case Op.array_len:
      v.pop(ARRAYREF)
      v.push(I32)
      return
    case Op.array_copy:
      arrayCopy(v)
      return
    case Op.array_set:
    case Op.array_fill:
    case Op.array_init_data:
    case Op.array_init_elem:
      arrayWrite(v, op)
      return
    case Op.br_on_null:
    case Op.br_on_non_null:
      branchOnNull(v, op)
      return
    case Op.br_on_cast:
    case Op.br_on_cast_fail:
      branchOnCast(v, op)
      return
    case Op.ref_null:
      v.push(refType(true, readHeap(v)))
      return
    case Op.ref_func:
      refFunc(v, r.u32())
      return
    default:
      refInstr(v, op)
  }
}

// References

function refInstr(v: FuncState, op: Op): void {
  switch (op) {
    case Op.ref_is_null:
      v.popRef()
      v.push(I32)
      return
    case Op.ref_as_non_null:
      v.push(v.popRef() & ~NULL)
      return
    case Op.ref_eq:
      v.popTypes([EQREF, EQREF])
      v.push(I32)
      return
    case Op.ref_test:
    case Op.ref_test_null:
    case Op.ref_cast:
    case Op.ref_cast_null:
      testOrCast(v, op)
      return
    case Op.any_convert_extern:
      convert(v, Heap.extern, Heap.any)
      return
    case Op.extern_convert_any:
      convert(v, Heap.any, Heap.extern)
      return
    case Op.ref_i31:
      v.pop(I32)
      v.push(refType(false, Heap.i31))
      return
    case Op.i31_get_s:
    case Op.i31_get_u:
      v.pop(I31REF)
      v.push(I32)
      return
    default:
      throw new Crash(`the validator has no arm for ${rows[op]?.name ?? op}`)
  }
}

function refFunc(v: FuncState, x: number): void {
  const { ctx } = v
  const id = ctx.func(x, v.r.at)
  if (v.constant) ctx.declared.add(x)
  else if (!ctx.declared.has(x)) throw v.fail(`undeclared function reference ${x}`)
  v.push(refType(false, concrete(id)))
}

function testOrCast(v: FuncState, op: Op): void {
  const heap = readHeap(v)
  v.pop(refType(true, topOf(v.ctx.reg, heap)))
  if (op === Op.ref_test || op === Op.ref_test_null) v.push(I32)
  else v.push(refType(op === Op.ref_cast_null, heap))
}

/** The conversions between the any and the extern hierarchy keep nullability. */
function convert(v: FuncState, from: HeapType, to: HeapType): void {
  const t = v.popRef()
  const wanted = refType(isNullable(t), from)
  if (!matchesVal(v.ctx.reg, t, wanted))
    throw v.fail(`type mismatch: instruction requires ${v.ctx.names([wanted])} but stack has ${v.ctx.names([t])}`)
  v.push(refType(isNullable(t), to))
}

function branchOnNull(v: FuncState, op: Op): void {
  const { ctx, r } = v
  const label = v.label(r.u32())
  if (op === Op.br_on_null) {
    const t = v.popRef()
    v.popTypes(label)
    v.pushTypes(label)
    v.push(t & ~NULL)
    return
  }
  const last = label.at(-1)
  if (last === undefined || !isRef(last))
    throw v.fail(`type mismatch: instruction requires reference type but label has ${ctx.names(label)}`)
  v.pop(last | NULL)
  const rest = label.slice(0, -1)
  v.popTypes(rest)
  v.pushTypes(rest)
}

function branchOnCast(v: FuncState, op: Op): void {
  const { ctx, r } = v
  const flags = r.castflags()
  const label = v.label(r.u32())
  const from = refType((flags & 1) !== 0, readHeap(v))
  const to = refType((flags & 2) !== 0, readHeap(v))
  if (!matchesVal(ctx.reg, to, from))
    throw v.fail(`type mismatch on cast: type ${ctx.name(to)} does not match ${ctx.name(from)}`)
  // What is left of `from` when the cast fails: null has gone with the cast where that one takes it.
  const rest = isNullable(to) ? from & ~NULL : from
  const taken = op === Op.br_on_cast ? to : rest
  const last = label.at(-1)
  if (last === undefined || !matchesVal(ctx.reg, taken, last))
    throw v.fail(`type mismatch: instruction requires type ${ctx.name(taken)} but label has ${ctx.names(label)}`)
  v.pop(from)
  const others = label.slice(0, -1)
  v.popTypes(others)
  v.pushTypes(others)
  v.push(op === Op.br_on_cast ? rest : to)
}

// Structures

function structNew(v: FuncState, op: Op): void {
  const x = v.r.u32()
  const { operands, defaultable } = v.ctx.construction(structFields(v, x))
  if (op === Op.struct_new) v.popTypes(operands)
  else if (!defaultable) throw v.fail('field type is not defaultable')
  v.push(refTo(v, x, false))
}

function structAccess(v: FuncState, op: Op): void {
  const x = v.r.u32()
  const fields = structFields(v, x)
  const i = v.r.u32()
  const field = fields[i]
  if (field === undefined) throw unknown('field', i, v.r.at)
  const t = unpacked(field.type)
  if (op === Op.struct_set) {
    if (!field.mutable) throw v.fail('immutable field')
    v.popTypes([refTo(v, x, true), t])
    return
  }
  if (isPacked(field.type) !== (op !== Op.struct_get))
    throw v.fail(`field is ${isPacked(field.type) ? 'packed' : 'unpacked'}`)
  v.pop(refTo(v, x, true))
  v.push(t)
}

// Arrays

function checkNumeric(v: FuncState, field: FieldType): void {
  if (isRef(field.type)) throw v.fail('array type is not numeric or vector')
}

function checkElem(v: FuncState, segment: number, field: FieldType): void {
  const { ctx } = v
  const elem = ctx.elem(segment, v.r.at)
  if (!matchesVal(ctx.reg, elem, unpacked(field.type)))
    throw v.fail(
      `type mismatch: element segment's type ${ctx.name(elem)} does not match array's field type ${ctx.name(field.type)}`,
    )
}

function arrayNew(v: FuncState, op: Op): void {
  const { r } = v
  const x = r.u32()
  const field = arrayField(v, x)
  if (op === Op.array_new) v.popTypes([unpacked(field.type), I32])
  else if (op === Op.array_new_default) {
    if (!isDefaultable(field.type)) throw v.fail('array type is not defaultable')
    v.pop(I32)
  } else if (op === Op.array_new_fixed) {
    const n = r.u32()
    if (n > MAX_ARRAY_NEW_FIXED) throw v.fail(`too many operands: ${n}, at most ${MAX_ARRAY_NEW_FIXED}`)
    const t = unpacked(field.type)
    for (let i = 0; i < n && !v.exhausted; i++) v.pop(t)
  } else {
    const segment = r.u32()
    if (op === Op.array_new_elem) checkElem(v, segment, field)
    else {
      v.ctx.data(segment, r.at)
      checkNumeric(v, field)
    }
    v.popTypes([I32, I32])
  }
  v.push(refTo(v, x, false))
}

function arrayGet(v: FuncState, op: Op): void {
  const x = v.r.u32()
  const { type } = arrayField(v, x)
  if (isPacked(type) !== (op !== Op.array_get)) throw v.fail(`array is ${isPacked(type) ? 'packed' : 'unpacked'}`)
  v.popTypes([refTo(v, x, true), I32])
  v.push(unpacked(type))
}

function arrayWrite(v: FuncState, op: Op): void {
  const { r } = v
  const x = r.u32()
  const field = mutableArray(v, x)
  const array = refTo(v, x, true)
  const t = unpacked(field.type)
  if (op === Op.array_set) v.popTypes([array, I32, t])
  else if (op === Op.array_fill) v.popTypes([array, I32, t, I32])
  else {
    const segment = r.u32()
    if (op === Op.array_init_elem) checkElem(v, segment, field)
    else {
      v.ctx.data(segment, r.at)
      checkNumeric(v, field)
    }
    v.popTypes([array, I32, I32, I32])
  }
}

function arrayCopy(v: FuncState): void {
  const { r } = v
  const x = r.u32()
  const to = mutableArray(v, x)
  const y = r.u32()
  const from = arrayField(v, y)
  if (!matchesStorage(v.ctx.reg, from.type, to.type)) throw v.fail('array types do not match')
  v.popTypes([refTo(v, x, true), I32, refTo(v, y, true), I32, I32])
}
