// Decodes a binary module (specification: Binary Format, Modules). Every byte is looked at, bodies included, so that what decodes is well-formed;
// whether it is valid is valid/'s question. Like the reference interpreter, a section is read up to its natural end and then held against its size.
import { MalformedError } from '../errors.ts'
import * as limit from '../syntax/limits.ts'
import {
  type Code,
  type Custom,
  type Data,
  type Elem,
  EXTERN_KINDS,
  type Export,
  type Func,
  type Global,
  type LocalRun,
  type Module,
  type Table,
} from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { FUNCREF, Heap, type MemType, type RecType, refType, type SubType, type ValType } from '../syntax/types.ts'
import { CodeReader, skipExpr } from './code.ts'
import { importGroup, tagType } from './imports.ts'
import { malformed } from './reader.ts'
import { globalType, memType, recType, reference, tableType, valType } from './types.ts'

/** Section ids in the order in which sections stand. */
export const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11] as const

type Building = { -readonly [K in keyof Module]: Module[K] } & { typeIndices: number[]; lazy: boolean }

/**
 * Decodes a module in binary format.
 * @param bytes the whole module; it is kept, not copied
 * @param lazy whether bodies are not read, only found, because the bytes are known to be valid or `validate` reads them next
 * @throws MalformedError with the byte offset and the specification's wording
 */
export function decode(bytes: Uint8Array, lazy = false): Module {
  if (bytes.length > limit.MAX_MODULE_SIZE)
    throw malformed(`module too large: ${bytes.length} bytes, at most ${limit.MAX_MODULE_SIZE}`, 0)
  const r = new CodeReader({ bytes, start: 0, end: bytes.length })
  header(r)
  const m = empty(bytes, lazy)
  const customs: Custom[] = []
  let last = 0
  while (!r.done) {
    const at = r.pos
    const id = r.byte()
    const size = id === 0 ? r.length() : r.u32()
    const start = r.pos
    if (id === 0) customs.push(custom(r, start + size, last))
    else {
      const place = SECTION_ORDER.indexOf(id as (typeof SECTION_ORDER)[number])
      if (place < 0) throw malformed(`malformed section id`, at)
      if (last !== 0 && place <= SECTION_ORDER.indexOf(last as 1))
        throw malformed('unexpected content after last section', at)
      if (size > r.end - start) truncated(r, id, m, size)
      section(r, id, m)
      last = id
    }
    if (start + size > r.end)
      throw malformed(`length out of bounds: section of ${size} bytes, ${r.end - start} left`, at)
    if (r.pos !== start + size) throw malformed('section size mismatch', start)
  }
  m.customs = customs
  return finish(m, r)
}

/** Throws what is wrong with a section that goes beyond the module: the first fault in what is there of it, or its length. */
function truncated(r: CodeReader, id: number, m: Building, size: number): never {
  const start = r.pos
  try {
    section(r, id, m)
  } catch (e) {
    if (e instanceof MalformedError && !/^(unexpected end|length out)/.test(e.reason)) throw e
  }
  throw malformed(`length out of bounds: section of ${size} bytes, ${r.end - start} left`, start)
}

function header(r: CodeReader): void {
  const magic = r.f32()
  if (magic !== 0x6d736100) throw malformed('magic header not detected', 0)
  const version = r.f32()
  if (version === 0x0001000d) throw malformed('unknown binary version: a component, not a core module', 4)
  if (version !== 1) throw malformed('unknown binary version', 4)
}

const empty = (bytes: Uint8Array, lazy: boolean): Building => ({
  lazy,
  bytes,
  recTypes: [],
  types: [],
  imports: [],
  funcs: [],
  tables: [],
  memories: [],
  tags: [],
  globals: [],
  exports: [],
  start: undefined,
  elems: [],
  datas: [],
  dataCount: undefined,
  customs: [],
  typeIndices: [],
})

/** The checks across sections. */
function finish(m: Building, r: CodeReader): Module {
  const { typeIndices, lazy: _, ...module } = m
  if (typeIndices.length !== m.funcs.length)
    throw malformed('function and code section have inconsistent lengths', r.end)
  if (m.dataCount !== undefined && m.dataCount !== m.datas.length)
    throw malformed('data count and data section have inconsistent lengths', r.end)
  return module
}

function section(r: CodeReader, id: number, m: Building): void {
  switch (id) {
    case 1:
      typeSection(r, m)
      return
    case 2:
      m.imports = vector(r, 'imports', limit.MAX_IMPORTS, importGroup).flat()
      return
    case 3:
      m.typeIndices = vector(r, 'functions', limit.MAX_FUNCS, () => r.u32())
      return
    case 4:
      m.tables = vector(r, 'tables', limit.MAX_TABLES, table)
      return
    case 5:
      m.memories = vector<MemType>(r, 'memories', limit.MAX_MEMORIES, memType)
      return
    case 6:
      m.globals = vector(r, 'globals', limit.MAX_GLOBALS, global)
      return
    case 7:
      m.exports = vector(r, 'exports', limit.MAX_EXPORTS, export_)
      return
    case 8:
      m.start = r.u32()
      return
    case 9:
      m.elems = vector(r, 'element segments', limit.MAX_ELEM_SEGMENTS, elem)
      return
    case 10:
      codeSection(r, m)
      return
    case 11:
      m.datas = vector(r, 'data segments', limit.MAX_DATA_SEGMENTS, data)
      return
    case 12:
      m.dataCount = r.u32()
      return
    default:
      m.tags = vector(r, 'tags', limit.MAX_TAGS, tagType)
  }
}

function vector<T>(r: CodeReader, what: string, most: number, read: (r: CodeReader) => T): T[] {
  const at = r.pos
  const n = r.length()
  if (n > most) throw malformed(`too many ${what}: ${n}, at most ${most}`, at)
  const out: T[] = []
  for (let i = 0; i < n; i++) out.push(read(r))
  return out
}

function custom(r: CodeReader, end: number, after: number): Custom {
  const name = r.name()
  if (r.pos > end) throw malformed('unexpected end of section or function', end)
  return { name, bytes: r.take(end - r.pos), after }
}

function typeSection(r: CodeReader, m: Building): void {
  const at = r.pos
  const recTypes: RecType[] = vector(r, 'recursive type groups', limit.MAX_REC_GROUPS, recType)
  const types: SubType[] = []
  for (const group of recTypes) for (const type of group) types.push(type)
  if (types.length > limit.MAX_TYPES) throw malformed(`too many types: ${types.length}, at most ${limit.MAX_TYPES}`, at)
  m.recTypes = recTypes
  m.types = types
}

function table(r: CodeReader): Table {
  if (r.peek() !== 0x40) return { type: tableType(r), init: undefined }
  r.pos++
  r.zero()
  return { type: tableType(r), init: skipExpr(r) }
}

const global = (r: CodeReader): Global => ({ type: globalType(r), init: skipExpr(r) })

function export_(r: CodeReader): Export {
  const name = r.name()
  const at = r.pos
  const kind = EXTERN_KINDS[r.byte()]
  if (kind === undefined) throw malformed('malformed export kind', at)
  return { name, kind, index: r.u32() }
}

// Shared, so that millions of empty segments cost little.
const PASSIVE = { kind: 'passive' } as const
const DECLARATIVE = { kind: 'declarative' } as const
const NO_LOCALS: readonly LocalRun[] = []
const NO_FUNCS: Elem['init'] = { kind: 'funcs', funcs: new Uint32Array(0) }

function elem(r: CodeReader): Elem {
  const at = r.pos
  const flags = r.u32()
  if (flags > 7) throw malformed('malformed elements segment kind', at)
  const mode: Elem['mode'] =
    (flags & 1) === 0
      ? { kind: 'active', index: flags & 2 ? r.u32() : 0, offset: skipExpr(r) }
      : flags & 2
        ? DECLARATIVE
        : PASSIVE
  const exprs = (flags & 4) !== 0
  const type = (flags & 3) === 0 ? (exprs ? FUNCREF : refType(false, Heap.func)) : elemType(r, exprs)
  return { type, mode, init: exprs ? elemExprs(r) : elemFuncs(r) }
}

function elemType(r: CodeReader, exprs: boolean): ValType {
  if (exprs) return reference(r)
  const at = r.pos
  if (r.byte() !== 0) throw malformed('malformed element kind', at)
  return refType(false, Heap.func)
}

function elemExprs(r: CodeReader): Elem['init'] {
  const n = r.length()
  const exprs: Code[] = []
  for (let i = 0; i < n; i++) exprs.push(skipExpr(r))
  return { kind: 'exprs', exprs }
}

function elemFuncs(r: CodeReader): Elem['init'] {
  const n = r.length()
  if (n === 0) return NO_FUNCS
  const funcs = new Uint32Array(n)
  for (let i = 0; i < funcs.length; i++) funcs[i] = r.u32()
  return { kind: 'funcs', funcs }
}

function data(r: CodeReader): Data {
  const at = r.pos
  const flags = r.u32()
  if (flags > 2) throw malformed('malformed data segment kind', at)
  const mode: Data['mode'] =
    flags === 1 ? PASSIVE : { kind: 'active', index: flags === 2 ? r.u32() : 0, offset: skipExpr(r) }
  return { mode, bytes: r.take(r.length()) }
}

const usesData = (op: Op) =>
  op === Op.memory_init || op === Op.data_drop || op === Op.array_new_data || op === Op.array_init_data

function codeSection(r: CodeReader, m: Building): void {
  let dataUse = -1
  const onOp = (op: Op) => {
    if (dataUse < 0 && usesData(op)) dataUse = r.at
  }
  const { lazy, typeIndices } = m
  let next = 0
  m.funcs = vector(r, 'functions', limit.MAX_FUNCS, () => func(r, typeIndices[next++] ?? 0, lazy, onOp))
  if (dataUse >= 0 && m.dataCount === undefined) throw malformed('data count section required', dataUse)
}

function func(r: CodeReader, type: number, lazy: boolean, onOp: (op: Op) => void): Func {
  const at = r.pos
  const size = r.length()
  if (size > limit.MAX_BODY_SIZE)
    throw malformed(`function body too large: ${size} bytes, at most ${limit.MAX_BODY_SIZE}`, at)
  const start = r.pos
  const locals = localRuns(r)
  if (lazy) return { type, locals, body: rest(r, start + size) }
  const body = skipExpr(r, onOp)
  if (r.pos !== start + size) throw malformed('section size mismatch', start)
  return { type, locals, body }
}

/** The bytes up to `end`, unread. */
function rest(r: CodeReader, end: number): Code {
  const start = r.pos
  r.skip(Math.max(0, end - start))
  return { bytes: r.bytes, start, end }
}

function localRuns(r: CodeReader): readonly LocalRun[] {
  const at = r.pos
  const n = r.length()
  if (n === 0) return NO_LOCALS
  const runs: LocalRun[] = []
  let total = 0
  for (let i = 0; i < n; i++) {
    const count = r.u32()
    total += count
    runs.push({ count, type: valType(r) })
  }
  if (total > limit.MAX_LOCALS) throw malformed(`too many locals: ${total}, at most ${limit.MAX_LOCALS}`, at)
  return runs
}
