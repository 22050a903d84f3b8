// Expressions of a wanted type, as folded text. What the instruction table types is generated from its rows; the polymorphic instructions have arms.
import { ADDR, type Row, rows } from '../../src/syntax/instructions.ts'
import { Op } from '../../src/syntax/opcode.ts'
import { F32, F64, I32, I64, V128, type ValType } from '../../src/syntax/types.ts'
import { legacyTry, tryTable } from './exceptions.ts'
import { element, references } from './references.ts'
import { HOST_ENTRY, isReference, type Memory, type Shape, zero } from './shape.ts'
import type { Tape } from './tape.ts'

export interface Label {
  name: string
  /** What a branch to it takes. */
  types: readonly string[]
  /** Whether it is a legacy try whose catch clause this is in. */
  caught?: boolean
}

export const withLabel = (s: Scope, label: Label): Scope => ({ ...s, labels: [...s.labels, label] })

export interface Scope {
  t: Tape
  shape: Shape
  labels: readonly Label[]
  results: readonly string[]
  /** How deep expressions and statements may still nest. */
  depth: number
  fresh: () => number
  statements: (s: Scope, count: number) => string
}

export const nameOf = (v: ValType): string =>
  v === I32 ? 'i32' : v === I64 ? 'i64' : v === F32 ? 'f32' : v === F64 ? 'f64' : v === V128 ? 'v128' : String(v)

const byResult = new Map<string, Row[]>()
export const withoutResult: Row[] = []
for (const row of rows) {
  if (row === undefined || row.poly || row.op === Op.nop) continue
  if (row.results.length === 0) withoutResult.push(row)
  if (row.results.length !== 1) continue
  const key = row.results[0] === ADDR ? 'address' : nameOf(row.results[0]!)
  byResult.set(key, [...(byResult.get(key) ?? []), row])
}
/** Rows with two results: 128-bit arithmetic. */
export const withTwoResults = rows.filter((r): r is Row => r !== undefined && !r.poly && r.results.length === 2)

export const deeper = (s: Scope): Scope => ({ ...s, depth: s.depth - 1 })

export function expr(s: Scope, type: string): string {
  const { t } = s
  if (s.depth <= 0 || t.spent) return leaf(s, type)
  const d = deeper(s)
  switch (t.below(8)) {
    case 0:
      return leaf(s, type)
    case 1:
      return control(d, type)
    case 2:
      return variable(d, type)
    default:
      return isReference(type) ? references(d, type) : operator(d, type)
  }
}

function leaf({ t, shape }: Scope, type: string): string {
  const k = shape.types.indexOf(type)
  if (!t.spent && k >= 0 && t.below(3) > 0) return t.below(2) === 0 ? `(local.get $l${k})` : `(global.get $g${k})`
  return constant(t, type)
}

const I32S = [0, 1, -1, 2, 7, 31, 32, 255, 256, 65535, 0x7fffffff, -0x80000000, -128, 0x12345678]
const I64S = [
  '0',
  '1',
  '-1',
  '32',
  '63',
  '64',
  '4294967295',
  '4294967296',
  '-4294967296',
  '9223372036854775807',
  '-9223372036854775808',
  '0x123456789abcdef',
]
const FLOATS = [
  '0',
  '-0',
  '1',
  '-1',
  '0.5',
  '1.5',
  '2.5',
  '-2.5',
  '3.4e38',
  '1e-40',
  '2147483647',
  '-2147483648.5',
  '4294967295.5',
  '1e19',
  'inf',
  '-inf',
  'nan',
  '-nan',
  'nan:0x200001',
  '-nan:0x400007',
  '1e-45',
  '16777217',
]

export function constant(t: Tape, type: string): string {
  if (isReference(type)) return zero(type)
  if (type === 'i32') return `(i32.const ${t.below(3) > 0 ? t.pick(I32S) : t.u32() | 0})`
  if (type === 'i64')
    return `(i64.const ${t.below(3) > 0 ? t.pick(I64S) : BigInt.asIntN(64, BigInt(t.u32()) * 4294967311n)})`
  if (type === 'v128') return `(v128.const i32x4 ${[0, 1, 2, 3].map(() => t.u32() | 0).join(' ')})`
  return `(${type}.const ${t.pick(FLOATS)})`
}

function variable(s: Scope, type: string): string {
  const k = s.shape.types.indexOf(type)
  if (k < 0) return leaf(s, type)
  return s.t.below(3) === 0 ? `(local.tee $l${k} ${expr(s, type)})` : leaf(s, type)
}

/** An operator, or another instruction that the table types, with a result of this number type. */
function operator(s: Scope, type: string): string {
  const { t, shape } = s
  if (type === 'i32' && t.below(5) === 0) return references(s, type)
  if (shape.features.has('gc') && t.below(8) === 0) return element(s, type)
  if (t.below(40) === 39) {
    const memories = shape.memories.filter((m) => m.address === type)
    if (memories.length > 0) return plain(s, t.pick(byResult.get('address')!), t.pick(memories))
  }
  const known = byResult.get(type)!.filter((r) => shape.features.has(r.feature))
  return plain(s, t.pick(known))
}

/** An instruction that the table types, with operands. */
export function plain(s: Scope, row: Row, memory = s.t.pick(s.shape.memories)): string {
  const words = [row.name, ...row.imms.map((imm) => immediate(s, row, imm, memory))]
  const operands = row.params.map((p, k) => operand(s, row, p, k, memory))
  const text = `(${[...words, ...operands].filter((w) => w !== '').join(' ')})`
  if (!row.nan || s.shape.deterministic) return text
  if (row.results[0] === V128) {
    const nan = row.name.startsWith('f32') ? 'f32x4' : 'f64x2'
    const splat = nan === 'f32x4' ? 'f32x4 nan nan nan nan' : 'f64x2 nan nan'
    return `(v128.bitselect (local.tee $nv128 ${text}) (v128.const ${splat}) (${nan}.eq (local.get $nv128) (local.get $nv128)))`
  }
  const n = nameOf(row.results[0]!)
  return `(select (local.tee $n${n} ${text}) (${n}.const nan) (${n}.eq (local.get $n${n}) (local.get $n${n})))`
}

function immediate(s: Scope, row: Row, imm: string, memory: Memory): string {
  const { t } = s
  switch (imm) {
    case 'memarg':
      return `${memory.name} ${offset(t, row, memory)}`
    case 'memory':
      return memory.name
    case 'lane':
      return String(t.below(row.lanes))
    case 'lanes16':
      return Array.from({ length: 16 }, () => t.below(32)).join(' ')
    case 'v128':
      return `i32x4 ${[0, 1, 2, 3].map(() => t.u32() | 0).join(' ')}`
    case 'data':
      return t.pick(['$d0', '$d1'])
    case 'elem':
      return t.pick(['$el0', '$elx'])
    case 'zero':
      return ''
    default:
      return constant(t, imm).split(' ')[1]!.slice(0, -1)
  }
}

const FAR = ['65528', '65536', '2147483648', '4294967288']
const FARTHER = ['4294967296', '9007199254740992', '18446744073709551608']

/** A load's or store's offset: none, small, or seldom one beyond the memory. */
function offset(t: Tape, row: Row, memory: Memory): string {
  const k = t.below(48)
  if (k === 47) return `offset=${t.pick(memory.address === 'i64' ? [...FAR, ...FARTHER] : FAR)}`
  return k < 16 ? `offset=${row.feature === 'threads' ? 8 * t.below(9) : t.below(70)}` : ''
}

function operand(s: Scope, row: Row, p: ValType, k: number, memory: Memory): string {
  const { t } = s
  const type = p === ADDR ? memory.address : nameOf(p)
  // What is waited for never comes: not at all, or not for long.
  if (/atomic\.wait/.test(row.name) && k === 2) return '(i64.const 0)'
  if (row.name === 'memory.grow') return `(${type}.and ${expr(s, type)} (${type}.const 1))`
  if (p === ADDR) return address(s, type, row.feature === 'threads' && t.below(8) > 0 ? 0x78 : 0xff)
  if (/(div|rem)_[su]$/.test(row.name) && k === 1 && t.below(6) > 0)
    return `(${type}.or ${expr(s, type)} (${type}.const 1))`
  if (/^i\d+\.trunc_f/.test(row.name) && t.below(6) > 0) return `(${type}.convert_i32_s ${expr(s, 'i32')})`
  if (row.name === 'memory.fill' && k === 2) return address(s, type, 0x3f)
  return s.shape.deterministic ? expr(s, type) : determined(row.name, k, expr(s, type))
}

/** An operand of a relaxed instruction so changed that the specification leaves one result, the same on every host. */
function determined(name: string, k: number, x: string): string {
  const [, lanes, op] = /^(\w+)\.relaxed_(\w+)/.exec(name) ?? []
  const and = (mask: number) => `(v128.and ${x} (v128.const i32x4 ${Array(4).fill(mask).join(' ')}))`
  const whole = (from: string, sign: string, shift: number) =>
    `(${from === 'f32x4' ? 'f32x4.convert_i32x4' : 'f64x2.convert_low_i32x4'}_${sign} (i32x4.shr_${sign} ${x} (i32.const ${shift})))`
  if (op === undefined) return x
  if (op === 'swizzle') return k === 1 ? and(0x8f8f8f8f) : x
  if (op === 'laneselect') return k === 2 ? `(${lanes}.shr_s ${x} (i32.const -1))` : x
  if (op === 'q15mulr_s') return k === 0 ? and(0x7fff7fff) : x
  if (op.startsWith('dot')) return k === 1 ? and(0x7f7f7f7f) : x
  const trunc = /^trunc_(\w+)_([su])/.exec(op)
  if (trunc !== null) return whole(trunc[1]!, trunc[2]!, 4)
  // Minima, maxima and products that are exact, of numbers of which none is a NaN or -0.
  return whole(lanes!, 's', 20)
}

/** An address or length, most often small. */
export function address(s: Scope, type: string, mask: number): string {
  if (s.t.below(16) === 15) return expr(s, type)
  return `(${type}.and ${expr(s, type)} (${type}.const ${mask}))`
}

/** Control instructions and calls with one result of this type. */
function control(s: Scope, type: string): string {
  const { t, shape } = s
  const label = `$b${s.fresh()}`
  const inner = withLabel(s, { name: label, types: [type] })
  switch (t.below(10)) {
    case 0:
      return isReference(type)
        ? `(select (result ${type}) ${expr(s, type)} ${expr(s, type)} ${expr(s, 'i32')})`
        : `(select ${expr(s, type)} ${expr(s, type)} ${expr(s, 'i32')})`
    case 1:
      return `(block ${label} (result ${type}) ${s.statements(inner, t.below(2))} (drop (br_if ${label} ${expr(s, type)} ${expr(s, 'i32')})) ${expr(inner, type)})`
    case 2:
      return `(if (result ${type}) ${expr(s, 'i32')} (then ${s.statements(s, t.below(2))} ${expr(s, type)}) (else ${expr(s, type)}))`
    case 3:
      return `(loop ${label} (result ${type}) ${s.statements(s, 1 + t.below(2))} (br_if ${label} (i32.and (call $tick) ${expr(s, 'i32')})) ${expr(s, type)})`
    case 4:
      return type === 'i64' ? host(s) : call(s, type)
    case 5:
      return call(s, type)
    case 6:
      return shape.features.has('exceptions') ? tryTable(s, label, type) : leaf(s, type)
    case 7:
      return shape.features.has('legacy-exceptions') ? legacyTry(s, label, type) : leaf(s, type)
    case 8:
      // What stands behind a branch is never reached, and has any operands.
      return `(block ${label} (result ${type}) (br ${label} ${expr(s, type)}) ${t.below(2) === 0 ? expr(inner, type) : t.pick(['', '(drop)', '(select)', 'unreachable', `(br ${label})`])})`
    default:
      return `(block ${label} (result ${type}) (br_table ${[label, ...targets(s, [type])].join(' ')} ${label} ${expr(s, type)} ${expr(s, 'i32')}))`
  }
}

/** Enclosing labels that take these types. */
export const targets = (s: Scope, types: readonly string[]): string[] =>
  s.labels.filter((l) => l.types.length === types.length && l.types.every((x, k) => x === types[k])).map((l) => l.name)

/** A call of the host: of the import, or through the table. */
function host(s: Scope): string {
  const args = `${expr(s, 'i32')} ${expr(s, 'f64')} ${expr(s, 'i64')}`
  if (s.t.below(3) > 0) return `(call $h ${args})`
  return `(call_indirect $t0 (param i32 f64 i64) (result i64) ${args} (i32.const ${HOST_ENTRY}))`
}

function call(s: Scope, type: string): string {
  const { t, shape } = s
  const fits = shape.functions.filter((f) => f.results.length === 1 && f.results[0] === type)
  if (type === 'i32' && t.below(2) === 0) return sig0(s)
  if (fits.length === 0) return leaf(s, type)
  const f = t.pick(fits)
  const args = f.params.map((p) => expr(s, p)).join(' ')
  const index = 2 + Number(f.name.slice(2))
  if (t.below(2) === 0) return `(call ${f.name} ${args})`
  if (shape.features.has('function-references') && t.below(2) === 0)
    return `(call_ref $sig${f.name.slice(2)}f ${args} (ref.func ${f.name}))`
  return `(call_indirect $t0 (type $sig${f.name.slice(2)}f) ${args} (i32.const ${index}))`
}

/** A call of type i32 to i32 through a table or a reference. */
function sig0(s: Scope): string {
  const { t, shape } = s
  const arg = expr(s, 'i32')
  if (shape.features.has('function-references') && t.below(2) === 0)
    return `(call_ref $sig0 ${arg} ${t.below(3) === 0 ? expr(s, '(ref null $sig0)') : '(ref.func $half)'})`
  const wide = shape.tables.find((x) => x.address === 'i64')
  if (wide && t.below(3) === 0) return `(call_indirect ${wide.name} (type $sig0) ${arg} ${address(s, 'i64', 7)})`
  return `(call_indirect $t0 (type $sig0) ${arg} ${t.below(4) === 0 ? address(s, 'i32', 7) : `(i32.const ${t.below(2)})`})`
}
