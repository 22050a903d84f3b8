// Ladders of blocks as one flat switch: Go's compiler nests a block per place where a function may be resumed, thousands of them, deeper than a parser's
// stack allows. `{{{A}B}C}` becomes `z=0; D:while(true){switch(z){case 0:A case 1:B case 2:C}break}`, and a jump to the end of a block one to its case.
// Where A is nothing but a switch that goes to these ends, and nothing else does, that switch gets the cases itself.
import { closing, type Line } from './tree.ts'

/** Blocks in a row that make a ladder. */
const LADDER = 50

/** Whether braces nest deeper than `most`. */
export function deeperThan(lines: readonly Line[], most: number): boolean {
  let depth = 0
  for (const { text } of lines) {
    if (text[0] === '}') depth--
    if (text[text.length - 1] === '{' && (depth += text.endsWith('{try{') ? 2 : 1) > most) return true
  }
  return false
}

interface Ladder {
  /** Of its first block, in the names of its variable and label. */
  id: number
  blocks: number
  direct?: Direct
}

/** The switch of a ladder that has nothing else in its innermost block. */
interface Direct {
  head: string
  /** Its lines, up to the end of the innermost block. */
  from: number
  to: number
  /** Its cases by the rung to which they go. */
  cases: string[][]
}

/**
 * The lines with their ladders flat, and the variables that these need.
 * @param all also ladders that need a variable
 */
export function flatten(lines: readonly Line[], all: boolean): { lines: readonly Line[]; variables: string[] } {
  const { opens, closes, jumps, ladders } = find(lines)
  if (ladders.length === 0) return { lines, variables: [] }
  for (const ladder of ladders) ladder.direct = directOf(lines, ladder, closes)
  const flat = (ladder: Ladder | undefined) => ladder !== undefined && (all || ladder.direct !== undefined)
  for (const [k, ladder] of opens) if (!flat(ladder)) opens.delete(k)
  for (const [k, { ladder }] of closes) if (!flat(ladder)) closes.delete(k)
  for (const [label, { ladder }] of jumps) if (!flat(ladder)) jumps.delete(label)
  const out: Line[] = []
  for (let k = 0; k < lines.length; k++) {
    const line = lines[k]!
    const say = (...texts: string[]) => {
      for (const text of texts) out.push({ text, offset: line.offset })
    }
    const ladder = opens.get(k)
    const close = closes.get(k)
    if (ladder?.direct !== undefined) {
      say(`D${ladder.id}:${ladder.direct.head}`)
      k = ladder.direct.to
      say(...ladder.direct.cases[1]!)
    } else if (ladder !== undefined) {
      if (ladder.id === k) say(`z${k}=0;`, `D${k}:while(true){`, `switch(z${k}){`, 'case 0:')
    } else if (close === undefined)
      say(line.text.replace(/\bbreak (L\d+)\b/g, (whole, label) => jumps.get(label)?.code ?? whole))
    else if (close.ladder.direct !== undefined)
      say(...(close.rung === close.ladder.blocks ? ['}'] : close.ladder.direct.cases[close.rung]!))
    else if (close.rung === close.ladder.blocks) say('}', 'break;', '}')
    else say(`case ${close.rung}:`)
  }
  return { lines: out, variables: ladders.filter((l) => all && l.direct === undefined).map((l) => `z${l.id}`) }
}

interface Close {
  ladder: Ladder
  rung: number
}

/** The switch in a ladder's innermost block, if that is all there is and nothing else goes to the ends of blocks but the outermost. */
function directOf(lines: readonly Line[], ladder: Ladder, closes: ReadonlyMap<number, Close>): Direct | undefined {
  const from = ladder.id + ladder.blocks
  const head = lines[from]!.text
  if (!/^switch\(\w+\)\{$/.test(head)) return undefined
  const rungs = new Map<string, number>()
  for (let k = 0; k < ladder.blocks; k++) {
    const label = /^L\d+/.exec(lines[ladder.id + k]!.text)?.[0]
    if (label !== undefined) rungs.set(label, ladder.blocks - k)
  }
  const cases: string[][] = Array.from({ length: ladder.blocks + 1 }, () => [])
  let [at, due] = [from + 1, [] as string[]]
  for (; lines[at]!.text !== '}'; at++) {
    const { text } = lines[at]!
    if (/^(case \d+|default):$/.test(text)) due.push(text)
    else {
      const rung = rungs.get(/^break (L\d+);$/.exec(text)?.[1] ?? '')
      if (rung === undefined) return undefined
      for (const text of due) cases[rung]!.push(text)
      due = []
    }
  }
  if (due.length > 0 || closes.get(at + 1)?.rung !== 1 || closes.get(at + 1)?.ladder !== ladder) return undefined
  // Whatever has no case goes to the end.
  if (cases.slice(0, ladder.blocks).some((list) => list.includes('default:'))) return undefined
  for (let k = 0; k < lines.length; k++) {
    if (k === from) k = at
    for (const [, label] of lines[k]!.text.matchAll(/\bbreak (L\d+)\b/g))
      if ((rungs.get(label!) ?? ladder.blocks) !== ladder.blocks) return undefined
  }
  return { head, from, to: at + 1, cases }
}

function find(lines: readonly Line[]) {
  const opens = new Map<number, Ladder>()
  const closes = new Map<number, Close>()
  const jumps = new Map<string, { ladder: Ladder; code: string }>()
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
        const code = at === k ? `break D${k}` : `{z${k}=${end - at};continue D${k}}`
        if (label !== undefined) jumps.set(label, { ladder, code })
      }
    }
    k = Math.max(end, k + 1)
  }
  if (ladders.length === 0) return { opens, closes, jumps, ladders }
  // The innermost block closes first; it is the rung after the code inside all.
  const ends = closing(lines)
  for (const [from, ladder] of opens) closes.set(ends[from]!, { ladder, rung: ladder.blocks - (from - ladder.id) })
  return { opens, closes, jumps, ladders }
}
