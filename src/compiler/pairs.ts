// i64 operators on pairs of int32 halves, as JavaScript templates. A half that is known (a constant, most often the zero above an unsigned 32-bit
// value) is folded away. What is not worth inlining is left to inline.ts, which calls numeric/i64.ts.
import { Op } from '../syntax/opcode.ts'
import { I32, I64 } from '../syntax/types.ts'
import type { Emitter } from './inline.ts'
import { condition, type Entry, expr, int, unsigned } from './operands.ts'

/** Compiles an i64 operator; false if `op` isn't one or has no template. */
export function pairOperator(e: Emitter, op: Op): boolean {
  return compare(e, op) || bitwise(e, op) || shift(e, op) || arithmetic(e, op) || unary(e, op)
}

/** Pops two pairs whose halves are simple. */
function popPairs({ ops }: Emitter): [Entry, Entry, Entry, Entry] {
  ops.simplify(2)
  const [a, b] = ops.take(2)
  return [a!.slots[0]!, a!.slots[1]!, b!.slots[0]!, b!.slots[1]!]
}

// Comparisons

const STRICT: Partial<Record<Op, readonly [high: string, low: string, signed: boolean]>> = {
  [Op.i64_lt_s]: ['<', '<', true],
  [Op.i64_gt_s]: ['>', '>', true],
  [Op.i64_le_s]: ['<', '<=', true],
  [Op.i64_ge_s]: ['>', '>=', true],
  [Op.i64_lt_u]: ['<', '<', false],
  [Op.i64_gt_u]: ['>', '>', false],
  [Op.i64_le_u]: ['<', '<=', false],
  [Op.i64_ge_u]: ['>', '>=', false],
}

function compare(e: Emitter, op: Op): boolean {
  const order = STRICT[op]
  if (order === undefined && op !== Op.i64_eq && op !== Op.i64_ne) return false
  const pairs = popPairs(e)
  e.ops.push(I32, condition(order === undefined ? equal(op, pairs) : ordered(order, pairs), pairs))
  return true
}

function equal(op: Op, [al, ah, bl, bh]: readonly Entry[]): string {
  const [o, join] = op === Op.i64_eq ? ['===', '&&'] : ['!==', '||']
  const low = `${al!.code}${o}${bl!.code}`
  return ah!.code === bh!.code ? low : `(${low}${join}${ah!.code}${o}${bh!.code})`
}

function ordered([high, low, signed]: readonly [string, string, boolean], pairs: readonly Entry[]): string {
  const [al, ah, bl, bh] = pairs as [Entry, Entry, Entry, Entry]
  const lows = `${unsigned(al)}${low}${unsigned(bl)}`
  if (ah.code === bh.code) return lows
  const highs = signed ? `${ah.code}${high}${bh.code}` : `${unsigned(ah)}${high}${unsigned(bh)}`
  return `(${highs}||${ah.code}===${bh.code}&&${lows})`
}

// Bits

const BITWISE: Partial<Record<Op, string>> = { [Op.i64_and]: '&', [Op.i64_or]: '|', [Op.i64_xor]: '^' }

function bitwise({ ops }: Emitter, op: Op): boolean {
  const o = BITWISE[op]
  if (o === undefined) return false
  const [a, b] = ops.take(2).map((v) => v.slots)
  ops.push(I64, half(o, a![0]!, b![0]!), half(o, a![1]!, b![1]!))
  return true
}

/** A bitwise operator on one half. */
function half(o: string, a: Entry, b: Entry): Entry {
  if (a.constant !== undefined && b.constant !== undefined)
    return int(o === '&' ? a.constant & b.constant : o === '|' ? a.constant | b.constant : a.constant ^ b.constant)
  const [k, other] = a.constant === undefined ? [b.constant, a] : [a.constant, b]
  if (k === 0 && o === '&' && !other.effect) return int(0)
  if (k === (o === '&' ? -1 : 0)) return other
  return expr(`(${a.code}${o}${b.code})`, [a, b])
}

/** `high`'s bits from `n` below its lowest, then `low`'s highest: one half of a shifted pair, 0 < n < 32. */
function funnel(high: Entry, low: Entry, n: number): Entry {
  const left = shifted(high, '<<', n)
  const right = shifted(low, '>>>', 32 - n)
  if (left.constant === 0) return right
  if (right.constant === 0) return left
  return expr(`(${high.code}<<${n}|${low.code}>>>${32 - n})`, [high, low])
}

function shifted(e: Entry, o: '<<' | '>>' | '>>>', n: number): Entry {
  if (n === 0) return e
  if (e.constant === undefined) return expr(`(${e.code}${o}${n}${o === '>>>' ? '|0' : ''})`, [e])
  return int((o === '<<' ? e.constant << n : o === '>>' ? e.constant >> n : e.constant >>> n) | 0)
}

/** Shifts and rotations by constants. */
function shift({ ops }: Emitter, op: Op): boolean {
  if (op < Op.i64_shl || op > Op.i64_rotr) return false
  const count = ops.values[ops.values.length - 1]!.slots[0]!.constant
  if (count === undefined) return false
  ops.pop()
  ops.simplify(1)
  const [l, h] = ops.pop().slots as [Entry, Entry]
  ops.push(I64, ...shiftedPair(op, l, h, count & 63))
  return true
}

function shiftedPair(op: Op, l: Entry, h: Entry, n: number): [Entry, Entry] {
  if (n === 0) return [l, h]
  switch (op) {
    case Op.i64_shl:
      return n >= 32 ? [int(0), shifted(l, '<<', n - 32)] : [shifted(l, '<<', n), funnel(h, l, n)]
    case Op.i64_shr_s:
    case Op.i64_shr_u: {
      const o = op === Op.i64_shr_s ? '>>' : '>>>'
      if (n >= 32) return [shifted(h, o, n - 32), op === Op.i64_shr_s ? shifted(h, '>>', 31) : int(0)]
      return [funnel(h, l, 32 - n), shifted(h, o, n)]
    }
    default: {
      const left = op === Op.i64_rotl ? n : 64 - n
      const [lo, hi] = left >= 32 ? [h, l] : [l, h]
      const k = left & 31
      return k === 0 ? [lo, hi] : [funnel(lo, hi, k), funnel(hi, lo, k)]
    }
  }
}

// Arithmetic

function arithmetic(e: Emitter, op: Op): boolean {
  if (op !== Op.i64_add && op !== Op.i64_sub && op !== Op.i64_mul) return false
  const { ops, line } = e
  const pairs = popPairs(e)
  // Constants to the right, where there is an order to choose.
  if (op !== Op.i64_sub && pairs[0].constant !== undefined) pairs.push(pairs.shift()!, pairs.shift()!)
  const [al, ah, bl, bh] = pairs
  const [vl, vh] = ops.pushVariables(I64)
  const x = pairs.some((p) => p.code === vl) ? e.scratch('x') : vl!
  if (op === Op.i64_mul) {
    line(`${x}=Math.imul(${al.code},${bl.code})`)
    line(`${vh}=${sum([highProduct(al, bl, x), cross(al, bh), cross(bl, ah)])}`)
  } else {
    const add = op === Op.i64_add
    const sign = add ? '+' : '-'
    const carry = add
      ? `(${x}>>>0)<${unsigned(bl.constant === undefined ? al : bl)}`
      : `${unsigned(al)}<${unsigned(bl)}`
    line(`${x}=${al.code}${sign}${bl.code}|0`)
    const terms = bh.constant === 0 ? ah.code : `${ah.code}${sign}${bh.code}`
    line(`${vh}=${terms}${bl.constant === 0 ? '' : `${sign} +(${carry})`}|0`)
  }
  if (x !== vl) line(`${vl}=${x}`)
  return true
}

const sum = (terms: readonly string[]): string => {
  const some = terms.filter((t) => t !== '')
  return some.length === 0 ? '0' : some.length === 1 ? some[0]! : `${some.join('+')}|0`
}

const cross = (a: Entry, b: Entry): string =>
  a.constant === 0 || b.constant === 0
    ? ''
    : b.constant === 1
      ? a.code
      : a.constant === 1
        ? b.code
        : `Math.imul(${a.code},${b.code})`

/**
 * The high word of the unsigned product of two words, of which `low` is the low one: the product as a double is off by less than 2^12, so rounding mends
 * what is left after subtracting; below 2^53 it is exact.
 */
function highProduct(a: Entry, b: Entry, low: string): string {
  const k = b.constant
  if (k === 0 || k === 1) return ''
  if (k !== undefined && k >>> 0 < 2 ** 21) return `(${unsigned(a)}*${(k >>> 0) * 2 ** -32}|0)`
  return `((${unsigned(a)}*${unsigned(b)}-(${low}>>>0))*${2 ** -32}+0.5|0)`
}

// One operand

function unary({ ops }: Emitter, op: Op): boolean {
  switch (op) {
    case Op.i64_eqz: {
      const [l, h] = ops.pop().slots as [Entry, Entry]
      ops.push(I32, condition(h.constant === 0 ? `${l.code}===0` : `(${l.code}|${h.code})===0`, [l, h]))
      return true
    }
    case Op.i64_clz: {
      ops.simplify(1)
      const [l, h] = ops.pop().slots as [Entry, Entry]
      ops.push(I64, expr(`(${h.code}===0?32+Math.clz32(${l.code}):Math.clz32(${h.code}))`, [l, h]), int(0))
      return true
    }
    case Op.i64_extend8_s:
    case Op.i64_extend16_s:
    case Op.i64_extend32_s: {
      const n = op === Op.i64_extend8_s ? 24 : op === Op.i64_extend16_s ? 16 : 0
      ops.simplify(1)
      const l = ops.pop().slots[0]!
      const low = n === 0 ? l : expr(`(${l.code}<<${n}>>${n})`, [l])
      ops.push(I64, low, n === 0 ? shifted(l, '>>', 31) : expr(`(${l.code}<<${n}>>31)`, [l]))
      return true
    }
  }
  return false
}
