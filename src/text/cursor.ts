// A cursor over tokens with the steps that every parser takes: look, expect, read a literal, complain with a position.
import type { MalformedError } from '../errors.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { near } from '../util/near.ts'
import { keywordCodes } from './keywords.ts'
import { natural, natural64 } from './literals.ts'
import { appendString, isUtf8, stringText } from './strings.ts'
import { isBad, keyword, Tok, type Tokens } from './tokens.ts'

/** The known word that another is probably meant to be. */
function meant(word: string): string {
  const [first] = near(word, [...keywordCodes.keys()])
  return first === undefined ? '' : `; did you mean ${first}?`
}

/** Characters of a token that a message shows. */
const MOST = 40
const shown = (text: string): string => (text.length > MOST ? `${text.slice(0, MOST)}…` : text)

export class Cursor {
  constructor(
    readonly tokens: Tokens,
    public pos = 0,
  ) {}

  /** The code of the current token. */
  get code(): number {
    return this.tokens.codes[this.pos]!
  }

  /** The kind of the token `ahead` of the current one. */
  kind(ahead = 0): Tok {
    return this.tokens.codes[this.pos + ahead]! & 15
  }

  /** The keyword `ahead`, or -1 when that token is none. */
  keyword(ahead = 0): number {
    const code = this.tokens.codes[this.pos + ahead]!
    return (code & 15) === Tok.keyword ? code >> 4 : -1
  }

  /** Whether `(` and a keyword come next. */
  opens(kw: number): boolean {
    return this.code === Tok.lpar && this.tokens.codes[this.pos + 1] === keyword(kw)
  }

  /** Moves past `(` and a keyword, if they come next. */
  open(kw: number): boolean {
    if (!this.opens(kw)) return false
    this.pos += 2
    return true
  }

  /** Moves past a keyword, if it comes next. */
  accept(kw: number): boolean {
    if (this.code !== keyword(kw)) return false
    this.pos++
    return true
  }

  expect(kw: number): void {
    if (!this.accept(kw)) throw this.unexpected()
  }

  close(): void {
    if (this.code !== Tok.rpar) throw this.unexpected()
    this.pos++
  }

  /** An error at a token, the current one if none is given. */
  error(reason: string, token = this.pos): MalformedError {
    return this.tokens.malformed(reason, this.tokens.starts[token]!)
  }

  /** The error for the current token, which cannot stand here. */
  unexpected(): MalformedError {
    const at = this.kind() === Tok.lpar && isBad(this.kind(1)) ? this.pos + 1 : this.pos
    const kind = this.tokens.codes[at]! & 15
    if (kind === Tok.error) return this.tokens.error!
    const text = this.tokens.text(at)
    if (kind === Tok.unknown) return this.error(`unknown operator ${text}${meant(text)}`, at)
    return this.error(kind === Tok.eof ? 'unexpected token: the text ends here' : `unexpected token ${shown(text)}`, at)
  }

  /** The text of the current token, past which it moves. */
  take(): string {
    return this.tokens.text(this.pos++)
  }

  /** An unsigned 32-bit literal. */
  nat32(): number {
    if (this.kind() !== Tok.nat) throw this.unexpected()
    const n = natural(this.tokens.text(this.pos))
    if (n === undefined) throw this.error('i32 constant out of range')
    this.pos++
    return n
  }

  nat64(): bigint {
    if (this.kind() !== Tok.nat) throw this.unexpected()
    const n = natural64(this.tokens.text(this.pos))
    if (n === undefined) throw this.error('i64 constant out of range')
    this.pos++
    return n
  }

  /** A symbolic identifier without its `$`, or undefined. */
  optionalId(): string | undefined {
    if (this.kind() !== Tok.id) return undefined
    return this.idAt(this.pos++)
  }

  /** The identifier that token `i` is. */
  idAt(i: number): string {
    const { source, starts, ends } = this.tokens
    const start = starts[i]! + 1
    if (source.charCodeAt(start) !== 0x22) return source.slice(start, ends[i]!)
    if (!isUtf8(source, start, ends[i]!)) throw this.error('malformed UTF-8 encoding', i)
    return stringText(source, start, ends[i]!)
  }

  /** A string that must be UTF-8. */
  name(): string {
    const i = this.pos
    if (this.kind() !== Tok.string) throw this.unexpected()
    const { source, starts, ends } = this.tokens
    if (!isUtf8(source, starts[i]!, ends[i]!)) throw this.error('malformed UTF-8 encoding')
    this.pos++
    return stringText(source, starts[i]!, ends[i]!)
  }

  /** The bytes of any number of strings, joined. */
  strings(): Uint8Array {
    const { source, starts, ends } = this.tokens
    const out = new ByteWriter()
    for (; this.kind() === Tok.string; this.pos++) appendString(out, source, starts[this.pos]!, ends[this.pos]!)
    return out.view()
  }

  /** The position after the parenthesis that closes the one at `from`, or of the end. */
  after(from = this.pos): number {
    const { codes } = this.tokens
    let depth = 0
    for (let i = from; ; i++) {
      const code = codes[i]!
      if (code === Tok.lpar) depth++
      else if (code === Tok.rpar && --depth === 0) return i + 1
      else if (code === Tok.eof || code === Tok.error) return i
    }
  }
}
