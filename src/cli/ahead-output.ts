// The files that `anywasm compile` writes: JavaScript in three formats around the same parts.
import { basename } from 'node:path'
import type { AheadSource } from '../compiler/ahead-source.ts'
import type { Module } from '../syntax/module.ts'
import { runtimeCode, type Target } from './ahead-runtime.ts'

export const FORMATS = ['esm', 'cjs', 'iife'] as const
export type Format = (typeof FORMATS)[number]

export interface Parts {
  readonly module: Module
  /** Stands in the functions' names. */
  readonly number: number
  readonly source: AheadSource
  /** What each function is called, by its index; undefined where nobody says. */
  readonly nameOf: (index: number) => string | undefined
  /** See presets/ahead.ts. */
  readonly types: Uint8Array
  readonly data: Uint8Array
  /** The variable that a script defines. */
  readonly name: string
}

/** A script, for each of its lines the byte offset in the module that it came from, or -1, and names of functions by the line where they begin, from 0. */
export interface Script {
  readonly text: string
  readonly offsets: readonly number[]
  readonly names: ReadonlyMap<number, string>
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** JSON that is also a JavaScript string for old parsers and in a script element. */
export const quoted = (s: string): string =>
  JSON.stringify(s).replace(/[<\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Kinds of things that have classes of their own. */
const CLASSES = { memory: ['Memory'], table: ['Table'], global: ['Global'], tag: ['Tag', 'Exception'] } as const

/** The classes of what a module imports or exports, or may throw. */
function classNames({ imports, exports, tags }: Module): string[] {
  const kinds = new Set<string>([...imports.map((i) => i.desc.kind), ...exports.map((e) => e.kind)])
  if (tags.length > 0) kinds.add('tag')
  return Object.entries(CLASSES).flatMap(([kind, names]) => (kinds.has(kind) ? names : []))
}

/** What the script of a module exports. */
export const exportNames = (module: Module): string[] => [
  'instantiate',
  'instantiateSync',
  'LinkError',
  'RuntimeError',
  ...classNames(module),
]

/** @param external the name of the file beside this one that the module's data is read from; it is in the script otherwise */
export function script(format: Format, target: Target, parts: Parts, external: string | undefined): Script {
  const keyword = target === 'es5' ? 'var' : 'const'
  const classes = classNames(parts.module)
  const { code, local } = runtimeCode(target, [
    'load',
    'fromBase64',
    ...parts.source.helpers,
    ...classes.map((c) => `define${c}`),
  ])
  const { rows, structs, helpers } = parts.source
  const contents =
    external === undefined
      ? `function () { return ${local('fromBase64')}("${base64(parts.data)}"); }`
      : READ[format](quoted(external))
  const out = new Lines()
  out.add('// Made by anywasm compile; changes are lost when it is made again.')
  out.add(format === 'iife' ? `var ${parts.name} = (function () {` : `${keyword} loaded = (function () {`)
  out.add(
    `"use strict";\n${code}\nreturn ${local('load')}({\ncode: { number: ${parts.number}, structs: {\n${structs.join(',\n')}\n}, funcs: [`,
  )
  for (const { index, text, offsets } of rows) {
    out.add(`// ${index}${comment(parts.nameOf(index))}`)
    out.add(`${text},`, offsets, parts.nameOf(index))
  }
  out.add('] },')
  out.add(`helpers: { ${helpers.map((h) => `${h}: ${local(h)}`).join(', ')} },`)
  out.add(`classes: { ${classes.map((c) => `${c}: ${local(`define${c}`)}`).join(', ')} },`)
  out.add(`types: "${base64(parts.types)}",\ncontents: ${contents}\n});\n})();`)
  if (format === 'esm')
    out.add(
      exportNames(parts.module)
        .map((e) => `export ${keyword} ${e} = loaded.${e};`)
        .join('\n'),
    )
  else if (format === 'cjs')
    out.add(
      exportNames(parts.module)
        .map((e) => `exports.${e} = loaded.${e};`)
        .join('\n'),
    )
  return out
}

/** Lines of text with the offsets that they came from. */
class Lines implements Script {
  text = ''
  readonly offsets: number[] = []
  readonly names = new Map<number, string>()

  /** @param name of the function that begins in the second line */
  add(text: string, offsets: readonly number[] = [], name?: string): void {
    if (name !== undefined) this.names.set(this.offsets.length + 1, name)
    this.text += `${text}\n`
    const count = text.split('\n').length
    for (let k = 0; k < count; k++) this.offsets.push(offsets[k] ?? -1)
  }
}

/** A name as it may stand in a comment of one line, in a script element too. */
const comment = (name: string | undefined): string =>
  name === undefined ? '' : ` ${name.replace(/[^ -~]/g, '?').replace(/<(?=[/!])/g, '?')}`

/** How each format reads a file beside itself, given its name in quotes; but for modules in ES5. */
const READ: Record<Format, (name: string) => string> = {
  esm: (name) => `async () => {
  const url = new URL(encodeURIComponent(${name}), import.meta.url);
  if (url.protocol === "file:") return new Uint8Array(await (await import("node:fs/promises")).readFile(url));
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}`,
  cjs: (name) =>
    `function () { return new Uint8Array(require("node:fs").readFileSync(require("node:path").join(__dirname, ${name}))); }`,
  iife: (name) =>
    `(function (base) { return function () {
  return fetch(new URL(encodeURIComponent(${name}), base)).then(function (r) { return r.arrayBuffer(); }).then(function (b) { return new Uint8Array(b); });
}; })(document.currentScript.src)`,
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
