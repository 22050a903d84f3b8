// A function that is a loop around a switch over its first parameter, which is what Go's compiler makes so that it may go on at any call: the lines of
// the same function for calls that begin at its start, with jumps and loops of JavaScript in place of the switch (docs/rationale.md, "Why has a function
// that can be resumed two codes?"). Works on lines as flatten.ts does; whoever calls it sees to calls that begin elsewhere.
import type { FuncInst } from '../runtime/instances.ts'
import { I32 } from '../syntax/types.ts'
import type { FuncCompiler } from './func.ts'
import { type Flow, structure } from './structure.ts'
import { closing, type Line } from './tree.ts'

/** Which calls code is for, where a function can be resumed: those that begin at its start alone leave others to `R` and its index. */
export type Calls = 'all' | 'first' | 'resumed'

/** The variable that says where a call begins. */
const STATE = 'l0'

/** A run of lines that begins where a case goes, from `from` to before `to`. */
interface Segment {
  from: number
  to: number
}

/** A loop whose body is a ladder of blocks with a switch in the innermost. */
interface Machine {
  /** Its first line, or that of the loop around it, and its last line. */
  from: number
  to: number
  /** Its label, and that of the loop around it. */
  loops: ReadonlySet<string>
  segments: readonly Segment[]
  /** Segments by the label of the block before them. */
  rungs: ReadonlyMap<string, number>
  /** Where a state goes. */
  target(state: number): number
}

/** Begins the names of variables that say how to go on. */
const CHOICE = 'u'
/** Levels of braces that lines may nest. */
const DEPTH = 300

/** The lines of a function for calls that begin at its start, if it can be resumed; others go on with `R` and its index. */
export function firstCalls(c: FuncCompiler, { type, index }: FuncInst, lines: readonly Line[]): Line[] | undefined {
  if (type.params[0] !== I32 || c.facts.hasTailCall) return undefined
  const straight = straighten(lines, c.labels)
  if (straight === undefined) return undefined
  for (const v of straight.variables) c.counter(v)
  const slots = type.params.flatMap((_, k) => c.locals.names(k)).join(',')
  return [{ text: `if(${STATE}!==0)return ${c.use(`R${index}`)}.code(${slots});`, offset: 0 }, ...straight.lines]
}

/**
 * The lines of a machine for calls that begin with state 0; undefined where the lines are no machine, or not one that can do without its switch.
 * @param labels how many labels the lines have
 */
function straighten(
  lines: readonly Line[],
  labels: number,
): { lines: Line[]; variables: readonly string[] } | undefined {
  const machine = machineOf(lines)
  if (machine === undefined) return undefined
  const flow = flowOf(lines, machine)
  const plan = flow && structure(flow, labels, DEPTH, CHOICE)
  if (plan === undefined) return undefined
  const leave = `L${labels + plan.labels + 1}`
  const out = [...lines.slice(0, machine.from)]
  const say = (text: string, offset: number) => out.push({ text, offset })
  say(`${leave}:{`, lines[machine.from]!.offset)
  for (const { node, before, own, after, jumps } of plan.steps) {
    const { from, to } = machine.segments[node] ?? { from: machine.from, to: machine.from }
    for (const text of [...before, ...own]) say(text, lines[from]?.offset ?? -1)
    for (let k = from; k < to; k++) {
      const line = lines[k]!
      const jump = jumps.get(k)
      if (jump !== undefined) {
        if (STATED.test(lines[k - 1]!.text) && LOOP.test(line.text)) out.pop()
        for (const text of jump) say(text, line.offset)
      } else if (line.text === 'break;' && k === to - 1 && node === machine.segments.length - 1)
        say(`break ${leave};`, line.offset)
      else say(leaves(line.text, machine.loops, leave), line.offset)
    }
    for (const text of after) say(text, lines[to - 1]?.offset ?? -1)
  }
  say('}', lines[machine.to]!.offset)
  for (const line of lines.slice(machine.to + 1)) out.push(line)
  return { lines: out, variables: plan.variables }
}

const STATED = new RegExp(`^${STATE}=(\\d+);$`)
const JUMP = /^(break|continue) ([LN]\d+);$/
const LOOP = /^continue /
const WRITE = new RegExp(`^${STATE}=([^;]*);$`)
const MENTION = new RegExp(`\\b${STATE}\\b`)

/** A jump behind the machine goes to its new end. */
function leaves(text: string, loops: ReadonlySet<string>, leave: string): string {
  const [, word, label] = JUMP.exec(text) ?? []
  return word === 'break' && loops.has(label!) ? `break ${leave};` : text
}

function machineOf(lines: readonly Line[]): Machine | undefined {
  const text = (k: number) => lines[k]?.text ?? ''
  let first = 0
  for (; first < lines.length; first++)
    if (text(first).endsWith('while(true){') && /^(?:L\d+:)?\{$/.test(text(first + 1))) break
  const label = /^(L\d+):while\(true\)\{$/.exec(text(first))?.[1]
  if (label === undefined) return undefined
  let head = first + 1
  while (/^(?:L\d+:)?\{$/.test(text(head))) head++
  if (text(head) !== `switch(${STATE}){`) return undefined
  const blocks = head - first - 1
  const close = closing(lines)
  let end = close[head]!
  const rungs = new Map<string, number>()
  const segments: Segment[] = []
  for (let k = head - 1; k > first; k--) {
    const rung = /^L\d+/.exec(text(k))?.[0]
    if (rung !== undefined) rungs.set(rung, segments.length)
    if (k === head - 1 && close[k] !== end + 1) return undefined
    end = close[k]!
    segments.push({ from: end + 1, to: k - 1 > first ? close[k - 1]! : close[first]! })
  }
  const states = statesOf(lines, head, close[head]!, rungs)
  if (states === undefined || segments.length !== blocks) return undefined
  const around = `N${label.slice(1)}`
  const wrapped = text(first - 2) === `${around}:while(true){` && /^(?:l\d+=l\d+\|0;)+$/.test(text(first - 1))
  const from = wrapped ? first - 2 : first
  const to = close[from]!
  // In another loop it would begin with another state.
  for (let k = 0; k < from; k++) if (text(k).endsWith('while(true){') && close[k]! > to) return undefined
  return {
    from,
    to,
    loops: new Set([label, around]),
    segments,
    rungs,
    target: (state) => states.cases.get(state) ?? states.other,
  }
}

/** Where states go, if the switch does nothing but go to the ends of the ladder's blocks. */
function statesOf(lines: readonly Line[], head: number, end: number, rungs: ReadonlyMap<string, number>) {
  const cases = new Map<number, number>()
  let other = -1
  let due: string[] = []
  for (let k = head + 1; k < end; k++) {
    const { text } = lines[k]!
    if (/^(?:case \d+|default):$/.test(text)) due.push(text)
    else {
      const to = rungs.get(JUMP.exec(text)?.[2] ?? '')
      if (to === undefined) return undefined
      for (const d of due) {
        if (d === 'default:') other = to
        else cases.set(Number(d.slice(5, -1)), to)
      }
      due = []
    }
  }
  return other < 0 || due.length > 0 ? undefined : { cases, other }
}

/** Where each segment goes; undefined where the state is more than the place to go to. */
function flowOf(lines: readonly Line[], machine: Machine): Flow | undefined {
  const inside = (k: number) => k >= machine.from && k <= machine.to
  for (let k = 0; k < lines.length; k++)
    if (!inside(k) && lines[k]!.text.includes(STATE) && MENTION.test(lines[k]!.text)) return undefined
  const nodes: { jumps: Map<number, number>; next: number }[] = []
  for (const { from, to } of machine.segments) {
    const jumps = new Map<number, number>()
    const state = new Local()
    for (let k = from; k < to; k++) {
      const { text } = lines[k]!
      if (!state.step(text, STATED.test(text) && goesOn(lines[k + 1], machine))) return undefined
      const [, word, label] = JUMP.exec(text) ?? []
      if (word === undefined) {
        if (/\b(?:break|continue) [LN]\d|\btry\{/.test(text)) return undefined
      } else if (word === 'continue' && machine.loops.has(label!)) {
        const next = STATED.exec(lines[k - 1]!.text)?.[1]
        if (next === undefined) return undefined
        jumps.set(k, machine.target(Number(next)))
      } else if (word === 'break' && machine.rungs.has(label!)) jumps.set(k, machine.rungs.get(label!)!)
    }
    const ends = to > from && /^(?:break|continue|return)\b|^unreachable\(\);$/.test(lines[to - 1]!.text)
    nodes.push({ jumps, next: ends ? -1 : nodes.length + 1 })
  }
  if (nodes[nodes.length - 1]!.next >= 0) return undefined
  return { nodes, entry: machine.target(0) }
}

const goesOn = (line: Line | undefined, { loops }: Machine): boolean => {
  const [, word, label] = JUMP.exec(line?.text ?? '') ?? []
  return word === 'continue' && loops.has(label!)
}

/** Whether the state is only read where lines of the same segment have written it, as a variable like others. */
class Local {
  /** By level of braces. */
  private readonly written = [false]

  /** @param says whether a line does no more than say the state to go on with */
  step(text: string, says: boolean): boolean {
    const { written } = this
    if (text[0] === '}') written.pop()
    let fine = true
    if (!says && text.includes(STATE) && MENTION.test(text)) {
      const value = WRITE.exec(text)?.[1]
      fine = written[written.length - 1]! || (value !== undefined && !MENTION.test(value))
      if (value !== undefined) written[written.length - 1] = true
    }
    if (text.endsWith('{')) written.push(written[written.length - 1]!)
    return fine
  }
}
