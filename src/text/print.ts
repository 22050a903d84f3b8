// Binary to text: prints a decoded module so that parsing it gives the same bytes as encoding it (specification: Text Format, Modules).
// Names become identifiers; what identifiers cannot carry of the name section is kept as a custom section.

import type { Custom, Data, Elem, ExternKind, Func, Import, Module, Names, SegmentMode } from '../syntax/module.ts'
import type { FieldType, FuncType, GlobalType, Limits, MemType, SubType, TableType, ValType } from '../syntax/types.ts'
import { SECTION_IDS, SECTION_ORDER } from './annotations.ts'
import { encodeNames } from './name-section.ts'
import {
  type Printing,
  printBody,
  printExpr,
  printItem,
  printSignature,
  printType,
  printTypes,
  printTypeUse,
} from './print-code.ts'
import { Identifiers, printBytes, printId, printText, spaceCounts } from './print-names.ts'

/** Bytes per line of a data segment. */
const DATA_LINE = 64

/**
 * Prints a module in the text format.
 * @param module a decoded module; it need not be valid
 * @param names what `decodeNames` gives for it, or other names
 */
export function printModule(module: Module, names: Names): string {
  const imported = module.imports.flatMap(({ desc }) => (desc.kind === 'func' ? [desc.type] : []))
  const p: Printing = {
    m: module,
    ids: new Identifiers(names, spaceCounts(module)),
    funcTypes: [...imported, ...module.funcs.map((func) => func.type)],
    usesData: false,
  }
  const fields = printFields(p)
  if (module.dataCount !== undefined && !p.usesData) fields.unshift('  (@anywasm.datacount)')
  return `(module${printModuleName(p)}\n${[...fields, ...printCustoms(p)].join('\n')}\n)\n`
}

function printModuleName({ ids }: Printing): string {
  const name = ids.names.module
  if (name === undefined) return ''
  ids.printed.module = name
  return name === '' ? ' (@name "")' : ` ${printId(name)}`
}

/** All fields, indented by two; counts of each space so far give the indices. */
function printFields(p: Printing): string[] {
  const { m, ids } = p
  const out: string[] = []
  const next: Record<ExternKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  let type = 0
  for (const rec of m.recTypes) {
    const types = rec.map((sub) => printTypeDef(p, sub, type++))
    if (types.length === 1) out.push(`  ${types[0]}`)
    else out.push(['  (rec', ...types.map((text) => `    ${text}`)].join('\n') + ')')
  }
  for (const item of m.imports) out.push(`  ${printImport(p, item, next[item.desc.kind]++)}`)
  for (const { type } of m.tags) out.push(`  (tag${ids.define('tags', next.tag++)}${printTypeUse(p, type)})`)
  for (const memory of m.memories) out.push(`  (memory${ids.define('memories', next.memory++)} ${printMemory(memory)})`)
  for (const { type, init } of m.tables) {
    const value = init === undefined ? '' : ` ${printExpr(p, init)}`
    out.push(`  (table${ids.define('tables', next.table++)} ${printTable(p, type)}${value})`)
  }
  for (const { type, init } of m.globals) {
    const value = printExpr(p, init)
    out.push(`  (global${ids.define('globals', next.global++)} ${printGlobal(p, type)}${value && ' '}${value})`)
  }
  for (const { name, kind, index } of m.exports)
    out.push(`  (export ${printText(name)} (${kind} ${refOf(p, kind, index)}))`)
  if (m.start !== undefined) out.push(`  (start ${ids.ref('funcs', m.start)})`)
  for (const func of m.funcs) out.push(printFunc(p, func, next.func++))
  for (const [i, elem] of m.elems.entries()) out.push(`  ${printElem(p, elem, i)}`)
  for (const [i, data] of m.datas.entries()) out.push(`  ${printData(p, data, i)}`)
  return out
}

function refOf({ ids }: Printing, kind: ExternKind, index: number): string {
  return ids.ref(kind === 'memory' ? 'memories' : `${kind}s`, index)
}

// ---- Types ----

function printField(p: Printing, { type, mutable }: FieldType): string {
  return mutable ? `(mut ${printType(p, type)})` : printType(p, type)
}

function printTypeDef(p: Printing, sub: SubType, index: number): string {
  const head = `(type${p.ids.define('types', index)}`
  const comp = printComp(p, sub, index)
  if (sub.final && sub.supers.length === 0) return `${head} ${comp})`
  const supers = sub.supers.map((type) => ` ${p.ids.ref('types', type)}`).join('')
  return `${head} (sub${sub.final ? ' final' : ''}${supers} ${comp}))`
}

function printComp(p: Printing, { comp }: SubType, index: number): string {
  if (comp.kind === 'func') return `(func${printSignature(p, comp)})`
  if (comp.kind === 'array') return `(array ${printField(p, comp.field)})`
  p.ids.enter('fields', index, comp.fields.length)
  const fields = comp.fields.map(
    (field, i) => ` (field${p.ids.innerDefine('fields', index, i)} ${printField(p, field)})`,
  )
  return `(struct${fields.join('')})`
}

function printLimits({ address, min, max }: Limits): string {
  return `${address === 'i64' ? 'i64 ' : ''}${min}${max === undefined ? '' : ` ${max}`}`
}

const printTable = (p: Printing, { limits, elem }: TableType) => `${printLimits(limits)} ${printType(p, elem)}`
const printGlobal = (p: Printing, { type, mutable }: GlobalType) => printField(p, { type, mutable })

function printMemory({ limits, shared, pageSizeLog2 }: MemType): string {
  const page = pageSizeLog2 === 16 ? '' : ` (pagesize ${1n << BigInt(pageSizeLog2)})`
  return `${printLimits(limits)}${shared ? ' shared' : ''}${page}`
}

// ---- Imports and functions ----

function printImport(p: Printing, { module, name, desc }: Import, index: number): string {
  const { ids } = p
  const wrap = (text: string) => `(import ${printText(module)} ${printText(name)} (${desc.kind}${text}))`
  switch (desc.kind) {
    case 'func':
      return wrap(`${ids.define('funcs', index)}${printFuncUse(p, desc.type, index, 0).text}`)
    case 'table':
      return wrap(`${ids.define('tables', index)} ${printTable(p, desc.type)}`)
    case 'memory':
      return wrap(`${ids.define('memories', index)} ${printMemory(desc.type)}`)
    case 'global':
      return wrap(`${ids.define('globals', index)} ${printGlobal(p, desc.type)}`)
    case 'tag':
      return wrap(`${ids.define('tags', index)}${printTypeUse(p, desc.type.type)}`)
  }
}

/** A function's type use with the names of its parameters; where the type is not known, its locals have no names. */
function printFuncUse(p: Printing, type: number, index: number, locals: number): { text: string; params: number } {
  const comp = p.m.types[type]?.comp
  if (comp?.kind !== 'func') return { text: printTypeUse(p, type), params: -1 }
  p.ids.enter('locals', index, comp.params.length + locals)
  const use = ` (type ${p.ids.ref('types', type)})`
  return { text: use + printParams(p, comp, index) + printTypes(p, 'result', comp.results), params: comp.params.length }
}

function printParams(p: Printing, { params }: FuncType, func: number): string {
  const groups = new Groups('param')
  for (const [i, type] of params.entries()) groups.add(p.ids.innerDefine('locals', func, i), printType(p, type))
  return groups.text()
}

/** Parameters or locals: those without names stand together. */
class Groups {
  private readonly parts: string[] = []
  private open: string[] = []
  constructor(private readonly word: string) {}

  add(name: string, type: string): void {
    if (name === '') this.open.push(type)
    else {
      this.flush()
      this.parts.push(` (${this.word}${name} ${type})`)
    }
  }

  private flush(): void {
    if (this.open.length > 0) this.parts.push(` (${this.word} ${this.open.join(' ')})`)
    this.open = []
  }

  text(): string {
    this.flush()
    return this.parts.join('')
  }
}

function printFunc(p: Printing, func: Func, index: number): string {
  const count = func.locals.reduce((sum, run) => sum + run.count, 0)
  const head = `  (func${p.ids.define('funcs', index)}`
  const { text, params } = printFuncUse(p, func.type, index, count)
  const lines = [head + text]
  const groups = new Groups('local')
  let local = 0
  for (const { count: times, type } of func.locals)
    for (let i = 0; i < times; i++, local++)
      groups.add(params < 0 ? '' : p.ids.innerDefine('locals', index, params + local), printType(p, type))
  const locals = groups.text()
  if (locals !== '') lines.push(`   ${locals}`)
  for (const line of printBody(p, func.body, 2, index)) lines.push(line)
  lines[lines.length - 1] += ')'
  return lines.join('\n')
}

// ---- Segments ----

function printMode(p: Printing, mode: SegmentMode, kind: 'table' | 'memory'): string {
  if (mode.kind !== 'active') return mode.kind === 'declarative' ? ' declare' : ''
  const target = mode.index === 0 ? '' : ` (${kind} ${refOf(p, kind, mode.index)})`
  return `${target} ${printItem(p, mode.offset, 'offset')}`
}

function printElem(p: Printing, { type, mode, init }: Elem, index: number): string {
  const head = `(elem${p.ids.define('elems', index)}${printMode(p, mode, 'table')}`
  if (init.kind === 'funcs')
    return `${head} func${[...init.funcs].map((func) => ` ${p.ids.ref('funcs', func)}`).join('')})`
  return `${head} ${printType(p, type as ValType)}${init.exprs.map((expr) => ` ${printItem(p, expr, 'item')}`).join('')})`
}

function printData(p: Printing, { mode, bytes }: Data, index: number): string {
  const head = `(data${p.ids.define('datas', index)}${printMode(p, mode, 'memory')}`
  return `${head}${printLines(bytes)})`
}

/** String literals, one per line where there are several. */
function printLines(bytes: Uint8Array): string {
  if (bytes.length <= DATA_LINE) return ` ${printBytes(bytes)}`
  let out = ''
  for (let i = 0; i < bytes.length; i += DATA_LINE)
    out += `\n    ${printBytes(bytes, i, Math.min(i + DATA_LINE, bytes.length))}`
  return out
}

// ---- Custom sections ----

const SECTION_NAMES = new Map(Object.entries(SECTION_IDS).map(([name, id]) => [id, name]))

function printCustoms(p: Printing): string[] {
  const { customs } = p.m
  const nameAt = impliedNames(p)
  return customs.flatMap((custom, i) => {
    if (i === nameAt) return []
    // The parser puts the name section behind what stands explicitly after the last section and before what has no place.
    const place = nameAt >= 0 && i > nameAt ? '' : ` ${printPlace(custom)}`
    return [`  (@custom ${printText(custom.name)}${place}${custom.bytes.length > 0 ? printLines(custom.bytes) : ''})`]
  })
}

const printPlace = ({ after }: Custom) => (after === 0 ? '(before first)' : `(after ${SECTION_NAMES.get(after)})`)

/** Which custom section is the name section that the printed identifiers will make again; -1 if none is. */
function impliedNames({ m, ids }: Printing): number {
  const first = m.customs.findIndex(({ name }) => name === 'name')
  const custom = m.customs[first]
  if (custom === undefined || m.customs.filter(({ name }) => name === 'name').length > 1) return -1
  const implied = encodeNames(ids.printed)
  if (implied === undefined || implied.length !== custom.bytes.length) return -1
  if (!implied.every((byte, i) => byte === custom.bytes[i])) return -1
  return custom.after === lastSection(m) ? first : -1
}

/** The id of the last section that a module has, 0 if it has none. */
function lastSection(m: Module): number {
  const present: Record<number, boolean> = {
    1: m.recTypes.length > 0,
    2: m.imports.length > 0,
    3: m.funcs.length > 0,
    4: m.tables.length > 0,
    5: m.memories.length > 0,
    13: m.tags.length > 0,
    6: m.globals.length > 0,
    7: m.exports.length > 0,
    8: m.start !== undefined,
    9: m.elems.length > 0,
    12: m.dataCount !== undefined,
    10: m.funcs.length > 0,
    11: m.datas.length > 0,
  }
  return SECTION_ORDER.findLast((id) => present[id]) ?? 0
}
