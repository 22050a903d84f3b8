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
  return { features, types, memories, tables, functions, tags }
}

/** Everything of the module but the generated functions. */
export function frameText(s: Shape): string {
  const has = (f: Feature) => s.features.has(f)
  const out: string[] = []
  const field = (x: string) => `(field (mut ${x}))`
  if (has('gc')) {
    out.push(`(rec (type $s0 (sub (struct ${FIELDS.$s0!.map(field).join(' ')})))`)
    out.push(`  (type $s1 (sub $s0 (struct ${FIELDS.$s1!.map(field).join(' ')}))))`)
    out.push(`(rec (type $s2 (sub final (struct ${FIELDS.$s2!.map(field).join(' ')}))))`)
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
  out.push(
    '(data $d0 "\\01\\02\\80\\ff\\00\\7f\\c0\\41 some bytes that fill up a little more than one vector register")',
  )
  out.push('(data $d1 "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\7f\\00\\00\\c0\\7f")')
  const names = s.functions.map((f) => f.name)
  out.push(
    `(elem $el0 func $inc $half ${names.join(' ')})`,
    `(elem (table $t0) (i32.const 0) func $inc $half ${names.join(' ')})`,
  )
  out.push(`(elem declare func $inc $half ${names.join(' ')})`)
  out.push('(elem $elx externref (item (ref.null extern)) (item (global.get $x)))')
  if (has('gc'))
    out.push('(elem $ela anyref (item (ref.i31 (i32.const 7))) (item (ref.null any)) (item (ref.i31 (i32.const -1))))')
  s.types.forEach((x, k) => {
    const mutable = NUMBERS.includes(x) ? `(export "g${k}")` : ''
    out.push(`(global $g${k} ${mutable} (mut ${x}) ${zero(x)})`)
  })
  if (has('extended-const'))
    out.push('(global $ext i32 (i32.add (i32.const 5) (i32.mul (i32.const 3) (i32.const -7))))')
  out.push('(global $fuel (export "fuel") (mut i32) (i32.const 0))')
  out.push(`(func $tick (result i32) (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
    (i32.gt_s (global.get $fuel) (i32.const 0)))`)
  out.push('(func $inc (type $sig0) (i32.add (local.get 0) (i32.const 1)))')
  out.push('(func $half (type $sig0) (i32.shr_s (local.get 0) (i32.const 1)))')
  if (has('gc')) {
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
