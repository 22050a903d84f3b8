// Statements and whole functions, as folded text.

import { rethrown, thrown } from './exceptions.ts'
import {
  address,
  constant,
  deeper,
  expr,
  plain,
  type Scope,
  targets,
  withLabel,
  withoutResult,
  withTwoResults,
} from './expressions.ts'
import { ARRAY_NAMES, aggregate, arrayIndex } from './references.ts'
import {
  ARRAYS,
  FIELDS,
  HOST_ENTRY,
  isReference,
  NUMBERS,
  type Shape,
  signature,
  sink,
  unpacked,
  zero,
} from './shape.ts'
import type { Tape } from './tape.ts'

export function statements(s: Scope, count: number): string {
  return Array.from({ length: count }, () => statement(deeper(s))).join('\n  ')
}

function statement(s: Scope): string {
  const { t, shape } = s
  if (s.depth <= 0 || t.spent) return '(nop)'
  const k = t.below(shape.types.length)
  const type = shape.types[k]!
  switch (t.below(12)) {
    case 0:
      return `(local.set $l${k} ${expr(s, type)})`
    case 1:
      return `(global.set $g${k} ${expr(s, type)})`
    case 2:
    case 3:
    case 4:
      return plain(s, t.pick(withoutResult.filter((r) => shape.features.has(r.feature))))
    case 5:
      return `(drop ${expr(s, type)})`
    case 6:
      return block(s)
    case 7:
      return leave(s)
    case 8:
      return tables(s)
    case 9:
      return memories(s)
    case 10:
      return shape.features.has('gc') ? aggregates(s) : store(s)
    default:
      return severalValues(s)
  }
}

function store(s: Scope): string {
  return plain(s, s.t.pick(withoutResult.filter((r) => r.params.length === 2 && s.shape.features.has(r.feature))))
}

function block(s: Scope): string {
  const { t } = s
  const name = `$b${s.fresh()}`
  const inner = withLabel(s, { name, types: [] })
  switch (t.below(6)) {
    case 0:
      return `(loop ${name} ${statements(s, 1 + t.below(3))} (br_if ${name} (i32.and (call $tick) (i32.ne ${expr(s, 'i32')} (i32.const 0)))))`
    case 1:
      return `(if ${expr(s, 'i32')} (then ${statements(s, 1 + t.below(2))}) (else ${statements(s, t.below(2))}))`
    case 2:
      return `(block ${name} (br_if ${name} ${expr(s, 'i32')}) ${statements(inner, 1 + t.below(3))})`
    case 3:
      return `(block ${name} ${statements(inner, t.below(2))} (br ${name}) ${unreached(inner)})`
    case 4:
      return loopWithValues(s, name)
    default:
      return `(block ${name} ${statements(inner, t.below(2))} (br_table ${[name, ...targets(inner, [])].join(' ')} ${expr(inner, 'i32')}))`
  }
}

/** What stands behind a branch: instructions as they always are, and some that take operands from nowhere. */
function unreached(s: Scope): string {
  const { t, shape } = s
  const anything = [
    '(drop)',
    '(local.set $l0)',
    '(i32.add) (drop)',
    '(i64.store)',
    '(call $h) (drop)',
    '(select) (drop)',
    '(unreachable)',
    '(nop)',
  ]
  anything.push(
    '(if (then (unreachable)))',
    '(loop)',
    `(br_if ${s.labels.at(-1)!.name})`,
    '(memory.fill)',
    '(return_call $f0)'.slice(
      0,
      shape.features.has('tail-call') && s.results.join() === shape.functions[0]!.results.join() ? 99 : 0,
    ),
  )
  const types = shape.features.has('gc')
    ? [
        '(ref.as_non_null) (drop)',
        '(struct.get $s1 8) (drop)',
        '(ref.cast (ref $s1)) (drop)',
        '(array.get $ai64) (drop)',
      ]
    : []
  return `${t.pick([...anything, ...types])} ${statements(s, t.below(2))} ${t.pick(['', '(unreachable)', '(drop)'])}`
}

/** A loop that takes two values and gives them, to which a branch takes new ones. */
function loopWithValues(s: Scope, name: string): string {
  const { t, shape } = s
  const types = [t.pick(shape.types), t.pick(shape.types)]
  const list = types.join(' ')
  const values = () => types.map((x) => expr(s, x)).join(' ')
  return `${values()} (loop ${name} (param ${list}) (result ${list}) ${sink(shape, types)} ${statements(s, 1 + t.below(2))}
    ${values()} (br_if ${name} (i32.and (call $tick) ${expr(s, 'i32')}))) ${sink(shape, types)}`
}

/** A block with two results, and branches to it that take them. */
function blockWithValues(s: Scope): string {
  const { t, shape } = s
  const name = `$b${s.fresh()}`
  const types = [t.pick(shape.types), t.pick(shape.types)]
  const inner = withLabel(s, { name, types })
  const values = (x: Scope) => types.map((v) => expr(x, v)).join(' ')
  const way = t.below(3)
  const leaves =
    way === 0
      ? `${values(s)} (br_if ${name} ${expr(s, 'i32')}) ${sink(shape, types)}`
      : way === 1
        ? `(if ${expr(s, 'i32')} (then (br_table ${[name, ...targets(inner, types)].join(' ')} ${name} ${values(s)} ${expr(s, 'i32')})))`
        : ''
  return `(block ${name} (result ${types.join(' ')}) ${statements(inner, t.below(3))} ${leaves} ${values(inner)}) ${sink(shape, types)}`
}

/** Leaves the function, sometimes. */
function leave(s: Scope): string {
  const { t, shape } = s
  const values = (types: readonly string[]) => types.map((r) => expr(s, r)).join(' ')
  const guarded = (body: string) => `(if ${expr(s, 'i32')} (then ${body}))`
  switch (t.below(6)) {
    case 0:
      return guarded('(unreachable)')
    case 3:
      return thrown(s) || rethrown(s) || guarded(`(return ${values(s.results)})`)
    case 4:
      if (s.labels.length > 0) {
        const label = t.pick(s.labels)
        return guarded(`(br ${label.name} ${values(label.types)})`)
      }
      break
    case 1:
      if (shape.features.has('tail-call')) return guarded(tailCall(s) ?? `(return ${values(s.results)})`)
      break
    case 2: {
      const known = targets(s, [])
      if (known.length > 0) return `(br_if ${t.pick(known)} ${expr(s, 'i32')})`
    }
  }
  return guarded(`(return ${values(s.results)})`)
}

function tailCall(s: Scope): string | undefined {
  const { t, shape, results } = s
  if (results.length === 1 && results[0] === 'i64' && t.below(2) === 0) {
    const args = `${expr(s, 'i32')} ${expr(s, 'f64')} ${expr(s, 'i64')}`
    if (t.below(2) === 0) return `(return_call $h ${args})`
    return `(return_call_indirect $t0 (param i32 f64 i64) (result i64) ${args} (i32.const ${HOST_ENTRY}))`
  }
  if (results.length === 1 && results[0] === 'i32' && t.below(3) === 0) {
    const arg = expr(s, 'i32')
    return shape.features.has('function-references') && t.below(2) === 0
      ? `(return_call_ref $sig0 ${arg} (ref.func $inc))`
      : `(return_call_indirect $t0 (type $sig0) ${arg} (i32.const ${t.below(2)}))`
  }
  const fits = shape.functions.filter((f) => f.results.join() === results.join())
  if (fits.length === 0) return undefined
  const f = t.pick(fits)
  const args = f.params.map((p) => expr(s, p)).join(' ')
  const index = f.name.slice(2)
  return t.below(2) === 0
    ? `(return_call ${f.name} ${args})`
    : `(return_call_indirect $t0 (type $sig${index}f) ${args} (i32.const ${2 + Number(index)}))`
}

function tables(s: Scope): string {
  const { t, shape } = s
  const x = t.pick(shape.tables)
  const at = () => address(s, x.address, 7)
  switch (t.below(4)) {
    case 0:
      return `(table.set ${x.name} ${at()} ${expr(s, x.elem)})`
    case 1:
      return `(table.fill ${x.name} ${at()} ${expr(s, x.elem)} (${x.address}.const ${t.below(3)}))`
    case 2: {
      const from = t.pick(shape.tables.filter((y) => y.elem === x.elem))
      const length = x.address === 'i64' && from.address === 'i64' ? 'i64' : 'i32'
      return `(table.copy ${x.name} ${from.name} ${at()} ${address(s, from.address, 7)} (${length}.const ${t.below(3)}))`
    }
    default: {
      const elem = x.elem === 'funcref' ? '$el0' : x.elem === 'externref' ? '$elx' : '$ela'
      return `(table.init ${x.name} ${elem} ${at()} (i32.const ${t.below(2)}) (i32.const ${t.below(3)}))`
    }
  }
}

function memories(s: Scope): string {
  const { t, shape } = s
  const m = t.pick(shape.memories)
  if (t.below(2) === 0)
    return `(memory.init ${m.name} ${t.pick(['$d0', '$d1'])} ${address(s, m.address, 0xff)} (i32.const ${t.below(9)}) (i32.const ${t.below(9)}))`
  const from = t.pick(shape.memories)
  const length = m.address === 'i64' && from.address === 'i64' ? 'i64' : 'i32'
  return `(memory.copy ${m.name} ${from.name} ${address(s, m.address, 0xff)} ${address(s, from.address, 0xff)} ${address(s, length, 0x3f)})`
}

function aggregates(s: Scope): string {
  const { t } = s
  const name = t.pick(ARRAY_NAMES)
  const x = ARRAYS[name]!
  const small = () => `(i32.const ${t.below(4)})`
  switch (t.below(6)) {
    case 0: {
      const struct = t.pick(['$s0', '$s1', '$s2'])
      const field = t.below(FIELDS[struct]!.length)
      return `(struct.set ${struct} ${field} ${aggregate(s, struct)} ${expr(s, unpacked(FIELDS[struct]![field]!))})`
    }
    case 1:
      return `(array.fill ${name} ${aggregate(s, name)} ${arrayIndex(s)} ${expr(s, unpacked(x))} ${small()})`
    case 2:
      return `(array.copy ${name} ${name} ${aggregate(s, name)} ${arrayIndex(s)} ${aggregate(s, name)} ${arrayIndex(s)} ${t.below(8) === 7 ? arrayIndex(s) : small()})`
    case 3:
      if (isReference(x))
        return `(array.init_elem ${name} ${x === 'funcref' ? '$el0' : '$ela'} ${aggregate(s, name)} ${arrayIndex(s)} (i32.const 0) (i32.const ${t.below(3)}))`
      return `(array.init_data ${name} $d0 ${aggregate(s, name)} ${arrayIndex(s)} (i32.const ${t.below(9)}) ${small()})`
    default:
      return `(array.set ${name} ${aggregate(s, name)} ${arrayIndex(s)} ${expr(s, unpacked(x))})`
  }
}

/** Blocks with parameters, and instructions and calls with several results. */
function severalValues(s: Scope): string {
  const { t, shape } = s
  const wide = withTwoResults.filter((r) => shape.features.has(r.feature))
  if (wide.length > 0 && t.below(2) === 0) return `${plain(s, t.pick(wide))} (local.set $l1) (global.set $g1)`
  const f = t.pick(shape.functions)
  if (t.below(2) === 0)
    return `(call ${f.name} ${f.params.map((p) => expr(s, p)).join(' ')}) ${'(drop) '.repeat(f.results.length)}`
  if (t.below(2) === 0) return blockWithValues(s)
  const [a, b] = [t.pick(NUMBERS), t.pick(NUMBERS)]
  const set = (x: string) => `(local.set $l${shape.types.indexOf(x)})`
  return `${expr(s, 'i32')} ${expr(s, 'i64')} (block (type $pair) (local.set $l1) (local.set $l0) (local.get $l1) (local.get $l0))
    (local.set $l0) (local.set $l1)
    (if (result ${a} ${b}) ${expr(s, 'i32')} (then ${expr(s, a)} ${expr(s, b)}) (else ${expr(s, a)} ${constant(t, b)})) ${set(b)} ${set(a)}`
}

/** The functions of a module; each is exported where a host can call it. */
export function functionText(t: Tape, shape: Shape, index: number): string {
  const f = shape.functions[index]!
  let labels = 0
  const s: Scope = {
    t,
    shape,
    labels: [],
    results: f.results,
    depth: 5,
    fresh: () => labels++,
    statements,
  }
  const callable = [...f.params, ...f.results].every((x) => NUMBERS.includes(x))
  const body = statements(s, 2 + t.below(6))
  const last = f.results.map((r) => expr(s, r)).join(' ')
  const temporaries = [...NUMBERS, 'v128'].map((x) => `(local $n${x} ${x})`).join(' ')
  return `(func ${f.name} ${callable ? `(export "f${index}")` : ''} ${signature(f)}
  ${shape.types.map((x, k) => `(local $l${k} ${x})`).join(' ')} ${temporaries} ${shape.features.has('gc') ? '(local $nany anyref) (local $nns1 (ref $s1))' : ''}
  (if (i32.eqz (call $tick)) (then (return ${f.results.map(zero).join(' ')})))
  ${f.params.map((p, k) => `(local.set $l${shape.types.indexOf(p)} (local.get ${k}))`).join(' ')}
  ${body}
  ${last})`
}
