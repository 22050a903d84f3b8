// Turns a run of statements into a function of its own, a piece, and a call of it. Variables that are live go in as arguments and come out as the
// piece's value, or through the arrays OI, OF and OR where it has a number of ways out: then its value says which one.
import { completes, has, jumpsOf, type Liveness } from './liveness.ts'
import type { Kind } from './operands.ts'
import { type Line, leaf, type Node, type Variables } from './tree.ts'

/** What a function and its pieces have in common. */
export interface Outlining {
  readonly name: string
  readonly variables: Variables
  readonly liveness: Liveness
  /** Kind of the function's first result, if it has one. */
  readonly result: Kind | undefined
  readonly pieces: Piece[]
}

/** Consecutive statements of a list. */
export interface Slice {
  list: Node[]
  from: number
  to: number
}

/** How a run of statements is left: a jump, or `''` where its end is reached. */
interface Exit {
  jump: string
  /** Variables that it hands over. */
  outs: readonly number[]
}

export interface Piece {
  name: string
  nodes: Node[]
  args: readonly number[]
  /** Variables that it begins by getting anew. */
  renewed: readonly number[]
  exits: readonly Exit[]
  /** Variables that go out in any way, and the one that is the value. */
  outs: readonly number[]
  value: number
  /** For cases of a switch in a loop: the label of the loop, in which they go on. */
  loop?: string
}

export const HOLDERS = { i: 'OI', d: 'OF', r: 'OR' } as const
/** The variable of main and pieces that holds by which way a piece was left. */
export const WAY = 'sc'

/** The piece that a slice would be. */
export function pieceOf(o: Outlining, { list, from, to }: Slice): Piece {
  const nodes = list.slice(from, to)
  const jumps = [...jumpsOf(nodes)]
  if (completes(nodes)) jumps.unshift('')
  return pieceWith(o, nodes, jumps)
}

/** The piece that statements would be which are left by these jumps. */
export function pieceWith(o: Outlining, nodes: Node[], jumps: readonly string[]): Piece {
  const { mentions, writes } = touched(nodes)
  const last = nodes[nodes.length - 1]!
  const exits = jumps.map((jump) => {
    const live = jump === '' ? last.after : jump === 'break' ? last.atBreak : o.liveness.target(jump)
    return { jump, outs: [...writes].filter((v) => has(live, v)) }
  })
  const outs = [...new Set(exits.flatMap((e) => e.outs))]
  const taken = [...mentions].filter((v) => has(nodes[0]!.live, v))
  const renewed = (v: number) => o.variables.again[v] !== ''
  const args = taken.filter((v) => !renewed(v))
  const value = exits.length === 1 && exits[0]!.jump !== 'return' ? (outs.find((v) => !renewed(v)) ?? -1) : -1
  return { name: `${o.name}p${o.pieces.length}`, nodes, args, renewed: taken.filter(renewed), exits, outs, value }
}

/** Puts a piece in the place of its slice. */
export function outline(o: Outlining, slice: Slice, piece: Piece): void {
  const { list, from, to } = slice
  const { offset } = firstLine(piece.nodes[0]!)
  const call = leaf({ text: glue(o, piece), offset }, o.variables)
  call.live = piece.nodes[0]!.live
  const last = piece.nodes[piece.nodes.length - 1]!
  call.after = last.after
  call.atBreak = last.atBreak
  o.pieces.push(piece)
  list.splice(from, to - from, call)
}

const firstLine = (node: Node): Line => (node.arms.length === 0 ? node.lines[0]! : node.arms[0]!.open)

/** Variables that statements mention and write. */
export function touched(nodes: readonly Node[]): { mentions: Set<number>; writes: Set<number> } {
  const [mentions, writes] = [new Set<number>(), new Set<number>()]
  const visit = (list: readonly Node[]): void => {
    for (const { facts, arms } of list) {
      for (const v of facts.mentions) mentions.add(v)
      for (const v of facts.writes) writes.add(v)
      for (const arm of arms) visit(arm.body)
    }
  }
  visit(nodes)
  return { mentions, writes }
}

/** Where each variable that goes out is held. */
function places({ variables }: Outlining, piece: Piece): Map<number, string> {
  const next = { i: 0, d: 0, r: 0 }
  const out = new Map<number, string>()
  for (const v of piece.outs)
    if (v !== piece.value)
      out.set(v, variables.again[v] || `${HOLDERS[variables.kinds[v]!]}[${next[variables.kinds[v]!]++}]`)
  return out
}

/** The statements, on one line, that call a piece and go on where it says. */
export function glue(o: Outlining, piece: Piece): string {
  const { names } = o.variables
  const { exits, value, outs } = piece
  const place = places(o, piece)
  const call = `${piece.name}(${piece.args.map((v) => names[v]).join(',')})`
  const restore = (list: readonly number[]) => list.map((v) => `${names[v]}=${place.get(v)};`).join('')
  const jump = ({ jump }: Exit) =>
    jump === 'return' ? `return${o.result ? ` ${HOLDERS[o.result]}[0]` : ''};` : jump === '' ? '' : `${jump};`
  if (exits.length <= 1) {
    if (exits[0]?.jump === 'return') return `return ${call};`
    const assign = value >= 0 ? `${names[value]}=` : ''
    return `${assign}${call};${restore(outs.filter((v) => v !== value))}${exits.map(jump).join('')}`
  }
  if (exits.length === 2 && exits[0]!.jump === '' && outs.length === 0) return `if(${call})${jump(exits[1]!)}`
  const common = outs.filter((v) => exits.every((e) => e.outs.includes(v)))
  const own = (e: Exit) => restore(e.outs.filter((v) => !common.includes(v))) + jump(e)
  const last = exits[0]!.jump === '' ? exits[0]! : exits[exits.length - 1]!
  const ways = exits.map((e, k) => (e === last ? '' : `if(${WAY}===${k}){${own(e)}}`))
  return `${WAY}=${call};${restore(common)}${ways.join('')}${own(last)}`
}

/** The lines of statements as they are. */
export function print(nodes: readonly Node[], out: Line[] = []): Line[] {
  for (const { lines, arms } of nodes) {
    for (const arm of arms) {
      out.push(arm.open)
      print(arm.body, out)
    }
    for (const line of lines) out.push(line)
  }
  return out
}

const JUMPING = /break|continue|return/

/** The lines of a piece's body: its ways out become returns. */
export function printPiece(o: Outlining, piece: Piece): Line[] {
  const out: Line[] = []
  const leave = leaver(o, piece)
  const { names, again } = o.variables
  if (piece.renewed.length > 0) {
    const text = piece.renewed.map((v) => `${names[v]}=${again[v]};`).join('')
    out.push({ text, offset: -1 })
  }
  const ways = new Set(piece.exits.map((e) => e.jump))
  const stay = piece.loop && `continue ${piece.loop}`
  if (piece.loop) out.push({ text: `${piece.loop}:while(true){`, offset: -1 })
  const rewrite = (text: string, inLoop: boolean): string => {
    if (!JUMPING.test(text)) return text
    return text.replace(
      /\b(?:(break|continue)( [LND]\d+)?(?![\w$])|return\b *([^;{}]*))/g,
      (all, word, label, value) => {
        if (word === undefined) return leave('return', value)
        const jump = word + (label ?? '')
        return ways.has(jump) && jump !== stay && !(jump === 'break' && inLoop) ? leave(jump, '') : all
      },
    )
  }
  const visit = (list: readonly Node[], inLoop: boolean): void => {
    for (const { kind, lines, arms } of list) {
      for (const arm of arms) {
        out.push(arm.open)
        visit(arm.body, inLoop || kind === 'loop')
      }
      if (arms.length > 0) for (const line of lines) out.push(line)
      else for (const l of lines) out.push({ text: rewrite(l.text, inLoop || kind === 'opaque'), offset: l.offset })
    }
  }
  visit(piece.nodes, false)
  if (stay) out.splice(-1, 0, { text: `default:${leave(stay, '')}`, offset: -1 })
  if (stay) out.push({ text: '}', offset: -1 })
  if (ways.has('')) out.push({ text: leave('', ''), offset: -1 })
  return out
}

/** Gives the code that leaves a piece by a jump; `value` is what a `return` returns. */
function leaver(o: Outlining, { exits, value: main, ...piece }: Piece): (jump: string, value: string) => string {
  const { names } = o.variables
  const place = places(o, { exits, value: main, ...piece })
  return (jump, value) => {
    const way = exits.findIndex((e) => e.jump === jump)
    const stored = exits[way]!.outs.filter((v) => v !== main && o.variables.again[v] === '')
    const stores = stored.map((v) => `${place.get(v)}=${names[v]};`)
    if (exits.length === 1) {
      if (jump === 'return') return `return ${value}`
      return `{${stores.join('')}return${main >= 0 ? ` ${names[main]}` : ''}}`
    }
    if (jump === 'return' && value !== '') stores.push(`${HOLDERS[o.result!]}[0]=${value};`)
    return `{${stores.join('')}return ${way}}`
  }
}
