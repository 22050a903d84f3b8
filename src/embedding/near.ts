// Names that are near a name that was not found, for messages.

/** The edit distance of two names, up to `most`; more counts as `most + 1`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let row = Array.from({ length: b.length + 1 }, (_, k) => k)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let k = 1; k <= b.length; k++)
      next.push(Math.min(row[k]! + 1, next[k - 1]! + 1, row[k - 1]! + (a[i - 1] === b[k - 1] ? 0 : 1)))
    row = next
  }
  return Math.min(row[b.length]!, most + 1)
}

/** The part of a message that helps with a name that was not found: near ones, or a few of those that there are. */
export function nearest(what: string, name: string, names: readonly string[]): string {
  if (names.length === 0) return `; there is no ${what}`
  const short = name.slice(0, 100)
  const most = Math.max(1, Math.floor(short.length / 3))
  const near = names
    .map((other) => ({ other, d: distance(short.toLowerCase(), other.slice(0, 100).toLowerCase(), most) }))
    .filter(({ d }) => d <= most)
    .sort((a, b) => a.d - b.d)
    .slice(0, 3)
    .map(({ other }) => JSON.stringify(other))
  if (near.length > 0) return `; did you mean ${near.join(' or ')}?`
  const some = names.slice(0, 8).map((n) => JSON.stringify(n))
  return `; there ${names.length === 1 ? 'is' : 'are'} ${some.join(', ')}${names.length > some.length ? ' …' : ''}`
}
