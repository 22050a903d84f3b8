// Evaluates constant expressions (specification: Validation, Constant Expressions). They run once, at instantiation, so clarity wins: values lie on
// a stack as the embedder sees them. Trusts validation.
import { CodeReader } from '../binary/code.ts'
import { Crash } from '../errors.ts'
import { f32_from_bits, f64_from_bits } from '../numeric/bits.ts'
import { rows } from '../syntax/instructions.ts'
import type { Code } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import type { StructType } from '../syntax/types.ts'
import { checkRoom, countArray } from './aggregates.ts'
import { newArray, setElement, setField, structLayout } from './gc.ts'
import type { ModuleInst } from './instances.ts'
import { readGlobal, V128Value, type Value, valueList } from './values.ts'

/** The value of a constant expression in an instance whose functions and earlier globals exist. */
export function evaluate(inst: ModuleInst, code: Code): Value {
  const r = new CodeReader(code)
  const stack = valueList()
  for (let op = r.op(); op !== Op.end; op = r.op()) step(inst, r, op, stack)
  return stack.pop()
}

function step(inst: ModuleInst, r: CodeReader, op: Op, stack: Value[]): void {
  switch (op) {
    case Op.i32_const:
      stack.push(r.s32())
      return
    case Op.i64_const: {
      const lo = r.s64()
      stack.push((BigInt(r.hi) << 32n) | BigInt(lo >>> 0))
      return
    }
    case Op.f32_const:
      stack.push(f32_from_bits(r.f32()))
      return
    case Op.f64_const: {
      const lo = r.f64()
      stack.push(f64_from_bits(lo, r.hi))
      return
    }
    case Op.v128_const:
      stack.push(new V128Value(Int32Array.of(r.f32(), r.f32(), r.f32(), r.f32())))
      return
    case Op.global_get:
      stack.push(readGlobal(inst.globals[r.u32()]!))
      return
    case Op.ref_null:
      r.heap()
      stack.push(null)
      return
    case Op.ref_func:
      stack.push(inst.funcs[r.u32()]!)
      return
    case Op.any_convert_extern:
    case Op.extern_convert_any:
      return
    case Op.ref_i31:
      stack.push(((stack.pop() as number) << 1) >> 1)
      return
    default:
      if (!aggregate(inst, r, op, stack) && !arithmetic(op, stack))
        throw new Crash(`${rows[op]!.name} in a constant expression`)
  }
}

function aggregate(inst: ModuleInst, r: CodeReader, op: Op, stack: Value[]): boolean {
  if (op === Op.struct_new || op === Op.struct_new_default) {
    const def = inst.types[r.u32()]!
    const made = structLayout(def).make()
    inst.store.census?.countStruct(made, def)
    if (op === Op.struct_new)
      for (let k = (def.sub.comp as StructType).fields.length - 1; k >= 0; k--) setField(made, k, stack.pop())
    stack.push(made)
    return true
  }
  if (op !== Op.array_new && op !== Op.array_new_default && op !== Op.array_new_fixed) return false
  const def = inst.types[r.u32()]!
  const count = op === Op.array_new_fixed ? r.u32() : (stack.pop() as number) >>> 0
  checkRoom(inst.store, def, count)
  const made = countArray(inst.store, newArray(def, count))
  if (op === Op.array_new) {
    const value = stack.pop()
    for (let k = 0; k < count; k++) setElement(made, k, value)
  } else if (op === Op.array_new_fixed) for (let k = count - 1; k >= 0; k--) setElement(made, k, stack.pop())
  stack.push(made)
  return true
}

function arithmetic(op: Op, stack: Value[]): boolean {
  const result = binary(op, stack[stack.length - 2], stack[stack.length - 1])
  if (result === undefined) return false
  stack.length -= 2
  stack.push(result)
  return true
}

function binary(op: Op, a: Value, b: Value): Value {
  switch (op) {
    case Op.i32_add:
      return ((a as number) + (b as number)) | 0
    case Op.i32_sub:
      return ((a as number) - (b as number)) | 0
    case Op.i32_mul:
      return Math.imul(a as number, b as number)
    case Op.i64_add:
      return BigInt.asIntN(64, (a as bigint) + (b as bigint))
    case Op.i64_sub:
      return BigInt.asIntN(64, (a as bigint) - (b as bigint))
    case Op.i64_mul:
      return BigInt.asIntN(64, (a as bigint) * (b as bigint))
  }
  return undefined
}
