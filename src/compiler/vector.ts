// Vector instructions as JavaScript. A v128 is four int32 slots, or floats between float operators (vector-floats.ts); integer operators are
// vector-lanes.ts's templates. What has none goes through the shared lanes `VL` (slots of `V`): operands at 0, 4 and 8, the result at 12.
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { I32, I64, V128, type ValType } from '../syntax/types.ts'
import { type MemoryEmitter, popAddress } from './memory.ts'
import { condition, type Entry, expr, F32X4, F64X2, int, type Mask, name, type Value } from './operands.ts'
import {
  extractFloat,
  type FloatEmitter,
  floatVector,
  popSettled,
  replaceFloat,
  selectFloats,
  splatFloat,
} from './vector-floats.ts'
import {
  BY_SLOT,
  BY_VECTOR,
  IN_LANES,
  lanesOf,
  maskedConstant,
  SHIFTS,
  type Slot,
  shuffled,
  TO_I32,
  topsOfZeros,
} from './vector-lanes.ts'

type VectorEmitter = MemoryEmitter & FloatEmitter

const RESULT = 12

/** Writes vectors into the shared lanes from slot 0. */
function put(e: MemoryEmitter, ...vectors: readonly (readonly Entry[])[]): void {
  const v = e.use('V')
  e.line(vectors.flatMap((slots, n) => slots.map((s, k) => `${v}[${n * 4 + k}]=${s.code}`)).join(';'))
}

/** Pushes the vector in the shared lanes from slot `from` on. */
function pushShared(e: MemoryEmitter, from: number): void {
  const v = e.use('V')
  const lanes = [0, 1, 2, 3].map((k) => `${v}[${from + k}]`)
  e.ops.pushCodes(V128, lanes)
}

/** Vector instructions; false if `op` is none. */
export function vector(e: VectorEmitter, op: Op): boolean {
  if (op < Op.v128_load || op >= 0x800) return false
  const { ops, r } = e
  if (op === Op.v128_const) {
    ops.push(V128, int(r.f32()), int(r.f32()), int(r.f32()), int(r.f32()))
    return true
  }
  if (op === Op.v128_bitselect) {
    if (!selectFloats(e)) bitselect(e)
    return true
  }
  return (
    floatVector(e, op) ||
    bySlot(e, op) ||
    shift(e, op) ||
    toI32(e, op) ||
    byVector(e, op) ||
    loads(e, op) ||
    laneAccess(e, op) ||
    splat(e, op) ||
    extract(e, op) ||
    replace(e, op) ||
    shuffleOrCall(e, op)
  )
}

/** Pops v128 operands as slots; they are wanted as such. */
function operands(e: VectorEmitter, count: number): Entry[][] {
  const { ops } = e
  for (const v of ops.values.slice(ops.values.length - count)) e.vote(v, V128)
  ops.lower(count)
  ops.simplify(count)
  return ops.take(count).map((v) => v.slots)
}

function bitselect(e: VectorEmitter): void {
  const [a, b, m] = operands(e, 3) as [Entry[], Entry[], Entry[]]
  const slots = [0, 1, 2, 3].map((k) => {
    const mask = m[k]!.code
    return expr(`(${a[k]!.code}&${mask}|${b[k]!.code}&~${mask})`, [a[k]!, b[k]!, m[k]!])
  })
  e.ops.push(V128, ...slots)
}

/** Operators on each slot by itself. */
function bySlot(e: VectorEmitter, op: Op): boolean {
  const template = BY_SLOT[op]
  if (template === undefined) return false
  if (ofMasks(e, op) || maskAndConstant(e, op)) return true
  const [a, b] = operands(e, rows[op]!.params.length) as [Entry[], Entry[] | undefined]
  const slots = a.map((s, k) => {
    const t = b?.[k]
    return { ...template(s.code, t?.code ?? '', zeros(s), t ? zeros(t) : 0), over: t ? [s, t] : [s] }
  })
  const { mask } = slots[0]!
  if (mask !== undefined) setMask(e, slots, mask)
  else if (slots.some((s) => s.before !== undefined)) setSlots(e, slots)
  else
    e.ops.push(
      V128,
      ...slots.map((s) => {
        const known = op === Op.v128_and ? zeros(s.over[0]!) | zeros(s.over[1]!) : 0
        return { ...expr(s.code, s.over), zeros: known }
      }),
    )
  return true
}

/** A connective of two comparisons of lanes of one width, by what tells them. */
function ofMasks(e: VectorEmitter, op: Op): boolean {
  if (op !== Op.v128_and && op !== Op.v128_or && op !== Op.v128_xor && op !== Op.v128_andnot) return false
  const [a, b] = e.ops.values.slice(-2).map(masksOf) as [Mask[] | undefined, Mask[] | undefined]
  if (a === undefined || b === undefined || a[0]!.bits !== b[0]!.bits) return false
  const { bits } = a[0]!
  const over = e.ops.take(2).map((v) => v.slots)
  // Lanes are 0 in both where they are in the union.
  const zeros = op === Op.v128_and && a[0]!.of === 'zeros' && b[0]!.of === 'zeros'
  const [template, code] = zeros ? [BY_SLOT[Op.v128_or]!, (m: Mask) => m.name] : [BY_SLOT[op]!, topsOf]
  const slots = a.map((m, k) => ({ ...template(code(m), code(b[k]!), 0, 0), over: over.map((v) => v[k]!) }))
  setMask(e, slots, { of: zeros ? 'zeros' : 'tops', bits })
  return true
}

/** A comparison's lanes and the same constant in each of them. */
function maskAndConstant(e: VectorEmitter, op: Op): boolean {
  if (op !== Op.v128_and) return false
  const two = e.ops.values.slice(-2) as [Value, Value]
  for (const [value, other] of [two, [two[1], two[0]]] as [Value, Value][]) {
    const masks = masksOf(value)
    const codes = masks?.map((m, k) => maskedConstant(topsOf(m), other.slots[k]?.constant ?? 0, m.bits))
    if (codes === undefined || codes.includes(undefined)) continue
    e.ops.take(2)
    const { slots } = value
    e.ops.push(V128, ...codes.map((c, k) => ({ ...expr(c!, [slots[k]!]), zeros: ~other.slots[k]!.constant! })))
    return true
  }
  return false
}

/** What tells a value's lanes, where they are ones and zeros, the same for all slots. */
function masksOf(value: Value): Mask[] | undefined {
  const [first] = value.slots
  const masks = value.slots.flatMap(({ mask }) =>
    mask === undefined || mask.of !== first!.mask?.of || mask.bits !== first!.mask.bits ? [] : [mask],
  )
  return masks.length === 4 ? masks : undefined
}

const topsOf = ({ name, of, bits }: Mask): string => (of === 'tops' ? name : topsOfZeros(name, bits))

const zeros = (s: Entry): number => (s.constant === undefined ? (s.zeros ?? 0) : ~s.constant)

/** Pushes lanes of ones and zeros by what tells them, which the slots give and which is all that some operators need. */
function setMask(
  e: VectorEmitter,
  slots: readonly (Slot & { over: readonly Entry[] })[],
  mask: Omit<Mask, 'name'>,
): void {
  setSlots(e, slots)
  e.scratch(IN_LANES)
  const value = e.ops.values[e.ops.values.length - 1]!
  value.slots = value.slots.map((s) => maskSlot(s, { name: s.code, ...mask }))
}

/** Lanes of ones and zeros, over the variable that tells them. */
export const maskSlot = (over: Entry, mask: Mask): Entry => ({
  ...expr(lanesOf(mask.name, mask.of, mask.bits), [over]),
  mask,
})

/** Pushes slots that need statements: each into its variable, unless one reads what another has become. */
function setSlots(e: VectorEmitter, slots: readonly { before?: string; code: string; over: readonly Entry[] }[]): void {
  const targets = e.ops.pushVariables(V128)
  for (const x of ['x', 'y']) e.scratch(x)
  const clash = slots.some((s, k) => s.over.some((o) => o.vars.some((v) => targets.slice(0, k).includes(v))))
  slots.forEach((s, k) => {
    if (s.before !== undefined) e.line(s.before)
    e.line(`${clash ? e.scratch(`v${k}`) : targets[k]}=${s.code}`)
  })
  if (clash) e.line(targets.map((t, k) => `${t}=v${k}`).join(';'))
}

function shift(e: VectorEmitter, op: Op): boolean {
  const template = SHIFTS[op]
  if (template === undefined) return false
  const { ops } = e
  const count = ops.pop().slots[0]!
  // The count goes into its scratch variable before the vector's evaluation could use that.
  ops.simplify(1)
  const [a] = operands(e, 1) as [Entry[]]
  for (const x of ['x', 'y', 'z']) e.scratch(x)
  const before = `x=${count.code}${template.before === '' ? '' : `;${template.before}`}`
  setSlots(
    e,
    a.map((s, k) => ({ code: template.slot(s.code), over: [s], ...(k === 0 && { before }) })),
  )
  return true
}

function toI32(e: VectorEmitter, op: Op): boolean {
  const template = TO_I32[op]
  if (template === undefined) return false
  const { ofMask, count } = template
  const found = masksOf(e.ops.values[e.ops.values.length - 1]!)
  const masks = ofMask && found && (ofMask.bits ?? found[0]!.bits) === found[0]!.bits ? found : undefined
  const over = masks === undefined ? operands(e, 1)[0]! : e.ops.pop().slots
  const names = masks?.map((m) => m.name) ?? over.map((s) => s.code)
  const { of, bits } = masks?.[0] ?? {}
  const code = masks === undefined ? template.code(names) : ofMask!.code(names, of!, bits!)
  const entry = template.cond === true ? condition(code, over) : expr(code, over)
  e.ops.push(I32, count === undefined ? entry : { ...entry, count: count(names, of) })
  return true
}

function byVector(e: VectorEmitter, op: Op): boolean {
  const template = BY_VECTOR[op]
  if (template === undefined) return false
  e.scratch('x')
  const [a, b] = operands(e, rows[op]!.params.length).map((v) => v.map((s) => s.code))
  assign(e, template(a!, b ?? []))
  return true
}

function loads(e: VectorEmitter, op: Op): boolean {
  const { ops, r, line } = e
  if (op > Op.v128_store && op !== Op.v128_load32_zero && op !== Op.v128_load64_zero) return false
  r.memarg()
  const view = e.view(r.memory)
  const word = (offset: number) => `${view}.getInt32(${ea}+${offset},true)`
  const ea = e.scratch('e')
  if (op === Op.v128_store) {
    ops.simplify(1)
    const [{ type, slots }] = ops.takeAsIs(1) as [Value]
    const at = popAddress(e)
    ops.flushEffects()
    // The highest slot first: when it is out of bounds nothing has been written.
    const store = slots.map((s, k) => storeSlot(e, view, type, s, k)).reverse()
    line([`${ea}=${at.code}`, ...store].join(';'))
    return true
  }
  if (op === Op.v128_load) {
    load(e, view)
    return true
  }
  const at = popAddress(e)
  ops.flushEffects()
  line(`${ea}=${at.code}`)
  const set = (codes: readonly string[], before?: string) => ops.pushCodes(V128, codes, before)
  const x = e.scratch('x')
  const y = e.scratch('y')
  if (op === Op.v128_load32_zero) set([word(0), '0', '0', '0'])
  else if (op === Op.v128_load64_zero) set([word(0), word(4), '0', '0'])
  else if (op === Op.v128_load64_splat) {
    set([x, y, x, y], `${x}=${word(0)};${y}=${word(4)};`)
  } else if (op >= Op.v128_load8_splat && op <= Op.v128_load32_splat) {
    const code =
      op === Op.v128_load8_splat
        ? `Math.imul(${view}.getUint8(${ea}),16843009)`
        : op === Op.v128_load16_splat
          ? `Math.imul(${view}.getUint16(${ea},true),65537)`
          : word(0)
    set([x, x, x, x], `${x}=${code};`)
  } else {
    const v = e.use('V')
    line(`${v}[0]=${word(0)};${v}[1]=${word(4)}`)
    line(`${e.use(WIDEN[op]!)}(${e.use('VL')},${RESULT},0,0,0)`)
    pushShared(e, RESULT)
  }
  return true
}

/** Pushes a vector that is read where it is used, and as what. */
function load(e: VectorEmitter, view: string): void {
  const { ops } = e
  let at = popAddress(e)
  if (at.vars.length > 0 && !/^\(\(?l\d+>>>0\)(\+\d+\))?$/.test(at.code)) {
    // In the variable of the last slot, so that no slot overwrites it before it has been read.
    const v = ops.variable(I32, ops.height + 3)
    ops.invalidate(v)
    ops.flushEffects()
    e.line(`${v}=${at.code}`)
    at = name(v)
  }
  const slot = (k: number): Entry => {
    const [, base, offset] = /^\((\(l\d+>>>0\))\+(\d+)\)$/.exec(at.code) ?? [undefined, at.code, '0']
    const where = k === 0 ? at.code : `${base}+${Number(offset) + 4 * k}`
    const entry: Entry = {
      ...expr(`${view}.getInt32(${where},true)`, [at], true),
      f32: `${view}.getFloat32(${where},true)`,
    }
    if (k % 2 === 0) entry.f64 = `${view}.getFloat64(${where},true)`
    return entry
  }
  ops.push(V128, slot(0), slot(1), slot(2), slot(3))
}

/** Stores slot or lane `k` of a vector at the address in e. */
function storeSlot(e: VectorEmitter, view: string, type: ValType, s: Entry, k: number): string {
  const v = s.code
  if (type === F64X2) return `${view}.setFloat64(e+${8 * k},${v},true)`
  const int32 = (code: string) => `${view}.setInt32(e+${4 * k},${code},true)`
  if (type !== F32X4) return int32(v)
  const float = `${view}.setFloat32(e+${4 * k},${v},true)`
  return s.quiet === true ? float : `if(${v}===${v})${float};else ${int32(`${e.use('f32_to_bits')}(${v})`)}`
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
function laneAccess(e: VectorEmitter, op: Op): boolean {
  if (op < Op.v128_load8_lane || op > Op.v128_store64_lane) return false
  const { ops, r, line } = e
  r.memarg()
  const { memory } = r
  const size = 1 << rows[op]!.align
  // The lane stands behind the memory argument, and the vector above the address.
  const lane = r.byte()
  ops.simplify(1)
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
  pushShared(e, 0)
  return true
}

function splat(e: VectorEmitter, op: Op): boolean {
  if (op < Op.i8x16_splat || op > Op.f64x2_splat) return false
  const { ops } = e
  if (op === Op.i64x2_splat) {
    const [l, h] = ops.pop().slots as [Entry, Entry]
    assign(e, [l.code, h.code, 'v0', 'v1'])
    return true
  }
  if (op === Op.f32x4_splat || op === Op.f64x2_splat) {
    splatFloat(e, op === Op.f32x4_splat ? F32X4 : F64X2)
    return true
  }
  const a = ops.pop().slots[0]!
  const x = e.scratch('x')
  const [mask, every] =
    op === Op.i8x16_splat ? [255, 0x01010101] : op === Op.i16x8_splat ? [65535, 0x00010001] : [-1, 1]
  if (a.constant !== undefined) {
    const n = int(Math.imul(a.constant & mask, every))
    ops.push(V128, n, n, n, n)
    return true
  }
  const code = every === 1 ? a.code : `Math.imul(${a.code}&${mask},${every})`
  ops.pushCodes(V128, [x, x, x, x], `${x}=${code};`)
  return true
}

function extract(e: VectorEmitter, op: Op): boolean {
  const { ops, r } = e
  if (!/_extract_lane/.test(Op[op]!)) return false
  const lane = r.byte()
  if (op === Op.f32x4_extract_lane || op === Op.f64x2_extract_lane) {
    extractFloat(e, op === Op.f32x4_extract_lane ? F32X4 : F64X2, lane)
    return true
  }
  const { slots } = popSettled(e)
  const bits = 128 / rows[op]!.lanes
  const at = (lane * bits) >> 5
  const s = slots[at]!
  if (op === Op.i64x2_extract_lane) ops.push(I64, s, slots[at + 1]!)
  else if (op === Op.i32x4_extract_lane) ops.push(I32, s)
  else {
    const shift = (lane * bits) & 31
    const signed = op === Op.i8x16_extract_lane_s || op === Op.i16x8_extract_lane_s
    const code = signed ? `(${s.code}<<${32 - bits - shift}>>${32 - bits})` : `(${s.code}>>>${shift}&${2 ** bits - 1})`
    ops.push(I32, expr(code, [s]))
  }
  return true
}

function replace(e: VectorEmitter, op: Op): boolean {
  const { ops, r, line } = e
  if (!/_replace_lane/.test(Op[op]!)) return false
  const lane = r.byte()
  if (op === Op.f32x4_replace_lane && replaceFloat(e, F32X4, lane)) return true
  if (op === Op.f64x2_replace_lane && replaceFloat(e, F64X2, lane)) return true
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
  } else if (op === Op.f32x4_replace_lane) slots[at] = expr(`${e.use('f32_to_bits')}(${a.code})`, [a])
  else if (op === Op.i32x4_replace_lane) slots[at] = a
  else {
    const shift = (lane * bits) & 31
    const mask = 2 ** bits - 1
    const s = slots[at]!
    slots[at] = expr(`(${s.code}&${~(mask << shift)}|(${a.code}&${mask})<<${shift})`, [s, a])
  }
  // A replaced lane may stand above the others' heights, so all go into their variables now.
  assign(
    e,
    slots.map((s) => s.code),
  )
  return true
}

/** Pushes a vector whose slots may mention one another's variables: through temporaries, v0 first. */
function assign(e: MemoryEmitter, codes: readonly string[]): void {
  const temps = codes.map((_, k) => e.scratch(`v${k}`))
  e.line(temps.map((v, k) => `${v}=${codes[k]}`).join(';'))
  e.ops.pushCodes(V128, temps)
}

function shuffleOrCall(e: VectorEmitter, op: Op): boolean {
  const { ops, r, line } = e
  if (op === Op.i8x16_shuffle) {
    const lanes = [...r.take(16)]
    const slots = operands(e, 2).flatMap((v) => v.map((s) => s.code))
    assign(
      e,
      [0, 4, 8, 12].map((k) => shuffled(lanes.slice(k, k + 4), slots)),
    )
    return true
  }
  const row = rows[op]!
  const given = ops.take(row.params.length)
  put(e, ...given.filter((v) => v.type === V128).map((v) => v.slots))
  const count = given.find((v) => v.type === I32)
  line(`${e.use(Op[op]!)}(${e.use('VL')},${RESULT},0,${count ? count.slots[0]!.code : 4},8)`)
  pushShared(e, RESULT)
  return true
}
