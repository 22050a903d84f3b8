// Loops as JavaScript, and the loops around them: one where integers become integers again, and what is to be done when a counter ends, outside of the
// loop that must not be slow (docs/rationale.md).
import type { Loop } from './analysis.ts'
import type { Frame } from './frame.ts'
import type { FuncCompiler } from './func.ts'
import { kindOf } from './operands.ts'

/** Begins a loop. */
export function beginLoop(c: FuncCompiler): void {
  const { at } = c.r
  const facts = c.facts.loops.get(at)!
  const { params, results } = c.blockType()
  c.settle(params.length)
  if (facts.calls) c.forgetViews()
  else c.views.prepare(facts)
  const from = c.count
  const restarts = !facts.nested && !facts.nests && facts.edges > 1
  const start = c.r.pos
  const around = `N${c.labels + 1}`
  const begins = c.counters.beforeLoop(at, c.frames.length, start)
  const wrapped = restarts || begins !== undefined
  if (wrapped) c.open(`${around}:while(true){`)
  if (restarts) makeInts(c, facts)
  for (const code of begins ?? []) c.line(code)
  c.enter('loop', params, results, c.open('while(true){'))
  c.meetLoop(at, from)
  c.counters.loop(at, start, around)
  const frame = c.frames[c.frames.length - 1]!
  frame.wrapped = wrapped
  if (restarts) frame.edges = facts.edges
}

/** Where a loop starts anew, its integers are integers again. */
function makeInts(c: FuncCompiler, { locals }: Loop): void {
  const code = asInts(c, locals)
  if (code !== '') c.line(code)
}

/** Says of the integers among locals that they are such: V8 looks whether a function's parameters are, each time that it calls itself. */
export function asInts(c: FuncCompiler, locals: Iterable<number>): string {
  const ints = [...locals].filter((k) => kindOf(c.locals.types[k]!) === 'i').flatMap((k) => c.locals.names(k))
  return ints.map((v) => `${v}=${v}|0`).join(';')
}

/** Leaves the innermost frame, a loop, at its end. */
export function endLoop(c: FuncCompiler, frame: Frame): void {
  c.counters.beforeLoopEnd(c.frames.length - 1)
  c.line(frame.wrapped ? `break N${frame.id}` : 'break')
}
