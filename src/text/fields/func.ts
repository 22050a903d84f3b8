// Parses function, tag and import/export fields, and the inline imports and exports of every definition
// (specification: Text Format, Modules).
import { writeGlobalType, writeMemType, writeTableType, writeValType } from '../../binary/write-types.ts'
import { Op } from '../../syntax/opcode.ts'
import type { ValType } from '../../syntax/types.ts'
import { ByteWriter } from '../../util/byte-writer.ts'
import type { ModuleContext, SpaceName } from '../context.ts'
import { constExpr, instrList } from '../instr.ts'
import { Kw } from '../keywords.ts'
import { Tok } from '../tokens.ts'
import { checkInline, explicitType, globalType, memoryType, signature, tableType, typeUse, valType } from '../types.ts'

/** The binary codes of external kinds. */
export const EXTERN_CODES = { funcs: 0, tables: 1, memories: 2, globals: 3, tags: 4 } as const
export type ExternSpace = keyof typeof EXTERN_CODES
const SINGULAR: Record<ExternSpace, string> = {
  funcs: 'function',
  tables: 'table',
  memories: 'memory',
  globals: 'global',
  tags: 'tag',
}
/** The index space of each kind that can be imported and exported, by keyword. */
export const EXTERN_SPACES = new Map<number, ExternSpace>([
  [Kw.func, 'funcs'],
  [Kw.table, 'tables'],
  [Kw.memory, 'memories'],
  [Kw.global, 'globals'],
  [Kw.tag, 'tags'],
])

/** Inline exports. */
function inlineExports(p: ModuleContext, space: ExternSpace, index: number): void {
  while (p.open(Kw.export)) {
    const out = p.exports.entry()
    out.name(p.name())
    out.byte(EXTERN_CODES[space])
    out.u32(index)
    p.close()
  }
}

function beginImport(p: ModuleContext, module: string, name: string, at: number): ByteWriter {
  if (p.defined !== undefined) throw p.error(`import after ${p.defined} definition`, at)
  const out = p.imports.entry()
  out.name(module)
  out.name(name)
  return out
}

/** An inline import, which makes the definition an import; undefined if there is none. */
function inlineImport(p: ModuleContext): ByteWriter | undefined {
  const at = p.pos
  if (!p.open(Kw.import)) return undefined
  const module = p.name()
  const out = beginImport(p, module, p.name(), at)
  p.close()
  return out
}

/** What is imported: its code and type. */
function externType(p: ModuleContext, out: ByteWriter, space: ExternSpace, index: number): void {
  out.byte(EXTERN_CODES[space])
  switch (space) {
    case 'funcs':
      out.u32(typeUse(p, (name, _id, local) => name !== undefined && p.nameInner('locals', index, local, name)))
      return
    case 'tables':
      writeTableType(out, tableType(p))
      return
    case 'memories':
      writeMemType(out, memoryType(p))
      return
    case 'globals':
      writeGlobalType(out, globalType(p))
      return
    case 'tags':
      out.byte(0)
      out.u32(typeUse(p, () => {}))
  }
}

/** Begins a definition, with its inline exports. Gives its index; undefined where it is an inline import, and with that complete. */
export function definition(p: ModuleContext, space: ExternSpace): number | undefined {
  const index = p.define(space)
  inlineExports(p, space, index)
  const imported = inlineImport(p)
  if (imported !== undefined) {
    externType(p, imported, space, index)
    return undefined
  }
  // Imports may not follow.
  p.defined = SINGULAR[space]
  return index
}

/** What an import is, `(kind …)`, up to its closing parenthesis. */
function importDesc(p: ModuleContext, module: string, name: string, at: number): void {
  const space = p.kind() === Tok.lpar ? EXTERN_SPACES.get(p.keyword(1)) : undefined
  if (space === undefined) throw p.unexpected()
  p.pos += 2
  const out = beginImport(p, module, name, at)
  const index = p.define(space)
  externType(p, out, space, index)
  p.close()
}

/** An import field after its opening. */
export function importField(p: ModuleContext): void {
  const at = p.pos - 2
  const module = p.name()
  if (p.opens(Kw.item)) compactImports(p, module, at)
  else importDesc(p, module, p.name(), at)
}

/** Imports from one module (compact import section): items with a type each, or names that share the type behind them. */
function compactImports(p: ModuleContext, module: string, at: number): void {
  const names: string[] = []
  while (p.open(Kw.item)) {
    const name = p.name()
    if (p.kind() === Tok.lpar && names.length === 0) importDesc(p, module, name, at)
    else names.push(name)
    p.close()
  }
  const shared = p.pos
  for (const name of names) {
    p.pos = shared
    if (p.kind(2) === Tok.id) throw p.error('identifier not allowed', shared + 2)
    importDesc(p, module, name, at)
  }
}

export function exportField(p: ModuleContext): void {
  const out = p.exports.entry()
  out.name(p.name())
  const space = p.kind() === Tok.lpar ? EXTERN_SPACES.get(p.keyword(1)) : undefined
  if (space === undefined) throw p.unexpected()
  p.pos += 2
  out.byte(EXTERN_CODES[space])
  out.u32(p.index(space as SpaceName))
  p.close()
}

export function startField(p: ModuleContext): void {
  if (p.start !== undefined) throw p.error('multiple start sections')
  p.start = p.index('funcs')
}

export function tagField(p: ModuleContext): void {
  if (definition(p, 'tags') === undefined) return
  const type = typeUse(p, () => {})
  const out = p.tags.entry()
  out.byte(0)
  out.u32(type)
}

export function globalField(p: ModuleContext): void {
  if (definition(p, 'globals') === undefined) return
  const out = p.globals.entry()
  writeGlobalType(out, globalType(p))
  constExpr(p, out)
}

export function funcField(p: ModuleContext): void {
  const index = definition(p, 'funcs')
  if (index !== undefined) funcBody(p, index)
}

const body = new ByteWriter(4096)

function bindLocal(
  p: ModuleContext,
  id: string | undefined,
  name: string | undefined,
  index: number,
  token: number,
): void {
  if (id !== undefined) {
    if (p.locals.has(id)) throw p.error(`duplicate local $${id}`, token)
    p.locals.set(id, index)
  }
  if (name !== undefined) p.nameInner('locals', p.func, index, name)
}

function funcBody(p: ModuleContext, index: number): void {
  p.func = index
  p.locals.clear()
  p.labels.length = 0
  p.labels.push(undefined)
  p.labelCount = 0
  const use = explicitType(p)
  const params: ValType[] = []
  const results: ValType[] = []
  signature(p, params, results, (name, id, local, token) => bindLocal(p, id, name, local, token))
  let type = use.index
  if (type < 0) type = p.implicitType(params, results)
  else checkInline(p, use, params, results)
  // Looked up only where an identifier needs it: a type that does not exist is for the validator to find.
  const paramCount = () =>
    use.index < 0 || params.length > 0 || results.length > 0
      ? params.length
      : p.funcType(use.index, use.token).params.length
  body.length = 0
  writeLocals(p, body, paramCount)
  instrList(p, body)
  body.byte(Op.end)
  p.func = -1
  p.funcs.entry().u32(type)
  p.codes.entry().append(body)
}

/** Locals, in runs of one type. */
function writeLocals(p: ModuleContext, w: ByteWriter, paramCount: () => number): void {
  const runs: { count: number; type: ValType }[] = []
  let count = 0
  const add = (type: ValType) => {
    const last = runs.at(-1)
    if (last?.type === type) last.count++
    else runs.push({ count: 1, type })
    count++
  }
  while (p.open(Kw.local)) {
    const token = p.pos
    if (p.kind() === Tok.id || p.annotated) {
      const id = p.optionalId()
      bindLocal(p, id, p.named(id), paramCount() + count, token)
      add(valType(p))
    } else while (p.kind() !== Tok.rpar) add(valType(p))
    p.close()
  }
  w.u32(runs.length)
  for (const run of runs) {
    w.u32(run.count)
    writeValType(w, run.type)
  }
}
