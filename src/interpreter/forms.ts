// Which instructions have forms of their own in register code.
import { Op } from '../syntax/opcode.ts'
import { Inner } from './lowered.ts'

/** The comparison with its operands the other way round, and operators that don't mind the order. */
export const SWAPPED: Partial<Record<Op, Op>> = {
  [Op.i32_eq]: Op.i32_eq,
  [Op.i32_ne]: Op.i32_ne,
  [Op.i32_lt_s]: Op.i32_gt_s,
  [Op.i32_lt_u]: Op.i32_gt_u,
  [Op.i32_gt_s]: Op.i32_lt_s,
  [Op.i32_gt_u]: Op.i32_lt_u,
  [Op.i32_le_s]: Op.i32_ge_s,
  [Op.i32_le_u]: Op.i32_ge_u,
  [Op.i32_ge_s]: Op.i32_le_s,
  [Op.i32_ge_u]: Op.i32_le_u,
  [Op.i32_add]: Op.i32_add,
  [Op.i32_mul]: Op.i32_mul,
  [Op.i32_and]: Op.i32_and,
  [Op.i32_or]: Op.i32_or,
  [Op.i32_xor]: Op.i32_xor,
  [Op.i64_eq]: Op.i64_eq,
  [Op.i64_ne]: Op.i64_ne,
  [Op.i64_lt_u]: Op.i64_gt_u,
  [Op.i64_gt_u]: Op.i64_lt_u,
  [Op.i64_add]: Op.i64_add,
  [Op.i64_mul]: Op.i64_mul,
  [Op.i64_and]: Op.i64_and,
  [Op.i64_or]: Op.i64_or,
  [Op.i64_xor]: Op.i64_xor,
}

/** Whether the loop has an arm for an operator whose second operand is a constant. */
export const takesConstant = (op: Op): boolean =>
  op in SWAPPED ||
  (op >= Op.i32_shl && op <= Op.i32_rotr) ||
  op === Op.i64_shl ||
  op === Op.i64_shr_s ||
  op === Op.i64_shr_u ||
  op === Op.i64_rotl

export const isFloatComparison = (op: number): boolean => op >= Op.f32_eq && op <= Op.f64_ge

/** The operators on floats whose second operand may be a constant. */
export const FLOAT_CONSTANT: ReadonlySet<Op> = new Set([
  Op.f64_add,
  Op.f64_sub,
  Op.f64_mul,
  Op.f64_div,
  Op.f32_add,
  Op.f32_sub,
  Op.f32_mul,
])

/** The loads that shift their address. */
export const SCALED: Partial<Record<Op, Inner>> = {
  [Op.i32_load]: Inner.load_scaled_i,
  [Op.f64_load]: Inner.load_scaled_d,
  [Op.f32_load]: Inner.load_scaled_f,
}

/** The loads and stores that the loop has arms for. */
export const NEAR: ReadonlySet<Op> = new Set([
  Op.i32_load,
  Op.i32_load8_s,
  Op.i32_load8_u,
  Op.i32_load16_s,
  Op.i32_load16_u,
  Op.i64_load,
  Op.i64_load8_u,
  Op.i64_load16_u,
  Op.i64_load32_s,
  Op.i64_load32_u,
  Op.f32_load,
  Op.f64_load,
  Op.i32_store,
  Op.i32_store8,
  Op.i32_store16,
  Op.i64_store,
  Op.f32_store,
  Op.f64_store,
])

/** Stores that do the same as another, on the low half. */
export const LOW: Partial<Record<Op, Op>> = {
  [Op.i64_store8]: Op.i32_store8,
  [Op.i64_store16]: Op.i32_store16,
  [Op.i64_store32]: Op.i32_store,
}
