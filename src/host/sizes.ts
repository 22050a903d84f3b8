// What rewritten functions ask before one instruction does or takes much: whether to stop, whether an array may be so long; and what they count.
import type { CodeReader } from '../binary/code.ts'
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import type { CodeWriter } from './code-writer.ts'
import type { Control, Counter } from './shape.ts'

/** Where much is to be done at once, the clock is looked at first: loops count such an instruction like any other. Its immediates stay to be read. */
export function checkBulk(r: CodeReader, to: CodeWriter, control: Control, op: Op): void {
  const { at, pos } = r
  const wide: boolean[] = []
  for (const imm of rows[op]!.imms) {
    const index = r.u32()
    if (imm === 'memory') wide.push(control.memoryType(index).limits.address === 'i64')
    else if (imm === 'table') wide.push(control.tableType(index).limits.address === 'i64')
  }
  r.pos = pos
  const init = op === Op.memory_init || op === Op.table_init
  to.markFrom(at)
  to.checkBulk(!init && wide.length > 0 && wide.every(Boolean))
}

/** Counts a struct once it is there. */
export function countStruct(r: CodeReader, to: CodeWriter, control: Control): void {
  const { at } = r
  const type = r.u32()
  if (!control.bytes) return
  to.copyTo(r.pos)
  to.mark(at)
  to.countBytes(control.objects(type))
}

/** Counts an exception that is about to be thrown. */
export function countThrow(r: CodeReader, to: CodeWriter, at: number, counter: Counter): void {
  to.markFrom(at)
  to.flush()
  to.countBytes(counter, true)
  to.copyTo(r.pos)
}

/** An array that is too long traps with a reason of its own, one for which there is no room in the hook; what has been made is counted. */
export function makeArray(r: CodeReader, to: CodeWriter, control: Control, op: Op): void {
  const { at } = r
  const type = r.u32()
  const most = control.mostElements(type)
  const fixed = op === Op.array_new_fixed
  const segment = op === Op.array_new_data || op === Op.array_new_elem
  const count = fixed || segment ? r.u32() : 0
  const checks = control.arrays && !(fixed && count <= most)
  if (!checks && !control.bytes) return
  to.markFrom(at)
  if (checks) to.checkLength(most, fixed ? count : undefined)
  const counter = control.bytes ? control.objects(type) : undefined
  // Arrays from segments are no larger than these.
  if (counter !== undefined && !fixed && !segment) to.checkRoom(counter.bytes)
  to.copyTo(r.pos)
  if (counter === undefined) return
  to.mark(at)
  to.op(Op.call, counter.func)
}
