// Decodes string literals (specification: Text Format, Strings). The lexer has checked them; [start, end) includes the quotes.
import { ByteWriter } from '../util/byte-writer.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const ESCAPES: Record<number, number> = { 110: 10, 114: 13, 116: 9, 92: 0x5c, 39: 0x27, 34: 0x22 }

const hex = (c: number) => (c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57)

/** Appends the bytes of a literal. */
export function appendString(out: ByteWriter, src: string, start: number, end: number): void {
  out.reserve(end - start)
  for (let i = start + 1; i < end - 1; ) {
    const c = src.charCodeAt(i)
    if (c === 0x5c) i = appendEscape(out, src, i)
    else if (c < 0x80) {
      out.byte(c)
      i++
    } else {
      const from = i
      while (i < end - 1 && src.charCodeAt(i) >= 0x80) i++
      out.raw(encoder.encode(src.slice(from, i)))
    }
  }
}

function appendEscape(out: ByteWriter, src: string, at: number): number {
  const c = src.charCodeAt(at + 1)
  if (c === 0x75) {
    const close = src.indexOf('}', at)
    const code = Number.parseInt(src.slice(at + 3, close).replaceAll('_', ''), 16)
    out.raw(encoder.encode(String.fromCodePoint(code)))
    return close + 1
  }
  const plain = ESCAPES[c]
  if (plain !== undefined) {
    out.byte(plain)
    return at + 2
  }
  out.byte((hex(c) << 4) | hex(src.charCodeAt(at + 2)))
  return at + 3
}

export function stringBytes(src: string, start: number, end: number): Uint8Array {
  const out = new ByteWriter(end - start)
  appendString(out, src, start, end)
  return out.view()
}

/** Whether a literal's bytes are UTF-8: only numeric escapes can make them otherwise. */
export function isUtf8(src: string, start: number, end: number): boolean {
  if (src.slice(start, end).indexOf('\\') < 0) return true
  try {
    decoder.decode(stringBytes(src, start, end))
    return true
  } catch {
    return false
  }
}

/** The text of a literal whose bytes are UTF-8. */
export function stringText(src: string, start: number, end: number): string {
  const inner = src.slice(start + 1, end - 1)
  return inner.indexOf('\\') < 0 ? inner : decoder.decode(stringBytes(src, start, end))
}
