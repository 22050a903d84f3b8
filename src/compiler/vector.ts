// Vector instructions as JavaScript. A v128 is four int32 slots; what works on whole slots is an expression, the rest goes through the shared
// lanes `VL` (slots of `V`, bytes of `B`): operands at 0, 4 and 8, the result at 12.
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I32, I64, V128 } from '../syntax/types.ts'
import { type MemoryEmitter, popAddress } from './memory.ts'
import { type Entry, expr, int } from './operands.ts'

const RESULT = 12

type Lane4 = (a: string, b: string, c: string) => string
/** Operators that treat every int32 slot alike. */
const BY_SLOT: Partial<Record<Op, Lane4>> = {
  [Op.v128_not]: (a) => `~${a}`,
  [Op.v128_and]: (a, b) => `(${a}&${b})`,
  [Op.v128_andnot]: (a, b) => `(${a}&~${b})`,
  [Op.v128_or]: (a, b) => `(${a}|${b})`,
  [Op.v128_xor]: (a, b) => `(${a}^${b})`,
  [Op.v128_bitselect]: (a, b, c) => `(${a}&${c}|${b}&~${c})`,
  [Op.i32x4_add]: (a, b) => `(${a}+${b}|0)`,
  [Op.i32x4_sub]: (a, b) => `(${a}-${b}|0)`,
  [Op.i32x4_mul]: (a, b) => `Math.imul(${a},${b})`,
  [Op.i32x4_neg]: (a) => `(-${a}|0)`,
  [Op.i32x4_eq]: (a, b) => `-(${a}===${b})`,
  [Op.i32x4_ne]: (a, b) => `-(${a}!==${b})`,
  [Op.i32x4_lt_s]: (a, b) => `-(${a}<${b})`,
  [Op.i32x4_gt_s]: (a, b) => `-(${a}>${b})`,
  [Op.i32x4_le_s]: (a, b) => `-(${a}<=${b})`,
  [Op.i32x4_ge_s]: (a, b) => `-(${a}>=${b})`,
}

/** Writes vectors into the shared lanes from slot 0. */
function put(e: MemoryEmitter, ...vectors: readonly (readonly Entry[])[]): void {
  const v = e.use('V')
  e.line(vectors.flatMap((slots, n) => slots.map((s, k) => `${v}[${n * 4 + k}]=${s.code}`)).join(';'))
}

/** Pushes the vector at the result slots. */
function pushResult(e: MemoryEmitter): void {
  const v = e.use('V')
  e.line(
    e.ops
      .pushVariables(V128)
      .map((name, k) => `${name}=${v}[${RESULT + k}]`)
      .join(';'),
  )
}

/** Vector instructions; false if `op` is none. */
export function vector(e: MemoryEmitter, op: Op): boolean {
  if (op < Op.v128_load || op >= 0x800) return false
  const { ops, r } = e
  if (op === Op.v128_const) {
    ops.push(V128, int(r.f32()), int(r.f32()), int(r.f32()), int(r.f32()))
    return true
  }
  const lanewise = BY_SLOT[op]
  if (lanewise !== undefined) {
    const n = rows[op]!.params.length
    // Each slot is one expression; a sign or comparison needs its operands evaluated once.
    ops.simplify(n)
    const [a, b, c] = ops.take(n).map((v) => v.slots)
    const slot = (k: number) => {
      const over = [a, b, c].flatMap((v) => (v === undefined ? [] : [v[k]!]))
      return expr(lanewise(over[0]!.code, over[1]?.code ?? '', over[2]?.code ?? ''), over)
    }
    ops.push(V128, slot(0), slot(1), slot(2), slot(3))
    return true
  }
  return loads(e, op) || laneAccess(e, op) || splat(e, op) || extract(e, op) || replace(e, op) || shuffleOrCall(e, op)
}

function loads(e: MemoryEmitter, op: Op): boolean {
  const { ops, r, line } = e
  if (op > Op.v128_store && op !== Op.v128_load32_zero && op !== Op.v128_load64_zero) return false
  r.memarg()
  const view = e.view(r.memory)
  const word = (offset: number) => `${view}.getInt32(${ea}+${offset},true)`
  const ea = e.scratch('e')
  if (op === Op.v128_store) {
    ops.simplify(1)
    const { slots } = ops.pop()
    const at = popAddress(e)
    ops.flushEffects()
    // The highest slot first: when it is out of bounds nothing has been written.
    const store = [3, 2, 1, 0].map((k) => `${view}.setInt32(${ea}+${4 * k},${slots[k]!.code},true)`)
    line([`${ea}=${at.code}`, ...store].join(';'))
    return true
  }
  const at = popAddress(e)
  ops.flushEffects()
  line(`${ea}=${at.code}`)
  const set = (codes: readonly string[]) =>
    line(
      ops
        .pushVariables(V128)
        .map((v, k) => `${v}=${codes[k]}`)
        .join(';'),
    )
  const x = e.scratch('x')
  const y = e.scratch('y')
  if (op === Op.v128_load) set([0, 4, 8, 12].map(word))
  else if (op === Op.v128_load32_zero) set([word(0), '0', '0', '0'])
  else if (op === Op.v128_load64_zero) set([word(0), word(4), '0', '0'])
  else if (op === Op.v128_load64_splat) {
    line(`${x}=${word(0)};${y}=${word(4)}`)
    set([x, y, x, y])
  } else if (op >= Op.v128_load8_splat && op <= Op.v128_load32_splat) {
    const code =
      op === Op.v128_load8_splat
        ? `Math.imul(${view}.getUint8(${ea}),16843009)`
        : op === Op.v128_load16_splat
          ? `Math.imul(${view}.getUint16(${ea},true),65537)`
          : word(0)
    line(`${x}=${code}`)
    set([x, x, x, x])
  } else {
    const v = e.use('V')
    line(`${v}[0]=${word(0)};${v}[1]=${word(4)}`)
    line(`${e.use(WIDEN[op]!)}(${e.use('VL')},${RESULT},0,0,0)`)
    pushResult(e)
  }
  return true
}

const WIDEN: Partial<Record<Op, string>> = {
  [Op.v128_load8x8_s]: 'i16x8_extend_low_i8x16_s',
  [Op.v128_load8x8_u]: 'i16x8_extend_low_i8x16_u',
  [Op.v128_load16x4_s]: 'i32x4_extend_low_i16x8_s',
  [Op.v128_load16x4_u]: 'i32x4_extend_low_i16x8_u',
  [Op.v128_load32x2_s]: 'i64x2_extend_low_i32x4_s',
  [Op.v128_load32x2_u]: 'i64x2_extend_low_i32x4_u',
}

/** Loads and stores of one lane. */
function laneAccess(e: MemoryEmitter, op: Op): boolean {
  if (op < Op.v128_load8_lane || op > Op.v128_store64_lane) return false
  const { ops, r, line } = e
  r.memarg()
  const { memory } = r
  const size = 1 << rows[op]!.align
  // The lane stands behind the memory argument, and the vector above the address.
  const lane = r.byte()
  const vectorSlots = ops.pop().slots
  const at = popAddress(e)
  ops.flushEffects()
  const view = e.view(memory)
  const ea = e.scratch('e')
  line(`${ea}=${at.code}`)
  put(e, vectorSlots)
  const little = size > 1 ? ',true' : ''
  const [kind, lanes, index] =
    size === 1
      ? ['Int8', 'i8', lane]
      : size === 2
        ? ['Int16', 'i16', lane]
        : ['Int32', 'i32', size === 8 ? lane * 2 : lane]
  const slot = (k: number) => `${e.use('VL')}.${lanes}[${(index as number) + k}]`
  if (op >= Op.v128_store8_lane) {
    if (size === 8) line(`${view}.setInt32(${ea}+4,${slot(1)},true)`)
    line(`${view}.set${kind}(${ea},${slot(0)}${little})`)
    return true
  }
  line(`${slot(0)}=${view}.get${kind}(${ea}${little})`)
  if (size === 8) line(`${slot(1)}=${view}.getInt32(${ea}+4,true)`)
  const v = e.use('V')
  line(
    ops
      .pushVariables(V128)
      .map((name, k) => `${name}=${v}[${k}]`)
      .join(';'),
  )
  return true
}

function splat(e: MemoryEmitter, op: Op): boolean {
  if (op < Op.i8x16_splat || op > Op.f64x2_splat) return false
  const { ops, line } = e
  if (op === Op.i64x2_splat) {
    ops.simplify(1)
    const [l, h] = ops.pop().slots as [Entry, Entry]
    ops.push(V128, l, h, l, h)
    return true
  }
  const a = ops.pop().slots[0]!
  const x = e.scratch('x')
  const y = e.scratch('y')
  if (op === Op.i8x16_splat) line(`${x}=Math.imul(${a.code}&255,16843009)`)
  else if (op === Op.i16x8_splat) line(`${x}=Math.imul(${a.code}&65535,65537)`)
  else if (op === Op.i32x4_splat) line(`${x}=${a.code}`)
  else if (op === Op.f32x4_splat) line(`${x}=${e.use('f32_to_bits')}(${a.code})`)
  else line(`${x}=${e.use('f64_to_bits')}(${a.code});${y}=${e.use('ret')}.hi`)
  const second = op === Op.f64x2_splat ? y : x
  line(
    ops
      .pushVariables(V128)
      .map((v, k) => `${v}=${k % 2 === 0 ? x : second}`)
      .join(';'),
  )
  return true
}

function extract(e: MemoryEmitter, op: Op): boolean {
  const { ops, r } = e
  if (!/_extract_lane/.test(Op[op]!)) return false
  const lane = r.byte()
  const { slots } = ops.pop()
  const bits = 128 / rows[op]!.lanes
  const at = (lane * bits) >> 5
  const s = slots[at]!
  if (op === Op.i64x2_extract_lane) ops.push(I64, s, slots[at + 1]!)
  else if (op === Op.f64x2_extract_lane)
    ops.push(F64, expr(`${e.use('f64_from_bits')}(${s.code},${slots[at + 1]!.code})`, [s, slots[at + 1]!]))
  else if (op === Op.f32x4_extract_lane) ops.push(F32, expr(`${e.use('f32_from_bits')}(${s.code})`, [s]))
  else if (op === Op.i32x4_extract_lane) ops.push(I32, s)
  else {
    const shift = (lane * bits) & 31
    const signed = op === Op.i8x16_extract_lane_s || op === Op.i16x8_extract_lane_s
    const code = signed ? `(${s.code}<<${32 - bits - shift}>>${32 - bits})` : `(${s.code}>>>${shift}&${2 ** bits - 1})`
    ops.push(I32, expr(code, [s]))
  }
  return true
}

function replace(e: MemoryEmitter, op: Op): boolean {
  const { ops, r, line } = e
  if (!/_replace_lane/.test(Op[op]!)) return false
  const lane = r.byte()
  const value = ops.pop().slots
  ops.simplify(1)
  const slots = [...ops.pop().slots]
  const bits = 128 / rows[op]!.lanes
  const at = (lane * bits) >> 5
  const a = value[0]!
  if (op === Op.i64x2_replace_lane) slots.splice(at, 2, a, value[1]!)
  else if (op === Op.f64x2_replace_lane) {
    const [x, y] = [e.scratch('x'), e.scratch('y')]
    line(`${x}=${e.use('f64_to_bits')}(${a.code});${y}=${e.use('ret')}.hi`)
    slots.splice(at, 2, expr(x, []), expr(y, []))
    settle(e, slots)
    return true
  } else if (op === Op.f32x4_replace_lane) slots[at] = expr(`${e.use('f32_to_bits')}(${a.code})`, [a])
  else if (op === Op.i32x4_replace_lane) slots[at] = a
  else {
    const shift = (lane * bits) & 31
    const mask = 2 ** bits - 1
    const s = slots[at]!
    slots[at] = expr(`(${s.code}&${~(mask << shift)}|(${a.code}&${mask})<<${shift})`, [s, a])
  }
  // A replaced lane may stand above the others' heights, so all go into their variables now.
  settle(e, slots)
  return true
}

/** Pushes a vector of entries that may mention one another's variables: through temporaries. */
function settle(e: MemoryEmitter, slots: readonly Entry[]): void {
  const temps = slots.map((s, k) => {
    const t = e.scratch(`v${k}`)
    e.line(`${t}=${s.code}`)
    return t
  })
  e.line(
    e.ops
      .pushVariables(V128)
      .map((v, k) => `${v}=${temps[k]}`)
      .join(';'),
  )
}

function shuffleOrCall(e: MemoryEmitter, op: Op): boolean {
  const { ops, r, line } = e
  if (op === Op.i8x16_shuffle) {
    const lanes = [...r.take(16)]
    const [a, b] = ops.take(2).map((v) => v.slots)
    put(e, a!, b!)
    const bytes = e.use('B')
    line(lanes.map((lane, k) => `${bytes}[${RESULT * 4 + k}]=${bytes}[${lane}]`).join(';'))
    pushResult(e)
    return true
  }
  const name = Op[op]!
  const row = rows[op]!
  if (row.results[0] === I32) {
    put(e, ops.pop().slots)
    const [v] = ops.pushVariables(I32)
    line(`${v}=${e.use(name)}(${e.use('VL')},0)`)
    return true
  }
  const operands = ops.take(row.params.length)
  put(e, ...operands.filter((v) => v.type === V128).map((v) => v.slots))
  const count = operands.find((v) => v.type === I32)
  line(`${e.use(name)}(${e.use('VL')},${RESULT},0,${count ? count.slots[0]!.code : 4},8)`)
  pushResult(e)
  return true
}
