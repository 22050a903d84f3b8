// Names that are near a name that was not found, for messages.

/** Insertions, deletions, replacements and swaps of neighbours that lead from one to the other. */
export function distance(a: string, b: string): number {
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

/** The names that one is probably meant to be, nearest first: at most a third of it differs. */
export function near(name: string, names: readonly string[]): string[] {
  const cut = (n: string) => n.slice(0, 100).toLowerCase()
  const short = cut(name)
  const most = Math.max(1, Math.floor(short.length / 3))
  return names
    .filter((other) => Math.abs(cut(other).length - short.length) <= most)
    .map((other) => ({ other, d: distance(short, cut(other)) }))
    .filter(({ d }) => d <= most)
    .sort((a, b) => a.d - b.d)
    .slice(0, 3)
    .map(({ other }) => other)
}

/** The part of a message that helps with a name that was not found: near ones, or a few of those that there are. */
export function nearest(what: string, name: string, names: readonly string[]): string {
  if (names.length === 0) return `; there is no ${what}`
  const found = near(name, names).map((n) => JSON.stringify(n))
  if (found.length > 0) return `; did you mean ${found.join(' or ')}?`
  const some = names.slice(0, 8).map((n) => JSON.stringify(n))
  return `; there ${names.length === 1 ? 'is' : 'are'} ${some.join(', ')}${names.length > some.length ? ' …' : ''}`
}
