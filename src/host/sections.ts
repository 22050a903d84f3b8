// A binary as its sections: finding them, and adding exports without touching anything else.
import { Reader } from '../binary/reader.ts'
import { EXTERN_KINDS, type Export } from '../syntax/module.ts'
import { ByteWriter } from '../util/byte-writer.ts'

export interface Section {
  id: number
  /** Where its id stands, where its contents begin and end. */
  start: number
  body: number
  end: number
}

/** The sections of a well-formed binary. */
export function sectionsOf(bytes: Uint8Array): Section[] {
  const r = new Reader(bytes, 8)
  const out: Section[] = []
  while (!r.done) {
    const start = r.pos
    const id = r.byte()
    const size = r.u32()
    out.push({ id, start, body: r.pos, end: r.pos + size })
    r.skip(size)
  }
  return out
}

/** The order of sections; custom ones stand anywhere. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]
export const rankOf = (id: number): number => ORDER.indexOf(id)

export function writeExport(w: ByteWriter, { name, kind, index }: Export): void {
  w.name(name)
  w.byte(EXTERN_KINDS.indexOf(kind))
  w.u32(index)
}

/** The binary with more exports, and where what follows them was. */
export function addExports(
  bytes: Uint8Array,
  more: readonly Export[],
): { bytes: Uint8Array; original: (offset: number) => number } {
  if (more.length === 0) return { bytes, original: (offset) => offset }
  const sections = sectionsOf(bytes)
  const old = sections.find((s) => s.id === 7)
  const content = new ByteWriter()
  const r = new Reader(bytes, old?.body ?? 0, old?.end ?? 0)
  content.u32((old === undefined ? 0 : r.u32()) + more.length)
  if (old !== undefined) content.raw(bytes, r.pos, old.end)
  for (const x of more) writeExport(content, x)
  const next = old ?? sections.find((s) => s.id !== 0 && rankOf(s.id) > rankOf(7))
  const from = next?.start ?? bytes.length
  const to = old === undefined ? from : old.end
  const w = new ByteWriter(bytes.length + content.length + 16)
  w.raw(bytes, 0, from)
  w.byte(7)
  w.append(content)
  const shift = w.length - to
  w.raw(bytes, to)
  return { bytes: w.take(), original: (offset) => (offset < to + shift ? offset : offset - shift) }
}
