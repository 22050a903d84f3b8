// What lowering keeps track of: operands, control frames, and which comparison is another's opposite.
import type { Catch } from '../binary/code.ts'
import { Op } from '../syntax/opcode.ts'
import type { ValType } from '../syntax/types.ts'

/** A value on the operand stack: its first register, or a constant not yet made. */
export interface Operand {
  type: ValType
  /** Its own place on the stack. */
  home: number
  /** Where it is: its home, or a local's register. */
  at: number
  /** An int32 constant, when nothing has made it yet. */
  constant?: number
}

export interface Frame {
  kind: 'func' | 'block' | 'loop' | 'if' | 'else' | 'try_table' | 'try' | 'catch'
  depth: number
  height: number
  params: readonly ValType[]
  results: readonly ValType[]
  /** Where a branch to a loop goes. */
  start: number
  /** Code positions to be set to the frame's end. */
  patches: number[]
  /** The position of an `if`'s jump to its other arm, or -1. */
  otherwise: number
  through: boolean
  handler:
    | { start: number; end: number; caught: number; clauses: { tag: number; payload: number; target: number }[] }
    | undefined
  /** Index from which later handlers cover what a delegate must pass. */
  catches: readonly Catch[]
}

/** The tag of a clause that stands for a delegate. */
export const DELEGATE = -2

/** The comparison that holds when the other does not. */
export const INVERSE: Partial<Record<Op, Op>> = {
  [Op.i32_eq]: Op.i32_ne,
  [Op.i32_ne]: Op.i32_eq,
  [Op.i32_lt_s]: Op.i32_ge_s,
  [Op.i32_ge_s]: Op.i32_lt_s,
  [Op.i32_gt_s]: Op.i32_le_s,
  [Op.i32_le_s]: Op.i32_gt_s,
  [Op.i32_lt_u]: Op.i32_ge_u,
  [Op.i32_ge_u]: Op.i32_lt_u,
  [Op.i32_gt_u]: Op.i32_le_u,
  [Op.i32_le_u]: Op.i32_gt_u,
}
