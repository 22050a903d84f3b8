// The tokens of a source text, in typed arrays: a module is walked twice (once to bind its identifiers), and a script's modules are parsed
// when they run. Lexical errors are tokens too, and are thrown when a parser comes to them (specification: Text Format, Lexical Format).
import { MalformedError } from '../errors.ts'

/** Kinds of tokens. */
export enum Tok {
  eof,
  /** A lexical error; the last token but `eof`. */
  error,
  lpar,
  rpar,
  nat,
  int,
  float,
  string,
  id,
  keyword,
  /** A word that is no keyword. */
  unknown,
  offset,
  align,
}

/** Whether a token is wrong wherever it stands. */
export const isBad = (kind: Tok): boolean => kind === Tok.unknown || kind === Tok.error

/** The code of a keyword token. */
export const keyword = (kw: number): number => Tok.keyword | (kw << 4)

/** An annotation that the parser knows, by its place: before token `before`, its items in [start, end) of the source. */
export interface Annotation {
  name: string
  before: number
  /** Where it begins. */
  at: number
  start: number
  end: number
}

export class Tokens {
  count = 0
  /** Kind in the low four bits, the keyword above. */
  codes: Int32Array
  starts: Int32Array
  ends: Int32Array
  /** Known annotations in the order of the source. */
  readonly annotations: Annotation[] = []
  /** The text and place of the lexical error, where there is one. */
  error: MalformedError | undefined
  private lines: number[] | undefined

  constructor(readonly source: string) {
    const capacity = (source.length >> 2) + 16
    this.codes = new Int32Array(capacity)
    this.starts = new Int32Array(capacity)
    this.ends = new Int32Array(capacity)
  }

  push(code: number, start: number, end: number): void {
    const i = this.count
    if (i === this.codes.length) this.grow()
    this.codes[i] = code
    this.starts[i] = start
    this.ends[i] = end
    this.count = i + 1
  }

  private grow(): void {
    const enlarge = (old: Int32Array) => {
      const next = new Int32Array(old.length * 2)
      next.set(old)
      return next
    }
    this.codes = enlarge(this.codes)
    this.starts = enlarge(this.starts)
    this.ends = enlarge(this.ends)
  }

  text(i: number): string {
    return this.source.slice(this.starts[i]!, this.ends[i]!)
  }

  /** The line of a source offset, from 1. */
  line(offset: number): number {
    const starts = (this.lines ??= lineStarts(this.source))
    let lo = 0
    let hi = starts.length - 1
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      if (starts[mid]! <= offset) lo = mid
      else hi = mid - 1
    }
    return lo + 1
  }

  /** An error at a source offset. */
  malformed(reason: string, offset: number): MalformedError {
    const line = this.line(offset)
    return new MalformedError(reason, -1, line, offset - this.lines![line - 1]! + 1)
  }
}

function lineStarts(source: string): number[] {
  const starts = [0]
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i)
    if (c === 0x0a || (c === 0x0d && source.charCodeAt(i + 1) !== 0x0a)) starts.push(i + 1)
  }
  return starts
}
