// "Did you mean": the known name that is nearest to one that is not known.

/** Insertions, deletions, replacements and swaps of neighbours that lead from one to the other. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length]!
}

/** Names longer than this are not compared: the work grows with the square, and modules may have any names. */
const LONGEST = 80
const MOST = 2000

/** The known name that the other is probably meant to be, if any: at most a third of it differs, or it begins with the other. */
export function closest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined
  let best: string | undefined
  let least = Math.floor(Math.max(name.length, 3) / 3) + 1
  let prefixed: string | undefined
  let left = MOST
  for (const k of known) {
    if (left-- === 0) break
    if (k.length > LONGEST || k === name) continue
    if (name.length > 1 && k.startsWith(name)) prefixed ??= k
    const d = distance(name.toLowerCase(), k.toLowerCase())
    if (d < least) [best, least] = [k, d]
  }
  return best ?? prefixed
}

/** `; did you mean X?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const found = closest(name, known)
  return found === undefined ? '' : `; did you mean ${found}?`
}
