// The frame that generated functions stand in: features, types, memories, tables, segments, tags, globals and helper functions, as text.
import type { Feature } from '../../src/syntax/features.ts'
import { ALL_FEATURES, FEATURES_2_0 } from '../../src/syntax/features.ts'
import type { Tape } from './tape.ts'

export interface Memory {
  name: string
  address: 'i32' | 'i64'
  shared: boolean
}

export interface Signature {
  params: readonly string[]
  results: readonly string[]
}

export interface Shape {
  /** Whether it runs in deterministic stores: then the bits of NaNs are left as they come. */
  deterministic: boolean
  features: ReadonlySet<Feature>
  /** Value types of locals and globals. */
  types: readonly string[]
  memories: readonly Memory[]
  tables: readonly { name: string; elem: string; address: 'i32' | 'i64' }[]
  functions: readonly (Signature & { name: string })[]
  tags: readonly { name: string; params: readonly string[] }[]
}

export const NUMBERS = ['i32', 'i64', 'f32', 'f64']
export const ARRAYS: Readonly<Record<string, string>> = {
  $ai8: 'i8',
  $ai16: 'i16',
  $ai32: 'i32',
  $ai64: 'i64',
  $af32: 'f32',
  $af64: 'f64',
  $av: 'v128',
  $aany: 'anyref',
  $afunc: 'funcref',
}
export const FIELDS: Readonly<Record<string, readonly string[]>> = {
  $s0: ['i32', 'i64', 'f32', 'f64', 'i8', 'i16', 'anyref', 'v128'],
  $s1: ['i32', 'i64', 'f32', 'f64', 'i8', 'i16', 'anyref', 'v128', '(ref null $s0)', 'externref'],
  $s2: ['f64', '(ref null $s2)'],
}
/** What a value of a packed type is on the stack. */
export const unpacked = (t: string): string => (t === 'i8' || t === 'i16' ? 'i32' : t)
/** The types that may stand where another is wanted. */
export const SUBTYPES: Readonly<Record<string, readonly string[]>> = {
  anyref: ['eqref', 'i31ref', 'structref', 'arrayref', '(ref null $s0)', '(ref null $s1)'],
  eqref: ['i31ref', 'structref', 'arrayref', '(ref null $s0)', '(ref null $s2)'],
  structref: ['(ref null $s0)', '(ref null $s1)', '(ref null $s2)'],
  arrayref: Object.keys(ARRAYS).map((a) => `(ref null ${a})`),
  '(ref null $s0)': ['(ref null $s1)'],
  funcref: ['(ref null $sig0)'],
}

/** Features beyond 2.0, each on its own in about half of the modules, so that most hosts can run many of them. */
const GROUPS: readonly (readonly Feature[])[] = [
  [],
  [],
  ['tail-call'],
  ['threads'],
  ['legacy-exceptions'],
  ['gc', 'function-references', 'reference-types'],
  ['gc', 'function-references', 'exceptions', 'tail-call', 'extended-const'],
  ['exceptions', 'tail-call'],
  ['memory64', 'multi-memory', 'threads'],
  ['memory64', 'gc', 'function-references', 'exceptions', 'tail-call', 'multi-memory', 'threads', 'extended-const'],
  ['relaxed-simd'],
  ['wide-arithmetic'],
  ['custom-page-sizes', 'multi-memory'],
  ALL_FEATURES,
]

export function chooseShape(t: Tape): Shape {
  const features = new Set<Feature>([...FEATURES_2_0, ...t.pick(GROUPS)])
  const has = (f: Feature) => features.has(f)
  const types = [...NUMBERS, 'v128', 'funcref', 'externref']
  if (has('gc')) types.push('anyref', 'eqref', 'i31ref', 'structref', 'arrayref', '(ref null $s0)', '(ref null $s1)')
  if (has('gc')) types.push('(ref null $s2)', ...Object.keys(ARRAYS).map((a) => `(ref null ${a})`))
  if (has('function-references')) types.push('(ref null $sig0)')
  if (has('exceptions')) types.push('exnref')
  const shared = has('threads')
  const memories: Memory[] = [{ name: '$m0', address: 'i32', shared }]
  if (has('memory64') && !has('multi-memory')) memories[0]!.address = 'i64'
  if (has('multi-memory')) memories.push({ name: '$m1', address: 'i32', shared: false })
  if (has('multi-memory') && has('memory64')) memories.push({ name: '$m2', address: 'i64', shared })
  const tables: { name: string; elem: string; address: 'i32' | 'i64' }[] = [
    { name: '$t0', elem: 'funcref', address: 'i32' },
    { name: '$t1', elem: 'externref', address: 'i32' },
  ]
  if (has('gc')) tables.push({ name: '$t2', elem: 'anyref', address: 'i32' })
  if (has('memory64')) tables.push({ name: '$t3', elem: 'funcref', address: 'i64' })
  const scalar = () => Array.from({ length: t.below(4) }, () => t.pick(NUMBERS))
  const any = () => Array.from({ length: t.below(3) }, () => t.pick(types))
  const functions = Array.from({ length: 1 + t.below(4) }, (_, k) => ({
    name: `$f${k}`,
    params: k < 2 ? scalar() : any(),
    results: k === 0 && t.below(2) === 0 ? ['i32'] : k < 2 ? scalar().slice(0, 2) : any(),
  }))
  const tags =
    has('exceptions') || has('legacy-exceptions')
      ? [
          { name: '$e0', params: [] },
          { name: '$e1', params: ['i32', 'f64'] },
          { name: '$e2', params: ['i64', 'externref'] },
        ]
      : []
  return { deterministic: t.below(4) === 3, features, types, memories, tables, functions, tags }
}

/** Where table $t0 has the host's function, and one whose type is a subtype of $open. */
export const HOST_ENTRY = 7
export const OPEN_ENTRY = 6

/** Globals whose initialisers make aggregates; those of the first kind have the types of their names' expressions. */
const CONSTANTS = [
  '(global $c$s0 (ref $s0) (struct.new $s0 (i32.const 1) (i64.const -2) (f32.const 0.5) (f64.const -0.5) (i32.const 255) (i32.const -1) (ref.i31 (i32.const 5)) (v128.const i64x2 1 2)))',
  '(global $c$s1 (ref $s1) (struct.new_default $s1))',
  '(global $c$ai32 (ref $ai32) (array.new_fixed $ai32 3 (i32.const 1) (i32.const -2) (i32.const 3)))',
  '(global $c$af64 (ref $af64) (array.new $af64 (f64.const 1.5) (i32.const 4)))',
  '(global $c$ai8 (ref $ai8) (array.new_default $ai8 (i32.const 5)))',
  '(global $c$aany (ref $aany) (array.new_fixed $aany 2 (any.convert_extern (global.get $x)) (ref.i31 (i32.const 9))))',
]
/** The types that have such a global. */
export const CONSTANT_TYPES = ['$s0', '$s1', '$ai32', '$af64', '$ai8', '$aany']

/** Everything of the module but the generated functions. */
export function frameText(s: Shape): string {
  const has = (f: Feature) => s.features.has(f)
  const out: string[] = []
  const field = (x: string) => `(field (mut ${x}))`
  if (has('gc')) {
    out.push(`(rec (type $s0 (sub (struct ${FIELDS.$s0!.map(field).join(' ')})))`)
    out.push(`  (type $s1 (sub $s0 (struct ${FIELDS.$s1!.map(field).join(' ')}))))`)
    out.push(`(rec (type $s2 (sub final (struct ${FIELDS.$s2!.map(field).join(' ')}))))`)
    out.push('(type $open (sub (func (param i32) (result anyref))))')
    out.push('(type $opened (sub final $open (func (param i32) (result (ref null $s0)))))')
    for (const [name, x] of Object.entries(ARRAYS)) out.push(`(type ${name} (array (mut ${x})))`)
  }
  out.push('(type $sig0 (func (param i32) (result i32)))', '(type $pair (func (param i32 i64) (result i64 i32)))')
  for (const f of s.functions) out.push(`(type $sig${f.name.slice(2)}f (func ${signature(f)}))`)
  out.push('(import "m" "h" (func $h (param i32 f64 i64) (result i64)))', '(import "m" "x" (global $x externref))')
  for (const m of s.memories) {
    const size = m.name === '$m1' && has('custom-page-sizes') ? '300 900 (pagesize 1)' : m.shared ? '1 3 shared' : '1 3'
    out.push(`(memory ${m.name} (export "${m.name}") ${m.address === 'i64' ? 'i64 ' : ''}${size})`)
  }
  for (const x of s.tables)
    out.push(`(table ${x.name} (export "${x.name}") ${x.address === 'i64' ? 'i64 ' : ''}8 20 ${x.elem})`)
  for (const x of s.tags) out.push(`(tag ${x.name} (param ${x.params.join(' ')}))`)
  const offset = has('extended-const')
    ? (a: string) => `(${a}.add (${a}.const 3) (${a}.const 200))`
    : (a: string) => `(${a}.const 203)`
  for (const m of s.memories)
    out.push(`(data (memory ${m.name}) (offset ${offset(m.address)}) "\\80\\7f\\ff\\00\\01 active")`)
  out.push(
    '(data $d0 "\\01\\02\\80\\ff\\00\\7f\\c0\\41 some bytes that fill up a little more than one vector register")',
  )
  out.push('(data $d1 "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\7f\\00\\00\\c0\\7f")')
  const names = s.functions.map((f) => f.name)
  out.push(
    `(elem $el0 func $inc $half ${names.join(' ')})`,
    `(elem (table $t0) (i32.const 0) func $inc $half ${names.join(' ')})`,
    `(elem (table $t0) (i32.const ${HOST_ENTRY}) func $h)`,
  )
  if (has('gc')) out.push(`(elem (table $t0) (i32.const ${OPEN_ENTRY}) func $opened)`)
  out.push(`(elem declare func $inc $half $h ${names.join(' ')})`)
  out.push('(elem $elx externref (item (ref.null extern)) (item (global.get $x)))')
  if (has('gc'))
    out.push('(elem $ela anyref (item (ref.i31 (i32.const 7))) (item (ref.null any)) (item (ref.i31 (i32.const -1))))')
  s.types.forEach((x, k) => {
    const mutable = NUMBERS.includes(x) ? `(export "g${k}")` : ''
    out.push(`(global $g${k} ${mutable} (mut ${x}) ${zero(x)})`)
  })
  if (has('extended-const'))
    out.push('(global $ext i32 (i32.add (i32.const 5) (i32.mul (i32.const 3) (i32.const -7))))')
  if (has('gc')) out.push(...CONSTANTS)
  out.push(
    '(global $fuel (export "fuel") (mut i32) (i32.const 0))',
    '(global $began (export "began") (mut i32) (i32.const 41))',
  )
  out.push('(start $begin)', '(func $begin (global.set $began (i32.add (global.get $began) (i32.const 1))))')
  out.push(`(func (export "back") (param i32) (result i32)
    (if (call $tick) (then (call $f0 ${s.functions[0]!.params.map(zero).join(' ')}) ${'(drop) '.repeat(s.functions[0]!.results.length)}))
    (i32.add (local.get 0) (global.get $fuel)))`)
  out.push(`(func $tick (result i32) (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
    (i32.gt_s (global.get $fuel) (i32.const 0)))`)
  out.push('(func $inc (type $sig0) (i32.add (local.get 0) (i32.const 1)))')
  out.push('(func $half (type $sig0) (i32.shr_s (local.get 0) (i32.const 1)))')
  if (has('gc')) {
    out.push(
      '(func $opened (type $opened) (if (result (ref null $s0)) (local.get 0) (then (struct.new_default $s1)) (else (ref.null $s0))))',
    )
    for (const name of Object.keys(FIELDS)) out.push(orNew(name, `(struct.new_default ${name})`))
    for (const name of Object.keys(ARRAYS)) out.push(orNew(name, `(array.new_default ${name} (i32.const 9))`))
  }
  return out.join('\n')
}

/** A helper that gives a new aggregate in place of null. */
const orNew = (
  name: string,
  made: string,
): string => `(func $or${name.slice(1)} (param (ref null ${name})) (result (ref ${name}))
  (block $n (return (br_on_null $n (local.get 0)))) ${made})`

export const signature = ({ params, results }: Signature): string =>
  `${params.map((p) => `(param ${p})`).join(' ')} ${results.map((r) => `(result ${r})`).join(' ')}`

/** The heap type of a nullable reference type, as text. */
export function heapOf(type: string): string {
  const m = /^\(ref null (.*)\)$/.exec(type)
  return m ? m[1]! : type.slice(0, -3)
}

export const isReference = (type: string): boolean => type.endsWith('ref') || type.startsWith('(')

export const zero = (type: string): string =>
  type === 'v128' ? '(v128.const i64x2 0 0)' : isReference(type) ? `(ref.null ${heapOf(type)})` : `(${type}.const 0)`

/** Puts values of these types, the last on top, into locals. */
export const sink = (s: Shape, types: readonly string[]): string =>
  types
    .map((x) => `(local.set $l${s.types.indexOf(x)})`)
    .reverse()
    .join(' ')
