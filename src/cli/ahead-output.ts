// The files that `anywasm compile` writes: JavaScript in three formats around the same parts, the module without what has become JavaScript, and
// declarations. Names of the module stand in the declarations alone, as JSON.
import { basename } from 'node:path'
import { CodeReader } from '../binary/code.ts'
import type { Module } from '../syntax/module.ts'
import { EXTERNREF, F32, F64, type FuncType, Heap, heapOf, I32, I64, V128, type ValType } from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'

export const FORMATS = ['esm', 'cjs', 'iife'] as const
export type Format = (typeof FORMATS)[number]

export interface Parts {
  /** The functions: an expression. */
  readonly code: string
  /** See presets/ahead.ts. */
  readonly types: Uint8Array
  readonly data: Uint8Array
  /** A script that defines the variable `runtime`. */
  readonly runtime: string
  /** The variable that a script defines. */
  readonly name: string
}

const EXPORTS = ['instantiate', 'Memory', 'Table', 'Global', 'Tag', 'Exception', 'LinkError', 'RuntimeError'] as const

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** JSON that is also a JavaScript string for old parsers and in a script element. */
const quoted = (s: string): string =>
  JSON.stringify(s).replace(/[<\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** @param external the name of the file beside this one that the module's data is read from; it is in the script otherwise */
export function script(format: Format, parts: Parts, external: string | undefined): string {
  const contents =
    external === undefined ? `() => runtime.fromBase64("${base64(parts.data)}")` : READ[format](quoted(external))
  const body = `${parts.runtime.trim()}
const loaded = runtime.load(${parts.code}, "${base64(parts.types)}", ${contents});
`
  const head = '// Made by anywasm compile; changes are lost when it is made again.\n'
  switch (format) {
    case 'esm':
      return `${head}${body}export const { ${EXPORTS.join(', ')} } = loaded;\n`
    case 'cjs':
      return `${head}"use strict";\n${body}${EXPORTS.map((e) => `exports.${e} = loaded.${e};\n`).join('')}`
    case 'iife':
      return `${head}var ${parts.name} = (() => {\n"use strict";\n${body}return loaded;\n})();\n`
  }
}

/** How each format reads a file beside itself, given its name in quotes. */
const READ: Record<Format, (name: string) => string> = {
  esm: (name) => `async () => {
  const url = new URL(encodeURIComponent(${name}), import.meta.url);
  if (url.protocol === "file:") return new Uint8Array(await (await import("node:fs/promises")).readFile(url));
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}`,
  cjs: (name) => `() => new Uint8Array(require("node:fs").readFileSync(require("node:path").join(__dirname, ${name})))`,
  iife: (name) =>
    `((base) => async () => new Uint8Array(await (await fetch(new URL(encodeURIComponent(${name}), base))).arrayBuffer()))(document.currentScript.src)`,
}

/** The name of a script's variable: that of its file, as an identifier. */
export function globalName(path: string): string {
  const name = basename(path)
    .replace(/\..*$/, '')
    .replace(/[^A-Za-z0-9_$]+/g, '_')
  return /^[A-Za-z_$]/.test(name) && !RESERVED.test(name) ? name : `_${name}`
}

const RESERVED =
  /^(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|eval|arguments|undefined|NaN|Infinity|name|status|length|origin|history|event|closed|frames|parent|runtime|loaded|window|document|location|top|self|globalThis)$/

const HEADER = 8
const TYPES = 1
const CODE = 10

/** Copies a valid module section by section. `part` gives what becomes of the section's contents, undefined for nothing. */
function rewrite(
  bytes: Uint8Array,
  part: (id: number, r: CodeReader, end: number) => Uint8Array | undefined,
): Uint8Array {
  const out = new ByteWriter(bytes.length)
  for (const b of bytes.subarray(0, HEADER)) out.byte(b)
  const r = new CodeReader({ bytes, start: HEADER, end: bytes.length })
  while (!r.done) {
    const id = r.byte()
    const size = r.u32()
    const end = r.pos + size
    const contents = part(id, r, end)
    r.pos = end
    if (contents === undefined) continue
    out.byte(id)
    out.u32(contents.length)
    out.reserve(contents.length)
    out.bytes.set(contents, out.length)
    out.length += contents.length
  }
  return out.bytes.slice(0, out.length)
}

/** A module of nothing but another's types. */
export const typesOnly = (bytes: Uint8Array): Uint8Array =>
  rewrite(bytes, (id, r, end) => (id === TYPES ? bytes.subarray(r.pos, end) : undefined))

/** The module with empty bodies, and without custom sections but the names. */
export const withoutBodies = (bytes: Uint8Array): Uint8Array =>
  rewrite(bytes, (id, r, end) => {
    const whole = bytes.subarray(r.pos, end)
    if (id === CODE) return emptyBodies(r.u32())
    if (id !== 0) return whole
    return r.name() === 'name' ? whole : undefined
  })

function emptyBodies(count: number): Uint8Array {
  const out = new ByteWriter()
  out.u32(count)
  // A body of two bytes: no locals, end.
  for (let k = 0; k < count; k++) for (const b of [2, 0, 0x0b]) out.byte(b)
  return out.bytes.slice(0, out.length)
}

/** TypeScript declarations of the script's exports. */
export function declarations(module: Module, format: Format, name: string): string {
  const names = module.exports.map((e) => `  readonly ${quoted(e.name)}: ${exportType(module, e.kind, e.index)}\n`)
  const constants = DECLARED.map((line) => `export const ${line}\n`).join('')
  const values = `/** Makes an instance. */\nexport function instantiate(imports?: Imports): Promise<Instance>\n${constants}`
  const types = `export interface Exports {\n${names.join('')}}\nexport interface Instance {\n  readonly exports: Exports\n}\n${importsType(module)}`
  if (format !== 'iife') return `${types}${values}`
  return `declare namespace ${name} {\n${`${types}${values}`.replace(/^/gm, '  ').trimEnd()}\n}\n`
}

const DECLARED = ['Memory', 'Table', 'Global', 'Tag', 'Exception', 'LinkError', 'RuntimeError'].map(
  (c) => `${c}: ${['LinkError', 'RuntimeError'].includes(c) ? 'ErrorConstructor' : 'new (...args: any[]) => any'}`,
)

function importsType(module: Module): string {
  const byModule = new Map<string, Map<string, string>>()
  for (const { module: from, name, desc } of module.imports) {
    const members = byModule.get(from) ?? new Map<string, string>()
    byModule.set(from, members)
    const type = desc.kind === 'func' ? signature(module, desc.type, true) : 'any'
    const known = members.get(name)
    members.set(name, known === undefined || known === type ? type : `(${known}) & (${type})`)
  }
  const groups = [...byModule].map(([from, members]) => {
    const lines = [...members].map(([name, type]) => `    readonly ${quoted(name)}: ${type}\n`)
    return `  readonly ${quoted(from)}: {\n${lines.join('')}  }\n`
  })
  return `export interface Imports {\n${groups.join('')}}\n`
}

function exportType(module: Module, kind: string, index: number): string {
  switch (kind) {
    case 'func': {
      const imported = module.imports.flatMap((i) => (i.desc.kind === 'func' ? [i.desc.type] : []))
      return signature(module, imported[index] ?? module.funcs[index - imported.length]!.type, false)
    }
    case 'memory':
      return '{ readonly buffer: ArrayBuffer; grow(pages: number): number }'
    case 'global': {
      const imported = module.imports.flatMap((i) => (i.desc.kind === 'global' ? [i.desc.type] : []))
      const { type, mutable } = imported[index] ?? module.globals[index - imported.length]!.type
      return `{ ${mutable ? '' : 'readonly '}value: ${valueType(type)} }`
    }
    case 'table':
      return '{ readonly length: number; get(index: number): any; set(index: number, value?: any): void; grow(delta: number, value?: any): number }'
    default:
      return 'object'
  }
}

/** @param given whether the user writes the function: what it gives may be loose */
function signature(module: Module, type: number, given: boolean): string {
  const { params, results } = module.types[type]!.comp as FuncType
  const list = params.map((t, k) => `p${k}: ${valueType(t)}`).join(', ')
  const types = results.map(valueType)
  const result =
    types.length === 0
      ? 'void'
      : types.length === 1
        ? types[0]
        : given
          ? `Iterable<${[...new Set(types)].join(' | ')}>`
          : `[${types.join(', ')}]`
  return `(${list}) => ${result}`
}

function valueType(t: ValType): string {
  switch (t) {
    case I32:
    case F32:
    case F64:
      return 'number'
    case I64:
      return 'bigint'
    case V128:
      return 'never'
    case EXTERNREF:
      return 'any'
  }
  return heapOf(t) === Heap.func ? '((...args: any[]) => any) | null' : 'any'
}
