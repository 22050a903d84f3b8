// Parses instructions, flat and folded, into binary form (specification: Text Format, Instructions). The control instructions are here;
// all others are table-driven in imms.ts.

import { writeOp } from '../binary/encode.ts'
import { writeValType } from '../binary/write-types.ts'
import { Op } from '../syntax/opcode.ts'
import type { ValType } from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import type { ModuleContext } from './context.ts'
import { writePlain } from './imms.ts'
import { FIRST_KEYWORD, Kw } from './keywords.ts'
import { isBad, Tok } from './tokens.ts'
import { checkInline, explicitType, signature } from './types.ts'

/** How an opcode is parsed. */
enum Form {
  plain,
  block,
  if,
  try,
  tryTable,
  /** It ends a list of instructions; whoever began the list looks at it. */
  ending,
}
const FORMS = new Uint8Array(FIRST_KEYWORD)
FORMS[Op.block] = FORMS[Op.loop] = Form.block
FORMS[Op.if_] = Form.if
FORMS[Op.try_] = Form.try
FORMS[Op.try_table] = Form.tryTable
for (const op of [Op.end, Op.else_, Op.catch_, Op.catch_all, Op.delegate]) FORMS[op] = Form.ending

/** Operators of folded instructions that wait for their operands. */
const stash = new ByteWriter(1024)

/** Instructions up to a token that cannot begin one. */
export function instrList(p: ModuleContext, w: ByteWriter): void {
  for (;;) {
    if (p.annotated) p.instrAnnotations()
    if (p.code === Tok.lpar) {
      if (!folded(p, w)) break
    } else {
      const op = p.keyword()
      if (op < 0 || op >= FIRST_KEYWORD || FORMS[op] === Form.ending) break
      flat(p, w, op)
    }
  }
  if (p.hint >= 0) p.takeHint(false)
}

/** Notes a branch hint for the instruction that will be written next. */
function noteHint(p: ModuleContext, w: ByteWriter, hint: number): void {
  if (hint < 0) return
  let hints = p.hints.get(p.func)
  if (hints === undefined) p.hints.set(p.func, (hints = new Map()))
  hints.set(w.length, hint)
}

function flat(p: ModuleContext, w: ByteWriter, op: Op): void {
  if (p.hint >= 0) noteHint(p, w, p.takeHint(op === Op.if_ || op === Op.br_if))
  p.pos++
  switch (FORMS[op]) {
    case Form.plain:
      writePlain(p, w, op)
      return
    case Form.try:
      flatTry(p, w)
      return
    default:
      flatBlock(p, w, op)
  }
}

/** Moves past a label behind `end` or `else`, which must be the block's. */
function endLabel(p: ModuleContext, id: string | undefined): void {
  const at = p.pos
  const again = p.optionalId()
  if (again !== undefined && again !== id) throw p.error('mismatching label', at)
}

/** A block up to the end of its instructions, or those before `else`. Gives its identifier. */
function beginBlock(p: ModuleContext, w: ByteWriter, op: Op): string | undefined {
  const id = p.optionalId()
  const name = p.named(id)
  writeOp(w, op)
  writeBlockType(p, w)
  if (op === Op.try_table) writeCatches(p, w)
  enter(p, id, name)
  instrList(p, w)
  return id
}

function flatBlock(p: ModuleContext, w: ByteWriter, op: Op): void {
  const id = beginBlock(p, w, op)
  if (op === Op.if_ && p.accept(Op.else_)) {
    endLabel(p, id)
    w.byte(Op.else_)
    instrList(p, w)
  }
  p.expect(Op.end)
  leave(p, w)
  endLabel(p, id)
}

function enter(p: ModuleContext, id: string | undefined, name: string | undefined): void {
  if (name !== undefined) p.nameInner('labels', p.func, p.labelCount, name)
  p.labelCount++
  p.labels.push(id)
}

function leave(p: ModuleContext, w: ByteWriter): void {
  p.labels.pop()
  w.byte(Op.end)
}

/** A block type: nothing, one result, or a type index. */
function writeBlockType(p: ModuleContext, w: ByteWriter): void {
  if (p.code !== Tok.lpar) {
    w.byte(0x40)
    return
  }
  const use = explicitType(p)
  const params: ValType[] = []
  const results: ValType[] = []
  signature(p, params, results)
  if (use.index >= 0) {
    checkInline(p, use, params, results)
    w.s33(use.index)
  } else if (params.length > 0 || results.length > 1) w.s33(p.implicitType(params, results))
  else if (results.length === 1) writeValType(w, results[0]!)
  else w.byte(0x40)
}

const CATCHES = [Op.catch_, Kw.catch_ref, Op.catch_all, Kw.catch_all_ref] as const

/** The handlers of a try_table; their labels are those outside of it. */
function writeCatches(p: ModuleContext, w: ByteWriter): void {
  const out = new ByteWriter(16)
  let count = 0
  for (;;) {
    const kind = p.code === Tok.lpar ? CATCHES.indexOf(p.keyword(1) as (typeof CATCHES)[number]) : -1
    if (kind < 0) break
    p.pos += 2
    out.byte(kind)
    if (kind < 2) out.u32(p.index('tags'))
    out.u32(p.label())
    p.close()
    count++
  }
  w.u32(count)
  w.raw(out.bytes, 0, out.length)
}

function flatTry(p: ModuleContext, w: ByteWriter): void {
  const id = p.optionalId()
  const name = p.named(id)
  writeOp(w, Op.try_)
  writeBlockType(p, w)
  enter(p, id, name)
  instrList(p, w)
  if (p.accept(Op.delegate)) {
    p.labels.pop()
    writeOp(w, Op.delegate)
    w.u32(p.label())
    return
  }
  while (p.accept(Op.catch_)) {
    writeOp(w, Op.catch_)
    w.u32(p.index('tags'))
    instrList(p, w)
  }
  if (p.accept(Op.catch_all)) {
    endLabel(p, id)
    writeOp(w, Op.catch_all)
    instrList(p, w)
  }
  p.expect(Op.end)
  leave(p, w)
  endLabel(p, id)
}

/** A folded instruction, if one comes next. */
export function folded(p: ModuleContext, w: ByteWriter): boolean {
  const op = p.keyword(1)
  if (op < 0 || op >= FIRST_KEYWORD || FORMS[op] === Form.ending) {
    if (isBad(p.kind(1))) throw p.unexpected()
    return false
  }
  const hint = p.hint < 0 ? -1 : p.takeHint(op === Op.if_ || op === Op.br_if)
  p.pos += 2
  switch (FORMS[op]) {
    case Form.plain:
      foldedPlain(p, w, op, hint)
      break
    case Form.if:
      foldedIf(p, w, hint)
      break
    case Form.try:
      foldedTry(p, w)
      break
    default:
      foldedBlock(p, w, op)
  }
  p.close()
  return true
}

function foldedPlain(p: ModuleContext, w: ByteWriter, op: Op, hint: number): void {
  const at = w.length
  writePlain(p, w, op)
  if (p.code === Tok.lpar) withOperandsFirst(p, w, at, hint)
  else noteHintAt(p, w, at, hint)
}

function noteHintAt(p: ModuleContext, w: ByteWriter, at: number, hint: number): void {
  if (hint < 0) return
  const end = w.length
  w.length = at
  noteHint(p, w, hint)
  w.length = end
}

/** Parses operands and puts the instruction that stands at `at` behind them. */
function withOperandsFirst(p: ModuleContext, w: ByteWriter, at: number, hint: number): void {
  const from = stash.length
  stash.raw(w.bytes, at, w.length)
  const to = stash.length
  w.length = at
  operands(p, w)
  noteHint(p, w, hint)
  w.raw(stash.bytes, from, to)
  stash.length = from
}

function operands(p: ModuleContext, w: ByteWriter): void {
  for (;;) {
    if (p.annotated) p.instrAnnotations()
    if (p.code !== Tok.lpar || !folded(p, w)) break
  }
  if (p.hint >= 0) p.takeHint(false)
}

function foldedBlock(p: ModuleContext, w: ByteWriter, op: Op): void {
  beginBlock(p, w, op)
  leave(p, w)
}

function foldedIf(p: ModuleContext, w: ByteWriter, hint: number): void {
  const id = p.optionalId()
  const name = p.named(id)
  const at = w.length
  writeOp(w, Op.if_)
  writeBlockType(p, w)
  if (p.code === Tok.lpar && !p.opens(Kw.then)) withOperandsFirst(p, w, at, hint)
  else noteHintAt(p, w, at, hint)
  enter(p, id, name)
  if (!p.open(Kw.then)) throw p.unexpected()
  instrList(p, w)
  p.close()
  if (p.open(Op.else_)) {
    w.byte(Op.else_)
    instrList(p, w)
    p.close()
  }
  leave(p, w)
}

function foldedTry(p: ModuleContext, w: ByteWriter): void {
  const id = p.optionalId()
  const name = p.named(id)
  writeOp(w, Op.try_)
  writeBlockType(p, w)
  enter(p, id, name)
  if (!p.open(Kw.do)) throw p.unexpected()
  instrList(p, w)
  p.close()
  if (p.open(Op.delegate)) {
    p.labels.pop()
    writeOp(w, Op.delegate)
    w.u32(p.label())
    p.close()
    return
  }
  while (p.open(Op.catch_)) {
    writeOp(w, Op.catch_)
    w.u32(p.index('tags'))
    instrList(p, w)
    p.close()
  }
  if (p.open(Op.catch_all)) {
    writeOp(w, Op.catch_all)
    instrList(p, w)
    p.close()
  }
  leave(p, w)
}

/** A constant expression up to a token that cannot be part of it, and its `end`. */
export function constExpr(p: ModuleContext, w: ByteWriter): void {
  p.labels.length = 0
  instrList(p, w)
  w.byte(Op.end)
}

/** An offset or element: `(keyword instr*)` or one folded instruction. */
export function exprItem(p: ModuleContext, w: ByteWriter, kw: Kw): void {
  p.labels.length = 0
  if (p.open(kw)) {
    constExpr(p, w)
    p.close()
    return
  }
  if (p.code !== Tok.lpar || !folded(p, w)) throw p.unexpected()
  w.byte(Op.end)
}

/** Forgets operators that an error left waiting. */
export function resetInstr(): void {
  stash.length = 0
}
