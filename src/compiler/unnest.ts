// Lines that nest deeper than a parser's stack allows as one flat switch: each place that something jumps to is a case, and a jump sets the number of
// its case and goes to the switch (docs/rationale.md, "Why do deep ladders of blocks become flat?"). What is low enough stays as it is, and so do the
// braces of `try`, whose arms get a switch each.
import { type Line, Unreadable } from './tree.ts'

/** A statement with braces. */
interface Structure {
  kind: 'block' | 'loop' | 'if' | 'switch' | 'try' | 'around try'
  /** Levels of braces in it, itself included. */
  height: number
  /** Whether it becomes flat, and whether its arms have a switch each. */
  flat: boolean
  regions: boolean
  /** Once it is flat: what its cases belong to, and those of its start, its end, and its next arm. */
  region: Region | undefined
  start: number
  end: number
  next: number
}

/** What a switch is for: all of the function, or an arm of a `try` in it. */
interface Region {
  readonly id: number
  readonly outer: Region | undefined
  cases: number
}

const OPEN = /^(?:([LN]\d+):)?(\{try|while\(true\)|if\(.*\)|switch\(.*\)|)\{$/
const ARM = /^\}(?:else ?|else (if\(.*\))|catch\(\w+\))\{$/
const LAST_ARM = /^\}else (throw \w+)$/

/**
 * The lines without deep nests, and the variables that these need.
 * @param low levels of braces that stay as they are
 * @throws Unreadable where they are of a shape that this does not know
 */
export function unnest(lines: readonly Line[], low: number): { lines: Line[]; variables: string[] } {
  const unnester = new Unnester(low)
  unnester.measure(lines)
  return unnester.run(lines)
}

class Unnester {
  /** By the line that opens them. */
  private readonly structures = new Map<number, readonly Structure[]>()
  private readonly labels = new Map<string, Structure>()
  private readonly open: Structure[] = []
  private readonly out: Line[] = []
  private readonly variables: string[] = []
  private region: Region | undefined
  private offset = -1
  /** Numbers up to this are those of labels. */
  private ids = 0

  constructor(private readonly low: number) {}

  /** Finds the structures, and how high they are. */
  measure(lines: readonly Line[]): void {
    const { open } = this
    lines.forEach(({ text }, k) => {
      if (text === '}' || LAST_ARM.test(text)) {
        const inner = open.pop()
        const outer = open[open.length - 1]
        if (inner === undefined) throw new Unreadable()
        if (inner.height > this.low) this.raise(inner, outer)
        if (outer !== undefined) outer.height = Math.max(outer.height, inner.height + 1)
      } else if (text[0] === '}') {
        if (open.length === 0 || !ARM.test(text)) throw new Unreadable()
      } else this.find(text, k)
    })
    if (open.length > 0) throw new Unreadable()
  }

  /** Tells a structure that it is too high, and what it stands in. */
  private raise(s: Structure, outer: Structure | undefined): void {
    if (outer?.kind === 'switch') throw new Unreadable()
    if (s.kind === 'try') s.regions = true
    else s.flat = s.kind !== 'switch' && s.kind !== 'around try'
  }

  private find(text: string, k: number): void {
    const [, label, head] = OPEN.exec(text) ?? []
    if (head === undefined) return
    const kinds = { '': 'block', w: 'loop', i: 'if', s: 'switch' } as const
    const made = (kind: Structure['kind']): Structure => {
      const s = { kind, height: 1, flat: false, regions: false, region: undefined, start: -1, end: -1, next: -1 }
      this.open.push(s)
      return s
    }
    const found =
      head === '{try' ? [made('around try'), made('try')] : [made(kinds[head.slice(0, 1) as keyof typeof kinds])]
    this.structures.set(k, found)
    if (label === undefined) return
    this.labels.set(label, found[0]!)
    this.ids = Math.max(this.ids, Number(label.slice(1)))
  }

  run(lines: readonly Line[]): { lines: Line[]; variables: string[] } {
    const { open } = this
    this.begin()
    lines.forEach(({ text, offset }, k) => {
      this.offset = offset
      const opened = this.structures.get(k)
      if (opened !== undefined) {
        open.push(...opened)
        this.enter(open[open.length - 1]!, text)
      } else if (text === '}' || LAST_ARM.test(text)) this.leave(open.pop()!, text)
      else if (text[0] === '}') this.arm(open[open.length - 1]!, text)
      else this.leaf(text)
    })
    this.finish()
    return { lines: this.out, variables: this.variables }
  }

  private say(...texts: string[]): void {
    for (const text of texts) this.out.push({ text, offset: this.offset })
  }

  /** Begins a region. */
  private begin(): void {
    const id = ++this.ids
    this.region = { id, outer: this.region, cases: 1 }
    this.variables.push(`z${id}`)
    this.say(`z${id}=0;`, `N${id}:while(true){`, `D${id}:switch(z${id}){`, 'case 0:')
  }

  private finish(): void {
    this.region = this.region!.outer
    this.say('}', 'break;', '}')
  }

  private enter(s: Structure, text: string): void {
    if (!s.flat) {
      this.say(this.redirected(text))
      if (s.regions) this.begin()
      return
    }
    const region = this.region!
    s.region = region
    s.end = region.cases++
    if (s.kind === 'loop') this.say(`case ${(s.start = region.cases++)}:`)
    else if (s.kind === 'if') this.test(s, text.slice(text.indexOf('if('), -1))
  }

  /** Goes to the next arm unless a condition holds, which is given as `if(…)`. */
  private test(s: Structure, condition: string): void {
    s.next = s.region!.cases++
    this.say(`if(!${condition.slice(2)})${jump(s, s.next)}`)
  }

  private arm(s: Structure, text: string): void {
    if (!s.flat) {
      if (s.regions) this.finish()
      this.say(this.redirected(text))
      if (s.regions) this.begin()
      return
    }
    this.jump(s, s.end)
    this.say(`case ${s.next}:`)
    s.next = -1
    const condition = ARM.exec(text)?.[1]
    if (condition !== undefined) this.test(s, condition)
  }

  private leave(s: Structure, text: string): void {
    if (!s.flat) {
      if (s.regions) this.finish()
      this.say(text)
      return
    }
    const last = LAST_ARM.exec(text)?.[1]
    if (s.kind === 'loop') this.jump(s, s.start)
    if (last !== undefined) this.jump(s, s.end)
    if (s.next >= 0) this.say(`case ${s.next}:`)
    if (last !== undefined) this.say(`${last};`)
    this.say(`case ${s.end}:`)
  }

  private leaf(text: string): void {
    const inner = this.open[this.open.length - 1]
    const whole = /^(break|continue)(?: ([LN]\d+))?;$/.exec(text)
    const target = whole?.[2] === undefined ? inner : this.labels.get(whole[2])
    if (whole !== null && target?.flat) this.jump(target, placeOf(target, whole[1]!))
    else this.say(this.redirected(text))
  }

  private jump(s: Structure, place: number): void {
    const { id } = s.region!
    this.say(`z${id}=${place};`, `continue N${id};`)
  }

  /** A text whose jumps to what is flat go to its case. */
  private redirected(text: string): string {
    return text.replace(/\b(break|continue) ([LN]\d+)\b/g, (whole, word, label) => {
      const target = this.labels.get(label)
      return target?.flat ? jump(target, placeOf(target, word)) : whole
    })
  }
}

const placeOf = (s: Structure, word: string): number => (word === 'break' ? s.end : s.start)

function jump({ region }: Structure, place: number): string {
  return `{z${region!.id}=${place};continue N${region!.id}}`
}
