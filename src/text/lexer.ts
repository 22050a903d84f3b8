// Splits a source text into tokens (specification: Text Format, Lexical Format). Whitespace, comments and annotations fall away; the few
// annotations that the parser knows are noted beside the tokens. The wording of errors is the reference interpreter's.

import { MalformedError } from '../errors.ts'
import { keywordCodes } from './keywords.ts'
import { isUtf8, stringText } from './strings.ts'
import { keyword, Tok, Tokens } from './tokens.ts'

const Class = { idchar: 1, space: 2, reserved: 4 } as const
/** Character classes of ASCII. */
const CLASS = new Uint8Array(128)
for (let c = 0x21; c < 0x7f; c++) CLASS[c] = Class.idchar
for (const c of '"(),;[]{}') CLASS[c.charCodeAt(0)] = 0
for (const c of ',;[]{}') CLASS[c.charCodeAt(0)] = Class.reserved
for (const c of ' \t') CLASS[c.charCodeAt(0)] = Class.space
for (const c of '\n\r') CLASS[c.charCodeAt(0)] = Class.space

const QUOTE = 0x22
const LPAR = 0x28
const RPAR = 0x29
const SEMI = 0x3b
const DOLLAR = 0x24
const BACKSLASH = 0x5c

const KNOWN = new Set(['custom', 'name', 'metadata.code.branch_hint', 'anywasm.datacount'])

const NAT = /^(?:\d+(?:_\d+)*|0x[\da-f]+(?:_[\da-f]+)*)$/i
const FLOAT =
  /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?(?:[eE][+-]?\d+(?:_\d+)*)?|0x[\da-fA-F]+(?:_[\da-fA-F]+)*(?:\.(?:[\da-fA-F]+(?:_[\da-fA-F]+)*)?)?(?:[pP][+-]?\d+(?:_\d+)*)?|inf|nan|nan:0x[\da-fA-F]+(?:_[\da-fA-F]+)*)$/
const HEX_PREFIX = /^[+-]?0X/

/** The tokens of `source`, ending in `eof`. Lexical errors become tokens; nothing is thrown. */
export function lex(source: string): Tokens {
  return new Lexer(source, 0, source.length).run()
}

/** The tokens of an annotation's items. */
export function lexItems(source: string, start: number, end: number): Tokens {
  return new Lexer(source, start, end).run()
}

class Lexer {
  private readonly out: Tokens
  private pos: number

  constructor(
    private readonly src: string,
    start: number,
    private readonly end: number,
  ) {
    this.out = new Tokens(src)
    this.pos = start
  }

  run(): Tokens {
    const { out, end } = this
    try {
      while (this.pos < end) this.token()
    } catch (e) {
      if (!(e instanceof MalformedError)) throw e
      out.error = e
      out.push(Tok.error, this.pos, this.pos)
    }
    out.push(Tok.eof, end, end)
    return out
  }

  private error(reason: string, at: number): MalformedError {
    return this.out.malformed(reason, at)
  }

  private token(): void {
    const { src } = this
    const at = this.pos
    const c = src.charCodeAt(at)
    const kind = c < 128 ? CLASS[c]! : 0
    if (kind & Class.space) this.pos++
    else if (kind === Class.idchar || c === QUOTE) this.word(at, c)
    else if (c === LPAR) this.open(at)
    else if (c === RPAR) {
      this.out.push(Tok.rpar, at, at + 1)
      this.pos++
    } else if (c === SEMI && src.charCodeAt(at + 1) === SEMI) this.lineComment()
    else if (kind === Class.reserved) {
      this.out.push(Tok.unknown, at, at + 1)
      this.pos++
    } else throw this.error(misplaced(c), at)
  }

  private open(at: number): void {
    const next = this.src.charCodeAt(at + 1)
    if (next === SEMI) this.blockComment()
    else if (next === 0x40) this.annotation()
    else {
      this.out.push(Tok.lpar, at, at + 1)
      this.pos++
    }
  }

  private lineComment(): void {
    const { src, end } = this
    let i = this.pos + 2
    for (; i < end; i++) {
      const c = src.charCodeAt(i)
      if (c === 0x0a || c === 0x0d) break
    }
    this.pos = i
  }

  private blockComment(): void {
    const { src, end } = this
    const start = this.pos
    let depth = 1
    let i = start + 2
    for (; i < end && depth > 0; i++) {
      const c = src.charCodeAt(i)
      if (c === LPAR && src.charCodeAt(i + 1) === SEMI) {
        depth++
        i++
      } else if (c === SEMI && src.charCodeAt(i + 1) === RPAR) {
        depth--
        i++
      }
    }
    if (depth > 0) throw this.error('unclosed comment', start)
    this.pos = i
  }

  /** Moves past a run of identifier characters. */
  private idchars(from: number): number {
    const { src, end } = this
    let i = from
    while (i < end) {
      const c = src.charCodeAt(i)
      if (c >= 128 || CLASS[c] !== Class.idchar) break
      i++
    }
    return i
  }

  /** Moves past a string literal, which begins at `from`. */
  private string(from: number): number {
    const { src, end } = this
    let i = from + 1
    while (i < end) {
      const c = src.charCodeAt(i)
      if (c === QUOTE) return i + 1
      if (c === BACKSLASH) i = this.escape(i)
      else if (c === 0x0a || c === 0x0d) break
      else if (c < 0x20 || c === 0x7f) throw this.error('illegal control character in string literal', i)
      else i++
    }
    throw this.error('unclosed string literal', from)
  }

  private escape(at: number): number {
    const { src } = this
    const c = src.charCodeAt(at + 1)
    if (c === 0x75) {
      const match = /^\{([\da-fA-F]+(?:_[\da-fA-F]+)*)\}/.exec(src.slice(at + 2, Math.min(at + 64, this.end)))
      const code = match ? Number.parseInt(match[1]!.replaceAll('_', ''), 16) : -1
      if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw this.error('illegal escape', at)
      return at + 2 + match![0].length
    }
    if (c === 0x6e || c === 0x72 || c === 0x74 || c === BACKSLASH || c === 0x27 || c === QUOTE) return at + 2
    if (at + 1 >= this.end) throw this.error('unclosed string literal', at)
    if (!isHex(c) || !isHex(src.charCodeAt(at + 2))) throw this.error('illegal escape', at)
    return at + 3
  }

  /** A token of identifier characters and strings: the longest such run decides. */
  private word(at: number, first: number): void {
    const { src, end } = this
    let i = at
    let strings = 0
    for (;;) {
      const from = i
      if (i < end && src.charCodeAt(i) === QUOTE) {
        i = first === DOLLAR && i === at + 1 ? this.quotedId(i) : this.string(i)
        strings++
      } else i = this.idchars(i)
      if (i === from) break
    }
    this.pos = i
    if (strings === 0) this.plainWord(at, i, first)
    else if (strings > 1 || src.charCodeAt(i - 1) !== QUOTE) this.out.push(Tok.unknown, at, i)
    else if (first === QUOTE) this.out.push(Tok.string, at, i)
    else if (first === DOLLAR && src.charCodeAt(at + 1) === QUOTE) {
      if (i - at === 3) throw this.error('empty identifier', at)
      this.out.push(Tok.id, at, i)
    } else this.out.push(Tok.unknown, at, i)
  }

  /** The string of a quoted identifier; where it is malformed, the reference interpreter sees a `$` alone. */
  private quotedId(from: number): number {
    try {
      return this.string(from)
    } catch (e) {
      throw e instanceof MalformedError ? this.error('empty identifier', from - 1) : e
    }
  }

  private plainWord(at: number, end: number, first: number): void {
    if (first === DOLLAR) {
      if (end === at + 1) throw this.error('empty identifier', at)
      this.out.push(Tok.id, at, end)
    } else if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d) this.number(at, end)
    else this.name(at, end)
  }

  private number(at: number, end: number): void {
    const { src } = this
    let digits = at
    while (digits < end && isDigit(src.charCodeAt(digits))) digits++
    if (digits === end) {
      this.out.push(Tok.nat, at, end)
      return
    }
    const text = src.slice(at, end)
    const signed = !isDigit(src.charCodeAt(at))
    if (HEX_PREFIX.test(text)) this.out.push(Tok.unknown, at, end)
    else if (NAT.test(signed ? text.slice(1) : text)) this.out.push(signed ? Tok.int : Tok.nat, at, end)
    else this.out.push(FLOAT.test(text) ? Tok.float : Tok.unknown, at, end)
  }

  private name(at: number, end: number): void {
    const text = this.src.slice(at, end)
    const code = keywordCodes.get(text)
    if (code !== undefined) this.out.push(keyword(code), at, end)
    else if (text.startsWith('offset=') && isNat(text, 7)) this.out.push(Tok.offset, at, end)
    else if (text.startsWith('align=') && isNat(text, 6)) this.out.push(Tok.align, at, end)
    else if (FLOAT.test(text)) this.out.push(Tok.float, at, end)
    else this.out.push(Tok.unknown, at, end)
  }

  private annotation(): void {
    const { src } = this
    const at = this.pos
    const start = at + 2
    let name: string
    if (src.charCodeAt(start) === QUOTE) {
      this.pos = start
      this.pos = this.annotationString(start)
      name = this.annotationId(start)
    } else {
      this.pos = this.idchars(start)
      name = src.slice(start, this.pos)
    }
    if (name === '') throw this.error('empty annotation id', at)
    const items = this.pos
    this.items(at)
    if (KNOWN.has(name))
      this.out.annotations.push({ name, before: this.out.count, at, start: items, end: this.pos - 1 })
  }

  private annotationString(start: number): number {
    try {
      return this.string(start)
    } catch (e) {
      // The reference interpreter sees no id where the string does not close.
      if (e instanceof MalformedError && e.reason.startsWith('unclosed')) throw this.error('empty annotation id', start)
      throw e
    }
  }

  private annotationId(start: number): string {
    if (!isUtf8(this.src, start, this.pos)) throw this.error('malformed UTF-8 encoding', start)
    return stringText(this.src, start, this.pos)
  }

  /** Moves past an annotation's items and its closing parenthesis. */
  private items(at: number): void {
    const { src, end } = this
    let depth = 1
    while (depth > 0) {
      if (this.pos >= end) throw this.error('unclosed annotation', at)
      const i = this.pos
      const c = src.charCodeAt(i)
      if (c === LPAR && src.charCodeAt(i + 1) === SEMI) this.blockComment()
      else if (c === SEMI && src.charCodeAt(i + 1) === SEMI) this.lineComment()
      else if (c === QUOTE) this.pos = this.string(i)
      else if (c >= 128 || (CLASS[c] === 0 && c !== LPAR && c !== RPAR)) throw this.error('illegal character', i)
      else {
        if (c === LPAR) depth++
        else if (c === RPAR) depth--
        this.pos++
      }
    }
  }
}

const misplaced = (c: number) =>
  c < 0x20 || c === 0x7f ? 'misplaced control character' : 'misplaced unicode character'
const isDigit = (c: number) => c >= 0x30 && c <= 0x39
const isHex = (c: number) => isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66)
const isNat = (text: string, from: number) => {
  const digits = text.slice(from)
  return NAT.test(digits) && !HEX_PREFIX.test(digits)
}
