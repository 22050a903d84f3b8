// A graph of pieces of code that jump to each other as JavaScript without jumps: the pieces in an order in which loops are in one run, labelled blocks
// whose ends are where jumps forward go, and loops whose starts are where jumps back go. Knows nothing of what the pieces are.

/** Nodes: where their jumps go, by a number of the caller's, and the node that follows, or -1. */
export interface Flow {
  nodes: readonly { jumps: ReadonlyMap<number, number>; next: number }[]
  entry: number
}

/** A node's turn: the code before it, behind it, and in place of its jumps. */
export interface Step {
  node: number
  before: readonly string[]
  after: readonly string[]
  jumps: ReadonlyMap<number, string>
}

export interface Plan {
  steps: readonly Step[]
  /** How many labels it takes. */
  labels: number
}

/** A block or loop around the nodes from the place `start` to before `end`. */
interface Span {
  start: number
  end: number
  loop: boolean
  label: string
}

/**
 * @param labels the number of labels there are already: new ones follow
 * @param most levels of braces
 * @returns undefined where a loop can be entered at two places, or it becomes too deep
 */
export function structure(flow: Flow, labels: number, most: number): Plan | undefined {
  const graph = new Graph(flow)
  const loops = graph.loops()
  if (loops === undefined) return undefined
  const { places, ends, order } = inOrder(graph, loops)
  const label = (node: number, loop: boolean) => `L${labels + 1 + 2 * places[node]! + (loop ? 1 : 0)}`
  const spans: Span[] = []
  for (const [head, end] of ends) spans.push({ start: places[head]!, end, loop: true, label: label(head, true) })
  const blocks = blocksOf(flow, order, places, spans, (node) => label(node, false))
  spans.push(...blocks)
  const opens: Span[][] = order.map(() => [])
  const closes = new Int32Array(order.length + 1)
  for (const s of spans) {
    opens[s.start]!.push(s)
    closes[s.end]!++
  }
  let depth = 0
  const jump = (from: number, to: number) =>
    places[to]! <= places[from]! ? `continue ${label(to, true)};` : `break ${label(to, false)};`
  const steps: Step[] = []
  for (let k = 0; k < order.length; k++) {
    const node = order[k]!
    const begin = opens[k]!.sort((a, b) => b.end - a.end || Number(a.loop) - Number(b.loop))
    depth += begin.length - closes[k]!
    if (depth > most) return undefined
    const { jumps, next } = flow.nodes[node]!
    const falls = next === order[k + 1] && !spans.some((s) => s.loop && s.end === k + 1)
    steps.push({
      node,
      before: begin.map((s) => `${s.label}:${s.loop ? 'while(true)' : ''}{`),
      after: [...(next < 0 || falls ? [] : [jump(node, next)]), ...Array.from({ length: closes[k + 1]! }, () => '}')],
      jumps: new Map([...jumps].map(([at, to]) => [at, jump(node, to)])),
    })
  }
  return { steps, labels: 2 * order.length }
}

/** The blocks at whose ends jumps forward arrive, as short as they can be among each other and the loops. */
function blocksOf(
  { nodes }: Flow,
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
    for (const to of jumps.values()) arrive(k, to)
    if (next >= 0 && (next !== order[k + 1] || loopEnds.has(k + 1))) arrive(k, next)
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

  constructor(private readonly flow: Flow) {
    this.visit()
    for (const node of this.reached) this.before[node] = []
    for (const node of this.reached) for (const to of this.successors(node)) this.before[to]!.push(node)
  }

  private successors(node: number): number[] {
    const { jumps, next } = this.flow.nodes[node]!
    const out = [...new Set(jumps.values())]
    // What follows comes last, so that it comes next in the order.
    if (next >= 0) out.push(next)
    return out
  }

  private visit(): void {
    const seen = new Set([this.flow.entry])
    const stack = [{ node: this.flow.entry, due: this.successors(this.flow.entry), at: 0 }]
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

  /** The nodes of each loop by its head; undefined where one has another way in. */
  loops(): Map<number, Set<number>> | undefined {
    const parents = this.dominators()
    const out = new Map<number, Set<number>>()
    for (const node of this.reached)
      for (const to of this.successors(node)) {
        if (this.rank[to]! > this.rank[node]!) continue
        let up = node
        while (this.rank[up]! > this.rank[to]!) up = parents[up]!
        if (up !== to) return undefined
        this.gather(out, to, node)
      }
    return out
  }

  /** Adds what comes between a loop's head and a jump back to it. */
  private gather(loops: Map<number, Set<number>>, head: number, from: number): void {
    let members = loops.get(head)
    if (members === undefined) loops.set(head, (members = new Set([head])))
    const due = [from]
    for (let node = due.pop(); node !== undefined; node = due.pop()) {
      if (members.has(node)) continue
      members.add(node)
      due.push(...this.before[node]!)
    }
  }

  /** The immediate dominators. */
  private dominators(): number[] {
    const { reached, rank } = this
    const parents: number[] = []
    parents[reached[0]!] = reached[0]!
    for (let changed = true; changed; ) {
      changed = false
      for (const node of reached.slice(1)) {
        let parent = -1
        for (const p of this.before[node]!) {
          if (parents[p] === undefined) continue
          let [a, b] = [p, parent < 0 ? p : parent]
          while (a !== b) {
            while (rank[a]! > rank[b]!) a = parents[a]!
            while (rank[b]! > rank[a]!) b = parents[b]!
          }
          parent = a
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
