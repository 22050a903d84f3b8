// Splits functions that V8 would never optimise, because their bytecode is over its limit.
// Runs of statements become functions of their own, the largest first, until what remains is well below the limit; the dispatch of an interpreter
// loop stays where it is (docs/rationale.md, "Why are huge functions split?").

import { Exhaustion } from '../errors.ts'
import { machineIn, outlineCases } from './cases.ts'
import { deeperThan, flatten } from './flatten.ts'
import { Liveness } from './liveness.ts'
import type { Kind } from './operands.ts'
import {
  glue,
  HOLDERS,
  type Outlining,
  outline,
  pieceOf,
  print,
  printPiece,
  type Slice,
  touched,
  WAY,
} from './outline.ts'
import { type Line, type Node, parse, remeasure, sizeOf, Unreadable, type Variables, width } from './tree.ts'
import { unnest } from './unnest.ts'

/** A generated function before it is source. */
export interface Draft {
  name: string
  /** Parameters first; kind `r` for what holds values of any kind. */
  variables: Variables
  params: number
  /** Kind of the first result. */
  result: Kind | undefined
  lines: readonly Line[]
  /** Code around the lines, which counts; a function with any stays whole, since its counters are locals that a trap puts back. */
  prologue: string
  epilogue: string
  /** Called again and again; throws where the work is to stop. */
  check?: () => void
}

/** The source, which ends in the `return` of the function, what else it refers to, and the offset of each of its lines but the first. */
export interface Printed {
  source: string
  names: readonly string[]
  offsets: number[]
}

/** In characters of source: V8 makes up to 1.25 bytes of bytecode of one, and its limit is 61,440. Tests make them small. */
export const sizes = {
  /** Functions up to this are left whole. */
  whole: 46_000,
  /** What is left of a function that is split. */
  left: 24_000,
  /** The largest piece. */
  piece: 34_000,
  /** What cuts of long runs aim at. */
  chunk: 20_000,
  /** The least that a piece must save. */
  least: 120,
  /** Levels of braces from which ladders of blocks become flat. */
  depth: 300,
  /** Levels from which everything becomes flat, but for what is only so high. */
  deepest: 600,
  low: 100,
}

/** Levels that V8's parser has stack for; it is at 2,000 that it overflows. */
const MOST_LEVELS = 1600

const lengthOf = (lines: readonly Line[]): number => lines.reduce((s, l) => s + width(l.text), 0)

/** Whether lines are too many for one function. */
export const isLarge = (lines: readonly Line[]): boolean => lengthOf(lines) > sizes.whole

/** Most characters of a function: we and V8 take up to 60 bytes for each. */
const MAX_LENGTH = 2 ** 25

/** @throws Exhaustion where a function has too many characters */
export function checkLength(length: number): void {
  if (length > MAX_LENGTH) throw new Exhaustion('out of memory', 'a function is too large for the compiler')
}

/**
 * The source of a function, in pieces where it is too large. The brackets around it have V8 compile it at once, not parse it twice; pieces wait for
 * their first call.
 * @param small whether to give nothing where it stays large
 */
export function printFunction(draft: Draft): Printed
export function printFunction(draft: Draft, small: boolean): Printed | undefined
export function printFunction(draft: Draft, small = false): Printed | undefined {
  const large = isLarge(draft.lines)
  const deep = deeperThan(draft.lines, sizes.depth)
  if (deep || large) {
    const flat = shallow(draft.lines, deep)
    for (const v of flat.variables) draft.variables.add(v, 'i', '0')
    draft = { ...draft, lines: flat.lines }
  }
  if (large && draft.prologue === '') {
    const printed = splitFunction(draft)
    if (printed !== undefined || small) return printed
  }
  const { name, variables, params, prologue, epilogue } = draft
  const declared = variables.names.slice(params).map((_, k) => variables.declaration(params + k))
  const lines = functionLines(`return(function ${name}`, variables.names.slice(0, params), declared, draft.lines)
  lines[0]!.text += prologue
  lines[lines.length - 1]!.text = `${epilogue}})`
  return joined([lines], [])
}

/** The lines without what a parser has no stack for. */
function shallow(lines: readonly Line[], deep: boolean): { lines: readonly Line[]; variables: string[] } {
  const flat = flatten(lines, deep)
  if (!deep || !deeperThan(flat.lines, sizes.deepest)) return flat
  const flatter = unnest(lines, sizes.low)
  checkLength(lengthOf(flatter.lines))
  const best = deeperThan(flatter.lines, MOST_LEVELS) ? flat : flatter
  if (deeperThan(best.lines, MOST_LEVELS))
    throw new Exhaustion('call stack exhausted', 'a function nests try too deep for the compiler')
  return best
}

function functionLines(
  head: string,
  params: readonly string[],
  declared: readonly string[],
  body: readonly Line[],
  end = '',
): Line[] {
  const declarations = declared.length === 0 ? '' : `let ${declared.join(',')};`
  return [
    { text: `${head}(${params.join(',')}){${declarations}`, offset: -1 },
    ...body,
    { text: `}${end}`, offset: -1 },
  ]
}

function joined(functions: readonly Line[][], names: readonly string[]): Printed {
  const texts: string[] = []
  const offsets: number[] = []
  for (const lines of functions)
    for (const { text, offset } of lines) {
      if (texts.length > 0) offsets.push(offset)
      texts.push(text)
    }
  return { source: texts.join('\n'), names, offsets }
}

/** Most words of sets of variables, 256 MiB of them: functions beyond it stay whole. */
const MAX_WORDS = 2 ** 26

/** Looks at each statement, on average, before it is too dear to know what is live. */
const MAX_LOOKS = 64

/** The tree of lines and what lives where; undefined where it can't be told, or only dearly. */
function understood(
  lines: readonly Line[],
  variables: Variables,
  check: () => void,
): { nodes: Node[]; liveness: Liveness } | undefined {
  try {
    const nodes = parse(lines, variables)
    variables.add(WAY, 'i', '0')
    if (lines.length * (variables.names.length >>> 5) > MAX_WORDS) return undefined
    const liveness = new Liveness(variables, check, lines.length * MAX_LOOKS)
    liveness.list(nodes, liveness.nothing)
    return { nodes, liveness }
  } catch (e) {
    if (e instanceof Unreadable) return undefined
    throw e
  }
}

function splitFunction({ name, variables, params, result, lines, check = () => {} }: Draft): Printed | undefined {
  const read = understood(lines, variables, check)
  if (read === undefined) return undefined
  const { nodes, liveness } = read
  const o: Outlining = { name, variables, liveness, result, pieces: [] }
  outlineMachine(o, nodes)
  outlineLargest(o, nodes)
  check()
  if (o.pieces.length === 0) return undefined
  const own = Array.from({ length: params }, (_, k) => k)
  const pieces = o.pieces.map((p) => lined(o, `const ${p.name}=function`, p.args, p.nodes, printPiece(o, p), ';'))
  // Its pieces may call it by its name, too.
  const main = lined(o, `const ${name}=(function`, own, nodes, print(nodes), `);return ${name}`)
  return joined([...pieces, main], Object.values(HOLDERS))
}

/** Makes pieces of the cases of a loop around a switch, if there is one. */
function outlineMachine(o: Outlining, nodes: Node[]): void {
  const machine = machineIn(nodes, o.variables, sizes.whole)
  if (machine === undefined) return
  for (const arm of machine.dispatch.arms) if (sizeOf(arm.body) > sizes.piece) outlineLargest(o, arm.body)
  outlineCases(o, machine, sizes.chunk)
  remeasure(nodes)
}

/** Makes pieces of the largest runs of statements. */
function outlineLargest(o: Outlining, nodes: Node[]): void {
  // From the right, so that positions stay true.
  for (const slice of choose(o, nodes).sort((x, y) => y.first - x.first)) outline(o, slice, pieceOf(o, slice))
  remeasure(nodes)
}

/** A function's lines. */
function lined(
  o: Outlining,
  head: string,
  args: readonly number[],
  nodes: readonly Node[],
  body: readonly Line[],
  end = '',
): Line[] {
  const declared = [...touched(nodes).mentions].filter((v) => !args.includes(v)).map((v) => o.variables.declaration(v))
  const params = args.map((v) => o.variables.names[v]!)
  return functionLines(head, params, declared, body, end)
}

interface Candidate extends Slice {
  size: number
  /** Its statements in the order of the source. */
  first: number
  last: number
}

/** The runs to outline so that what remains is small; none where that can't be. */
function choose(o: Outlining, nodes: Node[]): Candidate[] {
  const candidates = new Candidates(nodes).found.sort((a, b) => b.size - a.size)
  const chosen: Candidate[] = []
  let left = sizeOf(nodes)
  for (const c of candidates) {
    if (left <= sizes.left) break
    if (chosen.some((d) => c.first <= d.last && d.first <= c.last)) continue
    const gain = c.size - width(glue(o, pieceOf(o, c)))
    if (gain < sizes.least) continue
    chosen.push(c)
    left -= gain
  }
  return left <= sizes.whole ? chosen : []
}

/** Collects the runs of statements that could be outlined. */
class Candidates {
  readonly found: Candidate[] = []
  private count = 0

  constructor(nodes: Node[]) {
    const cases = nodes.reduce((most, n) => Math.max(most, n.cases), 0)
    this.list(nodes, cases >= 8 ? cases : Infinity)
  }

  /** @param dispatch the number of cases of the switch that stays */
  private list(list: Node[], dispatch: number): void {
    let from = 0
    const starts: number[] = []
    list.forEach((node, k) => {
      starts.push(this.count++)
      const spine = node.cases === dispatch
      if (spine && k > from) this.run(list, from, k, starts)
      for (const arm of node.arms) this.list(arm.body, spine ? dispatch : Infinity)
      if (spine) {
        from = k + 1
        dispatch = Infinity
      }
    })
    starts.push(this.count)
    if (from < list.length) this.run(list, from, list.length, starts)
  }

  /** A run that may be outlined as a whole, or where it is too long in parts. */
  private run(list: Node[], from: number, to: number, starts: readonly number[]): void {
    const end = () => (to < starts.length ? starts[to]! : this.count)
    const add = (a: number, b: number) => {
      const size = sizeOf(list.slice(a, b))
      const last = b < starts.length ? starts[b]! - 1 : end() - 1
      if (size >= sizes.least && size <= sizes.piece)
        this.found.push({ list, from: a, to: b, size, first: starts[a]!, last })
    }
    if (sizeOf(list.slice(from, to)) <= sizes.piece) {
      add(from, to)
      return
    }
    for (let start = from; start < to; ) {
      let [end, size] = [start, 0]
      while (end < to && (end === start || size + list[end]!.size <= sizes.chunk)) size += list[end++]!.size
      if (end < to) end = this.narrowest(list, start, end)
      add(start, end)
      start = end
    }
  }

  /** The place in the last part of a run where the fewest variables are live. */
  private narrowest(list: readonly Node[], from: number, to: number): number {
    let [best, fewest] = [to, Infinity]
    for (let k = to; k > from + (to - from) * 0.7; k--) {
      const live = k < list.length ? bits(list[k]!.live) : 0
      if (live < fewest) [best, fewest] = [k, live]
    }
    return best
  }
}

function bits(set: Uint32Array): number {
  let n = 0
  for (let word of set) for (; word !== 0; word &= word - 1) n++
  return n
}
