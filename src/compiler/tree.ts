// The lines of a generated function as a tree of statements, and which variables each reads and writes. Read from the text, so that nothing that
// emits code has to know; what the text does not tell for certain is taken to be read, and not to be written for good.

import { type Kind, unmarked } from './operands.ts'

/** The variables of a function by name: number and kind. */
export class Variables {
  readonly numbers = new Map<string, number>()
  readonly names: string[] = []
  readonly kinds: Kind[] = []
  /** An expression that gives its value anew wherever it is live, or ''. */
  readonly again: string[] = []
  private readonly zeros: string[] = []

  /** @param zero what it is declared with, or '' */
  add(name: string, kind: Kind, zero: string, again = ''): void {
    this.numbers.set(name, this.names.length)
    this.names.push(name)
    this.kinds.push(kind)
    this.zeros.push(zero)
    this.again.push(again)
  }

  /** Its declaration, without `let`. */
  declaration(v: number): string {
    return this.zeros[v] === '' ? this.names[v]! : `${this.names[v]}=${this.zeros[v]}`
  }
}

/** What a stretch of code without control flow of its own does to variables, by number. */
export interface Facts {
  /** Read before it is certainly written. */
  reads: readonly number[]
  /** Written on every path. */
  defines: readonly number[]
  /** Read or written at all. */
  mentions: readonly number[]
  /** Written at all. */
  writes: readonly number[]
  /** Where it may jump: `break L1`, `continue L1`, `break`, `return`. */
  jumps: readonly string[]
}

export type NodeKind = 'leaf' | 'opaque' | 'block' | 'loop' | 'if' | 'switch'

/** A statement: a leaf of one line, lines that are taken as one, or a structure with arms. */
export interface Node {
  kind: NodeKind
  label: string
  /** Lines of a statement without arms, or a structure's last brace. */
  lines: readonly Line[]
  arms: Arm[]
  /** Of the lines, or of the condition. */
  facts: Facts
  /** Characters of its source. */
  size: number
  /** Levels of braces in it. */
  depth: number
  /** Most cases of a `switch` in it. */
  cases: number
  /** The variables that are live before it and after it, once liveness is known. */
  live: Uint32Array
  after: Uint32Array
  /** The same for the end of the loop around it, where its `break` goes. */
  atBreak: Uint32Array
}

export interface Arm {
  open: Line
  body: Node[]
}

export interface Line {
  text: string
  /** Offset of the instruction that it came from. */
  offset: number
}

const NONE = new Uint32Array(0)
const NO_FACTS: Facts = { reads: [], defines: [], mentions: [], writes: [], jumps: [] }

/**
 * The tree of `lines`.
 * @throws Unreadable where they are of a shape that this does not know
 */
export function parse(lines: readonly Line[], variables: Variables): Node[] {
  const parser = new Parser(lines, variables)
  const nodes = parser.list()
  if (!parser.done) throw new Unreadable()
  return nodes
}

class Parser {
  private at = 0

  constructor(
    private readonly lines: readonly Line[],
    private readonly variables: Variables,
  ) {}

  get done(): boolean {
    return this.at === this.lines.length
  }

  /** Statements up to a line that closes, or begins another arm. */
  list(): Node[] {
    const out: Node[] = []
    for (let line = this.lines[this.at]; line !== undefined; line = this.lines[this.at]) {
      if (line.text.startsWith('}') || /^(case -?\d+|default):$/.test(line.text)) break
      out.push(this.node(line))
    }
    return out
  }

  private node(line: Line): Node {
    const { text } = line
    if (braces(text) === 0) {
      this.at++
      return leaf(line, this.variables)
    }
    const head = /^(?:([LND]\d+):)?(\{|while\(true\)\{|if\(.*\)\{|switch\(.*\)\{)$/.exec(text)
    if (head === null) return this.opaque()
    const [, label = '', opening = ''] = head
    const kind = opening === '{' ? 'block' : opening[0] === 'w' ? 'loop' : opening[0] === 'i' ? 'if' : 'switch'
    const arms = kind === 'switch' ? this.cases(line) : this.arms(line)
    const last = this.lines[this.at++]!
    const facts = kind === 'if' || kind === 'switch' ? factsOf(text, this.variables) : NO_FACTS
    return structure(kind, label, arms, last, facts)
  }

  private arms(open: Line): Arm[] {
    this.at++
    const arms = [{ open, body: this.list() }]
    for (let line = this.lines[this.at]; line?.text !== '}'; line = this.lines[this.at]) {
      if (line?.text !== '}else{') throw new Unreadable()
      this.at++
      arms.push({ open: line, body: this.list() })
    }
    return arms
  }

  /** The arms of a `switch`; the first, which is empty, is opened by the switch itself. */
  private cases(open: Line): Arm[] {
    this.at++
    const arms: Arm[] = [{ open, body: [] }]
    for (let line = this.lines[this.at]; line?.text !== '}'; line = this.lines[this.at]) {
      if (line === undefined) throw new Unreadable()
      this.at++
      arms.push({ open: line, body: this.list() })
    }
    return arms
  }

  /** Everything up to where the braces are even again, as a leaf: `try` and what else there is. */
  private opaque(): Node {
    const from = this.at
    let depth = 0
    do {
      const line = this.lines[this.at++]
      if (line === undefined) throw new Unreadable()
      depth += braces(line.text)
    } while (depth > 0)
    const lines = this.lines.slice(from, this.at)
    const text = lines.map((l) => l.text).join('\n')
    return statement('opaque', lines, conservative(factsOf(text, this.variables), text))
  }
}

/** Braces that a line opens more than it closes. */
function braces(text: string): number {
  let n = 0
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) n++
  for (let at = text.indexOf('}'); at >= 0; at = text.indexOf('}', at + 1)) n--
  return n
}

/** Thrown for lines of another shape. */
export class Unreadable extends Error {}

/** Characters without marks, so that marked code is split alike. */
export const width = (text: string): number => (text.includes('\u0001') ? unmarked(text) : text).length
export const sizeOf = (nodes: readonly Node[]): number => nodes.reduce((s, n) => s + n.size, 0)

export function leaf(line: Line, variables: Variables): Node {
  return statement('leaf', [line], factsOf(line.text, variables))
}

function statement(kind: 'leaf' | 'opaque', lines: readonly Line[], facts: Facts): Node {
  const size = lines.reduce((s, l) => s + width(l.text), 0)
  return { kind, label: '', lines, arms: [], facts, size, depth: 0, cases: 0, live: NONE, after: NONE, atBreak: NONE }
}

/** Facts of lines that have control flow among them, whose own labels are no jumps out. */
function conservative(facts: Facts, text: string): Facts {
  const own = new Set(text.match(/[LND]\d+(?=:)/g))
  const jumps = facts.jumps.filter((j) => j !== 'break' && !own.has(j.split(' ')[1]!))
  return { ...facts, reads: facts.mentions, defines: [], jumps }
}

function structure(kind: NodeKind, label: string, arms: Arm[], last: Line, facts: Facts): Node {
  const node = {
    kind,
    label,
    lines: [last],
    arms,
    facts,
    size: 0,
    depth: 0,
    cases: 0,
    live: NONE,
    after: NONE,
    atBreak: NONE,
  }
  measure(node)
  return node
}

/** Sizes of structures again, after what is in them has changed. */
export function remeasure(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (node.arms.length === 0) continue
    for (const arm of node.arms) remeasure(arm.body)
    measure(node)
  }
}

function measure(node: Node): void {
  node.size = 1
  node.depth = 1
  node.cases = node.kind === 'switch' ? node.arms.length : 0
  for (const arm of node.arms) {
    // A case's number costs nothing.
    node.size += (arm.open.text.startsWith('case ') ? 1 : width(arm.open.text)) + sizeOf(arm.body)
    for (const n of arm.body) {
      node.depth = Math.max(node.depth, n.depth + 1)
      node.cases = Math.max(node.cases, n.cases)
    }
  }
}

const TOKEN = /[A-Za-z_$][\w$]*|[{}()[\];]|&&|\|\||\?/g

/** Facts of a statement's text, of one or more statements in a row. */
function factsOf(text: string, variables: Variables): Facts {
  const [reads, defines, mentions, writes, jumps] = [[], [], [], [], []] as [
    number[],
    number[],
    number[],
    number[],
    string[],
  ]
  const add = (list: number[], v: number) => {
    if (!list.includes(v)) list.push(v)
  }
  let depth = 0
  // Whether what comes may be left out, in the statement or for the rest of the text.
  let [perhaps, jumped] = [false, false]
  /** The target of the assignment that the statement is, until its end. */
  let target = -1
  TOKEN.lastIndex = 0
  for (let m = TOKEN.exec(text); m !== null; m = TOKEN.exec(text)) {
    const [token] = m
    if (token === '(' || token === '[' || token === '{') depth++
    else if (token === ')' || token === ']' || token === '}') depth--
    else if (token === ';') {
      if (depth === 0) {
        if (target >= 0) add(defines, target)
        target = -1
        perhaps = false
      }
    } else if (
      token === '&&' ||
      token === '||' ||
      token === '?' ||
      token === 'if' ||
      token === 'else' ||
      token === 'while'
    )
      perhaps = true
    else if (token === 'break' || token === 'continue') {
      const label = /^ ([LND]\d+)/.exec(text.slice(m.index + token.length, m.index + token.length + 12))
      jumps.push(label ? `${token} ${label[1]}` : token)
      jumped = true
    } else if (token === 'return' || token === 'throw') {
      if (token === 'return') jumps.push(token)
      jumped = true
    } else {
      const v = variables.numbers.get(token)
      if (v === undefined || text[m.index - 1] === '.') continue
      add(mentions, v)
      const after = text.slice(m.index + token.length, m.index + token.length + 5)
      const assigned = /^=(?![=>])/.test(after)
      const changed =
        /^(\+\+|--|([-+*/%&|^]|<<|>>>?)=(?!=))/.test(after) ||
        /^(\+\+|--)$/.test(text.slice(Math.max(0, m.index - 2), m.index))
      if (assigned || changed) add(writes, v)
      if (!assigned && !defines.includes(v)) add(reads, v)
      // An assignment takes effect at the end of the statement when it is the statement, at once when it stands inside.
      if (assigned && !perhaps && !jumped) {
        const before = text[m.index - 1]
        if (depth === 0 && (before === undefined || before === ';')) target = v
        else add(defines, v)
      }
    }
  }
  if (target >= 0) add(defines, target)
  return { reads, defines, mentions, writes, jumps }
}
