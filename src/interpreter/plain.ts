// Lowers the instructions whose types are in the table: operators, loads and stores, constants of vectors. A constant operand stands in the instruction; the addition
// of a constant to an address becomes the access's own.
import { ADDR, rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { I32, I64, V128 } from '../syntax/types.ts'
import { FLOAT_CONSTANT, LOW, NEAR, type Operand, SCALED, SWAPPED, takesConstant } from './frames.ts'
import type { Lowerer } from './lower.ts'
import { Inner } from './lowered.ts'

const isShift = (op: Op): boolean => op >= Op.i64_shl && op <= Op.i64_rotr

/** An instruction whose type is in the table: [op, destination, operands…, immediates…]. Where the store is deterministic, its NaNs become canonical. */
export function plain(c: Lowerer, op: Op): void {
  if (!c.inst.store.deterministic) {
    instruction(c, op)
    return
  }
  const row = rows[op]!
  // What only computes with the newest operand does not tell NaNs apart.
  if ((row.nan || (op >= Op.f32_eq && op <= Op.f64_ge)) && c.wrote(Inner.canonical)) c.takeBack()
  instruction(c, op)
  if (!row.nan) return
  const type = row.results[0]!
  const vector = row.name.startsWith('f32x4') ? Inner.canonical_f32x4 : Inner.canonical_f64x2
  c.result(type, type === V128 ? vector : Inner.canonical, c.popRegister())
}

function instruction(c: Lowerer, op: Op): void {
  if (withConstant(c, op) || withFloat(c, op) || narrow(c, op)) return
  const row = rows[op]!
  if (row.imms[0] === 'memarg') {
    access(c, op)
    return
  }
  const imms = immediates(c, op)
  const operands = c.popRegisters(row.params.length)
  const type = row.results[0]
  const words = [...operands, ...imms]
  if (type === undefined) c.emit(op, 0, ...words)
  else c.result(type === ADDR ? c.addressType : type, op, ...words)
  for (const more of row.results.slice(1)) c.push(more)
}

/** An operator with a constant that stands in the code. */
function withConstant(c: Lowerer, op: Op): boolean {
  const { stack } = c
  const b = stack[stack.length - 1]!
  if (op === Op.i32_sub && b.constant !== undefined) {
    b.constant = -b.constant | 0
    return withConstant(c, Op.i32_add)
  }
  if (!takesConstant(op)) return false
  let plain = op
  if (b.constant === undefined) {
    const a = stack[stack.length - 2]!
    const swapped = SWAPPED[op]
    if (a.constant === undefined || swapped === undefined) return false
    plain = swapped
    // Each keeps its home: which register an operand is in is not told by its place.
    const { constant, high, at } = a
    Object.assign(a, { constant: undefined, at: b.at })
    Object.assign(b, { constant, high, at })
  }
  const { type, constant, high } = c.pop()
  const words = type === I64 && !isShift(plain) ? [constant!, high] : [constant!]
  const a = c.popRegister()
  c.result(rows[op]!.results[0]!, plain + Inner.K, a, ...words)
  return true
}

/** An operator on floats whose second operand is a constant, just made: that is taken back. */
function withFloat(c: Lowerer, op: Op): boolean {
  if (!FLOAT_CONSTANT.has(op) || !c.wrote(Op.f64_const)) return false
  const [, , constant] = c.takeBack()
  c.pop()
  c.result(rows[op]!.results[0]!, op + Inner.K, c.popRegister(), constant!)
  return true
}

/** i32.wrap_i64 takes the low register. */
function narrow(c: Lowerer, op: Op): boolean {
  if (op !== Op.i32_wrap_i64) return false
  const { stack } = c
  const v = stack[stack.length - 1]!
  const [at, constant] = [v.at, v.constant]
  c.pop()
  c.push(I32)
  Object.assign(stack[stack.length - 1]!, { at, constant })
  c.retarget = -1
  return true
}

/** A load or store: in the loop when memory 0 has 32-bit addresses, else in a page. */
function access(c: Lowerer, op: Op): void {
  const { r } = c
  const row = rows[op]!
  const near = LOW[op] ?? op
  const at = r.pos
  r.memarg()
  if (!NEAR.has(near) || r.memory !== 0 || c.inst.memories[0]!.type.limits.address !== 'i32') {
    r.pos = at
    const imms = immediates(c, op)
    const words = [...c.popRegisters(row.params.length), ...imms]
    if (row.results.length === 0) c.emit(op, 0, ...words)
    else c.result(row.results[0]!, op, ...words)
    return
  }
  const offset = r.offsetLo
  const { stack } = c
  const isLoad = row.results.length > 0
  const v = stack[stack.length - (isLoad ? 1 : 2)]!
  const [a, addend] = address(c, v)
  if (isLoad) {
    c.pop()
    const scaled = SCALED[near]
    const shift = scaled !== undefined && a === v.home ? c.takeShift(a) : undefined
    if (shift !== undefined) {
      c.result(row.results[0]!, scaled!, ...shift, addend, offset)
      return
    }
    c.result(row.results[0]!, near + Inner.K, a, addend, offset)
    return
  }
  const value = c.popRegister()
  c.pop()
  c.emit(near + Inner.K, a, addend, value, offset)
}

/** The register of an address and what is to be added to it: the addition of a constant just emitted is taken back. */
function address(c: Lowerer, v: Operand): [number, number] {
  const { code } = c
  const last = c.retarget
  if (last >= 0 && v.constant === undefined && v.at === code[last + 1] && code[last] === Op.i32_add + Inner.K) {
    const [, , a, addend] = c.takeBack()
    return [a!, addend!]
  }
  c.make(v)
  return [v.at, 0]
}

/** The words for an instruction's immediates. */
function immediates(c: Lowerer, op: Op): number[] {
  const { r } = c
  const words: number[] = []
  for (const imm of rows[op]!.imms) {
    switch (imm) {
      case 'memarg':
        r.memarg()
        memory(c, r.memory)
        words.push(r.memory, r.offsetLo, r.offsetHi)
        break
      case 'memory': {
        const m = r.u32()
        memory(c, m)
        words.push(m)
        break
      }
      case 'lane':
        words.push(r.byte())
        break
      case 'lanes16':
      case 'v128':
        words.push(c.vectors.push(r.take(16)) - 1)
        break
      case 'zero':
        r.zero()
        break
      default:
        words.push(r.u32())
    }
  }
  return words
}

function memory(c: Lowerer, index: number): void {
  c.addressType = c.inst.memories[index]!.type.limits.address === 'i64' ? I64 : I32
}
