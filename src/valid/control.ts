// Validates calls, blocks, branches and exception handlers (specification: Validation, Control Instructions).

import { malformed } from '../binary/reader.ts'
import { matchesVal, matchesVals } from '../syntax/match.ts'
import { Op } from '../syntax/opcode.ts'
import { BOT, concrete, FUNCREF, type FuncType, Heap, I32, isRef, refType, type ValType } from '../syntax/types.ts'
import { addressType } from './context.ts'
import { type FuncState, NONE, one } from './func.ts'

// Calls

export const calleeType = (v: FuncState): FuncType => v.ctx.signature(v.ctx.func(v.r.u32(), v.r.at))

export function call(v: FuncState, type: FuncType): void {
  v.popTypes(type.params)
  v.pushTypes(type.results)
}

export function tailCall(v: FuncState, type: FuncType): void {
  const { ctx } = v
  if (!matchesVals(ctx.reg, type.results, v.results))
    throw v.fail(
      `type mismatch: current function requires result type ${ctx.names(v.results)} but callee returns ${ctx.names(type.results)}`,
    )
  v.popTypes(type.params)
  v.unreachable()
}

/** The callee's type; its address, the table index operand, is popped. */
export function indirectType(v: FuncState): FuncType {
  const { r, ctx } = v
  const x = r.u32()
  const table = ctx.table(r.u32(), r.at)
  const type = ctx.funcType(x, r.at)
  if (!matchesVal(ctx.reg, table.elem, FUNCREF))
    throw v.fail(
      `type mismatch: instruction requires table of function type but table has element type ${ctx.name(table.elem)}`,
    )
  v.pop(addressType(table))
  return type
}

/** The callee's type; the reference to it is popped. */
export function refCalleeType(v: FuncState): FuncType {
  const { r, ctx } = v
  const x = r.u32()
  const type = ctx.funcType(x, r.at)
  v.pop(refType(true, ctx.heapType(concrete(x), r.at)))
  return type
}

// Control

export function block(v: FuncState, op: Op): void {
  const { r, ctx } = v
  const x = r.block()
  let ins = NONE
  let outs = NONE
  if (x >= 0) {
    const type = ctx.funcType(x, r.at)
    ins = type.params
    outs = type.results
  } else if (r.blockResult !== BOT) outs = one(ctx.valType(r.blockResult, r.at))
  if (op === Op.if_) v.pop(I32)
  if (op === Op.try_table) handlers(v)
  if (ins.length > 0) v.popTypes(ins)
  v.pushFrame(op, ins, outs)
}

/** try_table's handlers: what each hands over must fit its label. */
function handlers(v: FuncState): void {
  const { ctx, r } = v
  for (const { kind, tag, label } of r.catches()) {
    const params = tag >= 0 ? ctx.tag(tag, r.at).params : NONE
    const given = kind.endsWith('ref') ? [...params, refType(false, Heap.exn)] : params
    const wanted = v.label(label)
    if (!matchesVals(ctx.reg, given, wanted))
      throw v.fail(`type mismatch: catch handler requires ${ctx.names(wanted)} but has ${ctx.names(given)}`)
  }
}

export function branchIf(v: FuncState): void {
  v.pop(I32)
  const types = v.label(v.r.u32())
  if (types.length === 0) return
  v.popTypes(types)
  v.pushTypes(types)
}

export function select(v: FuncState): void {
  v.pop(I32)
  const b = v.popAny()
  const a = v.popAny()
  if (isRef(a) || isRef(b))
    throw v.fail(
      `type mismatch: instruction requires numeric or vector type but stack has ${v.ctx.names([a, b])} (select)`,
    )
  if (a !== b && a !== BOT && b !== BOT)
    throw v.fail(
      `type mismatch: instruction requires ${v.ctx.names([a, a])} but stack has ${v.ctx.names([a, b])} (select)`,
    )
  v.push(a === BOT ? b : a)
}

export function typedSelect(v: FuncState): void {
  const types = v.r.types()
  if (types.length !== 1) throw v.fail('invalid result arity other than 1 is not (yet) allowed')
  const t = v.ctx.valType(types[0]!, v.r.at)
  v.popTypes([t, t, I32])
  v.push(t)
}

/** A catch or catch_all of a legacy try. */
export function legacyCatch(v: FuncState, op: Op, params: readonly ValType[]): void {
  const opened = v.labelOp(0)
  if (opened !== Op.try_ && opened !== Op.catch_) throw malformed('misplaced CATCH opcode', v.r.at)
  v.nextPart(op, params)
}

export function delegate(v: FuncState): void {
  if (v.labelOp(0) !== Op.try_ || v.depth === 1) throw malformed('misplaced DELEGATE opcode', v.r.at)
  v.label(v.r.u32() + 1)
  v.popFrame()
}

export function rethrow(v: FuncState): void {
  const x = v.r.u32()
  v.label(x)
  const op = v.labelOp(x)
  if (op !== Op.catch_ && op !== Op.catch_all) throw v.fail('invalid rethrow label')
  v.unreachable()
}
