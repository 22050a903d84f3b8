// Parses tables, memories, element and data segments with all their abbreviations (specification: Text Format, Modules).

import { writeMemType, writeTableType, writeValType } from '../../binary/write-types.ts'
import { Op } from '../../syntax/opcode.ts'
import { FUNCREF, Heap, refType, type ValType } from '../../syntax/types.ts'
import { ByteWriter } from '../../util/byte-writer.ts'
import type { ModuleContext } from '../context.ts'
import { constExpr, exprItem } from '../instr.ts'
import { Kw } from '../keywords.ts'
import { Tok } from '../tokens.ts'
import { addressType, atReference, memoryType, pageSize, reference, tableType } from '../types.ts'
import { definition } from './func.ts'

/** The entries of an element segment: function indices or expressions. */
interface Entries {
  type: ValType
  exprs: boolean
  count: number
  out: ByteWriter
}

const NON_NULL_FUNC = refType(false, Heap.func)

function zeroOffset(w: ByteWriter, address: 'i32' | 'i64'): void {
  w.byte(address === 'i64' ? Op.i64_const : Op.i32_const)
  w.byte(0)
  w.byte(Op.end)
}

export function tableField(p: ModuleContext): void {
  const index = definition(p, 'tables')
  if (index === undefined) return
  const address = addressType(p)
  const out = p.tables.entry()
  if (p.kind() === Tok.nat) {
    const type = tableType(p, address)
    if (p.kind() !== Tok.rpar) {
      out.byte(0x40)
      out.byte(0)
      writeTableType(out, type)
      constExpr(p, out)
    } else writeTableType(out, type)
    return
  }
  const elem = reference(p)
  if (!p.open(Kw.elem)) throw p.unexpected()
  const entries = p.atIndex || p.kind() === Tok.rpar ? indexEntries(p, elem) : exprEntries(p, elem)
  p.close()
  const size = BigInt(entries.count)
  writeTableType(out, { limits: { address, min: size, max: size }, elem })
  p.taken.elems++
  const offset = new ByteWriter(4)
  zeroOffset(offset, address)
  writeElem(p.elems.entry(), { kind: 'active', table: index, offset }, entries)
}

/** Function indices, in their short form where the type allows it. */
function indexEntries(p: ModuleContext, type: ValType): Entries {
  const exprs = type !== FUNCREF && type !== NON_NULL_FUNC
  const out = new ByteWriter(64)
  let count = 0
  for (; p.atIndex; count++) {
    if (exprs) out.byte(Op.ref_func)
    out.u32(p.index('funcs'))
    if (exprs) out.byte(Op.end)
  }
  return { type, exprs, count, out }
}

function exprEntries(p: ModuleContext, type: ValType): Entries {
  const out = new ByteWriter(64)
  let count = 0
  for (; p.kind() === Tok.lpar; count++) exprItem(p, out, Kw.item)
  return { type, exprs: true, count, out }
}

type Mode = { kind: 'active'; table: number; offset: ByteWriter } | { kind: 'passive' } | { kind: 'declarative' }

function writeElem(w: ByteWriter, mode: Mode, entries: Entries): void {
  const { type, exprs } = entries
  const shortType = !exprs || type === FUNCREF
  const implicit = mode.kind === 'active' && mode.table === 0 && shortType
  const place = mode.kind === 'passive' ? 1 : mode.kind === 'declarative' ? 3 : implicit ? 0 : 2
  w.u32(place | (exprs ? 4 : 0))
  if (mode.kind === 'active') {
    if (!implicit) w.u32(mode.table)
    w.raw(mode.offset.bytes, 0, mode.offset.length)
  }
  if (!implicit) {
    if (exprs) writeValType(w, type)
    else w.byte(0)
  }
  w.u32(entries.count)
  w.raw(entries.out.bytes, 0, entries.out.length)
}

/** `func idx*`, or a reference type and expressions. */
function elemList(p: ModuleContext): Entries {
  if (p.accept(Kw.func)) return indexEntries(p, FUNCREF)
  return exprEntries(p, reference(p))
}

export function elemField(p: ModuleContext): void {
  p.define('elems')
  if (p.accept(Kw.declare)) {
    writeElem(p.elems.entry(), { kind: 'declarative' }, elemList(p))
    return
  }
  if (atReference(p) || p.keyword() === Kw.func) {
    writeElem(p.elems.entry(), { kind: 'passive' }, elemList(p))
    return
  }
  // Before reference types, a table's index stood alone.
  let table = p.kind() === Tok.nat ? p.nat32() : 0
  const explicit = p.open(Kw.table)
  if (explicit) {
    table = p.index('tables')
    p.close()
  }
  const offset = new ByteWriter(16)
  exprItem(p, offset, Kw.offset)
  const bare = !explicit && (p.atIndex || p.kind() === Tok.rpar)
  const entries = bare ? indexEntries(p, FUNCREF) : elemList(p)
  writeElem(p.elems.entry(), { kind: 'active', table, offset }, entries)
}

export function memoryField(p: ModuleContext): void {
  const index = definition(p, 'memories')
  if (index === undefined) return
  const address = addressType(p)
  const out = p.memories.entry()
  if (p.kind() !== Tok.lpar) {
    writeMemType(out, memoryType(p, address))
    return
  }
  const pageSizeLog2 = pageSize(p)
  if (!p.open(Kw.data)) throw p.unexpected()
  const bytes = p.strings()
  p.close()
  const page = 2 ** pageSizeLog2
  const pages = BigInt(Math.ceil(bytes.length / page))
  writeMemType(out, { limits: { address, min: pages, max: pages }, shared: false, pageSizeLog2 })
  p.taken.datas++
  const data = p.datas.entry()
  data.u32(index === 0 ? 0 : 2)
  if (index !== 0) data.u32(index)
  zeroOffset(data, address)
  data.sized(bytes)
}

export function dataField(p: ModuleContext): void {
  p.define('datas')
  const out = p.datas.entry()
  if (p.kind() !== Tok.lpar && p.kind() !== Tok.nat) {
    out.byte(1)
    out.sized(p.strings())
    return
  }
  let memory = p.kind() === Tok.nat ? p.nat32() : 0
  if (p.open(Kw.memory)) {
    memory = p.index('memories')
    p.close()
  }
  out.byte(memory === 0 ? 0 : 2)
  if (memory !== 0) out.u32(memory)
  exprItem(p, out, Kw.offset)
  out.sized(p.strings())
}
