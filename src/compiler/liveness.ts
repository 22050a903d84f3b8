// Which variables are live before each statement of a tree, and what a run of statements takes, gives and jumps to: one backward pass, loops until
// nothing changes.
import { type Node, Unreadable, type Variables } from './tree.ts'

/** Sets of variables by number. */
export type VariableSet = Uint32Array

export const has = (set: VariableSet, v: number): boolean => (set[v >>> 5]! & (1 << (v & 31))) !== 0
function hasAll(set: VariableSet, others: VariableSet): boolean {
  for (let k = 0; k < set.length; k++) if ((others[k]! & ~set[k]!) !== 0) return false
  return true
}

/** A set that is to change: copied at the first change, since most statements leave what is live as it is. */
class Change {
  private own = false

  constructor(public set: VariableSet) {}

  private copy(): VariableSet {
    if (!this.own) this.set = this.set.slice()
    this.own = true
    return this.set
  }

  put(v: number): void {
    if (!has(this.set, v)) this.copy()[v >>> 5]! |= 1 << (v & 31)
  }

  remove(v: number): void {
    if (has(this.set, v)) this.copy()[v >>> 5]! &= ~(1 << (v & 31))
  }

  /** Adds all of `others`; whether that changed anything. */
  unite(others: VariableSet): boolean {
    if (hasAll(this.set, others)) return false
    const set = this.copy()
    for (let k = 0; k < set.length; k++) set[k]! |= others[k]!
    return true
  }
}

export class Liveness {
  /** What is live where a jump goes, by `break L1`, `continue L1`, `return`, and `break` of the loop that is looked at. */
  private readonly targets = new Map<string, VariableSet>()
  readonly nothing: VariableSet

  /**
   * @param check is called again and again
   * @param most looks at a statement, of which loops in loops take many
   */
  constructor(
    variables: Variables,
    private readonly check: () => void,
    private most = Number.POSITIVE_INFINITY,
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
    if (--this.most < 0) throw new Unreadable()
    const { facts } = node
    const live = new Change(node.arms.length === 0 ? (endsHere(node) ? this.nothing : out) : this.structure(node, out))
    if (node.arms.length === 0) for (const v of facts.defines) live.remove(v)
    for (const j of facts.jumps) live.unite(this.target(j))
    for (const v of facts.reads) live.put(v)
    node.live = live.set
    node.after = out
    node.atBreak = this.target('break')
    return live.set
  }

  /** What is live before a structure's arms. */
  private structure(node: Node, out: VariableSet): VariableSet {
    const { kind, label, arms } = node
    if (label !== '') this.targets.set(`break ${label}`, out)
    if (kind === 'block') return this.list(arms[0]!.body, out)
    if (kind === 'loop') return this.loop(node, out)
    const live = new Change(kind === 'if' && arms.length === 1 ? out : this.nothing)
    // Each case falls into the next.
    let next = out
    for (let k = arms.length - 1; k >= 0; k--) {
      const before = this.list(arms[k]!.body, kind === 'switch' ? next : out)
      if (kind !== 'switch' || k > 0) live.unite(before)
      next = before
    }
    return live.set
  }

  private loop(node: Node, out: VariableSet): VariableSet {
    const outer = this.targets.get('break')
    // The start of an enclosing loop's pass begins with what the last pass found.
    const head = new Change(node.live.length > 0 ? node.live : this.nothing)
    do {
      if (node.label !== '') this.targets.set(`continue ${node.label}`, head.set)
      this.targets.set('break', out)
    } while (head.unite(this.list(node.arms[0]!.body, head.set)))
    this.targets.set('break', outer ?? this.nothing)
    return head.set
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
