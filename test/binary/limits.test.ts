// The JavaScript API's implementation limits hold to the last unit: a module at the limit is accepted, one beyond it is a CompileError that says
// what there is too much of.
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { CompileError } from '../../src/errors.ts'
import * as limit from '../../src/syntax/limits.ts'
import { ByteWriter } from '../../src/util/byte-writer.ts'
import { validate } from '../../src/valid/module.ts'

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const EMPTY_FUNC_TYPE = [0x60, 0, 0]
const I32 = 0x7f

type Section = [id: number, content: Uint8Array]

/** `count` times the same item, as a vector. */
function vector(count: number, ...item: number[]): Uint8Array {
  const out = new ByteWriter(count * item.length + 5)
  out.u32(count)
  for (let i = 0; i < count; i++) for (const b of item) out.byte(b)
  return out.view().slice()
}

function module(...sections: Section[]): Uint8Array {
  const out = new ByteWriter()
  for (const b of HEADER) out.byte(b)
  for (const [id, content] of sections) {
    out.byte(id)
    out.u32(content.length)
    out.raw(content)
  }
  return out.view().slice()
}

const uleb = (n: number): number[] => {
  const out = new ByteWriter()
  out.u32(n)
  return [...out.view()]
}

/** A module of one function with this code entry. */
function withBody(body: Uint8Array): Uint8Array {
  const code = new ByteWriter(body.length + 10)
  code.u32(1)
  code.u32(body.length)
  code.raw(body)
  return module([1, vector(1, ...EMPTY_FUNC_TYPE)], [3, vector(1, 0)], [10, code.view().slice()])
}

const memoryImport = [1, 0x6d, 1, 0x6d, 0x02, 0x00, 0x00]
const exportOf = (n: number) => {
  const out = new ByteWriter()
  out.u32(n)
  for (let i = 0; i < n; i++) {
    const name = i.toString(36)
    out.byte(name.length)
    for (const c of name) out.byte(c.charCodeAt(0))
    out.byte(0x03)
    out.byte(0)
  }
  return out.view().slice()
}
const global = [I32, 0x00, 0x41, 0x00, 0x0b]

const CASES: Record<string, [most: number, make: (n: number) => Uint8Array]> = {
  types: [limit.MAX_TYPES, (n) => module([1, vector(n, ...EMPTY_FUNC_TYPE)])],
  'types of a group': [
    limit.MAX_REC_GROUP_SIZE,
    (n) => module([1, Uint8Array.from([1, 0x4e, ...vector(n, ...EMPTY_FUNC_TYPE)])]),
  ],
  functions: [
    limit.MAX_FUNCS,
    (n) => module([1, vector(1, ...EMPTY_FUNC_TYPE)], [3, vector(n, 0)], [10, vector(n, 2, 0, 0x0b)]),
  ],
  imports: [limit.MAX_IMPORTS, (n) => module([2, vector(n, 1, 0x6d, 1, 0x67, 0x03, I32, 0x00)])],
  globals: [limit.MAX_GLOBALS, (n) => module([6, vector(n, ...global)])],
  exports: [limit.MAX_EXPORTS, (n) => module([6, vector(1, ...global)], [7, exportOf(n)])],
  tags: [limit.MAX_TAGS, (n) => module([1, vector(1, ...EMPTY_FUNC_TYPE)], [13, vector(n, 0x00, 0)])],
  'data segments': [limit.MAX_DATA_SEGMENTS, (n) => module([11, vector(n, 0x01, 0)])],
  'element segments': [limit.MAX_ELEM_SEGMENTS, (n) => module([9, vector(n, 0x01, 0x00, 0)])],
  tables: [limit.MAX_TABLES, (n) => module([4, vector(n, 0x70, 0x00, 0)])],
  memories: [limit.MAX_MEMORIES, (n) => module([5, vector(n, 0x00, 0)])],
  'memories, imported ones among them': [
    limit.MAX_MEMORIES,
    (n) => module([2, vector(1, ...memoryImport)], [5, vector(n - 1, 0x00, 0)]),
  ],
  parameters: [limit.MAX_PARAMS, (n) => module([1, Uint8Array.from([1, 0x60, ...vector(n, I32), 0])])],
  results: [limit.MAX_RESULTS, (n) => module([1, Uint8Array.from([1, 0x60, 0, ...vector(n, I32)])])],
  'fields of a struct': [
    limit.MAX_STRUCT_FIELDS,
    (n) => module([1, Uint8Array.from([1, 0x5f, ...vector(n, I32, 0x00)])]),
  ],
  locals: [limit.MAX_LOCALS, (n) => withBody(Uint8Array.from([1, ...uleb(n), I32, 0x0b]))],
  'locals of several runs': [
    limit.MAX_LOCALS,
    (n) => withBody(Uint8Array.from([2, 1, I32, ...uleb(n - 1), I32, 0x0b])),
  ],
  'bytes of a body': [
    limit.MAX_BODY_SIZE,
    (n) => {
      const body = new Uint8Array(n).fill(0x01)
      body[0] = 0
      body[n - 1] = 0x0b
      return withBody(body)
    },
  ],
  'depth of subtyping': [
    limit.MAX_SUBTYPING_DEPTH,
    (n) => {
      const out = new ByteWriter()
      out.u32(n + 1)
      out.raw(Uint8Array.from([0x50, 0, 0x5f, 0]))
      for (let i = 0; i < n; i++) out.raw(Uint8Array.from([0x50, 1, ...uleb(i), 0x5f, 0]))
      return module([1, out.view().slice()])
    },
  ],
}

const check = (bytes: Uint8Array) => validate(decode(bytes))

describe.each(Object.entries(CASES))('%s', (_, [most, make]) => {
  test(`${most} are allowed`, () => {
    check(make(most))
  })
  test(`${most + 1} are too many`, () => {
    expect(() => check(make(most + 1))).toThrow(CompileError)
    expect(() => check(make(most + 1))).toThrow(/too many|too large|too deep|at most/)
  })
})

test('a count of locals beyond 32 bits is rejected without making room for them', () => {
  const run = [0xff, 0xff, 0xff, 0xff, 0x0f, I32]
  expect(() => check(withBody(Uint8Array.from([2, ...run, ...run, 0x0b])))).toThrow('too many locals')
})

test('a module of more than 1 GiB is rejected before it is looked at', () => {
  const huge = { length: limit.MAX_MODULE_SIZE + 1 } as Uint8Array
  expect(() => decode(huge)).toThrow('module too large')
})
