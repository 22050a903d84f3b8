// The text parser: forms that the suite does not compare byte for byte, names, annotations, positions of errors.
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { decodeNames } from '../../src/binary/name-section.ts'
import { CompileError, InvalidError, MalformedError } from '../../src/errors.ts'
import { parseModule } from '../../src/text/parse.ts'
import { featuresOf } from '../../src/valid/features.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const body = (text: string) => {
  const { funcs } = decode(parseModule(`(module ${text})`))
  const { bytes, start, end } = funcs.at(-1)!.body
  return hex(bytes.slice(start, end))
}
function errorOf(source: string | Uint8Array): CompileError {
  try {
    parseModule(source)
  } catch (e) {
    if (e instanceof CompileError) return e
    throw e
  }
  throw new Error(`no error for ${source}`)
}

describe('instructions', () => {
  test.each([
    [
      'folded as flat',
      '(func (drop (i32.add (i32.const 1) (i32.const 2))))',
      '(func i32.const 1 i32.const 2 i32.add drop)',
    ],
    [
      'folded if',
      '(func (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))) drop)',
      '(func i32.const 1 if (result i32) i32.const 2 else i32.const 3 end drop)',
    ],
    [
      'legacy try',
      '(tag $e) (func (try $l (do (throw $e)) (catch $e (rethrow $l)) (catch_all)))',
      '(tag $e) (func try $l throw $e catch $e rethrow 0 catch_all end)',
    ],
    ['delegate', '(func (block $l (try (do) (delegate $l))))', '(func block try delegate 0 end)'],
    ['labels', '(func (block $a (block $b (br $a) (br $b))))', '(func block block br 1 br 0 end end)'],
    ['shadowed labels', '(func (block $a (block $a (br $a))))', '(func block block br 0 end end)'],
    ['quoted identifiers', '(func $"f" (call $f))', '(func call 0)'],
    ['an escape in an identifier', '(func $"\\u{66}" (call $f))', '(func call 0)'],
    [
      'memory arguments',
      '(memory 1) (func (drop (i32.load offset=0x10 align=4 (i32.const 0))))',
      '(memory 1) (func i32.const 0 i32.load offset=16 drop)',
    ],
    [
      'init with a table',
      '(table 1 funcref) (elem func) (func (table.init 0 0 (i32.const 0) (i32.const 0) (i32.const 0)))',
      '(table 1 funcref) (elem func) (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))',
    ],
  ])('%s', (_what, a, b) => expect(body(a)).toBe(body(b)))

  test.each([
    ['(func (result i64) i64.const -129)', '42ff7e0b'],
    ['(func (result i64) i64.const 0x8000_0000_0000_0000)', '428080808080808080807f0b'],
    ['(func (result i32) i32.const 0xffff_ffff)', '417f0b'],
    ['(func f32.const nan:0x1 drop)', '430100807f1a0b'],
    ['(func (block (param) (result)))', '02400b0b'],
    ['(type (func)) (func (block (type 0)))', '02000b0b'],
    ['(func (param i32) local.get 0 (block (param i32) drop))', '200002001a0b0b'],
    ['(func (select (result)))', '1c000b'],
    ['(type $s (struct (field $a i8) (field $b i8))) (func struct.get_u $s $b)', 'fb0400010b'],
    ['(func (br_on_cast 0 anyref (ref i31)))', 'fb1801006e6c0b'],
    ['(memory 1) (memory $m 1) (func (v128.load8_lane $m 1))', 'fd544001000' + '1' + '0b'],
    ['(memory 1) (func (v128.load8_lane 1))', 'fd540000010b'],
    ['(func (v128.const i16x8 0 1 2 3 4 5 6 -1) drop)', 'fd0c0000010002000300040005000600ffff1a0b'],
    ['(func atomic.fence)', 'fe03000b'],
    ['(tag) (func (try_table (catch 0 0) (catch_all_ref 0)))', '1f40020000000300' + '0b0b'],
  ])('%s', (text, bytes) => expect(body(text)).toBe(bytes))

  test('deep nesting is an error, not a crash', () => {
    const deep = 1_000_000
    expect(errorOf(`(func ${'(block '.repeat(deep)}${')'.repeat(deep)})`).reason).toBe('nesting too deep')
    expect(errorOf(`(func ${'(block '.repeat(deep)}`)).toBeInstanceOf(MalformedError)
  })
})

describe('definitions', () => {
  test('implicit types follow the explicit ones', () => {
    const m = decode(parseModule('(func (param i32)) (type (func)) (func) (func (param i64)) (func (param i32))'))
    expect(m.funcs.map((func) => func.type)).toEqual([1, 0, 2, 1])
  })
  test('inline segments take indices', () => {
    const m = decode(
      parseModule(
        '(table funcref (elem $f)) (elem $e func $f) (memory (data "ab")) (data $d "c") (func $f (elem.drop $e) (data.drop $d))',
      ),
    )
    expect(
      body(
        '(table funcref (elem $f)) (elem $e func) (memory (data "ab")) (data $d "c") (func $f (elem.drop $e) (data.drop $d))',
      ),
    ).toBe('fc0d01fc09010b')
    expect(m.dataCount).toBe(2)
    expect(m.tables[0]!.type.limits).toEqual({ address: 'i32', min: 1n, max: 1n })
    expect(m.memories[0]!.limits.min).toBe(1n)
  })
  test('groups and segments of more than a call has room for as arguments', () => {
    expect(decode(parseModule(`(module (rec ${'(type (struct))'.repeat(150_000)}))`)).types.length).toBe(150_000)
    const elems = decode(parseModule(`(module (elem funcref ${'(ref.null func)'.repeat(150_000)}))`))
    expect(featuresOf(elems)).not.toContain('gc')
  })

  test('page sizes', () => {
    expect(decode(parseModule('(memory 5 (pagesize 1))')).memories[0]!.pageSizeLog2).toBe(0)
    expect(decode(parseModule('(memory (pagesize 1) (data "abc"))')).memories[0]!.limits.min).toBe(3n)
  })
  test('a module may be binary or quoted', () => {
    const empty = '0061736d01000000'
    expect(hex(parseModule('(module binary "\\00asm" "\\01\\00\\00\\00")'))).toBe(empty)
    expect(hex(parseModule('(module quote "(module" ")")'))).toBe(empty)
    expect(hex(parseModule(''))).toBe(empty)
  })
})

describe('names', () => {
  test('identifiers go to the name section', () => {
    const names = decodeNames(
      decode(
        parseModule(`(module $M (type $t (func)) (type $s (struct (field $x i32))) (table $tab 0 funcref) (memory $mem 0)
          (tag $tag) (global $g i32 (i32.const 0)) (elem $e func) (data $d "")
          (func $f (param $p i32) (local i32) (local $l i32) (block $b)))`),
      ),
    )
    expect(names.module).toBe('M')
    expect([names.funcs, names.tables, names.memories, names.globals].map((map) => map.get(0))).toEqual([
      'f',
      'tab',
      'mem',
      'g',
    ])
    expect([names.elems, names.datas, names.tags].map((map) => map.get(0))).toEqual(['e', 'd', 'tag'])
    expect([...names.types]).toEqual([
      [0, 't'],
      [1, 's'],
    ])
    expect([...names.locals.get(0)!]).toEqual([
      [0, 'p'],
      [2, 'l'],
    ])
    expect(names.labels.get(0)!.get(0)).toBe('b')
    expect(names.fields.get(1)!.get(0)).toBe('x')
  })
  test('annotations override identifiers', () => {
    const names = decodeNames(
      decode(parseModule('(module $M (@name "N") (func $f (@name "λ") (param $x (@name "y") i32) local.get $x drop))')),
    )
    expect([names.module, names.funcs.get(0), names.locals.get(0)!.get(0)]).toEqual(['N', 'λ', 'y'])
  })
  test('no names, no section', () => expect(decode(parseModule('(module (func))')).customs).toEqual([]))
})

describe('annotations', () => {
  test('custom sections stand where they say', () => {
    const { customs } = decode(
      parseModule('(module (@custom "a" (before func) "1") (func) (@custom "b" (after type) "2" "3") (@custom "c"))'),
    )
    expect(customs.map(({ name, after }) => [name, after])).toEqual([
      ['b', 1],
      ['a', 1],
      ['c', 10],
    ])
    expect([...customs[0]!.bytes]).toEqual([0x32, 0x33])
  })
  test('branch hints become their section', () => {
    const { customs } = decode(
      parseModule('(func (param i32) (@metadata.code.branch_hint "\\01") (if (local.get 0) (then)))'),
    )
    expect(customs.map(({ name, bytes }) => [name, hex(bytes)])).toEqual([
      ['metadata.code.branch_hint', '01000103' + '0101'],
    ])
  })
  test('a hint before another instruction is invalid', () => {
    expect(errorOf('(func (@metadata.code.branch_hint "\\01") nop)')).toBeInstanceOf(InvalidError)
  })
  test('unknown ones are skipped', () =>
    expect(hex(parseModule('(@x (y "z)"))(module (@a))'))).toBe('0061736d01000000'))
})

describe('errors', () => {
  test.each([
    ['(module\n  (func foo))', 2, 9, 'unknown operator foo'],
    ['(module\n\r\n  (func i32.const 0x1_0000_0000))', 3, 19, 'constant out of range'],
    ['(func (br $x))', 1, 11, 'unknown label $x'],
    ['(func $f)(func $f)', 1, 16, 'duplicate function $f'],
    ['(func (call $"a b"))', 1, 13, 'unknown function $"a b"'],
    ['(func', 1, 6, 'unexpected token: the text ends here'],
    ['(func (i32.add) drop))', 1, 22, 'unexpected token )'],
    ['(func br 0 $l)', 1, 12, 'unexpected token $l'],
    ['(func i32.conts 1)', 1, 7, 'unknown operator i32.conts; did you mean i32.const?'],
    ['(fucn)', 1, 2, 'unknown operator fucn; did you mean func?'],
    [`(func "${'x'.repeat(100)}")`, 1, 7, `unexpected token "${'x'.repeat(39)}…`],
    ['(start 0)(start 0)', 1, 17, 'multiple start sections'],
    ['(func (param $x i32) (local $x i32))', 1, 29, 'duplicate local $x'],
    ['(func (type 0) (local $x i32))', 1, 13, 'unknown type 0'],
    ['(; (; ;)', 1, 1, 'unclosed comment'],
    ['(data "\\zz")', 1, 8, 'illegal escape'],
    ['(func) (import "" "" (memory 1))', 1, 8, 'import after function definition'],
  ])('%s', (text, line, column, reason) => {
    const error = errorOf(text)
    expect(error).toBeInstanceOf(MalformedError)
    expect([error.line, error.column, error.reason]).toEqual([line, column, reason])
    expect(error.message).toBe(`${line}:${column}: ${reason}`)
  })
  test('bytes that are not UTF-8', () =>
    expect(errorOf(new Uint8Array([0x28, 0xff])).reason).toBe('malformed UTF-8 encoding'))
})
