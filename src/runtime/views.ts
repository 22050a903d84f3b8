// The views through which code reads and writes a memory, held so that V8 can take them for constants until the memory grows.

/** The current views of a memory's buffer. */
export interface Views {
  readonly dv: DataView
  readonly u8: Uint8Array
}

/** Holders of one memory that are kept current; a memory that grows more often than that is not worth another. */
const MAX_HOLDERS = 64
/**
 * Milliseconds without growth, for each function that was bound, until holders that were set more than once get other prototypes: V8 then throws away what
 * it has optimised for the old ones. To them come so many times the milliseconds of all waits before.
 */
const CALM = 10
const LONGER = 3

class CommonViews implements Views {
  constructor(
    public dv: DataView,
    public u8: Uint8Array,
  ) {}
}

/**
 * A holder with a class of its own, of whose prototype the views are properties: V8 takes them for constants wherever it knows the holder's class, also in
 * code that it enters in the middle of a loop, as long as they are set once.
 */
function constantHolder(views: Views): Views {
  class ConstantViews {}
  const prototype = ConstantViews.prototype as { dv: DataView; u8: Uint8Array }
  prototype.dv = views.dv
  prototype.u8 = views.u8
  return new ConstantViews() as Views
}

/** All holders of one memory's views. */
export class MemoryViews {
  /** The holder for whoever has to do with many memories: one class for all. */
  readonly common: Views
  private readonly constants: Views[] = []
  /** Whether the last of them has been set once only. */
  private fresh = false
  /** How many of them, from the first, have been set again; and how long it took, in all, until such got other prototypes. */
  private stale = 0
  private waited = 0
  private grown = 0
  private bound = 0
  private looks = 0

  /** @param length in bytes, fixed; without it the views follow a resizable buffer */
  constructor(buffer: ArrayBufferLike, length?: number) {
    this.common = new CommonViews(new DataView(buffer, 0, length), new Uint8Array(buffer, 0, length))
  }

  /** Binds all holders to another buffer. */
  bind(buffer: ArrayBufferLike, length?: number): void {
    const views = { dv: new DataView(buffer, 0, length), u8: new Uint8Array(buffer, 0, length) }
    this.fresh = false
    Object.assign(this.common, views)
    if (this.constants.length === 0) return
    for (const holder of this.constants) Object.assign(Object.getPrototypeOf(holder), views)
    this.stale = this.constants.length
    this.grown = Date.now()
  }

  /** A holder for code that has to do with this memory alone. */
  constant(): Views {
    const { constants } = this
    this.bound++
    this.look()
    if (!this.fresh && constants.length < MAX_HOLDERS) {
      constants.push(constantHolder(this.common))
      this.fresh = true
    }
    return constants[constants.length - 1]!
  }

  /** Called now and then while code runs. */
  look(): void {
    if (this.stale === 0 || (++this.looks & 15) !== 0) return
    const wait = this.bound * CALM + this.waited * LONGER
    if (Date.now() - this.grown < wait) return
    const views = Object.getPrototypeOf(constantHolder(this.common))
    for (const holder of this.constants.slice(0, this.stale)) Object.setPrototypeOf(holder, views)
    this.fresh = true
    this.stale = 0
    this.waited += wait
  }
}
