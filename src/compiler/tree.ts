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
  /** Facts of texts, while no variable is added. */
  readonly facts = new Map<string, Facts>()

  /** @param zero what it is declared with, or '' */
  add(name: string, kind: Kind, zero: string, again = ''): void {
    this.numbers.set(name, this.names.length)
    this.names.push(name)
    this.kinds.push(kind)
    this.zeros.push(zero)
    this.again.push(again)
    this.facts.clear()
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

/** By line: the line that closes the last block which it opens. */
export function closing(lines: readonly Line[]): number[] {
  const out: number[] = []
  const open: number[] = []
  lines.forEach(({ text }, k) => {
    if (!text.includes('{') && !text.includes('}')) return
    for (const c of text)
      if (c === '{') open.push(k)
      else if (c === '}') out[open.pop()!] = k
  })
  return out
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

/** The facts of a text, kept for others alike. */
function factsOf(text: string, variables: Variables): Facts {
  const kept = variables.facts.get(text)
  if (kept !== undefined) return kept
  const { reads, defines, mentions, writes, jumps } = new FactReader(text, variables)
  const facts = { reads, defines, mentions, writes, jumps }
  variables.facts.set(text, facts)
  return facts
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

/** Kinds of characters: parts of words, of which digits begin none; brackets; and `;`. */
const [PART, DIGIT, OPENING, CLOSING, END] = [1, 2, 3, 4, 5]
const KINDS = new Uint8Array(128)
for (const [kind, characters] of [
  [PART, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$'],
  [DIGIT, '0123456789'],
  [OPENING, '([{'],
  [CLOSING, ')]}'],
  [END, ';'],
] as const)
  for (const c of characters) KINDS[c.charCodeAt(0)] = kind

const [AND, OR, QUESTION] = [...'&|?'].map((c) => c.charCodeAt(0))
const isPart = (c: number): boolean => c < 128 && (KINDS[c] === PART || KINDS[c] === DIGIT)
/** What comes behind a variable that is assigned, or changed in another way. */
const ASSIGNED = /=(?![=>])/y
const CHANGED = /\+\+|--|(?:[-+*/%&|^]|<<|>>>?)=(?!=)/y
const LABEL = / [LND]\d+/y

const matches = (pattern: RegExp, text: string, at: number): boolean => {
  pattern.lastIndex = at
  return pattern.test(text)
}

function add(list: number[], v: number): void {
  if (!list.includes(v)) list.push(v)
}

/** Reads the facts of a statement's text, of one or more statements in a row. */
class FactReader implements Facts {
  readonly reads: number[] = []
  readonly defines: number[] = []
  readonly mentions: number[] = []
  readonly writes: number[] = []
  readonly jumps: string[] = []
  /** Whether what comes may be left out, in the statement or for the rest of the text. */
  private perhaps = false
  private jumped = false
  private depth = 0
  /** The target of the assignment that the statement is, until its end. */
  private target = -1

  constructor(
    private readonly text: string,
    private readonly variables: Variables,
  ) {
    for (let at = 0; at < text.length; ) at = this.token(at)
    this.endStatement()
  }

  /** Reads what stands at `at`; gives where it ends. */
  private token(at: number): number {
    const { text } = this
    const c = text.charCodeAt(at)
    const kind = c < 128 ? KINDS[c] : 0
    if (kind === PART || kind === DIGIT) {
      let end = at + 1
      while (isPart(text.charCodeAt(end))) end++
      if (kind === PART) this.word(text.slice(at, end), at, end)
      return end
    }
    if (kind === OPENING) this.depth++
    else if (kind === CLOSING) this.depth--
    else if (kind === END && this.depth === 0) this.endStatement()
    else if (c === QUESTION || ((c === AND || c === OR) && text.charCodeAt(at + 1) === c)) this.perhaps = true
    return at + 1
  }

  private endStatement(): void {
    if (this.target >= 0) add(this.defines, this.target)
    this.target = -1
    this.perhaps = false
  }

  private word(word: string, at: number, end: number): void {
    const v = this.variables.numbers.get(word)
    if (v !== undefined) {
      if (this.text[at - 1] !== '.') this.variable(v, at, end)
    } else if (word === 'if' || word === 'else' || word === 'while') this.perhaps = true
    else if (word === 'break' || word === 'continue') {
      LABEL.lastIndex = end
      this.jumps.push(word + (LABEL.exec(this.text)?.[0] ?? ''))
      this.jumped = true
    } else if (word === 'return' || word === 'throw') {
      if (word === 'return') this.jumps.push(word)
      this.jumped = true
    }
  }

  private variable(v: number, at: number, end: number): void {
    const { text, defines } = this
    add(this.mentions, v)
    const assigned = matches(ASSIGNED, text, end)
    if (assigned || matches(CHANGED, text, end) || text.endsWith('++', at) || text.endsWith('--', at))
      add(this.writes, v)
    if (!assigned && !defines.includes(v)) add(this.reads, v)
    // An assignment takes effect at the end of the statement when it is the statement, at once when it stands inside.
    if (!assigned || this.perhaps || this.jumped) return
    if (this.depth === 0 && (at === 0 || text[at - 1] === ';')) this.target = v
    else add(defines, v)
  }
}
