// The interpreter's own form of a function: register code in an Int32Array. A register is a slot of the frame; an int32 lies in `I`, a float in `F`, a
// reference in `R`, at the same index. Locals come first, then the operand stack by height. Opcodes are those of the table, operands registers:
// [op, destination, operand …, immediate …]; what the table has no number for is in `Inner`.
import type { FuncInst, ModuleInst } from '../runtime/instances.ts'
import type { Kind } from './kinds.ts'

/** Instructions that only register code has; numbers that no one-byte opcode uses. */
export enum Inner {
  /** Jumps on a comparison of two i32 registers: this plus the distance of its opcode from i32.eq. [op, a, b, target] */
  jump_compare = 0xe0,
  /** [op, target] */
  jump = 0xc8,
  /** [op, register, target] */
  jump_if = 0xc9,
  jump_unless = 0xca,
  /** [op, destination, source] */
  move_i = 0xcb,
  move_d = 0xcc,
  move_r = 0xcd,
  move_pair = 0xce,
  /** [op, destination, value] */
  const_i = 0xcf,
  /** [op, destination, register, constant]: i32.add */
  add_const = 0xd7,
  /** [op, table, index register, type id, argument base] */
  call_indirect = 0xd8,
  /** [op, reference register, argument base] */
  call_ref = 0xd9,
  /** [op]: results lie in the frame's first slots */
  leave = 0xda,
  /** [op, source]: one int32 result */
  leave_i = 0xdb,
  /** [op, function or reference register, argument base, argument slots]: the argument base is where they lie, to be moved to the frame's start */
  tail_call = 0xdc,
  tail_call_ref = 0xdd,
  tail_call_indirect = 0xde,
  /** [op, index register, count, target …] */
  jump_table = 0xdf,
}

/** Code of a handler: where it stands, what it catches. */
export interface Handler {
  /** Code positions [start, end) that it covers. */
  start: number
  end: number
  /** Register that keeps what was caught. */
  caught: number
  clauses: readonly Clause[]
}

export interface Clause {
  /** Tag index, or -1 for all. */
  tag: number
  /** Register at which the payload goes. */
  payload: number
  /** Code position where it goes on. */
  target: number
}

export interface Lowered {
  readonly inst: ModuleInst
  readonly func: FuncInst
  code: Int32Array
  /** Registers of a frame. */
  slots: number
  /** Slots of parameters; the rest up to `locals` starts as zero or null. */
  params: number
  locals: number
  /** Kinds of parameter and result slots. */
  paramKinds: readonly Kind[]
  resultKinds: readonly Kind[]
  handlers: readonly Handler[]
  /** Vectors of constants and lanes, by immediate. */
  vectors: readonly Uint8Array[]
  /** Floats by immediate. */
  floats: Float64Array
  /** Pairs of code position and byte offset, ascending. */
  offsets: readonly number[]
}
