// Encodes a module in canonical form: every integer in its shortest LEB128, locals in the longest runs, segments in their shortest kind,
// custom sections where they stood (specification: Binary Format). Bodies are rewritten by the instruction table.
import { type Imm, rows } from '../syntax/instructions.ts'
import {
  type Code,
  type Custom,
  type Elem,
  EXTERN_KINDS,
  type Func,
  type Import,
  type Module,
} from '../syntax/module.ts'
import type { Op } from '../syntax/opcode.ts'
import { BOT, FUNCREF } from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { CodeReader } from './code.ts'
import {
  writeGlobalType,
  writeHeapType,
  writeMemType,
  writeRecType,
  writeTableType,
  writeValType,
  writeValTypes,
} from './write-types.ts'

/** Writes one opcode. */
export function writeOp(w: ByteWriter, op: Op): void {
  if (op < 0x200) w.byte(op)
  else {
    w.byte(0xfa + (op >> 9))
    w.u32(op & 0x1ff)
  }
}

/** Writes the memory argument that `r` has read. */
export function writeMemarg(w: ByteWriter, r: CodeReader): void {
  w.u32(r.align | (r.memory !== 0 ? 0x40 : 0))
  if (r.memory !== 0) w.u32(r.memory)
  w.u64(r.offsetLo, r.offsetHi)
}

function copyCatches(w: ByteWriter, r: CodeReader): void {
  const kinds = ['catch', 'catch_ref', 'catch_all', 'catch_all_ref']
  const catches = r.catches()
  w.u32(catches.length)
  for (const { kind, tag, label } of catches) {
    w.byte(kinds.indexOf(kind))
    if (tag >= 0) w.u32(tag)
    w.u32(label)
  }
}

function copyBlockType(w: ByteWriter, r: CodeReader): void {
  const type = r.block()
  if (type >= 0) w.s33(type)
  else if (r.blockResult === BOT) w.byte(0x40)
  else writeValType(w, r.blockResult)
}

function copyLabels(w: ByteWriter, r: CodeReader): void {
  const labels = r.labels()
  w.u32(labels.length - 1)
  for (const label of labels) w.u32(label)
}

/** Copies one immediate in its shortest form. */
function copyImm(w: ByteWriter, r: CodeReader, imm: Imm): void {
  switch (imm) {
    case 'block':
      copyBlockType(w, r)
      return
    case 'labels':
      copyLabels(w, r)
      return
    case 'memarg':
      r.memarg()
      writeMemarg(w, r)
      return
    case 'lane':
    case 'zero':
    case 'castflags':
      w.byte(r.byte())
      return
    case 'lanes16':
    case 'v128':
      w.raw(r.take(16))
      return
    case 'i32':
      w.s32(r.s32())
      return
    case 'i64': {
      const lo = r.s64()
      w.s64(lo, r.hi)
      return
    }
    case 'f32':
      w.raw(r.take(4))
      return
    case 'f64':
      w.raw(r.take(8))
      return
    case 'heap':
      writeHeapType(w, r.heap())
      return
    case 'types':
      writeValTypes(w, r.types())
      return
    case 'catches':
      copyCatches(w, r)
      return
    default:
      w.u32(r.u32())
  }
}

/** Copies a body or constant expression, `end` included. */
export function writeCode(w: ByteWriter, code: Code): void {
  const r = new CodeReader(code)
  while (!r.done) {
    const op = r.op()
    writeOp(w, op)
    for (const imm of rows[op]!.imms) copyImm(w, r, imm)
  }
}

function writeImport(w: ByteWriter, { module, name, desc }: Import): void {
  w.name(module)
  w.name(name)
  w.byte(EXTERN_KINDS.indexOf(desc.kind))
  switch (desc.kind) {
    case 'func':
      w.u32(desc.type)
      return
    case 'table':
      writeTableType(w, desc.type)
      return
    case 'memory':
      writeMemType(w, desc.type)
      return
    case 'global':
      writeGlobalType(w, desc.type)
      return
    case 'tag':
      w.byte(0)
      w.u32(desc.type.type)
  }
}

function writeElem(w: ByteWriter, { type, mode, init }: Elem): void {
  const exprs = init.kind === 'exprs'
  const implicit = mode.kind === 'active' && mode.index === 0 && (!exprs || type === FUNCREF)
  const place = mode.kind === 'passive' ? 1 : mode.kind === 'declarative' ? 3 : implicit ? 0 : 2
  w.u32(place | (exprs ? 4 : 0))
  if (mode.kind === 'active') {
    if (!implicit) w.u32(mode.index)
    writeCode(w, mode.offset)
  }
  if (!implicit) {
    if (exprs) writeValType(w, type)
    else w.byte(0)
  }
  if (init.kind === 'exprs') {
    w.u32(init.exprs.length)
    for (const expr of init.exprs) writeCode(w, expr)
  } else {
    w.u32(init.funcs.length)
    for (const func of init.funcs) w.u32(func)
  }
}

function writeFunc(w: ByteWriter, func: Func): void {
  const body = new ByteWriter(func.body.end - func.body.start + 16)
  const runs: { count: number; type: number }[] = []
  for (const { count, type } of func.locals) {
    const last = runs.at(-1)
    if (last?.type === type) last.count += count
    else if (count > 0) runs.push({ count, type })
  }
  body.u32(runs.length)
  for (const { count, type } of runs) {
    body.u32(count)
    writeValType(body, type)
  }
  writeCode(body, func.body)
  w.append(body)
}

/** The writer of every section's contents, in the order of the sections; undefined when it is absent. */
function contents(m: Module, code?: ByteWriter): [id: number, content: ByteWriter | undefined][] {
  const vector = <T>(items: readonly T[], write: (w: ByteWriter, item: T) => void) => {
    if (items.length === 0) return undefined
    const w = new ByteWriter(items.length * 8 + 8)
    w.u32(items.length)
    for (const item of items) write(w, item)
    return w
  }
  const single = (n: number | undefined) => {
    if (n === undefined) return undefined
    const w = new ByteWriter(5)
    w.u32(n)
    return w
  }
  return [
    [1, vector(m.recTypes, writeRecType)],
    [2, vector(m.imports, writeImport)],
    [3, vector(m.funcs, (w, { type }) => w.u32(type))],
    [
      4,
      vector(m.tables, (w, { type, init }) => {
        if (init !== undefined) w.raw(new Uint8Array([0x40, 0]))
        writeTableType(w, type)
        if (init !== undefined) writeCode(w, init)
      }),
    ],
    [5, vector(m.memories, writeMemType)],
    [
      13,
      vector(m.tags, (w, { type }) => {
        w.byte(0)
        w.u32(type)
      }),
    ],
    [
      6,
      vector(m.globals, (w, { type, init }) => {
        writeGlobalType(w, type)
        writeCode(w, init)
      }),
    ],
    [
      7,
      vector(m.exports, (w, { name, kind, index }) => {
        w.name(name)
        w.byte(EXTERN_KINDS.indexOf(kind))
        w.u32(index)
      }),
    ],
    [8, single(m.start)],
    [9, vector(m.elems, writeElem)],
    [12, single(m.dataCount)],
    [10, code ?? vector(m.funcs, writeFunc)],
    [
      11,
      vector(m.datas, (w, { mode, bytes }) => {
        const index = mode.kind === 'active' ? mode.index : 0
        w.byte(mode.kind === 'passive' ? 1 : index === 0 ? 0 : 2)
        if (index !== 0) w.u32(index)
        if (mode.kind === 'active') writeCode(w, mode.offset)
        w.sized(bytes)
      }),
    ],
  ]
}

function writeCustoms(w: ByteWriter, customs: readonly Custom[]): void {
  for (const { name, bytes } of customs) {
    const content = new ByteWriter(bytes.length + name.length + 8)
    content.name(name)
    content.raw(bytes)
    w.byte(0)
    w.append(content)
  }
}

/**
 * The module's bytes in canonical form; decoding them gives the same module.
 * @param code the contents of the code section, where they are not those of its functions
 */
export function encode(m: Module, code?: ByteWriter): Uint8Array {
  const w = new ByteWriter(m.bytes.length + 64)
  w.raw(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
  const after = (id: number) => m.customs.filter((custom) => custom.after === id)
  writeCustoms(w, after(0))
  for (const [id, content] of contents(m, code)) {
    if (content !== undefined) {
      w.byte(id)
      w.append(content)
    }
    writeCustoms(w, after(id))
  }
  return w.take()
}
