// A module as bytes to keep: a magic number, the format and anywasm's version, a checksum, and the module's binary. Reading one checks all of them, and
// the module is validated again, so that nothing in a file has to be trusted.
import { CompileError } from '../errors.ts'
import { VERSION } from './version.ts'

const MAGIC = [0x00, 0x61, 0x77, 0x6d]
/** Changes whenever the layout does. */
const FORMAT = 1
/** Magic, format, length of the version, checksum. */
const HEADER = 12

/** FNV-1a: against damage, not against malice. */
function checksum(bytes: Uint8Array): number {
  let h = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193)
  return h >>> 0
}

export function pack(module: Uint8Array): Uint8Array {
  const version = new TextEncoder().encode(VERSION)
  const out = new Uint8Array(HEADER + version.length + module.length)
  const view = new DataView(out.buffer)
  out.set(MAGIC)
  view.setUint16(4, FORMAT, true)
  view.setUint16(6, version.length, true)
  view.setUint32(8, checksum(module), true)
  out.set(version, HEADER)
  out.set(module, HEADER + version.length)
  return out
}

/** @throws {CompileError} unless this version of anywasm has packed it, and it is whole */
export function unpack(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('a serialised module must be a Uint8Array')
  if (bytes.length < HEADER || MAGIC.some((b, k) => bytes[k] !== b))
    throw new CompileError('no serialised module: it does not begin as one')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const format = view.getUint16(4, true)
  const end = HEADER + view.getUint16(6, true)
  const version = new TextDecoder().decode(bytes.subarray(HEADER, end))
  if (format !== FORMAT || version !== VERSION)
    throw new CompileError(
      `the module was serialised by anywasm ${version} (format ${format}), this is ${VERSION} (format ${FORMAT}): compile it again`,
    )
  const module = bytes.subarray(end)
  if (checksum(module) !== view.getUint32(8, true))
    throw new CompileError('the serialised module is damaged: its checksum does not match')
  return module
}
