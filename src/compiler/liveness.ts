// Which variables are live before each statement of a tree, and what a run of statements takes, gives and jumps to: one backward pass, loops until
// nothing changes.
import type { Node, Variables } from './tree.ts'

/** Sets of variables by number. */
export type VariableSet = Uint32Array

export const has = (set: VariableSet, v: number): boolean => (set[v >>> 5]! & (1 << (v & 31))) !== 0
const put = (set: VariableSet, v: number): void => {
  set[v >>> 5]! |= 1 << (v & 31)
}
const remove = (set: VariableSet, v: number): void => {
  set[v >>> 5]! &= ~(1 << (v & 31))
}
/** Adds all of `other`; whether that changed anything. */
function unite(set: VariableSet, other: VariableSet): boolean {
  let changed = false
  for (let k = 0; k < set.length; k++) {
    const next = set[k]! | other[k]!
    if (next >>> 0 !== set[k]) changed = true
    set[k] = next
  }
  return changed
}

export class Liveness {
  /** What is live where a jump goes, by `break L1`, `continue L1`, `return`, and `break` of the loop that is looked at. */
  private readonly targets = new Map<string, VariableSet>()
  readonly nothing: VariableSet

  /** @param check is called again and again */
  constructor(
    variables: Variables,
    private readonly check: () => void,
  ) {
    this.nothing = new Uint32Array((variables.names.length + 31) >>> 5)
    this.targets.set('return', this.nothing)
  }

  /** Marks `nodes`, after which `out` is live; gives what is live before them. */
  list(nodes: readonly Node[], out: VariableSet): VariableSet {
    let live = out
    for (let k = nodes.length - 1; k >= 0; k--) live = this.node(nodes[k]!, live)
    return live
  }

  private node(node: Node, out: VariableSet): VariableSet {
    this.check()
    const live = this.structure(node, out)
    for (const j of node.facts.jumps) unite(live, this.target(j))
    for (const v of node.facts.reads) put(live, v)
    node.live = live
    node.after = out
    node.atBreak = this.target('break')
    return live
  }

  /** What is live before a structure's arms, or around a leaf but for its reads: a set of the node's own. */
  private structure(node: Node, out: VariableSet): VariableSet {
    const { kind, label, arms, facts } = node
    if (arms.length === 0) {
      const live = endsHere(node) ? this.nothing.slice() : out.slice()
      for (const v of facts.defines) remove(live, v)
      return live
    }
    if (label !== '') this.targets.set(`break ${label}`, out)
    if (kind === 'block') return this.list(arms[0]!.body, out).slice()
    if (kind === 'loop') return this.loop(node, out)
    const live = kind === 'if' && arms.length === 1 ? out.slice() : this.nothing.slice()
    // Each case falls into the next.
    let next = out
    for (let k = arms.length - 1; k >= 0; k--) {
      const before = this.list(arms[k]!.body, kind === 'switch' ? next : out)
      if (kind !== 'switch' || k > 0) unite(live, before)
      next = before
    }
    return live
  }

  private loop(node: Node, out: VariableSet): VariableSet {
    const outer = this.targets.get('break')
    // The start of an enclosing loop's pass begins with what the last pass found.
    const head = node.live.length > 0 ? node.live.slice() : this.nothing.slice()
    if (node.label !== '') this.targets.set(`continue ${node.label}`, head)
    do this.targets.set('break', out)
    while (unite(head, this.list(node.arms[0]!.body, head)))
    this.targets.set('break', outer ?? this.nothing)
    return head.slice()
  }

  /** What is live where a labelled jump or a return goes. */
  target(jump: string): VariableSet {
    return this.targets.get(jump) ?? this.nothing
  }
}

/** Whether nothing after a leaf is reached from it, as far as the text tells. */
const endsHere = ({ lines }: Node): boolean =>
  lines.length === 1 && /^(break|continue|return|throw|unreachable\(\))\b|^unreachable\(\);$/.test(lines[0]!.text)

/** Whether the end of these statements may be reached. */
export function completes(nodes: readonly Node[]): boolean {
  return nodes.every(nodeCompletes)
}

function nodeCompletes(node: Node): boolean {
  const { kind, label, arms } = node
  if (arms.length === 0) return !endsHere(node)
  if (label !== '' && jumpsOf(arms.flatMap((a) => a.body)).has(`break ${label}`)) return true
  if (kind === 'block') return completes(arms[0]!.body)
  if (kind === 'loop') return jumpsOf(arms[0]!.body).has('break')
  if (kind === 'if') return arms.length === 1 || arms.some((a) => completes(a.body))
  return completes(arms[arms.length - 1]!.body)
}

/** The jumps out of these statements. */
export function jumpsOf(nodes: readonly Node[]): Set<string> {
  const out = new Set<string>()
  for (const { facts, arms, kind, label } of nodes) {
    for (const j of facts.jumps) out.add(j)
    for (const arm of arms)
      for (const j of jumpsOf(arm.body))
        if (!(label !== '' && j.endsWith(` ${label}`)) && !(kind === 'loop' && j === 'break')) out.add(j)
  }
  return out
}
