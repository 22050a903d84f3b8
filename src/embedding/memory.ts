// Memory: linear memories. Growth keeps the handle; the buffer is another one afterwards, but for shared memories.

import { currentMemory } from '../runtime/imports.ts'
import type { MemInst } from '../runtime/instances.ts'
import { Handle } from './handles.ts'
import type { Store } from './store.ts'
import { fromMemoryType, type MemoryType, memoryType } from './types.ts'

/** Choices of a memory. */
export interface MemoryOptions {
  /**
   * The bytes that it begins with, which it takes over: as many as its minimum or more pages, whole pages. For a shared memory a growable
   * SharedArrayBuffer, e.g. one that another agent's memory gave. Its contents stay.
   */
  readonly buffer?: ArrayBuffer | SharedArrayBuffer
}

/** A linear memory (specification: Appendix, Embedding, Memories). Offsets and lengths are in bytes. */
export class Memory extends Handle {
  /** @internal */
  declare readonly inst: MemInst

  /**
   * @throws {TypeError} for a type that is none, or a buffer that does not fit it
   * @throws {LinkError} when it exceeds the store's limits
   */
  constructor(store: Store, type: MemoryType, options: MemoryOptions = {}) {
    super()
    this.settle(store, store.newMemory(memoryType(type), options.buffer))
  }

  get kind(): 'memory' {
    return 'memory'
  }

  /** Its type; the minimum is its size now. */
  get type(): MemoryType {
    return fromMemoryType(currentMemory(this.inst))
  }

  /** Its size in pages. */
  get size(): number {
    return this.inst.pages
  }

  /** Its size in bytes. */
  get byteLength(): number {
    return this.inst.pages * this.inst.pageSize
  }

  /** Bytes of a page. */
  get pageSize(): number {
    return this.inst.pageSize
  }

  /** All of it. Growth makes a new buffer, and leaves this one with the old contents; take it anew after each call. */
  get buffer(): ArrayBufferLike {
    return this.inst.buffer
  }

  /** All of it as bytes, to read and write; take it anew after each call, since growth replaces the buffer. */
  get bytes(): Uint8Array {
    // Another agent may have grown a shared one.
    void this.inst.pages
    return this.inst.views.u8
  }

  /** All of it as a DataView; take it anew after each call. */
  get view(): DataView {
    void this.inst.pages
    return this.inst.views.dv
  }

  /**
   * Grows by `pages`; everyone who has it sees the new size at once.
   * @returns the old size in pages, or -1 when it may not or cannot grow so far
   */
  grow(pages: number): number {
    if (!Number.isInteger(pages) || pages < 0)
      throw new TypeError(`grow: expected a number of pages, got ${String(pages)}`)
    return this.inst.grow(pages)
  }

  /** A copy of `length` bytes at `offset`. @throws {RangeError} where they are not all inside */
  read(offset: number, length: number): Uint8Array {
    return this.inside(offset, length).slice(offset, offset + length)
  }

  /** Writes bytes at `offset`. @throws {RangeError} where they would not all be inside; then nothing is written */
  write(offset: number, bytes: Uint8Array): void {
    this.inside(offset, bytes.length).set(bytes, offset)
  }

  /** The text in UTF-8 at `offset`; bytes that are none become U+FFFD. @throws {RangeError} where they are not all inside */
  readString(offset: number, length: number): string {
    return new TextDecoder().decode(this.read(offset, length))
  }

  /** Writes a text in UTF-8 at `offset`; gives the number of bytes. @throws {RangeError} where it does not fit */
  writeString(offset: number, text: string): number {
    const bytes = new TextEncoder().encode(text)
    this.write(offset, bytes)
    return bytes.length
  }

  private inside(offset: number, length: number): Uint8Array {
    const { bytes } = this
    if (
      !(
        Number.isInteger(offset) &&
        offset >= 0 &&
        Number.isInteger(length) &&
        length >= 0 &&
        offset + length <= bytes.length
      )
    )
      throw new RangeError(`bytes ${offset} to ${offset + length} are not inside the memory of ${bytes.length} bytes`)
    return bytes
  }

  toString(): string {
    const { size, inst } = this
    return `Memory { ${size} page${size === 1 ? '' : 's'} of ${inst.pageSize} bytes${inst.type.shared ? ', shared' : ''} }`
  }
}
