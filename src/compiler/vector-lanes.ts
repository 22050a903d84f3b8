// Integer vector operators as JavaScript on int32 slots: lanes of 32 bits one by one, narrower ones side by side in a slot, without branches,
// because comparisons of data are not predictable (docs/rationale.md, "Vectors in lanes"). Each template is held against its function in numeric/ by a test.
// What has no template here is vector.ts's to call.
import { Op } from '../syntax/opcode.ts'

/**
 * One slot of the result: `code` after the statement `before`.
 * a, b are names or literals; x, y and z are scratch variables that hold nothing between slots.
 */
export interface Slot {
  before?: string
  code: string
  /** Where the result is lanes of ones and zeros of that many bits, and `code` is not the lanes themselves but what `of` says; `lanesOf` makes them of it. */
  mask?: { readonly of: MaskOf; readonly bits: 8 | 16 }
}
/** What tells lanes of ones and zeros: their top bits, or lanes of which those that are 0 stand for ones. */
export type MaskOf = 'tops' | 'zeros'
/** az and bz are bits of the operands that are known to be zero. */
export type SlotTemplate = (a: string, b: string, az: number, bz: number) => Slot
/** The four slots of the result from all those of the operands. */
export type VectorTemplate = (a: readonly string[], b: readonly string[]) => readonly string[]
/** The statement that is common to the slots of a shift by `n`, which is in x, and one slot. */
export interface ShiftTemplate {
  before: string
  slot: (a: string) => string
}

const op = (name: string): Op => Op[name as keyof typeof Op]
const slot =
  (code: (a: string, b: string) => string, before?: (a: string, b: string) => string): SlotTemplate =>
  (a, b) =>
    before === undefined ? { code: code(a, b) } : { before: before(a, b), code: code(a, b) }

/** Lanes of ones where the top bit of `m`, which has no others set, is set. */
const spread = (m: string, bits: 8 | 16): string => `(${m}|${m}-(${m}>>>${bits - 1}))`

/** The scratch variable of lanes that have not been evaluated yet: no statement has it, since one may stand between it and their evaluation. */
export const IN_LANES = 'u'

/** Lanes of ones and zeros, from a name of what tells them. */
export function lanesOf(name: string, of: MaskOf, bits: 8 | 16): string {
  return of === 'tops' ? spread(name, bits) : `(${IN_LANES}=${topsOfZeros(name, bits)},${spread(IN_LANES, bits)})`
}

/** The top bits of the lanes of `name` that are 0. */
export function topsOfZeros(name: string, bits: 8 | 16): string {
  const { top, nonZero } = narrow(bits)
  return `(${nonZero(name)}^${top})`
}

/** The lanes of `mask`, of which `top` are the top bits, and the constant `c`, in each lane the same; undefined where it is not. */
export function maskedConstant(tops: string, c: number, bits: 8 | 16): string | undefined {
  const { every, n } = narrow(bits)
  const lane = c & (2 ** bits - 1)
  if (Math.imul(lane, every) !== c || c === 0) return undefined
  const log = 31 - Math.clz32(lane)
  return lane === 1 << log ? (log === n ? tops : `(${tops}>>>${n - log})`) : `Math.imul(${tops}>>>${n},${lane})`
}

/** Constants and formulas for lanes of `bits` = 8 or 16 side by side. */
function narrow(bits: 8 | 16) {
  const every = bits === 8 ? 0x01010101 : 0x00010001
  const top = Math.imul(every, 1 << (bits - 1))
  const rest = ~top
  const n = bits - 1
  const ones = (m: string) => spread(m, bits)
  /** Whether every lane's top bit is known to be zero. */
  const positive = (zeros: number) => (zeros & top) === top
  const add = (a: string, b: string, az = 0, bz = 0): string =>
    positive(bz)
      ? `((${a}&${rest})+${b}^${a}&${top})`
      : positive(az)
        ? add(b, a, bz, az)
        : `((${a}&${rest})+(${b}&${rest})^(${a}^${b})&${top})`
  const sub = (a: string, b: string, _az = 0, bz = 0) =>
    positive(bz) ? `((${a}|${top})-${b}^~${a}&${top})` : `((${a}|${top})-(${b}&${rest})^~(${a}^${b})&${top})`
  /** Top bits where a ≥ b: with the same top bits where the rest of a is not less, else as the sign says. */
  const notLess = (a: string, b: string, sign: string, az = 0, bz = 0) => {
    const borrowless = `(${a}|${top})-(${positive(bz) ? b : `(${b}&${rest})`})`
    if (sign === 'u' && positive(bz)) return `((${a}|${borrowless})&${top})`
    if (sign === 'u' && positive(az)) return `(~${b}&${borrowless}&${top})`
    const [p, q] = sign === 'u' ? [a, `~${b}`] : [`~${a}`, b]
    return `((${p}&${q}|(${p}|${q})&${borrowless})&${top})`
  }
  /** Top bits where z is not 0. */
  const nonZero = (z: string) => `(((${z}&${rest})+${rest}|${z})&${top})`
  return { every, top, rest, n, ones, positive, add, sub, notLess, nonZero }
}

/** The operators that work on each slot by itself. */
export const BY_SLOT: Partial<Record<Op, SlotTemplate>> = {
  [Op.v128_not]: slot((a) => `~${a}`),
  [Op.v128_and]: slot((a, b) => `(${a}&${b})`),
  [Op.v128_andnot]: slot((a, b) => `(${a}&~${b})`),
  [Op.v128_or]: slot((a, b) => `(${a}|${b})`),
  [Op.v128_xor]: slot((a, b) => `(${a}^${b})`),
  [Op.i32x4_add]: slot((a, b) => `(${a}+${b}|0)`),
  [Op.i32x4_sub]: slot((a, b) => `(${a}-${b}|0)`),
  [Op.i32x4_mul]: slot((a, b) => `Math.imul(${a},${b})`),
  [Op.i32x4_neg]: slot((a) => `(0-${a}|0)`),
  [Op.i32x4_abs]: slot(
    (a) => `((${a}^x)-x|0)`,
    (a) => `x=${a}>>31`,
  ),
  [Op.i16x8_mul]: slot((a, b) => `(Math.imul(${a},${b})&65535|Math.imul(${a}>>>16,${b}>>>16)<<16)`),
  [Op.i32x4_dot_i16x8_s]: slot((a, b) => `(Math.imul(${a}<<16>>16,${b}<<16>>16)+Math.imul(${a}>>16,${b}>>16)|0)`),
  [Op.i16x8_extadd_pairwise_i8x16_u]: slot((a) => `((${a}&16711935)+(${a}>>>8&16711935))`),
  [Op.i16x8_extadd_pairwise_i8x16_s]: slot((a) => `((${a}<<24>>24)+(${a}<<16>>24)&65535|(${a}<<8>>24)+(${a}>>24)<<16)`),
  [Op.i32x4_extadd_pairwise_i16x8_u]: slot((a) => `((${a}&65535)+(${a}>>>16))`),
  [Op.i32x4_extadd_pairwise_i16x8_s]: slot((a) => `((${a}<<16>>16)+(${a}>>16))`),
  [Op.i8x16_popcnt]: slot(
    () => '(x+(x>>>4)&252645135)',
    (a) => `x=${a}-(${a}>>>1&1431655765)|0;x=(x&858993459)+(x>>>2&858993459)|0`,
  ),
  ...comparisons32(),
  ...narrowOperators(8),
  ...narrowOperators(16),
}

function comparisons32(): Partial<Record<Op, SlotTemplate>> {
  const difference = (a: string, b: string) => `x=${a}-${b}|0`
  const less: Record<string, (a: string, b: string) => string> = {
    s: (a, b) => `(x^(${a}^${b})&(x^${a}))>>31`,
    u: (a, b) => `(~${a}&${b}|~(${a}^${b})&x)>>31`,
  }
  const out: Partial<Record<Op, SlotTemplate>> = {
    [Op.i32x4_eq]: slot(
      () => '~((x|0-x)>>31)',
      (a, b) => `x=${a}^${b}`,
    ),
    [Op.i32x4_ne]: slot(
      () => '((x|0-x)>>31)',
      (a, b) => `x=${a}^${b}`,
    ),
  }
  for (const sign of ['s', 'u']) {
    const lt = less[sign]!
    out[op(`i32x4_lt_${sign}`)] = slot((a, b) => `(${lt(a, b)})`, difference)
    out[op(`i32x4_ge_${sign}`)] = slot((a, b) => `~(${lt(a, b)})`, difference)
    out[op(`i32x4_gt_${sign}`)] = slot(
      (a, b) => `(${lt(b, a)})`,
      (a, b) => difference(b, a),
    )
    out[op(`i32x4_le_${sign}`)] = slot(
      (a, b) => `~(${lt(b, a)})`,
      (a, b) => difference(b, a),
    )
    const chosen = (a: string, b: string) => `${difference(a, b)};x=${lt(a, b)}`
    out[op(`i32x4_min_${sign}`)] = slot((a, b) => `(${b}^(${a}^${b})&x)`, chosen)
    out[op(`i32x4_max_${sign}`)] = slot((a, b) => `(${a}^(${a}^${b})&x)`, chosen)
  }
  return out
}

function narrowOperators(bits: 8 | 16): Partial<Record<Op, SlotTemplate>> {
  const { every, top, rest, n, ones, positive, add, sub, notLess, nonZero } = narrow(bits)
  const out: Partial<Record<Op, SlotTemplate>> = {}
  const shape = bits === 8 ? 'i8x16' : 'i16x8'
  const set = (name: string, template: SlotTemplate) => {
    out[op(`${shape}_${name}`)] = template
  }
  set('add', (a, b, az, bz) => ({ code: add(a, b, az, bz) }))
  set('sub', (a, b, az, bz) => ({ code: sub(a, b, az, bz) }))
  set(
    'neg',
    slot((a) => `(${top}-(${a}&${rest})^~${a}&${top})`),
  )
  set(
    'abs',
    slot(
      (a) => `((x&${rest})+(${a}>>>${n}&${every})^x&${top})`,
      (a) => `x=${a}&${top};x=${a}^${ones('x')}`,
    ),
  )
  set(
    'avgr_u',
    slot((a, b) => `((${a}|${b})-((${a}^${b})>>>1&${rest})|0)`),
  )
  set('add_sat_u', (a, b, az, bz) => {
    // A carry comes out where both top bits are set, or one is and the sum's is not.
    const carry = positive(bz) ? `${a}&~y` : positive(az) ? `${b}&~y` : `(${a}&${b}|(${a}|${b})&~y)`
    return { before: `y=${add(a, b, az, bz)};x=${carry}&${top}`, code: `(y|${ones('x')})` }
  })
  set('sub_sat_u', (a, b, az, bz) => {
    const borrow = positive(bz) ? `~${a}&y` : `(~${a}&${b}|~(${a}^${b})&y)`
    return { before: `y=${sub(a, b, az, bz)};x=${borrow}&${top}`, code: `(y&~${ones('x')})` }
  })
  const saturated = (a: string) => `(y&~x|(${a}>>>${n}&${every})+${rest}&x)`
  set(
    'add_sat_s',
    slot(
      (a) => saturated(a),
      (a, b) => `y=${add(a, b)};x=~(${a}^${b})&(${a}^y)&${top};x=${ones('x')}`,
    ),
  )
  set(
    'sub_sat_s',
    slot(
      (a) => saturated(a),
      (a, b) => `y=${sub(a, b)};x=(${a}^${b})&(${a}^y)&${top};x=${ones('x')}`,
    ),
  )
  const mask = (code: string): Slot => ({ code, mask: { of: 'tops', bits } })
  set('eq', (a, b) => ({ code: `${a}^${b}`, mask: { of: 'zeros', bits } }))
  set('ne', (a, b) => ({ before: `x=${a}^${b}`, ...mask(nonZero('x')) }))
  for (const sign of ['s', 'u']) {
    set(`ge_${sign}`, (a, b, az, bz) => mask(notLess(a, b, sign, az, bz)))
    set(`lt_${sign}`, (a, b, az, bz) => mask(`${notLess(a, b, sign, az, bz)}^${top}`))
    set(`le_${sign}`, (a, b, az, bz) => mask(notLess(b, a, sign, bz, az)))
    set(`gt_${sign}`, (a, b, az, bz) => mask(`${notLess(b, a, sign, bz, az)}^${top}`))
    const chosen = (kept: 'a' | 'b') => (a: string, b: string, az: number, bz: number) => ({
      before: `x=${notLess(a, b, sign, az, bz)}`,
      code: `(${kept === 'a' ? a : b}^(${a}^${b})&${ones('x')})`,
    })
    set(`min_${sign}`, chosen('a'))
    set(`max_${sign}`, chosen('b'))
  }
  return out
}

const shiftsOf = (bits: 8 | 16 | 32): Partial<Record<Op, ShiftTemplate>> => {
  const shape = bits === 8 ? 'i8x16' : bits === 16 ? 'i16x8' : 'i32x4'
  const [shl, shrS, shrU] = ['shl', 'shr_s', 'shr_u'].map((name) => op(`${shape}_${name}`)) as [Op, Op, Op]
  if (bits === 32)
    return {
      [shl]: { before: '', slot: (a: string) => `(${a}<<x)` },
      [shrS]: { before: '', slot: (a: string) => `(${a}>>x)` },
      [shrU]: { before: '', slot: (a: string) => `(${a}>>>x|0)` },
    }
  const { every, top, ones } = narrow(bits)
  const full = 2 ** bits - 1
  const kept = `x&=${bits - 1};y=Math.imul(${full}>>>x,${every})`
  return {
    [shl]: { before: `x&=${bits - 1};y=Math.imul(${full}<<x&${full},${every})`, slot: (a: string) => `(${a}<<x&y)` },
    [shrU]: { before: kept, slot: (a: string) => `(${a}>>>x&y)` },
    [shrS]: { before: kept, slot: (a: string) => `(z=${a}&${top},${a}>>>x&y|${ones('z')}&~y)` },
  }
}
/** Shifts of all lanes by the same number, which is in x. */
export const SHIFTS: Partial<Record<Op, ShiftTemplate>> = { ...shiftsOf(8), ...shiftsOf(16), ...shiftsOf(32) }

interface ToI32 {
  cond?: true
  code: (a: readonly string[]) => string
  /** The same of lanes of ones and zeros, from what tells them: of that many bits, where it is not right for any. */
  ofMask?: { bits?: 8 | 16; code: (a: readonly string[], of: MaskOf, bits: 8 | 16) => string }
  /** How many bits of the result are set. */
  count?: (a: readonly string[], of?: MaskOf) => string
}

/** The operators that give an i32, from all slots: as a condition where they give 0 or 1. */
export const TO_I32: Partial<Record<Op, ToI32>> = {
  [Op.v128_any_true]: {
    cond: true,
    code: (a) => `(${a.join('|')})!==0`,
    ofMask: { code: (a, of, bits) => (of === 'tops' ? `(${a.join('|')})!==0` : anyZero(bits, a)) },
  },
  [Op.i8x16_all_true]: { cond: true, code: (a) => allTrue(8, a) },
  [Op.i16x8_all_true]: { cond: true, code: (a) => allTrue(16, a) },
  [Op.i32x4_all_true]: { cond: true, code: (a) => `(${a.map((s) => `${s}!==0`).join('&&')})` },
  [Op.i64x2_all_true]: { cond: true, code: ([a, b, c, d]) => `((${a}|${b})!==0&&(${c}|${d})!==0)` },
  [Op.i8x16_bitmask]: {
    code: (a) => bytesMask(a.map((s) => `(${s}&-2139062144)`)),
    ofMask: { bits: 8, code: (a, of) => bytesMask(of === 'tops' ? a : a.map((s) => topsOfZeros(s, 8))) },
    count: (a, of) => countOf(8, a, of),
  },
  [Op.i16x8_bitmask]: {
    code: (a) => `(${a.map((s, k) => `(${s}>>>15&1|${s}>>>30&2)<<${2 * k}`).join('|')})`,
    count: (a) => countOf(16, a),
  },
  [Op.i32x4_bitmask]: {
    code: (a) => `(${a.map((s, k) => `${s}>>>31<<${k}`).join('|')})`,
    count: (a) => `(${a.map((s) => `(${s}>>>31)`).join('+')})`,
  },
  [Op.i64x2_bitmask]: { code: (a) => `(${a[1]}>>>31|${a[3]}>>>31<<1)` },
}

/** Whether any lane is 0: subtracting 1 borrows first from the lowest that is. */
function anyZero(bits: 8 | 16, a: readonly string[]): string {
  const { every, top } = narrow(bits)
  return `((${a.map((s) => `${s}-${every}&~${s}`).join('|')})&${top})!==0`
}

/** How many top bits are set, or lanes are 0: the bits of all slots are added side by side, then a multiplication adds those of all lanes. */
function countOf(bits: 8 | 16, a: readonly string[], of?: MaskOf): string {
  const { every, n, rest } = narrow(bits)
  const ones = (s: string) =>
    of === 'tops'
      ? `(${s}>>>${n})`
      : of === 'zeros'
        ? `(((${s}&${rest})+${rest}|${s})>>>${n}&${every})`
        : `(${s}>>>${n}&${every})`
  const sum = `(Math.imul(${a.map(ones).join('+')},${every})>>>${32 - bits})`
  return of === 'zeros' ? `(${128 / bits}-${sum})` : sum
}

/** The top bits of 16 bytes, next to each other: a multiplication gathers those of two slots, and no two of its partial products meet. */
function bytesMask([a, b, c, d]: readonly string[]): string {
  const eight = (s: string, t: string) => `(Math.imul(${s}>>>7|${t}>>>3,2113665)>>>21&255)`
  return `(${eight(a!, b!)}|${eight(c!, d!)}<<8)`
}

function allTrue(bits: 8 | 16, a: readonly string[]): string {
  const { top, nonZero } = narrow(bits)
  return `(${a.map((s) => nonZero(s)).join('&')})===${top}`
}

/** The two slots of a that the low or the high half of its lanes are in. */
const half = (a: readonly string[], high: boolean) => (high ? a.slice(2) : a.slice(0, 2)) as [string, string]
/** Lane k of 8 or 16 bits of the slot. */
const lane = (s: string, bits: number, k: number, sign: string) =>
  sign === 's' ? `(${s}<<${32 - bits - k * bits}>>${32 - bits})` : `(${s}>>>${k * bits}&${2 ** bits - 1})`

/** The operators that move lanes between slots. */
export const BY_VECTOR: Partial<Record<Op, VectorTemplate>> = {
  ...widening(),
  [Op.i64x2_extend_low_i32x4_s]: (a) => [a[0]!, `${a[0]}>>31`, a[1]!, `${a[1]}>>31`],
  [Op.i64x2_extend_high_i32x4_s]: (a) => [a[2]!, `${a[2]}>>31`, a[3]!, `${a[3]}>>31`],
  [Op.i64x2_extend_low_i32x4_u]: (a) => [a[0]!, '0', a[1]!, '0'],
  [Op.i64x2_extend_high_i32x4_u]: (a) => [a[2]!, '0', a[3]!, '0'],
  [Op.i64x2_add]: (a, b) => [0, 2].flatMap((k) => sum64(a.slice(k), b.slice(k))),
  [Op.i64x2_sub]: (a, b) => [0, 2].flatMap((k) => difference64(a.slice(k), b.slice(k))),
  [Op.i64x2_eq]: (a, b) => [0, 2].flatMap((k) => twice(`~${differs64(a.slice(k), b.slice(k))}`)),
  [Op.i64x2_ne]: (a, b) => [0, 2].flatMap((k) => twice(differs64(a.slice(k), b.slice(k)))),
}

const twice = (code: string) => [code, code]
const sum64 = ([al, ah]: readonly string[], [bl, bh]: readonly string[]) => [
  `${al}+${bl}|0`,
  `${ah}+${bh}+ +((${al}+${bl}>>>0)<(${al}>>>0))|0`,
]
const difference64 = ([al, ah]: readonly string[], [bl, bh]: readonly string[]) => [
  `${al}-${bl}|0`,
  `${ah}-${bh}- +((${al}>>>0)<(${bl}>>>0))|0`,
]
const differs64 = ([al, ah]: readonly string[], [bl, bh]: readonly string[]) =>
  `((x=${al}^${bl}|${ah}^${bh},x|0-x)>>31)`

/** Extensions and extended multiplications of lanes of 8 and 16 bits. */
function widening(): Partial<Record<Op, VectorTemplate>> {
  const out: Partial<Record<Op, VectorTemplate>> = {}
  for (const high of [false, true])
    for (const sign of ['s', 'u']) {
      const end = `${high ? 'high' : 'low'}_`
      out[op(`i32x4_extend_${end}i16x8_${sign}`)] = (a) =>
        half(a, high).flatMap((s) => [lane(s, 16, 0, sign), lane(s, 16, 1, sign)])
      out[op(`i16x8_extend_${end}i8x16_${sign}`)] = (a) =>
        half(a, high).flatMap((s) => [0, 2].map((k) => `${lane(s, 8, k, sign)}&65535|${lane(s, 8, k + 1, sign)}<<16`))
      const product = (s: string, t: string, bits: number, k: number) =>
        `Math.imul(${lane(s, bits, k, sign)},${lane(t, bits, k, sign)})`
      out[op(`i32x4_extmul_${end}i16x8_${sign}`)] = (a, b) =>
        half(a, high).flatMap((s, j) => [0, 1].map((k) => product(s, half(b, high)[j]!, 16, k)))
      out[op(`i16x8_extmul_${end}i8x16_${sign}`)] = (a, b) =>
        half(a, high).flatMap((s, j) =>
          [0, 2].map(
            (k) => `${product(s, half(b, high)[j]!, 8, k)}&65535|${product(s, half(b, high)[j]!, 8, k + 1)}<<16`,
          ),
        )
    }
  return out
}

/** A slot of a shuffle's result: bytes of the operands' eight slots, those that move together taken together. */
export function shuffled(lanes: readonly number[], slots: readonly string[]): string {
  const moves = new Map<string, { from: number; shift: number; mask: number }>()
  lanes.forEach((lane, k) => {
    const from = lane >> 2
    const shift = 8 * (k - (lane & 3))
    const key = `${from} ${shift}`
    const move = moves.get(key) ?? { from, shift, mask: 0 }
    move.mask |= 0xff << (8 * k)
    moves.set(key, move)
  })
  const parts = [...moves.values()].map(({ from, shift, mask }) => {
    const s = slots[from]!
    const moved = shift === 0 ? s : shift > 0 ? `${s}<<${shift}` : `${s}>>>${-shift}`
    const whole = shift === 0 ? -1 : shift > 0 ? -1 << shift : -1 >>> -shift
    return mask === (whole | 0) ? moved : `${moved}&${mask}`
  })
  return parts.join('|')
}
