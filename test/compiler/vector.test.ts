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

describe('masks in locals, with constants and counted', () => {
  const narrow = COMPARISONS.filter((c) => /^i8|^i16/.test(c))
  const splats = [
    'i8x16.splat (i32.const 1)',
    'i8x16.splat (i32.const 7)',
    'i8x16.splat (i32.const 128)',
    'i16x8.splat (i32.const 256)',
  ]
  const shapes = ['i8x16', 'i16x8']
  const users = shapes.flatMap((s) =>
    ['add', 'sub', 'add_sat_u', 'sub_sat_u', 'add_sat_s', 'min_u', 'max_s', 'lt_u', 'ge_u', 'gt_s', 'avgr_u'].map(
      (op) => `${s}.${op}`,
    ),
  )
  const [a, b] = ['(v128.load (i32.const 0))', '(v128.load offset=16 (i32.const 0))']
  const i32 = narrow.flatMap((c) =>
    shapes.flatMap((s) => [
      `(i32.popcnt (${s}.bitmask (${c} ${a} ${b})))`,
      `(local.set $m (${c} ${a} ${b})) (if (v128.any_true (local.get $m)) (then
        (local.set $n (i32.add (i32.popcnt (${s}.bitmask (local.get $m))) (${s}.bitmask (local.get $m)))))
       (else (local.set $n (i32.add (i32.const 1000) (${s}.bitmask (local.get $m)))))) (local.get $n)`,
    ]),
  )
  const v128 = narrow.flatMap((c) => [
    ...splats.flatMap((k) => [
      `(v128.and (${c} ${a} ${b}) (${k}))`,
      `(v128.and (${k}) (v128.and (${c} ${a} ${b}) (i16x8.ne ${b} ${a})))`,
      ...(c === 'i8x16.eq' || c === 'i16x8.gt_u'
        ? users.flatMap((u) => [`(${u} ${a} (v128.and (${c} ${a} ${b}) (${k})))`, `(${u} (v128.and ${b} (${k})) ${a})`])
        : []),
    ]),
    `(local.set $m (${c} ${a} ${b})) (v128.bitselect ${a} (local.get $m) (v128.and (local.get $m) (${c} ${b} ${a})))`,
    // The mask in the local is another one when the value on the stack is used, and another one yet in some passes of the loop.
    `(local.tee $m (${c} ${a} ${b})) (local.set $m (i8x16.eq ${a} ${b})) (v128.xor (local.get $m))
     (local.set $o) (local.get $o) (loop $l
       (block $skip (br_if $skip (i32.and (local.get $n) (i32.const 1))) (local.set $m (i16x8.lt_u ${a} (local.get $o))))
       (local.set $o (v128.xor (local.get $o) (local.get $m)))
       (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 4)))) (v128.or (local.get $o))`,
  ])
  const locals = '(local $m v128) (local $o v128) (local $n i32)'
  const text = [
    ...i32.map((body, k) => `(func (export "i${k}") (result i32) ${locals} ${body})`),
    ...v128.map(
      (body, k) =>
        `(func (export "v${k}") ${locals} (local $r v128) ${body} (local.set $r) (v128.store offset=48 (i32.const 0) (local.get $r)))`,
    ),
  ]
  const bytes = parseModule(`(module (memory (export "memory") 1) ${text.join('\n')})`)
  const [compiled, interpreted] = [engine(compiler, bytes), engine(interpreter, bytes)]
  const [toI32, toV128] = ['v128_any_true', 'v128_not'].map((name) => rows.find((r) => member(r) === name)!) as [
    Row,
    Row,
  ]
  test.each([...i32.map((body, k) => ['i', k, body] as const), ...v128.map((body, k) => ['v', k, body] as const)])(
    '%s%d: %s',
    (kind, k) => {
      fc.assert(
        fc.property(vectors, ([a, b]) => {
          const near = b.map((x, j) => (j % 3 === 0 ? x : a[j]!))
          const row = kind === 'i' ? toI32 : toV128
          expect(compiled(`${kind}${k}`, [a, near], 0n, row)).toEqual(interpreted(`${kind}${k}`, [a, near], 0n, row))
        }),
        { numRuns: 12 },
      )
    },
  )
})

describe('floats that are compared, and signalling NaNs in locals', () => {
  const constants = [0, -0, 4, -4, 0.1, 1e-45, -1.1754943508222875e-38, 3.4028234663852886e38, Infinity, NaN].map(
    Math.fround,
  )
  const operators = ['eq', 'ne', 'lt', 'gt', 'le', 'ge'].map((op) => `f32x4.${op}`)
  const wat = (c: number) => (Object.is(c, -0) ? '-0' : c === Infinity ? 'inf' : Number.isNaN(c) ? 'nan' : `${c}`)
  const [a, b] = ['(v128.load (i32.const 0))', '(v128.load offset=16 (i32.const 0))']
  const store = (v: string) => `(v128.store offset=48 (i32.const 0) ${v})`
  const compared = constants.map((c) =>
    [...operators, 'neg'].map((op) => {
      const k = `(v128.const f32x4 ${Array(4).fill(wat(c)).join(' ')})`
      return op === 'neg'
        ? `(f32x4.lt (f32x4.abs (f32x4.neg ${a})) ${k})`
        : `(v128.or (${op} (f32x4.add ${a} ${b}) ${k}) (i32x4.shl (${op} ${k} (f32x4.mul ${b} ${a})) (i32.const 1)))`
    }),
  )
  const doubled = [
    `(local.set $x ${a}) ${store(`(f32x4.mul (f32x4.add (local.get $x) (local.get $x)) ${b})`)}`,
    `(local.set $x ${a}) (local.set $s ${b}) ${store('(f32x4.mul (local.get $s) (f32x4.add (local.get $x) (local.get $x)))')}`,
  ]
  const kept = [
    `(local.set $x ${a}) (local.set $s (f32x4.add (local.get $x) ${b})) ${store('(f32x4.mul (local.get $s) (local.get $s))')}`,
    `(local.set $x ${a}) (local.set $s (f32x4.add (local.get $x) (f32x4.mul (local.get $x) ${b}))) (v128.store offset=64 (i32.const 0) (local.get $s)) ${store('(local.get $x)')}`,
    `(local.set $x ${a}) (local.set $s (f32x4.add (local.get $x) (f32x4.sqrt (local.get $x)))) (local.set $s (f32x4.neg (f32x4.neg (local.get $x)))) ${store('(local.get $s)')}`,
    `(local.set $x ${a}) (loop $l (local.set $s (f32x4.sub (f32x4.mul (local.get $x) ${b}) (f32x4.add (local.get $x) (local.get $x))))
       (local.set $x (v128.load offset=16 (i32.const 0))) (br_if $l (i32.eqz (local.tee $n (i32.eqz (local.get $n)))))) ${store('(f32x4.pmin (local.get $x) (f32x4.pmax (local.get $x) (local.get $s)))')}`,
    `(local.set $x ${a}) (local.set $s (f32x4.add (local.get $x) ${b})) ${store('(v128.bitselect (f32x4.neg (local.get $x)) (local.get $x) (f32x4.gt (f32x4.abs (local.get $x)) (local.get $s)))')}`,
  ]
  const bodies = [...compared.flat().map(store), ...doubled, ...kept]
  const bytes = parseModule(`(module (memory (export "memory") 1)
    ${bodies.map((body, k) => `(func (export "f${k}") (local $x v128) (local $s v128) (local $n i32) ${body})`).join('\n')})`)
  const [compiled, interpreted] = [engine(compiler, bytes), engine(interpreter, bytes)]
  const row = rows.find((r) => member(r) === 'f32x4_add')!
  const beside = fc.constantFrom(...constants).chain((c) => {
    const bits = new Int32Array(Float32Array.of(c).buffer)[0]!
    return fc.integer({ min: -2, max: 2 }).map((d) => (bits + d) >>> 0)
  })
  const nans = fc.constantFrom(0x7fa00001, 0xffa12345, 0x7fc00000, 0xffffffff)
  const tiny = fc.constantFrom(0, 0x80000000, 1, 0x33800000, 0x34000000, 0xb4000000, 0x3f800000, 0x7f000000, 0xfeffffff)
  const laneBits = fc.oneof(beside, beside, tiny, nans, fc.nat(0xffffffff))
  const four = fc.tuple(laneBits, laneBits, laneBits, laneBits).map((v) => new Uint8Array(Uint32Array.from(v).buffer))
  test.each(bodies.map((body, k) => [k, body] as const))('%d: %s', (k) => {
    fc.assert(
      fc.property(four, four, (x, y) => {
        const [got, want] = [compiled(`f${k}`, [x, y], 0n, row), interpreted(`f${k}`, [x, y], 0n, row)]
        const hex = (v: Uint8Array) => Buffer.from(v).toString('hex')
        if (!same(row, got, want)) expect.fail(`${hex(x)} ${hex(y)}: ${hex(got)}, interpreted ${hex(want)}`)
        // What is no result of arithmetic keeps its bits.
        if (k >= bodies.length - 4 && k < bodies.length - 2) expect(hex(got)).toBe(hex(want))
      }),
      { numRuns: 150 },
    )
  })
})
