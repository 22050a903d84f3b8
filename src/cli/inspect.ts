// `anywasm inspect`: what a module imports, exports and contains, for people or as JSON.
import { decodeNames } from '../binary/name-section.ts'
import { describe } from '../runtime/imports.ts'
import { type InstanceLayout, instanceLayout } from '../runtime/layout.ts'
import type { Feature } from '../syntax/features.ts'
import { EXTERN_KINDS, type ImportDesc, type Module } from '../syntax/module.ts'
import { type DefType, TypeRegistry } from '../syntax/type-registry.ts'
import { featuresOf } from '../valid/features.ts'
import { explain } from './failure.ts'
import { loadModule } from './load.ts'
import { writeOut } from './output.ts'

interface Report {
  file: string
  bytes: number
  name: string | undefined
  types: number
  functions: number
  codeBytes: number
  imports: { module: string; name: string; type: string }[]
  exports: { name: string; type: string }[]
  memories: string[]
  tables: string[]
  globals: number
  elementSegments: number
  dataSegments: number
  dataBytes: number
  start: number | undefined
  customSections: { name: string; bytes: number }[]
  features: Feature[]
}

/** The descriptions of everything of one kind, imported first, by index. */
function descriptions(module: Module): Map<string, ImportDesc> {
  const out = new Map<string, ImportDesc>()
  const next: Record<string, number> = Object.fromEntries(EXTERN_KINDS.map((k) => [k, 0]))
  const add = (desc: ImportDesc) => out.set(`${desc.kind} ${next[desc.kind]!++}`, desc)
  for (const i of module.imports) add(i.desc)
  for (const f of module.funcs) add({ kind: 'func', type: f.type })
  for (const t of module.tables) add({ kind: 'table', type: t.type })
  for (const m of module.memories) add({ kind: 'memory', type: m })
  for (const g of module.globals) add({ kind: 'global', type: g.type })
  for (const t of module.tags) add({ kind: 'tag', type: t })
  return out
}

function report(file: string, module: Module): Report {
  const registry = new TypeRegistry()
  const types: DefType[] = registry.add(module.recTypes).map((id) => registry.types[id]!)
  const descs = descriptions(module)
  const all = (kind: string) => [...descs.values()].filter((d) => d.kind === kind).map((d) => describe(d, types))
  return {
    file,
    bytes: module.bytes.length,
    name: decodeNames(module).module,
    types: module.types.length,
    functions: module.funcs.length,
    codeBytes: module.funcs.reduce((n, f) => n + f.body.end - f.body.start, 0),
    imports: module.imports.map((i) => ({ module: i.module, name: i.name, type: describe(i.desc, types) })),
    exports: module.exports.map((x) => ({ name: x.name, type: describe(descs.get(`${x.kind} ${x.index}`)!, types) })),
    memories: all('memory'),
    tables: all('table'),
    globals: all('global').length,
    elementSegments: module.elems.length,
    dataSegments: module.datas.length,
    dataBytes: module.datas.reduce((n, d) => n + d.bytes.length, 0),
    start: module.start,
    customSections: module.customs.map((c) => ({ name: c.name, bytes: c.bytes.length })),
    features: featuresOf(module),
  }
}

function text(r: Report): string {
  const quote = JSON.stringify
  const lines = [
    `${r.file}: ${r.bytes} bytes${r.name === undefined ? '' : `, module ${quote(r.name)}`}`,
    `  ${r.functions} functions (${r.codeBytes} bytes of code), ${r.types} types, ${r.globals} globals`,
    `  ${r.elementSegments} element segments, ${r.dataSegments} data segments (${r.dataBytes} bytes)`,
    ...r.memories.map((m) => `  ${m}`),
    ...r.tables.map((t) => `  ${t}`),
    ...(r.start === undefined ? [] : [`  start: function ${r.start}`]),
    `  features: ${r.features.join(', ') || 'none'}`,
    `imports: ${r.imports.length}`,
    ...r.imports.map((i) => `  ${quote(i.module)} ${quote(i.name)}: ${i.type}`),
    `exports: ${r.exports.length}`,
    ...r.exports.map((x) => `  ${quote(x.name)}: ${x.type}`),
    `custom sections: ${r.customSections.length}`,
    ...r.customSections.map((c) => `  ${quote(c.name)}: ${c.bytes} bytes`),
  ]
  return `${lines.join('\n')}\n`
}

/** Where each kind of entry lies in an instance's state. */
function layoutText({ fields, size }: InstanceLayout): string {
  const rows = fields.map((f) => `${String(f.offset).padStart(8)}  ${f.count} × ${f.size} bytes: ${f.name}`)
  return `state of an instance: ${size} bytes\n${rows.join('\n')}\n`
}

/** What to show, and how. */
export interface InspectOptions {
  json?: boolean
  layout?: boolean
}

export async function inspect(file: string, options: InspectOptions): Promise<void> {
  try {
    const module = await loadModule(file)
    const shown = options.layout ? instanceLayout(module) : report(file, module)
    if (options.json) writeOut(`${JSON.stringify(shown, null, 2)}\n`)
    else writeOut('size' in shown ? layoutText(shown) : text(shown))
  } catch (e) {
    throw explain(e, file)
  }
}
