// Source maps (ECMA-426): a line of mappings, whose columns are byte offsets in the module, gives places in source files.
import type { SourceLocation } from '../errors.ts'

/** A source map in JSON. */
interface SourceMap {
  readonly version: number
  readonly sourceRoot?: string
  readonly sources: readonly (string | null)[]
  readonly mappings: string
}

const DIGITS = new Map([...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((c, k) => [c, k]))

/** The numbers of one segment. */
function decodeVlq(segment: string): number[] {
  const out: number[] = []
  let value = 0
  let shift = 0
  for (const c of segment) {
    const digit = DIGITS.get(c)
    if (digit === undefined)
      throw new SyntaxError(`the source map has mappings with the character ${JSON.stringify(c)}`)
    value += (digit & 31) * 2 ** shift
    shift += 5
    if (digit & 32) continue
    out.push(value % 2 === 1 ? -Math.floor(value / 2) : value / 2)
    value = shift = 0
  }
  return out
}

/** Gives the place in the source for an offset in the module, or undefined. */
export type Locate = (offset: number) => SourceLocation | undefined

/** @throws {SyntaxError} for what is no source map */
export function readSourceMap(json: string | object): Locate {
  const map = (typeof json === 'string' ? JSON.parse(json.replace(/^\)\]\}'[^\n]*\n/, '')) : json) as SourceMap
  if (
    map === null ||
    typeof map !== 'object' ||
    map.version !== 3 ||
    typeof map.mappings !== 'string' ||
    !Array.isArray(map.sources)
  )
    throw new SyntaxError('no source map of version 3')
  const root = map.sourceRoot ?? ''
  const sources = map.sources.map((s) =>
    s === null ? undefined : root === '' || /^([/\\]|\w+:)/.test(s) ? s : `${root.replace(/\/$/, '')}/${s}`,
  )
  const segments = readMappings(map.mappings)
  return (offset) => {
    const found = segments[lastAtMost(segments, offset)]
    const file = found === undefined ? undefined : sources[found.source]
    return file === undefined ? undefined : { file, line: found!.line + 1, column: found!.column + 1 }
  }
}

interface Segment {
  readonly address: number
  /** -1 where nothing is known. */
  readonly source: number
  readonly line: number
  readonly column: number
}

/** A module is one line: what follows a semicolon is about nothing. */
function readMappings(mappings: string): Segment[] {
  const out: Segment[] = []
  let [address, source, line, column] = [0, 0, 0, 0]
  for (const text of mappings.split(';')[0]!.split(',')) {
    if (text === '') continue
    const [a = 0, s, l = 0, c = 0] = decodeVlq(text)
    address += a
    if (s === undefined) {
      out.push({ address, source: -1, line: 0, column: 0 })
      continue
    }
    source += s
    line += l
    column += c
    out.push({ address, source, line, column })
  }
  return out.sort((x, y) => x.address - y.address)
}

/** The index of the last entry whose address is at most `address`, or -1. */
export function lastAtMost(entries: readonly { readonly address: number }[], address: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries[middle]!.address <= address) low = middle + 1
    else high = middle
  }
  return low - 1
}
