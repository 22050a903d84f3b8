// The annotations that mean something: (@custom …), (@name …) and (@metadata.code.branch_hint …)
// (specification: Custom Sections and Annotations, and the branch hinting proposal).
import { Cursor } from './cursor.ts'
import { lexItems } from './lexer.ts'
import { type Annotation, Tok, type Tokens } from './tokens.ts'

/** Names of the non-custom sections and their ids. */
export const SECTION_IDS: Readonly<Record<string, number>> = {
  type: 1,
  import: 2,
  func: 3,
  table: 4,
  memory: 5,
  tag: 13,
  global: 6,
  export: 7,
  start: 8,
  elem: 9,
  datacount: 12,
  code: 10,
  data: 11,
}
/** The ids of the non-custom sections in the order of a module. */
export const SECTION_ORDER: readonly number[] = Object.values(SECTION_IDS)

/** A custom section of a text. */
export interface CustomText {
  name: string
  bytes: Uint8Array
  /** The id of the section that it stands before or after. */
  section: number
  before: boolean
  /** Whether its place was written. */
  placed: boolean
}

/** The strings of an annotation's items, as a cursor at the first one. */
function items(tokens: Tokens, { start, end }: Annotation): Cursor {
  return new Cursor(lexItems(tokens.source, start, end))
}

function atEnd(cursor: Cursor, what: string): void {
  if (cursor.kind() !== Tok.eof) throw cursor.error(`@${what} annotation: unexpected token`)
}

export function parseCustom(tokens: Tokens, annotation: Annotation): CustomText {
  const cursor = items(tokens, annotation)
  if (cursor.kind() !== Tok.string) throw tokens.malformed('@custom annotation: missing section name', annotation.at)
  let name: string
  try {
    name = cursor.name()
  } catch {
    throw cursor.error('@custom annotation: malformed UTF-8 encoding')
  }
  const place = cursor.kind() === Tok.lpar ? parsePlace(cursor) : { section: 11, before: false, placed: false }
  const bytes = cursor.strings()
  atEnd(cursor, 'custom')
  return { name, bytes, ...place }
}

function parsePlace(cursor: Cursor): Pick<CustomText, 'section' | 'before' | 'placed'> {
  cursor.pos++
  const direction = cursor.kind() === Tok.rpar ? '' : cursor.take()
  if (direction !== 'before' && direction !== 'after') throw cursor.error('@custom annotation: malformed placement')
  const word = cursor.kind() === Tok.rpar ? '' : cursor.take()
  const section = word === 'first' ? 1 : word === 'last' ? 11 : SECTION_IDS[word]
  if (section === undefined) throw cursor.error('@custom annotation: malformed section kind')
  if (cursor.kind() !== Tok.rpar) throw cursor.error('@custom annotation: unexpected token')
  cursor.pos++
  return { section, before: direction === 'before', placed: true }
}

export function parseName(tokens: Tokens, annotation: Annotation): string {
  const cursor = items(tokens, annotation)
  if (cursor.kind() !== Tok.string) throw tokens.malformed('@name annotation: string expected', annotation.at)
  const name = cursor.name()
  atEnd(cursor, 'name')
  return name
}

/** The hint: 0 for unlikely, 1 for likely. */
export function parseHint(tokens: Tokens, annotation: Annotation): number {
  const what = 'metadata.code.branch_hint'
  const cursor = items(tokens, annotation)
  const bytes = cursor.strings()
  atEnd(cursor, what)
  if (bytes.length !== 1 || bytes[0]! > 1)
    throw tokens.malformed(`@${what} annotation: invalid hint value`, annotation.at)
  return bytes[0]!
}
