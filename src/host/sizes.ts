// What rewritten functions ask before one instruction does or takes much: whether to stop, whether an array may be so long.
import type { CodeReader } from '../binary/code.ts'
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import type { CodeWriter } from './code-writer.ts'
import type { Control } from './shape.ts'

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

/** An array that is too long traps with a reason of its own. */
export function checkArrayLength(r: CodeReader, to: CodeWriter, control: Control, op: Op): void {
  const { at } = r
  const most = control.mostElements(r.u32())
  const fixed = op === Op.array_new_fixed
  const count = fixed || op === Op.array_new_data || op === Op.array_new_elem ? r.u32() : 0
  if (!control.arrays || (fixed && count <= most)) return
  to.markFrom(at)
  to.checkLength(most, fixed ? count : undefined)
  to.copyTo(r.pos)
}
