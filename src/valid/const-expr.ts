// Validates constant expressions (specification: Validation, Constant Expressions): first that every instruction is constant, then its types, in
// this order, because a script that asserts the first may violate the second too.

import { CodeReader } from '../binary/code.ts'
import { InvalidError } from '../errors.ts'
import { rows } from '../syntax/instructions.ts'
import type { Code } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { I32, type ValType } from '../syntax/types.ts'
import type { Context } from './context.ts'
import { type FuncState, one } from './func.ts'
import { validateCode } from './instr.ts'

/** Checks that `code` is a constant expression whose value has the canonical type `type`. */
export function validateConst(v: FuncState, code: Code, type: ValType): void {
  if (type === I32 && isI32Const(readerOf(v, code))) return
  checkConstant(v.ctx, readerOf(v, code))
  v.localCount = 0
  v.tracksInit = false
  v.constant = true
  v.enter(readerOf(v, code), one(type))
  validateCode(v)
  v.constant = false
}

/** Whether an expression is one i32.const, as the offsets of nearly all segments are. */
const isI32Const = (r: CodeReader): boolean => {
  if (r.op() !== Op.i32_const) return false
  r.s32()
  return r.op() === Op.end
}

/** A reader at the begin of an expression: modules may have millions of them, so those of one binary share one. */
function readerOf(v: FuncState, code: Code): CodeReader {
  if (v.r === undefined || v.r.bytes !== code.bytes) return (v.r = new CodeReader(code))
  v.r.pos = code.start
  v.r.end = code.end
  return v.r
}

function checkConstant(ctx: Context, r: CodeReader): void {
  for (;;) {
    const op = r.op()
    if (op === Op.end && r.pos === r.end) return
    if (!rows[op]!.constant) throw new InvalidError(`constant expression required (${rows[op]!.name})`, r.at)
    if (op !== Op.global_get) r.skipImms(op)
    else if (ctx.global(r.u32(), r.at).mutable)
      throw new InvalidError('constant expression required (a mutable global)', r.at)
  }
}
