// A graph of pieces of code that jump to each other as JavaScript without jumps: the pieces in an order in which loops are in one run, labelled blocks
// whose ends are where jumps forward go, and loops whose starts are where jumps back go. Knows nothing of what the pieces are.

/** Nodes: where their jumps go, by a number of the caller's, and the node that follows, or -1. */
export interface Flow {
  nodes: readonly { jumps: ReadonlyMap<number, number>; next: number }[]
  entry: number
}

/** A node's turn: the code before it, the code of one that is new, the code behind it, and in place of its jumps. */
export interface Step {
  /** Its number; a new one's is beyond those of the flow. */
  node: number
  before: readonly string[]
  own: readonly string[]
  after: readonly string[]
  jumps: ReadonlyMap<number, readonly string[]>
}

export interface Plan {
  steps: readonly Step[]
  /** How many labels it takes. */
  labels: number
  /** Variables that it needs. */
  variables: readonly string[]
}

/** Where a jump goes, and what is said before it. */
interface Edge {
  to: number
  says: string
}

interface Node {
  jumps: Map<number, Edge>
  next: Edge | undefined
  /** For a new node: the variable that says by which of its jumps it is left, or that it goes on. */
  chooses: string
}

/** Most new nodes. */
const MOST_JOINS = 60

/** A block or loop around the nodes from the place `start` to before `end`. */
interface Span {
  start: number
  end: number
  loop: boolean
  label: string
}

/**
 * A loop that can be entered at several places gets a new start that all jumps to these places go to, and that goes on by a variable.
 * @param labels the number of labels there are already: new ones follow
 * @param most levels of braces
 * @param variable prefix of names of variables
 * @returns undefined where it becomes too deep
 */
export function structure(flow: Flow, labels: number, most: number, variable: string): Plan | undefined {
  const nodes = flow.nodes.map(({ jumps, next }): Node => {
    const edges = [...jumps].map(([at, to]): [number, Edge] => [at, { to, says: '' }])
    return { jumps: new Map(edges), next: next < 0 ? undefined : { to: next, says: '' }, chooses: '' }
  })
  const variables: string[] = []
  // A node that nothing comes back to, so that nothing that is joined begins the function.
  const entry = nodes.push({ jumps: new Map(), next: { to: flow.entry, says: '' }, chooses: '' }) - 1
  let graph = new Graph(nodes, entry)
  let loops = graph.loops()
  for (; Array.isArray(loops); loops = graph.loops()) {
    if (variables.length === MOST_JOINS) return undefined
    variables.push(`${variable}${variables.length}`)
    join(nodes, graph.entries(loops), variables[variables.length - 1]!)
    graph = new Graph(nodes, entry)
  }
  const steps = print(nodes, graph, loops, labels, most)
  return steps && { steps, labels: 2 * nodes.length, variables }
}

/** Has all jumps to some nodes go to a new one, which goes on to the one that is said. */
function join(nodes: Node[], to: readonly number[], chooses: string): void {
  const at = nodes.length
  const redirect = (edge: Edge): Edge => {
    const k = to.indexOf(edge.to)
    return k < 0 ? edge : { to: at, says: `${edge.says}${chooses}=${k};` }
  }
  for (const node of nodes) {
    for (const [k, edge] of node.jumps) node.jumps.set(k, redirect(edge))
    if (node.next !== undefined) node.next = redirect(node.next)
  }
  const edges = to.map((node): Edge => ({ to: node, says: '' }))
  nodes.push({ jumps: new Map(edges.slice(0, -1).map((edge, k) => [k, edge])), next: edges[edges.length - 1], chooses })
}

function print(
  nodes: readonly Node[],
  graph: Graph,
  loops: ReadonlyMap<number, ReadonlySet<number>>,
  labels: number,
  most: number,
): Step[] | undefined {
  const { places, ends, order } = inOrder(graph, loops)
  const label = (node: number, loop: boolean) => `L${labels + 1 + 2 * places[node]! + (loop ? 1 : 0)}`
  const spans: Span[] = []
  for (const [head, end] of ends) spans.push({ start: places[head]!, end, loop: true, label: label(head, true) })
  const loopEnds = new Set([...ends.values()])
  for (const block of blocksOf(nodes, order, places, spans, (node) => label(node, false))) spans.push(block)
  const opens: Span[][] = order.map(() => [])
  const closes = new Int32Array(order.length + 1)
  for (const s of spans) {
    opens[s.start]!.push(s)
    closes[s.end]!++
  }
  let depth = 0
  const jump = (from: number, { to, says }: Edge) => [
    ...(says === '' ? [] : [says]),
    places[to]! <= places[from]! ? `continue ${label(to, true)};` : `break ${label(to, false)};`,
  ]
  const steps: Step[] = []
  for (let k = 0; k < order.length; k++) {
    const node = order[k]!
    const begin = opens[k]!.sort((a, b) => b.end - a.end || Number(a.loop) - Number(b.loop))
    depth += begin.length - closes[k]!
    if (depth > most) return undefined
    const { jumps, next, chooses } = nodes[node]!
    const codes = new Map([...jumps].map(([at, edge]) => [at, jump(node, edge)]))
    const falls = next?.to === order[k + 1] && !loopEnds.has(k + 1)
    const on = next === undefined ? [] : falls ? (next.says === '' ? [] : [next.says]) : jump(node, next)
    steps.push({
      node,
      before: begin.map((s) => `${s.label}:${s.loop ? 'while(true)' : ''}{`),
      own: chooses === '' ? [] : [...codes].flatMap(([at, code]) => [`if(${chooses}===${at}){`, ...code, '}']),
      after: [...on, ...Array.from({ length: closes[k + 1]! }, () => '}')],
      jumps: codes,
    })
  }
  return steps
}

/** The blocks at whose ends jumps forward arrive, as short as they can be among each other and the loops. */
function blocksOf(
  nodes: readonly Node[],
  order: readonly number[],
  places: readonly number[],
  loops: readonly Span[],
  label: (node: number) => string,
): Span[] {
  /** The first place from which something jumps forward to a place. */
  const sources = new Int32Array(order.length).fill(order.length)
  const loopEnds = new Set(loops.map((l) => l.end))
  const arrive = (from: number, to: number) => {
    if (places[to]! > from) sources[places[to]!] = Math.min(sources[places[to]!]!, from)
  }
  order.forEach((node, k) => {
    const { jumps, next } = nodes[node]!
    for (const { to } of jumps.values()) arrive(k, to)
    if (next !== undefined && (next.to !== order[k + 1] || loopEnds.has(k + 1))) arrive(k, next.to)
  })
  /** The first start of what ends at a place. */
  const starts = new Int32Array(order.length + 1).fill(order.length)
  for (const { start, end } of loops) starts[end] = Math.min(starts[end]!, start)
  const out: Span[] = []
  for (let end = 0; end < order.length; end++) {
    let start = sources[end]!
    if (start === order.length) continue
    for (let at = end; at > start; at--) start = Math.min(start, starts[at]!)
    starts[end] = Math.min(starts[end]!, start)
    out.push({ start, end, loop: false, label: label(order[end]!) })
  }
  return out
}

/** Nodes in an order in which each loop is one run that begins with its head. */
function inOrder(graph: Graph, loops: ReadonlyMap<number, ReadonlySet<number>>) {
  const places: number[] = []
  const ends = new Map<number, number>()
  const order: number[] = []
  const emit = (list: readonly number[], own: number): void => {
    for (const node of list) {
      if (places[node] !== undefined) continue
      const members = node === own ? undefined : loops.get(node)
      if (members === undefined) {
        places[node] = order.length
        order.push(node)
      } else {
        emit(
          [...members].sort((a, b) => graph.rank[a]! - graph.rank[b]!),
          node,
        )
        ends.set(node, order.length)
      }
    }
  }
  emit(graph.reached, -1)
  return { places, ends, order }
}

class Graph {
  /** The nodes that are reached, in reverse postorder, and their numbers in it. */
  readonly reached: number[] = []
  readonly rank: number[] = []
  private readonly before: number[][] = []
  private parents: number[] = []

  constructor(
    private readonly nodes: readonly Node[],
    private readonly entry: number,
  ) {
    this.visit()
    for (const node of this.reached) this.before[node] = []
    for (const node of this.reached) for (const to of this.successors(node)) this.before[to]!.push(node)
  }

  private successors(node: number): number[] {
    const { jumps, next } = this.nodes[node]!
    const out = new Set([...jumps.values()].map((edge) => edge.to))
    // What follows comes last, so that it comes next in the order.
    return next === undefined ? [...out] : [...out, next.to]
  }

  private visit(): void {
    const { entry } = this
    const seen = new Set([entry])
    const stack = [{ node: entry, due: this.successors(entry), at: 0 }]
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      const to = top.due[top.at++]
      if (to === undefined) {
        this.reached.push(top.node)
        stack.pop()
      } else if (!seen.has(to)) {
        seen.add(to)
        stack.push({ node: to, due: this.successors(to), at: 0 })
      }
    }
    this.reached.reverse()
    this.reached.forEach((node, k) => {
      this.rank[node] = k
    })
  }

  /** The nodes of each loop by its head; where one has another way in a jump back to it. */
  loops(): Map<number, Set<number>> | [from: number, to: number] {
    const parents = this.dominators()
    this.parents = parents
    const out = new Map<number, Set<number>>()
    for (const node of this.reached)
      for (const to of this.successors(node)) {
        if (this.rank[to]! > this.rank[node]!) continue
        let up = node
        while (this.rank[up]! > this.rank[to]!) up = parents[up]!
        if (up !== to) return [node, to]
        this.gather(out, to, node)
      }
    return out
  }

  /** The nodes at which a loop is entered that a jump goes back in. */
  entries([from, to]: [from: number, to: number]): number[] {
    const { parents, rank } = this
    const above = this.common(from, to)
    const inside = new Map<number, boolean>([[this.entry, false]])
    const under = (node: number): boolean => {
      let known = inside.get(node)
      if (known === undefined) {
        known = rank[node]! > rank[above]! && (parents[node] === above || under(parents[node]!))
        inside.set(node, known)
      }
      return known
    }
    const reach = (of: (node: number) => readonly number[]) => {
      const out = new Set([to])
      for (const node of out) for (const next of of(node)) if (under(next)) out.add(next)
      return out
    }
    const back = reach((node) => this.before[node]!)
    const loop = [...reach((node) => this.successors(node))].filter((node) => back.has(node))
    const members = new Set(loop)
    return loop.filter((node) => this.before[node]!.some((b) => !members.has(b)))
  }

  /** The nearest dominator of both. */
  private common(a: number, b: number, parents = this.parents): number {
    const { rank } = this
    while (a !== b) {
      while (rank[a]! > rank[b]!) a = parents[a]!
      while (rank[b]! > rank[a]!) b = parents[b]!
    }
    return a
  }

  /** Adds what comes between a loop's head and a jump back to it. */
  private gather(loops: Map<number, Set<number>>, head: number, from: number): void {
    let members = loops.get(head)
    if (members === undefined) loops.set(head, (members = new Set([head])))
    const due = [from]
    for (let node = due.pop(); node !== undefined; node = due.pop()) {
      if (members.has(node)) continue
      members.add(node)
      for (const b of this.before[node]!) due.push(b)
    }
  }

  /** The immediate dominators. */
  private dominators(): number[] {
    const { reached } = this
    const parents: number[] = []
    parents[reached[0]!] = reached[0]!
    for (let changed = true; changed; ) {
      changed = false
      for (const node of reached.slice(1)) {
        let parent = -1
        for (const p of this.before[node]!) {
          if (parents[p] === undefined) continue
          parent = parent < 0 ? p : this.common(p, parent, parents)
        }
        if (parents[node] !== parent) {
          parents[node] = parent
          changed = true
        }
      }
    }
    return parents
  }
}
