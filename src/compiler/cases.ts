// Splits a loop around one large switch, which is what Go's compiler makes of a function: a case for each place to jump to. Cases in a row become a
// piece with a loop and a switch of its own, which goes on by itself as long as the next case is one of its own.
import { completes, has, jumpsOf } from './liveness.ts'
import { glue, type Outlining, type Piece, pieceWith } from './outline.ts'
import { type Arm, leaf, type Node, sizeOf, type Variables } from './tree.ts'

/** A loop whose body begins with a switch over a variable. */
interface Machine {
  /** The loop's label, and the one of its switch. */
  loop: string
  label: string
  dispatch: Node
  /** The variable that says which case is next. */
  state: number
}

/** The largest machine in a tree, from `least` characters on. */
export function machineIn(nodes: readonly Node[], variables: Variables, least: number): Machine | undefined {
  for (const node of nodes) {
    if (node.size < least || node.arms.length === 0) continue
    const dispatch = node.kind === 'loop' && node.label !== '' ? node.arms[0]!.body[0] : undefined
    const [, label, name] = /^(D\d+):switch\((\w+)\)\{$/.exec(dispatch?.arms[0]?.open.text ?? '') ?? []
    const state = variables.numbers.get(name ?? '')
    if (dispatch !== undefined && state !== undefined && dispatch.size >= least)
      return { loop: node.label, label: label!, dispatch, state }
    for (const arm of node.arms) {
      const found = machineIn(arm.body, variables, least)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Makes pieces of the cases in a row that are up to `most` characters together. */
export function outlineCases(o: Outlining, machine: Machine, most: number): void {
  const { dispatch, state } = machine
  const [open, ...arms] = dispatch.arms
  /** What is live before each arm. */
  const lives: Uint32Array[] = []
  for (let k = arms.length - 1; k >= 0; k--) lives[k] = arms[k]!.body[0]?.live ?? lives[k + 1] ?? dispatch.after
  let from = 0
  for (let size = 0, k = 0; k < arms.length; k++) {
    size += sizeOf(arms[k]!.body)
    const next = sizeOf(arms[k + 1]?.body ?? [])
    const ends = k + 1 === arms.length
    // A piece has the empty cases before its first one, too: they fall into it with their own numbers.
    if (!ends && (size === 0 || size + next <= most || !mayEnd(arms, k, lives[k + 1]!, state))) continue
    if (size > 0) outlineGroup(o, machine, open!, arms.slice(from, k + 1), lives.slice(from, k + 1), arms[k + 1])
    from = k + 1
    size = 0
  }
}

const caseOf = ({ open }: Arm): string | undefined => /^case (\d+):$/.exec(open.text)?.[1]

/** Whether the next arm may be one of another piece: it can be gone to by its number, since nobody reads the number of before. */
const mayEnd = (arms: readonly Arm[], k: number, live: Uint32Array, state: number): boolean =>
  caseOf(arms[k + 1]!) !== undefined && (!completes(arms[k]!.body) || !has(live, state))

function outlineGroup(
  o: Outlining,
  { loop, label, dispatch, state }: Machine,
  open: Arm,
  group: Arm[],
  lives: readonly Uint32Array[],
  next: Arm | undefined,
): void {
  const last = group[group.length - 1]!
  const { offset } = last.open
  const say = (text: string) => leaf({ text, offset }, o.variables)
  const arms = group.map((arm) => ({ ...arm }))
  if (completes(last.body)) {
    const more = next === undefined ? [] : [say(`${o.variables.names[state]}=${caseOf(next)};`)]
    const jump = say(next === undefined ? `break ${label};` : `continue ${loop};`)
    arms[arms.length - 1] = { ...last, body: [...last.body, ...more, jump] }
  }
  const live = o.liveness.nothing.slice()
  for (const set of lives) for (let k = 0; k < live.length; k++) live[k]! |= set[k]!
  live[state >>> 5]! |= 1 << (state & 31)
  const bare = { text: open.open.text.replace(/^\w+:/, ''), offset: open.open.offset }
  const node: Node = { ...dispatch, label: '', arms: [{ open: bare, body: [] }, ...arms], live }
  const jumps = new Set([`continue ${loop}`, ...jumpsOf([node])])
  const piece: Piece = { ...pieceWith(o, [node], [...jumps]), loop }
  o.pieces.push(piece)
  for (const arm of group) arm.body = []
  last.body = [say(glue(o, piece))]
}
