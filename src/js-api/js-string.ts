// The builtin set `js-string` (specification: JavaScript API, String Builtins): functions over slots, each of its exact type. Strings are host
// values, so they are themselves here; indices arrive as int32 and mean unsigned numbers.
import { Trap } from '../errors.ts'
import type { ArrayInst } from '../runtime/gc.ts'
import { concrete, EXTERNREF, Heap, I16, I32, type RecType, refType, type ValType } from '../syntax/types.ts'

export interface Builtin {
  readonly params: readonly ValType[]
  readonly results: readonly ValType[]
  readonly code: (...slots: never[]) => unknown
}

/** The group of the array type that two builtins take; in their types it has index 0. */
export const ARRAY_GROUP: RecType = [
  { final: true, supers: [], comp: { kind: 'array', field: { type: I16, mutable: true } } },
]
const ARRAY = refType(true, concrete(0))
const STRING = refType(false, Heap.extern)

function unwrap(v: unknown): string {
  if (typeof v !== 'string') throw new Trap('cast failure', 'not a string')
  return v
}

const outOfBounds = () => new Trap('out of bounds array access')

function codeUnits(array: ArrayInst | null): Int16Array {
  if (array === null) throw new Trap('null array reference')
  return array.data as Int16Array
}

/** Small enough for the arguments of one call in every engine. */
const CHUNK = 4096

function fromCharCodeArray(array: ArrayInst | null, start: number, end: number): string {
  const units = codeUnits(array)
  const from = start >>> 0
  const to = end >>> 0
  if (from > to || to > units.length) throw outOfBounds()
  let text = ''
  for (let i = from; i < to; i += CHUNK)
    text += String.fromCharCode(...new Uint16Array(units.slice(i, Math.min(to, i + CHUNK)).buffer))
  return text
}

function intoCharCodeArray(v: unknown, array: ArrayInst | null, start: number): number {
  const units = codeUnits(array)
  const s = unwrap(v)
  const at = start >>> 0
  if (at + s.length > units.length) throw outOfBounds()
  for (let i = 0; i < s.length; i++) units[at + i] = s.charCodeAt(i)
  return s.length
}

function fromCodePoint(v: number): string {
  if (v >>> 0 > 0x10ffff) throw new Trap('cast failure', 'not a code point')
  return String.fromCodePoint(v)
}

function charCodeAt(v: unknown, index: number): number {
  const s = unwrap(v)
  if (index >>> 0 >= s.length) throw outOfBounds()
  return s.charCodeAt(index >>> 0)
}

function codePointAt(v: unknown, index: number): number {
  const s = unwrap(v)
  if (index >>> 0 >= s.length) throw outOfBounds()
  return s.codePointAt(index >>> 0)!
}

function substring(v: unknown, start: number, end: number): string {
  const s = unwrap(v)
  const from = start >>> 0
  const to = end >>> 0
  return from > to || from > s.length ? '' : s.substring(from, to)
}

function equals(a: unknown, b: unknown): number {
  if (a !== null) unwrap(a)
  if (b !== null) unwrap(b)
  return a === b ? 1 : 0
}

function compare(a: unknown, b: unknown): number {
  const x = unwrap(a)
  const y = unwrap(b)
  return x === y ? 0 : x < y ? -1 : 1
}

const builtin = (params: readonly ValType[], results: readonly ValType[], code: Builtin['code']): Builtin => ({
  params,
  results,
  code,
})

export const jsString: ReadonlyMap<string, Builtin> = new Map([
  ['cast', builtin([EXTERNREF], [STRING], unwrap)],
  ['test', builtin([EXTERNREF], [I32], (v: unknown) => (typeof v === 'string' ? 1 : 0))],
  ['fromCharCodeArray', builtin([ARRAY, I32, I32], [STRING], fromCharCodeArray)],
  ['intoCharCodeArray', builtin([EXTERNREF, ARRAY, I32], [I32], intoCharCodeArray)],
  ['fromCharCode', builtin([I32], [STRING], (v: number) => String.fromCharCode(v))],
  ['fromCodePoint', builtin([I32], [STRING], fromCodePoint)],
  ['charCodeAt', builtin([EXTERNREF, I32], [I32], charCodeAt)],
  ['codePointAt', builtin([EXTERNREF, I32], [I32], codePointAt)],
  ['length', builtin([EXTERNREF], [I32], (v: unknown) => unwrap(v).length)],
  ['concat', builtin([EXTERNREF, EXTERNREF], [STRING], (a: unknown, b: unknown) => unwrap(a) + unwrap(b))],
  ['substring', builtin([EXTERNREF, I32, I32], [STRING], substring)],
  ['equals', builtin([EXTERNREF, EXTERNREF], [I32], equals)],
  ['compare', builtin([EXTERNREF, EXTERNREF], [I32], compare)],
])
