// Instructions that name types of references which the host lacks.
import type { CodeReader } from '../binary/code.ts'
import { Op } from '../syntax/opcode.ts'
import { FUNCREF, heapOf, refType } from '../syntax/types.ts'
import type { CodeWriter } from './code-writer.ts'
import type { Control } from './shape.ts'

/** A call by way of a table, which looks at the type. */
export function callRef(r: CodeReader, to: CodeWriter, control: Control, op: Op, type: number): void {
  const { at } = r
  const ref = to.temporary(FUNCREF)
  const { index } = control.slot({ kind: 'called' })
  const tail = op === Op.return_call_ref
  to.markFrom(at)
  to.op(Op.local_set, ref)
  to.flush()
  to.tellDepth(tail)
  to.i32(index)
  to.op(Op.local_get, ref)
  to.op(Op.table_set, control.hookTable)
  to.i32(index)
  to.op(tail ? Op.return_call_indirect : Op.call_indirect, type, control.hookTable)
  to.skipTo(r.pos)
  if (!tail) to.reload()
}

/** An instruction that names types. */
export function retyped(r: CodeReader, to: CodeWriter, control: Control, op: Op): void {
  const { at } = r
  const types = op === Op.select_t ? r.types() : [refType(true, r.heap())]
  const own = types.map((t) => control.erased(t))
  if (own.every((t, k) => t === types[k])) return
  to.markFrom(at)
  to.op(op)
  if (op === Op.select_t) to.u32(own.length)
  for (const t of own)
    if (op === Op.select_t) to.valType(t)
    else to.byte(heapOf(t))
  to.skipTo(r.pos)
}

/** What an instruction does about a null reference, on a local. */
export function testNull(r: CodeReader, to: CodeWriter, op: Op, label: number): void {
  const { at } = r
  const ref = to.temporary(FUNCREF)
  to.markFrom(at)
  to.op(Op.local_tee, ref)
  if (op === Op.br_on_non_null) to.op(Op.local_get, ref)
  to.op(Op.ref_is_null)
  if (op === Op.ref_as_non_null) {
    to.block(Op.if_)
    to.op(Op.unreachable)
    to.op(Op.end)
  } else {
    if (op === Op.br_on_non_null) to.op(Op.i32_eqz)
    to.op(Op.br_if, label)
  }
  if (op === Op.br_on_non_null) to.op(Op.drop)
  else to.op(Op.local_get, ref)
  to.skipTo(r.pos)
}
