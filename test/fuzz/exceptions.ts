// Expressions that catch what is thrown in them, with both kinds of handlers, as folded text.
import { expr, type Scope, withLabel } from './expressions.ts'
import { sink } from './shape.ts'

/** Throws, sometimes. */
export function thrown(s: Scope): string {
  const { t, shape } = s
  if (shape.tags.length === 0 || t.below(3) === 0) return ''
  const tag = t.pick(shape.tags)
  return `(if ${expr(s, 'i32')} (then (throw ${tag.name} ${tag.params.map((p) => expr(s, p)).join(' ')})))`
}

/** A try_table with one to three clauses, each with a block of its own that takes what was caught into locals and may throw it again. */
export function tryTable(s: Scope, label: string, type: string): string {
  const { t, shape } = s
  const inner = withLabel(s, { name: label, types: [type] })
  const clauses = Array.from({ length: 1 + t.below(3) }, (_, k) => {
    const kind = t.pick(['catch', 'catch', 'catch_ref', 'catch_all', 'catch_all_ref'])
    const tag = kind.startsWith('catch_all') ? undefined : t.pick(shape.tags)
    const types = [...(tag?.params ?? []), ...(kind.endsWith('_ref') ? ['exnref'] : [])]
    const name = `$c${s.fresh()}`
    return {
      text: `(${kind} ${tag?.name ?? ''} ${name})`,
      types,
      name,
      again: kind.endsWith('_ref') && t.below(4) === k,
    }
  })
  let text = `(br ${label} (try_table (result ${type}) ${clauses.map((c) => c.text).join(' ')}
    ${thrown(inner)} ${s.statements(inner, t.below(2))} ${expr(inner, type)}))`
  for (const c of clauses) {
    const results = c.types.map((x) => `(result ${x})`).join(' ')
    const again = c.again
      ? `(if ${expr(s, 'i32')} (then (throw_ref (local.get $l${shape.types.indexOf('exnref')}))))`
      : ''
    text = `(block ${c.name} ${results} ${text}) ${sink(shape, c.types)} ${again} (br ${label} ${expr(inner, type)})`
  }
  return `(block ${label} (result ${type}) ${text})`
}

/** A try with catches, or one that delegates. */
export function legacyTry(s: Scope, label: string, type: string): string {
  const { t, shape } = s
  const inner = withLabel(s, { name: label, types: [type] })
  const arm = (name: string) => {
    const c = withLabel(s, { name, types: [type], caught: true })
    return `${s.statements(c, t.below(2))} ${rethrown(c)} ${expr(c, type)}`
  }
  const body = `${thrown(inner)} ${s.statements(inner, t.below(2))} ${expr(inner, type)}`
  if (t.below(4) === 0) {
    const outer = `$b${s.fresh()}`
    const to = t.pick([outer, ...s.labels.filter((l) => !l.caught).map((l) => l.name)])
    return `(try ${outer} (result ${type}) (do (try ${label} (result ${type}) (do ${body}) (delegate ${to}))) (catch_all ${arm(outer)}))`
  }
  const tags = shape.tags.filter(() => t.below(2) === 0)
  const catches = tags.map((tag) => `(catch ${tag.name} ${sink(shape, tag.params)} ${arm(label)})`)
  if (catches.length === 0 || t.below(2) === 0) catches.push(`(catch_all ${arm(label)})`)
  return `(try ${label} (result ${type}) (do ${body}) ${catches.join('\n    ')})`
}

/** Throws again what an enclosing clause caught, sometimes. */
export function rethrown(s: Scope): string {
  const labels = s.labels.filter((l) => l.caught)
  if (labels.length === 0 || s.t.below(5) > 0) return ''
  return `(if ${expr(s, 'i32')} (then (rethrow ${s.t.pick(labels).name})))`
}
