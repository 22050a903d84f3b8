// Text to binary: parses a module and writes its sections (specification: Text Format, Modules). Two walks over the tokens: the first binds
// the identifiers of all fields, the second parses types, then all other fields in their order, each straight into its section.

import { writeRecType } from '../binary/write-types.ts'
import { CompileError, MalformedError } from '../errors.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { SECTION_IDS, SECTION_ORDER } from './annotations.ts'
import { ModuleContext, type Section } from './context.ts'
import { EXTERN_SPACES, exportField, funcField, globalField, importField, startField, tagField } from './fields/func.ts'
import { dataField, elemField, memoryField, tableField } from './fields/segments.ts'
import { resetInstr } from './instr.ts'
import { Kw } from './keywords.ts'
import { lex } from './lexer.ts'
import { encodeNames } from './name-section.ts'
import { keyword, Tok, type Tokens } from './tokens.ts'
import { typeField } from './types.ts'

/** The parsers of all fields that are not types; each begins behind the keyword and ends before the closing parenthesis. */
const FIELDS = new Map<number, (p: ModuleContext) => void>([
  [Kw.import, importField],
  [Kw.export, exportField],
  [Kw.start, startField],
  [Kw.func, funcField],
  [Kw.tag, tagField],
  [Kw.global, globalField],
  [Kw.table, tableField],
  [Kw.memory, memoryField],
  [Kw.elem, elemField],
  [Kw.data, dataField],
])
const isType = (kw: number) => kw === Kw.type || kw === Kw.rec

/** Decodes a source that came as bytes. */
export function sourceText(source: string | Uint8Array): string {
  if (typeof source === 'string') return source
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(source)
  } catch {
    throw new MalformedError('malformed UTF-8 encoding')
  }
}

/**
 * Translates a module from the text format to the binary format.
 * @param source the text of one module: `(module …)` or its fields alone
 * @returns the module's bytes, with a name section if the text gives names
 * @throws MalformedError with line and column
 */
export function parseModule(source: string | Uint8Array, options: ParseOptions = {}): Uint8Array {
  const tokens = lex(sourceText(source))
  const { bytes, end } = parseModuleText(tokens, 0, options)
  if (tokens.codes[end] !== Tok.eof) throw new ModuleContext(tokens, end).unexpected()
  return bytes
}

/** Choices of the text parser. */
export interface ParseOptions {
  /** Limits of 32-bit tables and memories beyond 32 bits are malformed, as before WebAssembly 3.0, not invalid. */
  narrowLimits?: boolean
}

/** Parses the module at token `at`: one in parentheses, or the fields of one up to the end. */
export function parseModuleText(
  tokens: Tokens,
  at: number,
  options: ParseOptions = {},
): { bytes: Uint8Array; end: number } {
  resetInstr()
  const p = new ModuleContext(tokens, at)
  p.narrowLimits = options.narrowLimits ?? false
  try {
    return parse(p)
  } catch (e) {
    if (e instanceof CompileError) throw e
    if (e instanceof Error && /stack|recursion/i.test(e.message)) throw p.error('nesting too deep')
    throw e
  }
}

function parse(p: ModuleContext): { bytes: Uint8Array; end: number } {
  const wrapped = p.opens(Kw.module)
  if (wrapped) {
    p.fieldAnnotations(true)
    p.pos += 2
    p.accept(Kw.definition)
    const id = p.optionalId()
    if (id !== undefined) p.names.module = id
    if (inlineForm(p)) return { bytes: inlineBytes(p), end: p.pos }
  }
  const first = p.pos
  bindFields(p)
  p.pos = first
  parseTypes(p)
  p.pos = first
  parseFields(p)
  if (wrapped) {
    p.close()
    if (p.code === Tok.eof) p.fieldAnnotations(false)
  }
  return { bytes: assemble(p), end: p.pos }
}

const inlineForm = (p: ModuleContext) => p.keyword() === Kw.binary || p.keyword() === Kw.quote

/** `(module binary "…")` and `(module quote "…")`. */
function inlineBytes(p: ModuleContext): Uint8Array {
  const quoted = p.accept(Kw.quote)
  if (!quoted) p.expect(Kw.binary)
  const bytes = p.strings()
  p.close()
  return quoted ? parseModule(bytes) : bytes
}

// ---- The first walk ----

function bindFields(p: ModuleContext): void {
  while (p.code === Tok.lpar) {
    const end = p.after()
    const kw = p.keyword(1)
    p.pos += 2
    if (kw === Kw.type) bindId(p, 'types')
    else if (kw === Kw.rec) bindRec(p, end)
    else if (kw === Kw.import) bindImport(p)
    else if (kw === Kw.elem) bindId(p, 'elems')
    else if (kw === Kw.data) bindId(p, 'datas')
    else {
      const space = EXTERN_SPACES.get(kw)
      if (space !== undefined) bindId(p, space)
      if (space === 'tables' && hasPart(p, end, Kw.elem)) p.bind('elems', undefined, p.pos)
      if (space === 'memories' && hasPart(p, end, Kw.data)) p.bind('datas', undefined, p.pos)
    }
    p.pos = end
  }
}

function bindId(p: ModuleContext, space: Parameters<ModuleContext['bind']>[0]): void {
  const id = p.kind() === Tok.id ? p.idAt(p.pos) : undefined
  p.bind(space, id, p.pos)
}

function bindRec(p: ModuleContext, end: number): void {
  while (p.pos < end && p.opens(Kw.type)) {
    const next = p.after()
    p.pos += 2
    bindId(p, 'types')
    p.pos = next
  }
}

function bindImport(p: ModuleContext): void {
  if (p.kind() !== Tok.string) return
  p.pos++
  if (p.kind() === Tok.string) {
    p.pos++
    bindDesc(p, 1)
    return
  }
  let names = 0
  while (p.opens(Kw.item)) {
    const next = p.after()
    p.pos += 3
    if (p.code !== Tok.lpar) names++
    else bindDesc(p, 1)
    p.pos = next
  }
  bindDesc(p, names)
}

/** Binds what an import's description defines, `count` times. */
function bindDesc(p: ModuleContext, count: number): void {
  const space = p.code === Tok.lpar ? EXTERN_SPACES.get(p.keyword(1)) : undefined
  if (space === undefined) return
  p.pos += 2
  if (count === 1) bindId(p, space)
  else for (let i = 0; i < count; i++) p.bind(space, undefined, p.pos)
}

/** Whether a field has the part `(kw …)`. */
function hasPart(p: ModuleContext, end: number, kw: Kw): boolean {
  const { codes } = p.tokens
  let depth = 1
  for (let i = p.pos; i < end; i++) {
    const code = codes[i]!
    if (code === Tok.rpar) depth--
    else if (code === Tok.lpar && depth++ === 1 && codes[i + 1] === keyword(kw)) return true
  }
  return false
}

// ---- The second walk ----

function parseTypes(p: ModuleContext): void {
  while (p.code === Tok.lpar) {
    const kw = p.keyword(1)
    if (isType(kw)) {
      p.pos += 2
      typeField(p, kw)
    } else p.pos = p.after()
  }
}

function parseFields(p: ModuleContext): void {
  for (let first = true; ; first = false) {
    p.fieldAnnotations(first)
    if (p.code !== Tok.lpar) return
    const kw = p.keyword(1)
    const start = p.pos
    if (isType(kw)) p.pos = p.after()
    else {
      const field = FIELDS.get(kw)
      if (field === undefined) throw p.unexpected()
      p.pos += 2
      field(p)
      p.close()
    }
    p.noAnnotationsLeft(start)
  }
}

// ---- Sections ----

function assemble(p: ModuleContext): Uint8Array {
  const w = new ByteWriter(256 + p.codes.out.length * 2 + p.datas.out.length)
  w.raw(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
  const contents = sections(p)
  for (const id of SECTION_ORDER) {
    writeCustoms(p, w, id, true)
    if (id === SECTION_IDS.code && p.hints.size > 0) writeCustom(w, 'metadata.code.branch_hint', hintBytes(p))
    const content = contents.get(id)
    if (content !== undefined) {
      w.byte(id)
      w.append(content)
    }
    if (id !== SECTION_IDS.data) writeCustoms(p, w, id, false)
  }
  writeLast(p, w)
  return w.take()
}

/** What follows the data section: customs placed there, the name section, and customs without a place. */
function writeLast(p: ModuleContext, w: ByteWriter): void {
  const last = p.customs.filter((custom) => custom.section === SECTION_IDS.data && !custom.before)
  for (const { name, bytes } of last.filter((custom) => custom.placed)) writeCustom(w, name, bytes)
  // An explicit name section stands for all the names that the text gives.
  const names = p.customs.some((custom) => custom.name === 'name') ? undefined : encodeNames(p.names)
  if (names !== undefined) writeCustom(w, 'name', names)
  for (const { name, bytes } of last.filter((custom) => !custom.placed)) writeCustom(w, name, bytes)
}

function writeCustoms(p: ModuleContext, w: ByteWriter, section: number, before: boolean): void {
  for (const custom of p.customs)
    if (custom.section === section && custom.before === before) writeCustom(w, custom.name, custom.bytes)
}

function writeCustom(w: ByteWriter, name: string, bytes: Uint8Array): void {
  const content = new ByteWriter(bytes.length + name.length + 8)
  content.name(name)
  content.raw(bytes)
  w.byte(0)
  w.append(content)
}

function hintBytes(p: ModuleContext): Uint8Array {
  const w = new ByteWriter()
  w.u32(p.hints.size)
  for (const [func, hints] of p.hints) {
    w.u32(func)
    w.u32(hints.size)
    for (const [offset, hint] of hints) {
      w.u32(offset)
      w.u32(1)
      w.byte(hint)
    }
  }
  return w.view()
}

/** The contents of all sections that are present, by id. */
function sections(p: ModuleContext): Map<number, ByteWriter> {
  const contents = new Map<number, ByteWriter>()
  const vector = (id: number, { count, out }: Section) => {
    if (count === 0) return
    const w = new ByteWriter(out.length + 5)
    w.u32(count)
    w.raw(out.bytes, 0, out.length)
    contents.set(id, w)
  }
  const single = (id: number, n: number) => {
    const w = new ByteWriter(5)
    w.u32(n)
    contents.set(id, w)
  }
  if (p.recTypes.length > 0) {
    const w = new ByteWriter(p.recTypes.length * 8)
    w.u32(p.recTypes.length)
    for (const rec of p.recTypes) writeRecType(w, rec)
    contents.set(1, w)
  }
  vector(2, p.imports)
  vector(3, p.funcs)
  vector(4, p.tables)
  vector(5, p.memories)
  vector(13, p.tags)
  vector(6, p.globals)
  vector(7, p.exports)
  if (p.start !== undefined) single(8, p.start)
  vector(9, p.elems)
  if (p.usesData) single(12, p.datas.count)
  vector(10, p.codes)
  vector(11, p.datas)
  return contents
}
