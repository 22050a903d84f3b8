// Reads the primitives of the binary format: bytes, LEB128 integers, names (specification: Binary Format, Values).
// Errors are MalformedErrors with the byte offset and the reference interpreter's wording.
import { MalformedError } from '../errors.ts'
import { decodeUtf8 } from '../util/utf8.ts'

export const malformed = (reason: string, offset: number): MalformedError => new MalformedError(reason, offset)

/** A cursor over bytes[pos, end). */
export class Reader {
  pos: number
  end: number
  /** The high half of the last 64-bit integer read. */
  hi = 0
  /** Made at the first float: most expressions have none. */
  private floats: DataView | undefined

  constructor(
    readonly bytes: Uint8Array,
    start = 0,
    end: number = bytes.length,
  ) {
    this.pos = start
    this.end = end
  }

  get done(): boolean {
    return this.pos >= this.end
  }

  byte(): number {
    if (this.pos >= this.end) throw malformed('unexpected end of section or function', this.pos)
    return this.bytes[this.pos++]!
  }

  peek(): number {
    if (this.pos >= this.end) throw malformed('unexpected end of section or function', this.pos)
    return this.bytes[this.pos]!
  }

  skip(count: number): number {
    const at = this.pos
    if (count > this.end - at) throw malformed('unexpected end of section or function', this.end)
    this.pos = at + count
    return at
  }

  take(count: number): Uint8Array {
    const at = this.skip(count)
    return this.bytes.subarray(at, at + count)
  }

  private get view(): DataView {
    const { buffer, byteOffset, byteLength } = this.bytes
    return (this.floats ??= new DataView(buffer, byteOffset, byteLength))
  }

  /** Bits of an f32. */
  f32(): number {
    return this.view.getInt32(this.skip(4), true)
  }

  /** Bits of an f64: the low half; the high one is in `hi`. */
  f64(): number {
    const at = this.skip(8)
    this.hi = this.view.getInt32(at + 4, true)
    return this.view.getInt32(at, true)
  }

  /** A u32 of any LEB128 length up to five bytes. */
  u32(): number {
    const first = this.byte()
    if (first < 0x80) return first
    return this.leb(32, false, first) >>> 0
  }

  s32(): number {
    const first = this.byte()
    if (first < 0x80) return (first << 25) >> 25
    return this.leb(32, true, first)
  }

  /** A block type's or heap type's s33, exact as a number. */
  s33(): number {
    const lo = this.leb(33, true, this.byte())
    return this.hi * 4294967296 + (lo >>> 0)
  }

  /** An s64: the low half; the high one is in `hi`. */
  s64(): number {
    const first = this.byte()
    if (first >= 0x80) return this.leb(64, true, first)
    const lo = (first << 25) >> 25
    this.hi = lo >> 31
    return lo
  }

  /** A u64: the low half; the high one is in `hi`. */
  u64(): number {
    const first = this.byte()
    if (first >= 0x80) return this.leb(64, false, first)
    this.hi = 0
    return first
  }

  private leb(bits: number, signed: boolean, first: number): number {
    const at = this.pos - 1
    let lo = 0
    let hi = 0
    let shift = 0
    let b = first
    for (;;) {
      const left = bits - shift
      if (left < 7) checkLast(b, left, signed, at)
      const low = b & 0x7f
      if (shift < 32) lo |= low << shift
      if (shift > 25 && shift < 32) hi |= low >>> (32 - shift)
      else if (shift >= 32) hi |= low << (shift - 32)
      shift += 7
      if (b < 0x80) break
      if (shift >= bits) throw malformed('integer representation too long', at)
      b = this.byte()
    }
    if (signed && b & 0x40) {
      if (shift < 32) {
        lo |= -1 << shift
        hi = -1
      } else if (shift < 64) hi |= -1 << (shift - 32)
    } else if (signed && bits === 32) hi = lo >> 31
    this.hi = hi
    return lo
  }

  /** A vector's length; each element takes at least one byte. Like the reference interpreter it counts from before the length itself. */
  length(): number {
    const at = this.pos
    const n = this.u32()
    if (n > this.end - at)
      throw malformed(`length out of bounds: ${n} elements declared, ${this.end - this.pos} bytes left`, at)
    return n
  }

  name(): string {
    const at = this.pos
    const n = this.length()
    const name = decodeUtf8(this.take(n))
    if (name === undefined) throw malformed('malformed UTF-8 encoding', at)
    return name
  }
}

function checkLast(b: number, left: number, signed: boolean, at: number): void {
  if (b >= 0x80) throw malformed('integer representation too long', at)
  const used = signed ? left - 1 : left
  const rest = (b & 0x7f) >> used
  if (rest !== 0 && !(signed && rest === 0x7f >> used)) throw malformed('integer too large', at)
}
