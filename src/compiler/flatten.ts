// Ladders of blocks as one flat switch: Go's compiler nests a block per place where a function may be resumed, thousands of them, deeper than a parser's
// stack allows. `{{{A}B}C}` becomes `w=0; D:while(true){switch(w){case 0:A case 1:B case 2:C}break}`, and a jump to the end of a block one to its case.
import type { Line } from './tree.ts'

/** Blocks in a row that make a ladder. */
const LADDER = 50

/** Whether braces nest deeper than `most`. */
export function deeperThan(lines: readonly Line[], most: number): boolean {
  let depth = 0
  for (const { text } of lines) {
    if (text[0] === '}') depth--
    if (text[text.length - 1] === '{' && ++depth > most) return true
  }
  return false
}

interface Ladder {
  /** Of its first block, in the names of its variable and label. */
  id: number
  blocks: number
}

/** The lines with their ladders flat, and the variables that these need. */
export function flatten(lines: readonly Line[]): { lines: Line[]; variables: string[] } {
  const { opens, closes, jumps, ladders } = find(lines)
  const out: Line[] = []
  lines.forEach((line, k) => {
    const say = (...texts: string[]) => {
      for (const text of texts) out.push({ text, offset: line.offset })
    }
    const ladder = opens.get(k)
    const close = closes.get(k)
    if (ladder !== undefined) {
      if (ladder.id === k) say(`w${k}=0;`, `D${k}:while(true){`, `switch(w${k}){`, 'case 0:')
    } else if (close === undefined) say(line.text.replace(/\bbreak (L\d+)\b/g, (all, label) => jumps.get(label) ?? all))
    else if (close.rung === close.ladder.blocks) say('}', 'break;', '}')
    else say(`case ${close.rung}:`)
  })
  return { lines: out, variables: ladders.map((l) => `w${l.id}`) }
}

function find(lines: readonly Line[]) {
  const opens = new Map<number, Ladder>()
  const closes = new Map<number, { ladder: Ladder; rung: number }>()
  const jumps = new Map<string, string>()
  const ladders: Ladder[] = []
  for (let k = 0; k < lines.length; ) {
    let end = k
    while (end < lines.length && /^(?:L\d+:)?\{$/.test(lines[end]!.text)) end++
    if (end - k >= LADDER) {
      const ladder = { id: k, blocks: end - k }
      ladders.push(ladder)
      for (let at = k; at < end; at++) {
        opens.set(at, ladder)
        const label = /^L\d+/.exec(lines[at]!.text)?.[0]
        if (label !== undefined) jumps.set(label, at === k ? `break D${k}` : `{w${k}=${end - at};continue D${k}}`)
      }
    }
    k = Math.max(end, k + 1)
  }
  // Which line closes which block: the innermost first, which is the rung after the code inside all.
  const open: number[] = []
  lines.forEach(({ text }, k) => {
    for (const c of text)
      if (c === '{') open.push(k)
      else if (c === '}') {
        const from = open.pop()!
        const ladder = opens.get(from)
        if (ladder !== undefined) closes.set(k, { ladder, rung: ladder.blocks - (from - ladder.id) })
      }
  })
  return { opens, closes, jumps, ladders }
}
