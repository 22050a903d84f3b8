// Entries of the cache that say what they are good for, by a hash in their names, and that they are whole, by a checksum before their contents.
import { createHash } from 'node:crypto'
import { dropCached, readCached, writeCached } from './cache-files.ts'

const CHECKSUM = 32

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** A name for an entry, the same for the same parts. */
export function entryName(kind: 'functions' | 'valid', ...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const p of parts) hash.update(`${p.length}:${p}`)
  return `${kind}-${hash.digest('hex').slice(0, 40)}`
}

/** The contents of an entry; undefined where there is none, or none to be trusted. */
export function readEntry(name: string): Uint8Array | undefined {
  const bytes = readCached(name)
  if (bytes === undefined) return undefined
  const content = bytes.subarray(CHECKSUM)
  if (bytes.length >= CHECKSUM && digest(content).equals(bytes.subarray(0, CHECKSUM))) return content
  dropCached(name)
  return undefined
}

/** Keeps an entry if that can be; false where not. */
export const writeEntry = (name: string, content: Uint8Array): boolean => writeCached(name, [digest(content), content])
