// Parses .wast scripts into commands (specification: interpreter, Scripts). Module texts stay tokens until they run.

import { MalformedError } from '../errors.ts'
import { Op } from '../syntax/opcode.ts'
import { Cursor } from '../text/cursor.ts'
import { laneBits, shape } from '../text/imms.ts'
import { FIRST_KEYWORD, Kw } from '../text/keywords.ts'
import { lex } from '../text/lexer.ts'
import { f32Bits, f64Bits, int64Bits, intBits } from '../text/literals.ts'
import { sourceText } from '../text/parse.ts'
import { Tok } from '../text/tokens.ts'
import type { Action, Command, Const, ModuleSource, Nan, Pattern, RefKind } from './script.ts'

const FIELD_KEYWORDS = new Set<number>([
  Kw.type,
  Kw.rec,
  Kw.import,
  Kw.export,
  Kw.func,
  Kw.table,
  Kw.memory,
  Kw.global,
  Kw.tag,
  Kw.elem,
  Kw.data,
  Kw.start,
])

/**
 * Parses a script.
 * @throws MalformedError with line and column when a command (not a module in it) is malformed
 */
export function parseScript(source: string | Uint8Array): Command[] {
  const p = new Cursor(lex(sourceText(source)))
  if (p.kind() === Tok.lpar && FIELD_KEYWORDS.has(p.keyword(1)))
    return [
      { kind: 'module', id: undefined, source: { form: 'text', tokens: p.tokens, at: 0 }, definition: false, line: 1 },
    ]
  const out = commands(p)
  if (p.kind() !== Tok.eof) throw p.unexpected()
  return out
}

function commands(p: Cursor): Command[] {
  const out: Command[] = []
  while (p.kind() === Tok.lpar) {
    const line = p.tokens.line(p.tokens.starts[p.pos]!)
    out.push({ ...command(p), line } as Command)
  }
  return out
}

type Body = Omit<Command, 'line'>

function command(p: Cursor): Body {
  const start = p.pos
  const kw = p.keyword(1)
  const parse = COMMANDS.get(kw)
  if (parse === undefined) {
    if (kw >= 0 && kw < FIRST_KEYWORD) throw p.unexpected()
    if (kw < 0 && p.kind(1) !== Tok.unknown) throw p.unexpected()
    const what = p.tokens.text(p.pos + 1)
    skipParens(p)
    return { kind: 'unsupported', what } as Body
  }
  try {
    p.pos += 2
    const out = parse(p, start)
    p.close()
    return out
  } catch (e) {
    if (!(e instanceof MalformedError) || !isForeign(p, e)) throw e
    p.pos = start
    skipParens(p)
    return { kind: 'unsupported', what: e.reason } as Body
  }
}

/** Whether an error comes from a word of a proposal that is not carried. */
const isForeign = (p: Cursor, { reason }: MalformedError) =>
  reason.startsWith('unknown operator') || p.opens(Kw.component)

/** Moves past a parenthesised form. */
function skipParens(p: Cursor): void {
  const end = p.after()
  p.pos = end - 1
  if (p.kind() !== Tok.rpar) {
    p.pos = end
    throw p.unexpected()
  }
  p.pos = end
}

const withAction = (kind: string) => (p: Cursor) => ({ kind, action: action(p), message: message(p) }) as Body
const withModule = (kind: string) => (p: Cursor) => ({ kind, source: module(p).source, message: message(p) }) as Body

const COMMANDS = new Map<number, (p: Cursor, start: number) => Body>([
  [Kw.module, moduleCommand],
  [Kw.register, (p) => ({ kind: 'register', name: p.name(), module: p.optionalId() }) as Body],
  [Kw.invoke, (p) => ({ kind: 'action', action: invoke(p) }) as Body],
  [Kw.get, (p) => ({ kind: 'action', action: get(p) }) as Body],
  [Kw.assert_return, (p) => ({ kind: 'assert_return', action: action(p), results: patterns(p) }) as Body],
  [Kw.assert_exception, (p) => ({ kind: 'assert_exception', action: action(p) }) as Body],
  [Kw.assert_exhaustion, withAction('assert_exhaustion')],
  [Kw.assert_suspension, withAction('assert_suspension')],
  [Kw.assert_trap, (p) => (p.opens(Kw.module) ? instantiation(p, 'trap') : withAction('assert_trap')(p))],
  [Kw.assert_unlinkable, (p) => instantiation(p, 'unlinkable')],
  [Kw.assert_malformed, withModule('assert_malformed')],
  [Kw.assert_invalid, withModule('assert_invalid')],
  [Kw.assert_malformed_custom, withModule('assert_malformed_custom')],
  [Kw.assert_invalid_custom, withModule('assert_invalid_custom')],
  [Kw.thread, thread],
  [Kw.wait, (p) => ({ kind: 'wait', id: p.optionalId() }) as Body],
])

function message(p: Cursor): string {
  return p.name()
}

// ---- Modules ----

/** A `module` command after its keyword, before its closing parenthesis; `start` is its opening one. */
function moduleCommand(p: Cursor, start: number): Body {
  if (p.accept(Kw.instance)) {
    const first = p.optionalId()
    const second = p.optionalId()
    const [id, module] = second === undefined ? [undefined, first] : [first, second]
    return { kind: 'instance', id, module } as Body
  }
  const definition = p.accept(Kw.definition)
  const id = p.optionalId()
  return { kind: 'module', id, source: moduleSource(p, start), definition } as Body
}

function moduleSource(p: Cursor, start: number): ModuleSource {
  if (p.accept(Kw.binary)) return { form: 'binary', bytes: p.strings() }
  if (p.accept(Kw.quote)) return { form: 'quote', bytes: p.strings() }
  const { tokens } = p
  p.pos = start
  skipParens(p)
  p.pos--
  return { form: 'text', tokens, at: start }
}

/** A whole module form within an assertion. */
function module(p: Cursor): { source: ModuleSource } {
  const start = p.pos
  if (!p.open(Kw.module)) throw p.unexpected()
  p.accept(Kw.definition)
  p.optionalId()
  const source = moduleSource(p, start)
  p.close()
  return { source }
}

/** A module or instance whose instantiation fails. */
function instantiation(p: Cursor, fails: 'unlinkable' | 'trap'): Body {
  if (p.kind(2) === Tok.keyword && p.keyword(2) === Kw.instance) {
    p.pos += 3
    const first = p.optionalId()
    const module = p.optionalId() ?? first
    p.close()
    return { kind: 'assert_instance', module, fails, message: message(p) } as Body
  }
  const kind = fails === 'trap' ? 'assert_uninstantiable' : 'assert_unlinkable'
  return { kind, source: module(p).source, message: message(p) } as Body
}

function thread(p: Cursor): Body {
  const id = p.optionalId()
  const shared: string[] = []
  while (p.open(Kw.shared)) {
    if (!p.open(Kw.module)) throw p.unexpected()
    const module = p.optionalId()
    if (module === undefined) throw p.unexpected()
    shared.push(module)
    p.close()
    p.close()
  }
  return { kind: 'thread', id, shared, commands: commands(p) } as Body
}

// ---- Actions and values ----

function action(p: Cursor): Action {
  const isInvoke = p.opens(Kw.invoke)
  if (!isInvoke && !p.opens(Kw.get)) throw p.unexpected()
  p.pos += 2
  const out = isInvoke ? invoke(p) : get(p)
  p.close()
  return out
}

function invoke(p: Cursor): Action {
  const module = p.optionalId()
  const name = p.name()
  const args: Const[] = []
  while (p.kind() === Tok.lpar) {
    p.pos++
    args.push(constant(p))
    p.close()
  }
  return { kind: 'invoke', module, name, args }
}

function get(p: Cursor): Action {
  return { kind: 'get', module: p.optionalId(), name: p.name() }
}

const isNumber = (kind: Tok) => kind === Tok.nat || kind === Tok.int || kind === Tok.float

function literal<T>(p: Cursor, parse: (text: string) => T | undefined): T {
  if (!isNumber(p.kind())) throw p.unexpected()
  const value = parse(p.tokens.text(p.pos))
  if (value === undefined) throw p.error('constant out of range')
  p.pos++
  return value
}

const CONSTS = new Map<number, (p: Cursor) => Const>([
  [Op.i32_const, (p) => ({ type: 'i32', bits: literal(p, (text) => intBits(text, 32)) | 0 })],
  [Op.i64_const, (p) => ({ type: 'i64', ...literal(p, int64Bits) })],
  [Op.f32_const, (p) => ({ type: 'f32', bits: literal(p, f32Bits) | 0 })],
  [Op.f64_const, (p) => ({ type: 'f64', ...literal(p, f64Bits) })],
  [Op.v128_const, vector],
  [Op.ref_null, (p) => ({ type: 'ref.null', heap: p.kind() === Tok.rpar ? '' : p.take() })],
  [Kw.ref_extern, (p) => ({ type: 'ref.extern', value: p.nat32() })],
  [Kw.ref_host, (p) => ({ type: 'ref.host', value: p.nat32() })],
])

/** A constant after its opening parenthesis. */
function constant(p: Cursor): Const {
  const parse = CONSTS.get(p.keyword())
  if (parse === undefined) throw p.unexpected()
  p.pos++
  return parse(p)
}

type Lane = Nan | { lo: number; hi: number }

function lanes(p: Cursor): { bits: number; lanes: Lane[] } {
  const [bits, count, float] = shape(p)
  const out: Lane[] = []
  for (;;) {
    const nan = float ? optionalNan(p) : undefined
    if (nan !== undefined) out.push(nan)
    else if (isNumber(p.kind())) out.push(literal(p, (text) => laneBits(text, bits, float)))
    else break
  }
  if (out.length !== count) throw p.error('wrong number of lane literals')
  return { bits, lanes: out }
}

function optionalNan(p: Cursor): Nan | undefined {
  if (p.accept(Kw.nan_canonical)) return 'canonical'
  return p.accept(Kw.nan_arithmetic) ? 'arithmetic' : undefined
}

function words(bits: number, lanes: readonly Lane[]): Int32Array {
  const out = new Int32Array(4)
  lanes.forEach((lane, i) => {
    if (typeof lane === 'string') return
    const at = i * bits
    if (bits === 64) {
      out[at >> 5] = lane.lo
      out[(at >> 5) + 1] = lane.hi
    } else out[at >> 5]! |= lane.lo << (at & 31)
  })
  return out
}

function vector(p: Cursor): Const {
  const { bits, lanes: all } = lanes(p)
  if (all.some((lane) => typeof lane === 'string')) throw p.error('unexpected token')
  return { type: 'v128', words: words(bits, all) }
}

// ---- Result patterns ----

const REFS = new Map<number, RefKind>([
  [Kw.ref, 'any'],
  [Kw.ref_any, 'any'],
  [Op.ref_eq, 'eq'],
  [Op.ref_i31, 'i31'],
  [Kw.ref_struct, 'struct'],
  [Kw.ref_array, 'array'],
  [Op.ref_func, 'func'],
  [Kw.ref_exn, 'exn'],
  [Kw.ref_extern, 'extern'],
  [Op.ref_null, 'null'],
])

function patterns(p: Cursor): Pattern[] {
  const out: Pattern[] = []
  while (p.kind() === Tok.lpar) {
    p.pos++
    out.push(pattern(p))
    p.close()
  }
  return out
}

/** A pattern after its opening parenthesis. */
function pattern(p: Cursor): Pattern {
  const kw = p.keyword()
  if (p.accept(Kw.either)) return { kind: 'either', of: patterns(p) }
  if (kw === Op.f32_const || kw === Op.f64_const) {
    p.pos++
    const nan = optionalNan(p)
    if (nan !== undefined) return { kind: 'nan', type: kw === Op.f32_const ? 'f32' : 'f64', nan }
    p.pos--
  }
  if (kw === Op.v128_const) return vectorPattern(p)
  const ref = REFS.get(kw)
  if (ref !== undefined && p.kind(1) === Tok.rpar) {
    p.pos++
    return { kind: 'ref', ref }
  }
  // Older scripts name the function that a reference is expected to be; which one it is cannot be compared.
  if (ref === 'func') {
    p.pos += 2
    return { kind: 'ref', ref }
  }
  return { kind: 'const', value: constant(p) }
}

function vectorPattern(p: Cursor): Pattern {
  p.pos++
  const shape = p.keyword() === Kw.f32x4 ? 'f32x4' : 'f64x2'
  const { bits, lanes: all } = lanes(p)
  if (all.some((lane) => typeof lane === 'string')) return { kind: 'lanes', shape, lanes: all }
  return { kind: 'const', value: { type: 'v128', words: words(bits, all) } }
}
