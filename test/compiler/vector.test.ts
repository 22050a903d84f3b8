// Every vector operator as the compiler's templates do it, against the interpreter, which calls the functions of numeric/: on operands that come from
// memory, and on ones that have been through float operators before, so that they are held as floats.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { compiler } from '../../src/compiler/engine.ts'
import { interpreter } from '../../src/interpreter/engine.ts'
import { invoke } from '../../src/runtime/boundary.ts'
import type { FuncInst, MemInst } from '../../src/runtime/instances.ts'
import { instantiate } from '../../src/runtime/instantiate.ts'
import { type Executor, Store } from '../../src/runtime/store.ts'
import type { Row } from '../../src/syntax/instructions.ts'
import { F32, F64, I64, V128 } from '../../src/syntax/types.ts'
import { parseModule } from '../../src/text/parse.ts'
import { validate } from '../../src/valid/module.ts'
import { edges } from '../numeric/edges.ts'
import { moduleOf, vectorFunc } from '../numeric/host-module.ts'
import { member, usesVectors, valueRows } from '../numeric/operators.ts'

const rows = valueRows.filter(usesVectors)

const SHUFFLES = [
  (k: number) => k,
  (k: number) => 31 - k,
  (k: number) => (k % 2) * 16 + (k >> 1),
  (k: number) => (k + 4) % 16,
  (k: number) => (k * 7 + 3) % 32,
].map((f) => Array.from({ length: 16 }, (_, k) => f(k)))

function immediates(row: Row): readonly (readonly number[])[] {
  if (row.imms.includes('lanes16')) return SHUFFLES
  if (row.imms.includes('lane')) return Array.from({ length: row.lanes }, (_, k) => [k])
  return [[]]
}

const cases = rows.flatMap((row) => immediates(row).map((imms, i) => ({ row, imms, name: `${member(row)} ${i}` })))
/** What operands go through first: f32x4.neg or f64x2.neg twice, which keeps all bits. */
const FORMS = { memory: [], f32x4: [0xfd, 0xe1, 1, 0xfd, 0xe1, 1], f64x2: [0xfd, 0xed, 1, 0xfd, 0xed, 1] } as const

function functions(form: keyof typeof FORMS) {
  return cases.map(({ row, imms, name }) => vectorFunc(name, row.op, imms, row.params, row.results[0]!, FORMS[form]))
}

function engine(executor: Executor, bytes: Uint8Array) {
  const module = decode(bytes)
  validate(module)
  const store = new Store(executor)
  const { exports } = instantiate(store, module, [])
  const memory = new Uint8Array((exports.get('memory') as MemInst).buffer)
  return (name: string, vectors: readonly Uint8Array[], scalar: bigint, row: Row): Uint8Array => {
    vectors.forEach((v, k) => {
      memory.set(v, 16 * k)
    })
    const t = row.params.find((p) => p !== V128)
    const args =
      t === undefined ? [] : [t === I64 || t === F64 ? BigInt.asIntN(64, scalar) : Number(BigInt.asIntN(32, scalar))]
    const [result] = invoke(store, exports.get(name) as FuncInst, args)
    if (row.results[0] === V128) return memory.slice(48, 64)
    return new Uint8Array(BigInt64Array.of(BigInt(result as number | bigint)).buffer)
  }
}

/** Equal bytes, or both a NaN in the lanes of a float result. */
function same(row: Row, a: Uint8Array, b: Uint8Array): boolean {
  if (a.every((x, k) => x === b[k])) return true
  const name = member(row)
  if (/^f32x4|f32x4$/.test(name)) return lanes(new Float32Array(a.slice().buffer), new Float32Array(b.slice().buffer))
  return /^f64x2/.test(name) && lanes(new Float64Array(a.slice().buffer), new Float64Array(b.slice().buffer))
}
const lanes = (a: Float32Array | Float64Array, b: Float32Array | Float64Array) => a.every((x, k) => Object.is(x, b[k]))

/** Vectors of edge values of every lane type, and of any bytes. */
const words = [
  ...edges(I64),
  ...edges(F64),
  ...edges(F32).map((x) => x | (x << 32n)),
  ...edges(F32).map((x) => x | (0x3f800000n << 32n)),
]
const word = fc.oneof(
  fc.constantFrom(...words).map((x) => BigInt.asUintN(64, x)),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0x8000800080008000n, 0x7f80ff0001fe8081n, 0x00ff7fff80000001n, 0n),
)
const vector = fc.tuple(word, word).map((pair) => new Uint8Array(BigUint64Array.from(pair).buffer))
const vectors = fc.tuple(vector, vector, vector)
const scalar = fc.oneof(fc.bigInt({ min: 0n, max: 70n }), word)

describe.each(Object.keys(FORMS) as (keyof typeof FORMS)[])('operands from %s', (form) => {
  const bytes = moduleOf(functions(form))
  const compiled = engine(compiler, bytes)
  const interpreted = engine(interpreter, bytes)
  test.each(rows.map((r) => [r.name, r] as const))('%s', (_, row) => {
    const mine = cases.filter((c) => c.row === row)
    fc.assert(
      fc.property(vectors, scalar, (vs, x) => {
        const operands = vs.slice(0, row.params.filter((t) => t === V128).length)
        for (const { name, imms } of mine) {
          const got = compiled(name, operands, x, row)
          const want = interpreted(name, operands, x, row)
          const hex = (v: Uint8Array) => Buffer.from(v).toString('hex')
          if (!same(row, got, want))
            expect.fail(`${name}(${operands.map(hex)}, ${x}; ${imms}): ${hex(got)}, interpreted ${hex(want)}`)
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** Comparisons of every lane width, and what is done to their results: a result may be held as the top bits of its lanes, which are right for that width alone. */
const COMPARISONS = [
  'i8x16.eq',
  'i8x16.lt_u',
  'i8x16.ge_s',
  'i16x8.ne',
  'i16x8.gt_u',
  'i16x8.le_s',
  'i32x4.lt_s',
  'f32x4.lt',
  'f64x2.ge',
]
const TESTS = [
  'v128.any_true',
  'i8x16.bitmask',
  'i16x8.bitmask',
  'i32x4.bitmask',
  'i64x2.bitmask',
  'i8x16.all_true',
  'i16x8.all_true',
  'i32x4.all_true',
]
const CONNECTIVES = ['v128.and', 'v128.or', 'v128.xor', 'v128.andnot']
const loads = '(v128.load (i32.const 0)) (v128.load offset=16 (i32.const 0))'

describe('results of comparisons', () => {
  const pairs = COMPARISONS.flatMap((a) => [a, ...COMPARISONS.flatMap((b) => CONNECTIVES.map((c) => `${c} ${a} ${b}`))])
  const mask = (name: string): string => {
    const [first, a, b] = name.split(' ')
    return a === undefined ? `(${first} ${loads})` : `(${first} (${a} ${loads}) (${b} ${loads}))`
  }
  const bodies = pairs.flatMap((name) => TESTS.map((t) => ({ name: `${t} of ${name}`, body: `(${t} ${mask(name)})` })))
  const bytes = parseModule(
    `(module (memory (export "memory") 1) ${bodies.map(({ name, body }) => `(func (export "${name}") (result i32) ${body})`).join('\n')})`,
  )
  const row = rows.find((r) => member(r) === 'v128_any_true')!
  const compiled = engine(compiler, bytes)
  const interpreted = engine(interpreter, bytes)
  test.each(bodies.map(({ name }) => name))('%s', (name) => {
    fc.assert(
      fc.property(vectors, ([a, b]) => {
        // Vectors that agree in some lanes, so that comparisons come out both ways.
        const near = b.map((x, k) => (k % 3 === 0 ? x : a[k]!))
        expect(compiled(name, [a, near], 0n, row)).toEqual(interpreted(name, [a, near], 0n, row))
      }),
      { numRuns: 10 },
    )
  })
})
