// What the printer writes for identifiers, strings and numbers, so that the parser reads the same again.
import type { Module, Names } from '../syntax/module.ts'
import { NameTable } from './context.ts'
import { f32Bits } from './literals.ts'

const PLAIN = /^[\w.+\-*/\\^~=<>!?@#$%&|:'`]+$/
const ESCAPED: Record<number, string> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\' }

/** How each byte stands in a literal. */
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, b) =>
  b >= 0x20 && b < 0x7f && b !== 0x22 && b !== 0x5c
    ? String.fromCharCode(b)
    : (ESCAPED[b] ?? `\\${b.toString(16).padStart(2, '0')}`),
)

/** A string literal for bytes, two hexadecimal digits where they are not printable ASCII. */
export function printBytes(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const out: string[] = []
  for (let i = start; i < end; i++) out.push(BYTES[bytes[i]!]!)
  return `"${out.join('')}"`
}

/** A string literal for text; what is not ASCII stays as it is, but for control characters. */
export function printText(text: string): string {
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0)!
    const bare = code >= 0x20 && !(code >= 0x7f && code < 0xa0) && code !== 0x22 && code !== 0x5c && !isFormat(code)
    out += bare ? char : (ESCAPED[code] ?? `\\u{${code.toString(16)}}`)
  }
  return `${out}"`
}
/** Characters that would not be seen, or would turn the text around. */
const isFormat = (code: number) =>
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x2028 && code <= 0x202e) ||
  (code >= 0x2060 && code <= 0x206f) ||
  code === 0xfeff

export const printId = (id: string): string => (PLAIN.test(id) ? `$${id}` : `$${printText(id)}`)

const view = new DataView(new ArrayBuffer(8))

function printSpecial(sign: boolean, payload: bigint, canonical: bigint): string {
  const text = payload === 0n ? 'inf' : payload === canonical ? 'nan' : `nan:0x${payload.toString(16)}`
  return sign ? `-${text}` : text
}

/** The shortest decimal that rounds to the float. */
export function printF32(bits: number): string {
  if ((bits & 0x7f800000) === 0x7f800000) return printSpecial(bits < 0, BigInt(bits & 0x7fffff), 0x400000n)
  view.setInt32(0, bits)
  const value = view.getFloat32(0)
  if (value === 0) return bits < 0 ? '-0' : '0'
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (f32Bits(text) === bits >>> 0) return text
  }
  return String(Number(value.toPrecision(9)))
}

export function printF64(lo: number, hi: number): string {
  if ((hi & 0x7ff00000) === 0x7ff00000) {
    const payload = (BigInt(hi & 0xfffff) << 32n) | BigInt(lo >>> 0)
    return printSpecial(hi < 0, payload, 1n << 51n)
  }
  view.setInt32(0, hi)
  view.setInt32(4, lo)
  const value = view.getFloat64(0)
  return value === 0 && hi < 0 ? '-0' : String(value)
}

type Flat = Exclude<keyof Names, 'module' | 'locals' | 'labels' | 'fields'>
type Inner = 'locals' | 'labels' | 'fields'

/** How a definition is named: its identifier, and an annotation where that is not its name. */
interface Named {
  id: string | undefined
  annotation: string | undefined
}

/** Identifiers for the names of one space: each name's first bearer gets it, others get one that is free. */
function identify(names: ReadonlyMap<number, string> | undefined, count: number): Map<number, Named> {
  const out = new Map<number, Named>()
  if (names === undefined || names.size === 0) return out
  const all = new Set(names.values())
  const used = new Set<string>()
  for (const [index, name] of names) {
    if (index >= count) continue
    let id: string | undefined = name === '' ? undefined : name
    for (let n = 1; id !== undefined && used.has(id); n++) {
      const next = `${name}.${n}`
      id = all.has(next) ? id : next
    }
    if (id !== undefined) used.add(id)
    out.set(index, { id, annotation: id === name ? undefined : name })
  }
  return out
}

/** The identifiers of a module, and the names that the printed text will give. */
export class Identifiers {
  /** What the parser will read out of the text. */
  readonly printed = new NameTable()
  private readonly flat: Record<Flat, Map<number, Named>>
  private readonly inner: Record<'locals' | 'fields', Map<number, Map<number, Named>>> = {
    locals: new Map(),
    fields: new Map(),
  }

  constructor(
    readonly names: Names,
    counts: Record<Flat, number>,
  ) {
    const of = (space: Flat) => identify(names[space], counts[space])
    this.flat = {
      funcs: of('funcs'),
      types: of('types'),
      tables: of('tables'),
      memories: of('memories'),
      globals: of('globals'),
      elems: of('elems'),
      datas: of('datas'),
      tags: of('tags'),
    }
  }

  /** A reference to a definition: its identifier, or its index. */
  ref(space: Flat, index: number): string {
    const id = this.flat[space].get(index)?.id
    return id === undefined ? String(index) : printId(id)
  }

  /** The beginning of a definition: identifier and annotation, each with a space before it, and the index in a comment. */
  define(space: Flat, index: number): string {
    const name = this.names[space].get(index)
    if (name !== undefined) this.printed[space].set(index, name)
    return `${printNamed(this.flat[space].get(index))} (;${index};)`
  }

  /** Prepares the inner names of a function or struct type, of which `count` can be named. */
  enter(space: 'locals' | 'fields', outer: number, count: number): void {
    this.inner[space].set(outer, identify(this.names[space].get(outer), count))
  }

  innerRef(space: 'locals' | 'fields', outer: number, index: number): string {
    const id = this.inner[space].get(outer)?.get(index)?.id
    return id === undefined ? String(index) : printId(id)
  }

  /** Identifier and annotation of a local or field, or an empty text when it has no name. */
  innerDefine(space: 'locals' | 'fields', outer: number, index: number): string {
    const named = this.inner[space].get(outer)?.get(index)
    if (named !== undefined) this.print(space, outer, index, this.names[space].get(outer)!.get(index)!)
    return printNamed(named)
  }

  print(space: Inner, outer: number, index: number, name: string): void {
    let map = this.printed[space].get(outer)
    if (map === undefined) this.printed[space].set(outer, (map = new Map()))
    map.set(index, name)
  }
}

function printNamed(named: Named | undefined): string {
  if (named === undefined) return ''
  const id = named.id === undefined ? '' : ` ${printId(named.id)}`
  return named.annotation === undefined ? id : `${id} (@name ${printText(named.annotation)})`
}

/** How many definitions each space has, imports included. */
export function spaceCounts(m: Module): Record<Flat, number> {
  const imported = (kind: string) => m.imports.filter(({ desc }) => desc.kind === kind).length
  return {
    types: m.types.length,
    funcs: imported('func') + m.funcs.length,
    tables: imported('table') + m.tables.length,
    memories: imported('memory') + m.memories.length,
    globals: imported('global') + m.globals.length,
    tags: imported('tag') + m.tags.length,
    elems: m.elems.length,
    datas: m.datas.length,
  }
}
