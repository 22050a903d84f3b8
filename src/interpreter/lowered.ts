// The interpreter's own form of a function: register code in an Int32Array. A register is a slot of the frame; an int32 lies in `I`, a float in `F`, a
// reference in `R`, at the same index. Locals come first, then the operand stack by height. Opcodes are those of the table, operands registers:
// [op, destination, operand …, immediate …]; what the table has no number for is in `Inner`.
import type { FuncInst, ModuleInst } from '../runtime/instances.ts'
import type { Meter } from '../runtime/metering.ts'
import type { Views } from '../runtime/views.ts'
import type { Row } from '../syntax/instructions.ts'
import type { CodeMap } from './code-map.ts'
import type { Kind } from './kinds.ts'
import type { Tier } from './machine.ts'

/** In place of the views of memory 0 where there is none. */
export const NO_VIEWS: Views = { dv: new DataView(new ArrayBuffer(0)), u8: new Uint8Array(0) }

/** Instructions that only register code has; numbers that no one-byte opcode uses. */
export enum Inner {
  /**
   * Added to a table's opcode: an operator whose second operand is a constant, which stands in the code in place of its register; a load or store in
   * memory 0, whose addresses are 32 bits: [op, destination, address register, addend, offset] or [op, address register, addend, value register, offset].
   * An operator on floats has the index of its constant.
   */
  K = 0x100,
  /** Jumps on a comparison of two i32 registers: this plus the distance of its opcode from i32.eq. [op, a, b, target] */
  jump_compare = 0xe0,
  /** Jumps on a comparison of two float registers, or unless: this plus the distance of its opcode from f64.eq. [op, a, b, target] */
  jump_float = 0xea,
  jump_unless_float = 0x1ea,
  /** A load whose address is shifted first: [op, destination, address register, shift, addend, offset] */
  load_scaled_i = 0x1d0,
  load_scaled_d = 0x1d1,
  load_scaled_f = 0x1d2,
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
  /** [op, destination, low half, high half] */
  const_pair = 0xd7,
  /** [op, argument base, table, index register, type id] */
  call_indirect = 0xd8,
  /** [op, argument base, reference register] */
  call_ref = 0xd9,
  /** [op]: results lie in the frame's first slots */
  leave = 0xda,
  /** [op, source]: one int32 result */
  leave_i = 0xdb,
  /** Like calls, with the number of argument slots behind: the argument base is where they lie, to be moved to the frame's start. */
  tail_call = 0xdc,
  tail_call_ref = 0xdd,
  tail_call_indirect = 0xde,
  /** [op, index register, count, target …] */
  jump_table = 0xdf,
  /** [op, register, target]: whether an i64 is zero */
  jump_zero_pair = 0x1c8,
  jump_nonzero_pair = 0x1c9,
  /** [op, destination, first, second, condition] */
  select_i = 0x1ca,
  select_d = 0x1cb,
  /** [op, register, global] */
  global_get_i = 0x1cc,
  global_set_i = 0x1cd,
  /** [op, units]: charges a region */
  fuel = 0x1ce,
  /** [op, units]: whether to stop */
  check = 0x1cf,
  /** A float whose NaNs become canonical, lane by lane where it is a vector. [op, destination, source] */
  canonical = 0x1d3,
  canonical_f32x4 = 0x1d4,
  canonical_f64x2 = 0x1d5,
  /** [op]: the start of a loop that something may take over */
  hot = 0x1d6,
  /** Sets a register to a constant and goes where the jump_table leads that begins the loop. [op, register, value, target] */
  jump_case = 0x1d7,
  /** The same where something may take the loop over. [op, register, value, start of the loop, target] */
  jump_case_hot = 0x1d8,
  /** An i64 sum of a constant and an unsigned int32. [op, destination, register, low half, high half] */
  add_extended = 0x1d9,
  /** An i32 sum with a constant, also put into a global. [op, destination, register, constant, global] */
  add_global = 0x1da,
  /** An i64 constant stored in memory 0. [op, address register, addend, low half, high half, offset] */
  store_pair = 0x1db,
}

/** Words of an instruction of the table: opcode, destination, operands, immediates. */
export const wordsOf = ({ params, imms }: Row): number =>
  imms.reduce((n, imm) => n + (imm === 'memarg' ? 3 : imm === 'zero' ? 0 : 1), 2 + params.length)

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
  constants: Float64Array
  /** Whether a local is a float. */
  floats: boolean
  /** Whether a register is a reference. */
  refs: boolean
  /** Whether it has tail calls: then it is taken over at once. */
  tails: boolean
  /** Calls and turns of loops until it is hot. */
  heat: number
  /** What may take it over. */
  tier: Tier | undefined
  /** The fuel and interrupts of its store. */
  meter: Meter
  /** The views of memory 0. */
  views: Views
  /** Where the code comes from, once somebody has asked. */
  map: CodeMap | undefined
}
