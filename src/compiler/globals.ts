// Globals as JavaScript: a field of the global for each slot.
import { Op } from '../syntax/opcode.ts'
import { F32, F64, isRef, slotCount, type ValType } from '../syntax/types.ts'
import type { FuncCompiler } from './func.ts'
import { expr } from './operands.ts'

/** global.get and global.set; false if `op` is neither. */
export function global(c: FuncCompiler, op: Op): boolean {
  if (op !== Op.global_get && op !== Op.global_set) return false
  const { ops } = c
  const index = c.r.u32()
  const { type, mutable } = c.inst.globals[index]!.type
  const fields = fieldsOf(type).map((f) => `${c.use(`G${index}`)}.${f}`)
  if (op === Op.global_get) ops.push(type, ...fields.map((f) => expr(f, [], mutable)))
  else {
    const { slots } = ops.pop()
    ops.flushEffects()
    fields.forEach((f, k) => {
      c.line(`${f}=${slots[k]!.code}`)
    })
  }
  return true
}

const fieldsOf = (t: ValType): string[] =>
  isRef(t) ? ['ref'] : t === F32 || t === F64 ? ['num'] : ['lo', 'hi', 'x2', 'x3'].slice(0, slotCount(t))
