// What the decoder says of malformed binaries, and where; what it keeps; and that encoding gives back what was decoded.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { encode } from '../../src/binary/encode.ts'
import { decodeNames } from '../../src/binary/name-section.ts'
import { MalformedError } from '../../src/errors.ts'
import { parseModule } from '../../src/text/parse.ts'

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const binary = (...bytes: number[]) => Uint8Array.from([...HEADER, ...bytes])

/** The reason and offset of the error that decoding gives. */
function fault(bytes: Uint8Array): [reason: string, offset: number] {
  try {
    decode(bytes)
  } catch (e) {
    if (e instanceof MalformedError) return [e.reason, e.offset]
    throw e
  }
  throw new Error('it decodes')
}

describe('a malformed module', () => {
  test.each([
    ['no bytes at all', Uint8Array.of(), 'unexpected end', 0],
    ['another magic', Uint8Array.of(1, 2, 3, 4, 1, 0, 0, 0), 'magic header not detected', 0],
    ['another version', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), 'unknown binary version', 4],
    ['an unknown section', binary(0x7f, 0), 'malformed section id', 8],
    ['sections out of order', binary(3, 1, 0, 1, 1, 0), 'unexpected content after last section', 11],
    ['a section longer than the module', binary(1, 9, 0), 'length out of bounds', 10],
    ['a section longer than its content', binary(1, 2, 0, 0), 'section size mismatch', 10],
    ['a number of more bits than fit', binary(1, 6, 0xff, 0xff, 0xff, 0xff, 0x7f, 0), 'integer too large', 10],
    [
      'a number of too many bytes',
      binary(1, 7, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0),
      'integer representation too long',
      10,
    ],
    ['a name that is no UTF-8', binary(0, 3, 2, 0xc3, 0x28), 'malformed UTF-8 encoding', 10],
    ['a type that is none', binary(1, 2, 1, 0x11), 'malformed', 11],
    [
      'functions without bodies',
      binary(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0),
      'function and code section have inconsistent lengths',
      -1,
    ],
    [
      'an opcode that is none',
      binary(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0xff, 0x0b),
      'illegal opcode',
      23,
    ],
    [
      'a body without end',
      binary(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x01),
      'unexpected end of section or function',
      -1,
    ],
    ['a count of data without data', binary(12, 1, 1), 'data count and data section have inconsistent lengths', -1],
  ])('with %s', (_, bytes, reason, offset) => {
    const [said, at] = fault(bytes)
    expect(said.startsWith(reason), `${said}, expected ${reason}`).toBe(true)
    if (offset >= 0) expect(at).toBe(offset)
    expect(at).toBeLessThanOrEqual(bytes.length)
  })

  test('the message ends with the offset', () => {
    expect(() => decode(binary(0x7f, 0))).toThrow('malformed section id (at offset 0x8)')
  })
})

test('custom sections are kept with their places', () => {
  const bytes = binary(0, 3, 1, 0x61, 7, 1, 4, 1, 0x60, 0, 0, 0, 2, 1, 0x62)
  const { customs } = decode(bytes)
  expect(customs.map((c) => [c.name, [...c.bytes]])).toEqual([
    ['a', [7]],
    ['b', []],
  ])
  expect([...encode(decode(bytes))]).toEqual([...bytes])
})

test('the name section gives names, and a broken one gives those before the fault', () => {
  const text = '(module $m (func $f (param $x i32) (local $y i64)) (global $g i32 (i32.const 0)) (memory $mem 1))'
  const bytes = parseModule(text)
  const names = decodeNames(decode(bytes))
  expect(names.module).toBe('m')
  expect(names.funcs.get(0)).toBe('f')
  expect([...names.locals.get(0)!]).toEqual([
    [0, 'x'],
    [1, 'y'],
  ])
  const broken = bytes.slice()
  broken[broken.length - 1] = 0xff
  expect(decodeNames(decode(broken)).funcs.get(0)).toBe('f')
})

test.each(['sha256', 'vm', 'indirect', 'xxh64'])(
  'encoding %s gives the bytes again, and so does encoding that',
  (name) => {
    const bytes = new Uint8Array(readFileSync(`bench/kernels/${name}.wasm`))
    const once = encode(decode(bytes))
    expect(Buffer.compare(encode(decode(once)), once)).toBe(0)
    expect(once.length).toBeLessThanOrEqual(bytes.length)
  },
)
