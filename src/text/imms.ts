// Parses the immediates of plain instructions into binary form, by the instruction table (specification: Text Format, Instructions).

import { writeOp } from '../binary/encode.ts'
import { writeHeapType, writeValType } from '../binary/write-types.ts'
import { type Imm, type Row, rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { heapOf, isNullable, type ValType } from '../syntax/types.ts'
import type { ByteWriter } from '../util/byte-writer.ts'
import type { ModuleContext } from './context.ts'
import type { Cursor } from './cursor.ts'
import { Kw } from './keywords.ts'
import { f32Bits, f64Bits, int64Bits, intBits, natural, natural64 } from './literals.ts'
import { isBad, Tok } from './tokens.ts'
import { heapType, reference, typeUse, valTypesUntilClose } from './types.ts'

/** Writes the immediates in the order in which they stand, for all rows whose text order is the binary order. */
const WRITERS: Partial<Record<Imm, (p: ModuleContext, w: ByteWriter, row: Row) => void>> = {
  label: (p, w) => w.u32(p.label()),
  labels: writeLabels,
  func: (p, w) => w.u32(p.index('funcs')),
  type: (p, w) => w.u32(p.index('types')),
  table: (p, w) => w.u32(p.indexOr0('tables')),
  memory: (p, w) => w.u32(p.indexOr0('memories')),
  global: (p, w) => w.u32(p.index('globals')),
  local: (p, w) => w.u32(p.local()),
  tag: (p, w) => w.u32(p.index('tags')),
  elem: (p, w) => w.u32(p.index('elems')),
  data: (p, w) => {
    p.usesData = true
    w.u32(p.index('datas'))
  },
  memarg: (p, w, row) => writeMemarg(p, w, row.align, p.indexOr0('memories')),
  lane: (p, w) => w.byte(lane(p)),
  lanes16: writeShuffle,
  i32: (p, w) => w.s32(intLiteral(p, 32)),
  i64: (p, w) => {
    const { lo, hi } = required(p, int64Bits(numberText(p)))
    w.s64(lo, hi)
    p.pos++
  },
  f32: (p, w) => {
    w.word(required(p, f32Bits(numberText(p))))
    p.pos++
  },
  f64: (p, w) => {
    const { lo, hi } = required(p, f64Bits(numberText(p)))
    w.word(lo)
    w.word(hi)
    p.pos++
  },
  v128: writeVector,
  heap: (p, w) => writeHeapType(w, heapType(p)),
  u32: (p, w) => w.u32(p.nat32()),
  zero: (_p, w) => w.byte(0),
}

/** Instructions whose immediates stand in another order than in binary, or decide about the opcode. */
const SPECIAL = new Map<Op, (p: ModuleContext, w: ByteWriter, op: Op) => void>([
  [Op.select, writeSelect],
  [Op.call_indirect, writeCallIndirect],
  [Op.return_call_indirect, writeCallIndirect],
  [Op.ref_test, writeRefTest],
  [Op.ref_cast, writeRefTest],
  [Op.br_on_cast, writeBrOnCast],
  [Op.br_on_cast_fail, writeBrOnCast],
  [Op.struct_get, writeFieldAccess],
  [Op.struct_get_s, writeFieldAccess],
  [Op.struct_get_u, writeFieldAccess],
  [Op.struct_set, writeFieldAccess],
  [Op.memory_init, (p, w, op) => writeInit(p, w, op, 'memories', 'datas')],
  [Op.table_init, (p, w, op) => writeInit(p, w, op, 'tables', 'elems')],
  [Op.memory_copy, (p, w, op) => writeCopy(p, w, op, 'memories')],
  [Op.table_copy, (p, w, op) => writeCopy(p, w, op, 'tables')],
  ...rows.filter((row) => row?.imms.join() === 'memarg,lane').map((row): [Op, Arm] => [row!.op, writeLaneAccess]),
])

type Arm = (p: ModuleContext, w: ByteWriter, op: Op) => void
/** One function per opcode that writes the instruction whose mnemonic was read. */
const ARMS: readonly (Arm | undefined)[] = rows.map((row): Arm | undefined => {
  if (row === undefined) return undefined
  const special = SPECIAL.get(row.op)
  if (special !== undefined) return special
  const writers = row.imms.map((imm) => WRITERS[imm])
  if (writers.some((writer) => writer === undefined)) return undefined
  const [first] = writers
  if (first === undefined) return (_p, w, op) => writeOp(w, op)
  if (writers.length === 1)
    return (p, w, op) => {
      writeOp(w, op)
      first(p, w, row)
    }
  return (p, w, op) => {
    writeOp(w, op)
    for (const writer of writers) writer!(p, w, row)
  }
})

/** Writes the plain instruction `op`, whose mnemonic has been read; the cursor is at its immediates. */
export function writePlain(p: ModuleContext, w: ByteWriter, op: Op): void {
  ARMS[op]!(p, w, op)
}

const isNumber = (kind: Tok) => kind === Tok.nat || kind === Tok.int || kind === Tok.float

function numberText(p: ModuleContext): string {
  if (!isNumber(p.kind())) throw p.unexpected()
  return p.tokens.text(p.pos)
}

function required<T>(p: ModuleContext, value: T | undefined): T {
  if (value === undefined) throw p.error('constant out of range')
  return value
}

function intLiteral(p: ModuleContext, bits: number): number {
  const n = required(p, intBits(numberText(p), bits))
  p.pos++
  return n
}

function lane(p: ModuleContext): number {
  if (p.kind() !== Tok.nat) throw p.unexpected()
  const n = natural(p.tokens.text(p.pos))
  if (n === undefined || n > 255) throw p.error('i8 constant out of range')
  p.pos++
  return n
}

function writeLabels(p: ModuleContext, w: ByteWriter): void {
  const labels = [p.label()]
  while (p.atIndex) labels.push(p.label())
  w.u32(labels.length - 1)
  for (const label of labels) w.u32(label)
}

function writeMemarg(p: ModuleContext, w: ByteWriter, natural: number, memory: number): void {
  let offset = 0n
  if (p.kind() === Tok.offset) {
    const value = natural64(p.tokens.text(p.pos).slice(7))
    if (value === undefined) throw p.error('i64 constant out of range')
    offset = value
    p.pos++
  }
  const align = p.kind() === Tok.align ? alignment(p) : natural
  w.u32(align | (memory !== 0 ? 0x40 : 0))
  if (memory !== 0) w.u32(memory)
  w.u64n(offset)
}

function alignment(p: ModuleContext): number {
  const n = natural64(p.tokens.text(p.pos).slice(6))
  if (n === undefined) throw p.error('i64 constant out of range')
  const log2 = n.toString(2).length - 1
  if (n === 0n || n !== 1n << BigInt(log2)) throw p.error('alignment must be a power of two')
  p.pos++
  return log2
}

/** A memory argument and a lane, where a number alone is the lane. */
function writeLaneAccess(p: ModuleContext, w: ByteWriter, op: Op): void {
  writeOp(w, op)
  const next = p.kind(1)
  const indexed =
    p.kind() === Tok.id || (p.kind() === Tok.nat && (next === Tok.nat || next === Tok.offset || next === Tok.align))
  writeMemarg(p, w, rows[op]!.align, indexed ? p.index('memories') : 0)
  w.byte(lane(p))
}

function writeShuffle(p: ModuleContext, w: ByteWriter): void {
  const at = p.pos
  let count = 0
  for (; isNumber(p.kind()); count++) {
    if (p.kind() !== Tok.nat) throw p.error('i8 constant out of range')
    w.byte(lane(p))
  }
  if (count !== 16) throw p.error('invalid lane length', at)
}

/** Bits per lane and the number of lanes. */
const SHAPES = new Map<number, [bits: number, lanes: number, float: boolean]>([
  [Kw.i8x16, [8, 16, false]],
  [Kw.i16x8, [16, 8, false]],
  [Kw.i32x4, [32, 4, false]],
  [Kw.i64x2, [64, 2, false]],
  [Kw.f32x4, [32, 4, true]],
  [Kw.f64x2, [64, 2, true]],
])

/** The shape that a keyword names. */
export function shape(p: Cursor): [bits: number, lanes: number, float: boolean] {
  const found = SHAPES.get(p.keyword())
  if (found === undefined) throw p.unexpected()
  p.pos++
  return found
}

function writeVector(p: ModuleContext, w: ByteWriter): void {
  const at = p.pos
  const [bits, lanes, float] = shape(p)
  let count = 0
  while (isNumber(p.kind(count))) count++
  if (isBad(p.kind(count))) {
    p.pos += count
    throw p.unexpected()
  }
  if (count !== lanes) throw p.error('wrong number of lane literals', at)
  for (; count > 0; count--, p.pos++) writeLane(w, required(p, laneBits(p.tokens.text(p.pos), bits, float)), bits)
}

/** The bits of one lane's literal. */
export function laneBits(text: string, bits: number, float: boolean): { lo: number; hi: number } | undefined {
  if (bits === 64) return float ? f64Bits(text) : int64Bits(text)
  const lo = float ? f32Bits(text) : intBits(text, bits)
  return lo === undefined ? undefined : { lo, hi: 0 }
}

function writeLane(w: ByteWriter, { lo, hi }: { lo: number; hi: number }, bits: number): void {
  for (let i = 0; i < bits; i += 8) w.byte(((i < 32 ? lo : hi) >>> (i & 31)) & 0xff)
}

function writeSelect(p: ModuleContext, w: ByteWriter): void {
  if (!p.opens(Kw.result)) {
    writeOp(w, Op.select)
    return
  }
  const types: ValType[] = []
  while (p.open(Kw.result)) valTypesUntilClose(p, types)
  writeOp(w, Op.select_t)
  w.u32(types.length)
  for (const type of types) writeValType(w, type)
}

function writeCallIndirect(p: ModuleContext, w: ByteWriter, op: Op): void {
  const table = p.indexOr0('tables')
  const type = typeUse(p)
  writeOp(w, op)
  w.u32(type)
  w.u32(table)
}

function writeRefTest(p: ModuleContext, w: ByteWriter, op: Op): void {
  const type = reference(p)
  const nullOp = op === Op.ref_test ? Op.ref_test_null : Op.ref_cast_null
  writeOp(w, isNullable(type) ? nullOp : op)
  writeHeapType(w, heapOf(type))
}

function writeBrOnCast(p: ModuleContext, w: ByteWriter, op: Op): void {
  const label = p.label()
  const from = reference(p)
  const to = reference(p)
  writeOp(w, op)
  w.byte((isNullable(from) ? 1 : 0) | (isNullable(to) ? 2 : 0))
  w.u32(label)
  writeHeapType(w, heapOf(from))
  writeHeapType(w, heapOf(to))
}

function writeFieldAccess(p: ModuleContext, w: ByteWriter, op: Op): void {
  const type = p.index('types')
  writeOp(w, op)
  w.u32(type)
  w.u32(p.field(type))
}

/** `table.init x? y` and `memory.init x? y`: the segment comes last in the text and first in binary. */
function writeInit(
  p: ModuleContext,
  w: ByteWriter,
  op: Op,
  of: 'tables' | 'memories',
  segments: 'elems' | 'datas',
): void {
  const next = p.kind(1)
  const target = next === Tok.nat || next === Tok.id ? p.index(of) : 0
  if (segments === 'datas') p.usesData = true
  writeOp(w, op)
  w.u32(p.index(segments))
  w.u32(target)
}

function writeCopy(p: ModuleContext, w: ByteWriter, op: Op, of: 'tables' | 'memories'): void {
  writeOp(w, op)
  const both = p.atIndex
  w.u32(both ? p.index(of) : 0)
  w.u32(both ? p.index(of) : 0)
}
