// Lowers the instructions whose types are in the table: operators, loads and stores, constants of vectors. A constant operand stands in the instruction; the addition
// of a constant to an address becomes the access's own.
import { type Imm, type Row, rows } from '../syntax/instructions.ts'
import { OP_COUNT, Op } from '../syntax/opcode.ts'
import { BOT, I32, I64, V128, type ValType } from '../syntax/types.ts'
import { CONSTANT } from './emitter.ts'
import { FLOAT_CONSTANT, isFloatComparison, LOW, NEAR, SCALED, SWAPPED, takesConstant } from './forms.ts'
import type { Arm, Lowerer } from './lower.ts'
import { Inner, wordsOf } from './lowered.ts'

/** The arm of an instruction. */
export function plain(row: Row): Arm {
  const { op } = row
  if (op === Op.i32_wrap_i64) return narrow
  if (op === Op.i64_eqz) return isZero
  if (op === Op.memory_size || op === Op.memory_grow) return size
  if (NEAR.has(LOW[op] ?? op)) return row.results.length > 0 ? load : store
  if (row.nan || isFloatComparison(op)) return float
  return op === Op.i32_sub || takesConstant(op) ? integer : operator
}

const isShift = (op: Op): boolean => op >= Op.i64_shl && op <= Op.i64_rotr

// What is asked of each instruction, by opcode.
const operands = Uint8Array.from(rows, (row) => row?.params.length ?? 0)
const result = Uint8Array.from(rows, (row) => row?.results[0] ?? BOT)
const immediates = Uint8Array.from(rows, (row) => (row === undefined ? 0 : wordsOf(row) - 2 - row.params.length))
const swapped = Uint16Array.from({ length: OP_COUNT }, (_, op) => SWAPPED[op as Op] ?? 0)
const near = Uint16Array.from({ length: OP_COUNT }, (_, op) => LOW[op as Op] ?? op)

/** [op, destination, operands…, immediates…]. */
function operator(c: Lowerer, op: Op): void {
  const { imms, results } = rows[op]!
  const type = result[op]!
  const count = operands[op]!
  const more = immediates[op]!
  const at = type !== BOT ? c.operator(op, count, type, more) : c.statement(op, count, more)
  if (imms.length > 0) putImmediates(c, imms, at)
  for (let k = 1; k < results.length; k++) c.push(results[k]!)
}

function putImmediates(c: Lowerer, imms: readonly Imm[], to: number): void {
  const { r, code } = c
  let at = to
  for (const imm of imms) {
    switch (imm) {
      case 'memarg':
        r.memarg()
        code[at++] = r.memory
        code[at++] = r.offsetLo
        code[at++] = r.offsetHi
        break
      case 'lane':
        code[at++] = r.byte()
        break
      case 'lanes16':
      case 'v128':
        code[at++] = c.vectors.push(r.take(16)) - 1
        break
      case 'zero':
        r.zero()
        break
      default:
        code[at++] = r.u32()
    }
  }
}

/** An operator on integers, some of which have a form with a constant in place of the second operand's register. */
function integer(c: Lowerer, op: Op): void {
  const b = c.depth - 1
  const { types, ats, lows, highs } = c.operands
  let form = op
  if (ats[b] === CONSTANT) {
    if (op === Op.i32_sub) {
      lows[b] = -lows[b]!
      form = Op.i32_add
    }
  } else if (ats[b - 1] === CONSTANT && swapped[op] !== 0) {
    // Each keeps its home: which register an operand is in is not told by its place.
    form = swapped[op]!
    ats[b - 1] = ats[b]!
    ats[b] = CONSTANT
    lows[b] = lows[b - 1]!
    highs[b] = highs[b - 1]!
  } else {
    operator(c, op)
    return
  }
  if (form === Op.i64_add && c.writer(b - 1) === Op.i64_extend_i32_u) {
    const a = c.code[c.takeBack() + 2]!
    c.drop(2)
    c.retarget = c.emit5(Inner.add_extended, c.push(I64), a, lows[b]!, highs[b]!)
    return
  }
  c.drop(1)
  if (types[b] === I64 && !isShift(form)) c.operator2(form + Inner.K, 1, result[op]!, lows[b]!, highs[b]!)
  else c.operator1(form + Inner.K, 1, result[op]!, lows[b]!)
}

/** An operator on floats, or on vectors of them. Where the store is deterministic, its NaNs become canonical. */
function float(c: Lowerer, op: Op): void {
  if (!c.inst.store.deterministic) {
    floatOperator(c, op)
    return
  }
  // What only computes with the newest operand does not tell NaNs apart.
  if (c.wrote(Inner.canonical)) c.takeBack()
  floatOperator(c, op)
  const { nan, name } = rows[op]!
  if (!nan) return
  const vector = name.startsWith('f32x4') ? Inner.canonical_f32x4 : Inner.canonical_f64x2
  c.operator(result[op] === V128 ? vector : Inner.canonical, 1, result[op]!, 0)
}

/** Where the second operand is a constant, just made, that is taken back. */
function floatOperator(c: Lowerer, op: Op): void {
  if (!FLOAT_CONSTANT.has(op) || !c.wrote(Op.f64_const)) {
    operator(c, op)
    return
  }
  const constant = c.code[c.takeBack() + 2]!
  c.drop(1)
  c.operator1(op + Inner.K, 1, result[op]!, constant)
}

/** Makes the newest operand an i32 again if it was one before the last instruction, which is taken back. */
function takeExtension(c: Lowerer): boolean {
  const op = c.writer(c.depth - 1)
  if (op !== Op.i64_extend_i32_u && op !== Op.i64_extend_i32_s) return false
  const at = c.takeBack()
  c.drop(1)
  c.pushLocal(I32, c.code[at + 2]!)
  return true
}

function isZero(c: Lowerer, op: Op): void {
  operator(c, takeExtension(c) ? Op.i32_eqz : op)
}

/** i32.wrap_i64 takes the low register, of a global only that. */
function narrow(c: Lowerer): void {
  if (takeExtension(c)) return
  if (c.wrote(Op.global_get)) {
    const g = c.code[c.takeBack() + 2]!
    c.drop(1)
    c.operator1(Inner.global_get_i, 0, I32, g)
    return
  }
  const { ats } = c.operands
  const k = c.depth - 1
  const at = ats[k]!
  c.drop(1)
  c.pushLocal(I32, at)
  c.retarget = -1
}

const addressType = (c: Lowerer, memory: number): ValType =>
  c.inst.memories[memory]!.type.limits.address === 'i64' ? I64 : I32

/** memory.size and memory.grow. */
function size(c: Lowerer, op: Op): void {
  const memory = c.r.u32()
  c.operator1(op, operands[op]!, addressType(c, memory), memory)
}

/** Reads a memory argument; gives whether the loop has the access: in memory 0, with 32-bit addresses. Else it is as any instruction. */
function isNear(c: Lowerer, op: Op): boolean {
  const { r } = c
  const at = r.pos
  r.memarg()
  if (r.memory === 0 && c.inst.memories[0]!.type.limits.address === 'i32') return true
  r.pos = at
  operator(c, op)
  return false
}

function load(c: Lowerer, op: Op): void {
  if (!isNear(c, op)) return
  const offset = c.r.offsetLo
  const type = result[op]!
  const k = c.depth - 1
  const a = takeAddress(c, k)
  const scaled = SCALED[op]
  const isScaled = scaled !== undefined && a === c.operands.homes[k]
  const shift = isScaled ? c.newest(Op.i32_shl + Inner.K) : -1
  c.drop(1)
  if (shift < 0 || c.code[shift + 1] !== a) {
    c.retarget = c.emit5(op + Inner.K, c.push(type), a, addend, offset)
    return
  }
  c.takeBack()
  const from = c.code[shift + 2]!
  const distance = c.code[shift + 3]!
  c.retarget = c.emit6(scaled!, c.push(type), from, distance, addend, offset)
}

function store(c: Lowerer, op: Op): void {
  if (!isNear(c, op)) return
  const offset = c.r.offsetLo
  const a = takeAddress(c, c.depth - 2)
  const { ats, lows, highs } = c.operands
  const k = c.depth - 1
  if (op === Op.i64_store && ats[k] === CONSTANT) {
    c.drop(2)
    c.emit6(Inner.store_pair, a, addend, lows[k]!, highs[k]!, offset)
    return
  }
  const value = c.popRegister()
  c.drop(1)
  c.emit5(near[op]! + Inner.K, a, addend, value, offset)
}

/** What is to be added to the last address that was taken. */
let addend = 0

/** The register of an address: the addition of a constant just emitted is taken back. */
function takeAddress(c: Lowerer, k: number): number {
  if (c.writer(k) === Op.i32_add + Inner.K) {
    const at = c.takeBack()
    addend = c.code[at + 3]!
    return c.code[at + 2]!
  }
  addend = 0
  if (c.operands.ats[k] === CONSTANT) c.home(k)
  return c.operands.ats[k]!
}
