// Reads the numbers of DWARF sections: little-endian, LEB128, offsets of 32 or 64 bits. What is cut off throws a RangeError, which ends the reading.

export class DwarfReader {
  private readonly view: DataView
  /** Bytes of an offset: 4, or 8 in 64-bit DWARF. */
  offsetSize = 4

  constructor(
    readonly bytes: Uint8Array,
    public pos = 0,
    public end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  private take(size: number): number {
    const at = this.pos
    if (at + size > this.end) throw new RangeError('the debug information ends too early')
    this.pos += size
    return at
  }

  u8(): number {
    return this.view.getUint8(this.take(1))
  }
  i8(): number {
    return this.view.getInt8(this.take(1))
  }
  u16(): number {
    return this.view.getUint16(this.take(2), true)
  }
  u32(): number {
    return this.view.getUint32(this.take(4), true)
  }
  /** Exact up to 2^53; no module is that large. */
  u64(): number {
    const low = this.u32()
    return this.u32() * 4294967296 + low
  }

  /** An unsigned integer of `size` bytes. */
  uint(size: number): number {
    return size === 1 ? this.u8() : size === 2 ? this.u16() : size === 8 ? this.u64() : this.u32()
  }

  offset(): number {
    return this.offsetSize === 8 ? this.u64() : this.u32()
  }

  uleb(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 128) return value
    }
  }

  sleb(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 128) return byte & 0x40 ? value - scale * 128 : value
    }
  }

  /** A text that ends with a zero. Many entries may name one: a long one costs each of them. */
  text(): string {
    const start = this.pos
    while (this.u8() !== 0)
      if (this.pos - start > MAX_TEXT) throw new RangeError('the debug information has a name that is too long')
    return decoder.decode(this.bytes.subarray(start, this.pos - 1))
  }

  skip(count: number): void {
    this.take(count)
  }

  /** The length of a unit, which may say that it is 64-bit DWARF; gives where the unit ends. */
  unit(): number {
    this.offsetSize = 4
    let length = this.u32()
    if (length === 0xffffffff) {
      this.offsetSize = 8
      length = this.u64()
    }
    const end = this.pos + length
    if (end > this.end) throw new RangeError('the debug information ends too early')
    return end
  }
}

/** Bytes of a name: file systems allow no longer paths. */
const MAX_TEXT = 4096
const decoder = new TextDecoder()
