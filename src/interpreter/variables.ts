// Lowers variables and constants: most become no instruction, but an operand that says where the value is, or the destination of what computes it.
import { f32_from_bits, f64_from_bits } from '../numeric/bits.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I32, I64, V128, type ValType } from '../syntax/types.ts'
import { kindOf } from './kinds.ts'
import type { Arms, Lowerer } from './lower.ts'
import { Inner } from './lowered.ts'

/** How many registers' worth a move of this type is: 0, 1, 2 by kind for one, 3 a pair, 4 a vector. */
const shape = (t: ValType): number => (t === I64 ? 3 : t === V128 ? 4 : kindOf(t))

export const VARIABLES: Arms = {
  [Op.local_get]: (c) => getLocal(c, c.r.u32()),
  [Op.local_set]: (c) => setLocal(c, c.r.u32()),
  [Op.local_tee]: (c) => {
    const index = c.r.u32()
    setLocal(c, index)
    getLocal(c, index)
  },
  [Op.global_get]: (c) => {
    const g = c.r.u32()
    const { type } = c.inst.globals[g]!.type
    const size = shape(type)
    if (size === 0) c.operator1(Inner.global_get_i, 0, type, g)
    else c.operator2(Op.global_get, 0, type, g, size)
  },
  [Op.global_set]: (c) => {
    const g = c.r.u32()
    const size = shape(c.inst.globals[g]!.type.type)
    if (size === 0) setInt(c, g)
    else c.emit4(Op.global_set, c.popRegister(), g, size)
  },
  [Op.i32_const]: (c) => c.pushConstant(I32, c.r.s32(), 0),
  [Op.i64_const]: (c) => {
    const low = c.r.s64()
    c.pushConstant(I64, low, c.r.hi)
  },
  [Op.f32_const]: (c) => float(c, F32, f32_from_bits(c.r.f32())),
  [Op.f64_const]: (c) => {
    const low = c.r.f64()
    float(c, F64, f64_from_bits(low, c.r.hi))
  },
  [Op.drop]: (c) => {
    c.drop(1)
    c.retarget = -1
  },
  [Op.select]: select,
  [Op.select_t]: (c) => {
    c.r.types()
    select(c)
  },
}

function getLocal(c: Lowerer, index: number): void {
  c.pushLocal(c.locals.types[index]!, c.locals.slots[index]!)
}

function setLocal(c: Lowerer, index: number): void {
  const slot = c.locals.slots[index]!
  const { ats, homes } = c.operands
  c.depth--
  const k = c.depth
  c.height = homes[k]!
  const { retarget } = c
  const direct = retarget >= 0 && ats[k] === homes[k] && c.code[retarget + 1] === homes[k]
  // Operands that are this local keep its old value.
  let held = false
  for (let j = 0; j < k; j++) {
    if (ats[j] !== slot) continue
    held = true
    c.home(j)
  }
  if (direct && !held) c.code[retarget + 1] = slot
  else c.copy(k, slot)
  c.retarget = -1
}

/** A sum that was just made, as of a stack pointer, goes into the global too. */
function setInt(c: Lowerer, g: number): void {
  const register = c.popRegister()
  const at = c.newest(Op.i32_add + Inner.K)
  if (at >= 0 && c.code[at + 1] === register) {
    c.takeBack()
    c.emit5(Inner.add_global, register, c.code[at + 2]!, c.code[at + 3]!, g)
  } else c.emit3(Inner.global_set_i, register, g)
}

function float(c: Lowerer, type: ValType, x: number): void {
  c.operator1(Op.f64_const, 0, type, c.floats.push(x) - 1)
}

function select(c: Lowerer): void {
  const type = c.operands.types[c.depth - 3]!
  const size = shape(type)
  if (size < 2) c.operator(size === 0 ? Inner.select_i : Inner.select_d, 3, type, 0)
  else c.operator1(Op.select, 3, type, size)
}
