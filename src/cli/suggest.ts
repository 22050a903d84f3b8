// "Did you mean": the known name that is nearest to one that is not known.
import { distance } from '../util/near.ts'

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
