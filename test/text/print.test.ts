// The printer: what its text looks like, and names that identifiers cannot carry.
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { encode } from '../../src/binary/encode.ts'
import { decodeNames } from '../../src/binary/name-section.ts'
import type { Module } from '../../src/syntax/module.ts'
import { encodeNames } from '../../src/text/name-section.ts'
import { parseModule } from '../../src/text/parse.ts'
import { printModule } from '../../src/text/print.ts'

const print = (m: Module) => printModule(m, decodeNames(m))
function roundTrip(m: Module): string {
  const text = print(m)
  expect(Buffer.from(parseModule(text)).toString('hex')).toBe(Buffer.from(encode(m)).toString('hex'))
  return text
}

describe('print', () => {
  test('folds short lines and indents blocks', () => {
    const text = roundTrip(
      decode(
        parseModule(`(module $M (type $t (func (param i32) (result i32))) (memory $mem 1)
          (func $f (export "f") (type $t) (param $x i32) (result i32) (local i64 i64)
            (block $l (br_if $l (i32.eqz (local.get $x))) (drop (call $f (i32.const 1)))) (i32.load offset=4 (local.get 0))))`),
      ),
    )
    expect(text).toBe(`(module $M
  (type $t (;0;) (func (param i32) (result i32)))
  (memory $mem (;0;) 1)
  (export "f" (func $f))
  (func $f (;0;) (type $t) (param $x i32) (result i32)
    (local i64 i64)
    block $l
      (br_if $l (i32.eqz (local.get $x)))
      (drop (call $f (i32.const 1)))
    end
    (i32.load offset=4 (local.get $x)))
)
`)
  })

  const base = () => decode(parseModule('(func) (func) (func)'))
  const withNames = (funcs: [number, string][], more: Module['customs'] = []): Module => {
    const m = base()
    const bytes = encodeNames({ ...decodeNames(m), funcs: new Map(funcs) })!
    return { ...m, customs: [{ name: 'name', bytes, after: 10 }, ...more] }
  }

  test.each<[string, [number, string][]]>([
    ['plain', [[0, 'a']]],
    [
      'with spaces and unicode',
      [
        [0, 'a b'],
        [1, 'λ→"\\\n'],
        [2, '\u202e'],
      ],
    ],
    [
      'twice the same',
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'a.1'],
      ],
    ],
    ['empty', [[0, '']]],
    ['out of range', [[7, 'far']]],
  ])('names: %s', (_what, funcs) => {
    const m = withNames(funcs)
    roundTrip(m)
    expect([...decodeNames(decode(parseModule(print(m)))).funcs]).toEqual(funcs)
  })

  test('a name section that is not canonical stays as it is', () => {
    const m = base()
    for (const bytes of [[], [0xff], [1, 3, 1, 0], [7, 1, 0, 1, 4, 1, 0, 1, 0x61], [1, 5, 1, 0x80, 0, 1, 0x61]]) {
      const text = roundTrip({ ...m, customs: [{ name: 'name', bytes: new Uint8Array(bytes), after: 10 }] })
      expect(text).toContain('(@custom "name"')
    }
  })
  test('custom sections around the name section', () => {
    const custom = (name: string, after: number) => ({ name, after, bytes: new Uint8Array([1, 0xff]) })
    const m = withNames([[0, 'a']], [custom('producers', 10)])
    expect(roundTrip(m)).not.toContain('"name"')
    roundTrip({ ...m, customs: [custom('x', 10), ...m.customs] })
    roundTrip({ ...m, customs: [custom('first', 0), custom('types', 1), ...m.customs] })
    expect(roundTrip({ ...m, customs: [...m.customs, custom('name', 10)] })).toContain('"name"')
  })
  test('a data count that no instruction asks for', () => {
    expect(roundTrip({ ...base(), dataCount: 0 })).toContain('(@anywasm.datacount)')
  })
  test('functions whose type does not exist', () => {
    const m = base()
    roundTrip({ ...m, types: [], recTypes: [], imports: [{ module: '', name: '', desc: { kind: 'func', type: 9 } }] })
  })
})
