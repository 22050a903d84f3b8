// UTF-8 to strings, strictly, on hosts that have no TextDecoder too. Names are short, and for those this is also the faster way.

/** Code units that are made a string at once. */
const CHUNK = 4096
/** The least code point that a sequence of so many bytes stands for. */
const LEAST = [0, 0, 0x80, 0x800, 0x10000]

/** The string, or undefined where the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let out = ''
  let units: number[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!
    const length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0
    if (length === 0 || at + length > bytes.length) return undefined
    let point = length === 1 ? first : first & (0x7f >> length)
    for (let k = 1; k < length; k++) {
      const next = bytes[at + k]!
      if (next >> 6 !== 2) return undefined
      point = (point << 6) | (next & 0x3f)
    }
    if (point < LEAST[length]! || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined
    if (point < 0x10000) units.push(point)
    else units.push(0xd7c0 + (point >> 10), 0xdc00 + (point & 0x3ff))
    at += length
    if (units.length >= CHUNK) {
      out += String.fromCharCode(...units)
      units = []
    }
  }
  return out + String.fromCharCode(...units)
}
