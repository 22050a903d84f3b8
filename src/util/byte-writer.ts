// A growable byte buffer with the primitives of the binary format: fixed bytes, minimal LEB128 integers, UTF-8 names.
// What the bytes mean is the callers' business.

const utf8 = new TextEncoder()

export class ByteWriter {
  /** The buffer; only [0, length) is written. It is replaced when it grows. */
  bytes: Uint8Array
  length = 0

  constructor(capacity = 64) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const need = this.length + count
    if (need <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(need, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  byte(b: number): void {
    if (this.length === this.bytes.length) this.reserve(1)
    this.bytes[this.length++] = b
  }

  /** `n` is in [0, 2^32). */
  u32(n: number): void {
    let rest = n >>> 0
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  s32(n: number): void {
    let rest = n | 0
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>= 7
    }
    this.byte(rest & 0x7f)
  }

  /** A non-negative block or heap type index as an s33. */
  s33(index: number): void {
    let rest = index >>> 0
    while (rest > 63) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  u64(lo: number, hi: number): void {
    let l = lo >>> 0
    let h = hi >>> 0
    while (h !== 0 || l >= 0x80) {
      this.byte((l & 0x7f) | 0x80)
      l = ((l >>> 7) | (h << 25)) >>> 0
      h >>>= 7
    }
    this.byte(l)
  }

  s64(lo: number, hi: number): void {
    let l = lo | 0
    let h = hi | 0
    while (h !== l >> 31 || l < -64 || l > 63) {
      this.byte((l & 0x7f) | 0x80)
      l = (l >>> 7) | (h << 25)
      h >>= 7
    }
    this.byte(l & 0x7f)
  }

  /** `n` is in [0, 2^64). */
  u64n(n: bigint): void {
    this.u64(Number(n & 0xffffffffn), Number((n >> 32n) & 0xffffffffn))
  }

  /** Four bytes, little-endian. */
  word(bits: number): void {
    this.reserve(4)
    for (let shift = 0; shift < 32; shift += 8) this.bytes[this.length++] = (bits >>> shift) & 0xff
  }

  raw(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.reserve(end - start)
    if (end - start < 16) {
      let at = this.length
      for (let i = start; i < end; i++) this.bytes[at++] = bytes[i]!
    } else this.bytes.set(bytes.subarray(start, end), this.length)
    this.length += end - start
  }

  /** A vector of bytes: its length and the bytes. */
  sized(bytes: Uint8Array): void {
    this.u32(bytes.length)
    this.raw(bytes)
  }

  /** A vector of what another writer holds. */
  append(other: ByteWriter): void {
    this.u32(other.length)
    this.raw(other.bytes, 0, other.length)
  }

  /** A name: the length of its UTF-8 form and that form. */
  name(text: string): void {
    this.sized(utf8.encode(text))
  }

  /** A view of what was written so far; valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }
}
