// What remains of a module that has become JavaScript.
import { CodeReader } from '../binary/code.ts'
import { ByteWriter } from '../util/byte-writer.ts'

const HEADER = 8
const TYPES = 1
const CODE = 10

/** Copies a valid module section by section. `part` gives what becomes of the section's contents, undefined for nothing. */
function rewrite(
  bytes: Uint8Array,
  part: (id: number, r: CodeReader, end: number) => Uint8Array | undefined,
): Uint8Array {
  const out = new ByteWriter(bytes.length)
  for (const b of bytes.subarray(0, HEADER)) out.byte(b)
  const r = new CodeReader({ bytes, start: HEADER, end: bytes.length })
  while (!r.done) {
    const id = r.byte()
    const size = r.u32()
    const end = r.pos + size
    const contents = part(id, r, end)
    r.pos = end
    if (contents === undefined) continue
    out.byte(id)
    out.u32(contents.length)
    out.reserve(contents.length)
    out.bytes.set(contents, out.length)
    out.length += contents.length
  }
  return out.bytes.slice(0, out.length)
}

/** A module of nothing but another's types. */
export const typesOnly = (bytes: Uint8Array): Uint8Array =>
  rewrite(bytes, (id, r, end) => (id === TYPES ? bytes.subarray(r.pos, end) : undefined))

/** The module with empty bodies, and without custom sections but the names. */
export const withoutBodies = (bytes: Uint8Array): Uint8Array =>
  rewrite(bytes, (id, r, end) => {
    const whole = bytes.subarray(r.pos, end)
    if (id === CODE) return emptyBodies(r.u32())
    if (id !== 0) return whole
    return r.name() === 'name' ? whole : undefined
  })

function emptyBodies(count: number): Uint8Array {
  const out = new ByteWriter()
  out.u32(count)
  // A body of two bytes: no locals, end.
  for (let k = 0; k < count; k++) for (const b of [2, 0, 0x0b]) out.byte(b)
  return out.bytes.slice(0, out.length)
}
