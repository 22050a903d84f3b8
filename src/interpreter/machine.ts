// The interpreter's state: three register files that all frames share, and the stack of frames. WebAssembly calls don't grow the JavaScript stack, so
// the call stack ends at the same depth everywhere.
import { Exhaustion } from '../errors.ts'
import { Lanes } from '../numeric/lanes.ts'
import type { FuncInst } from '../runtime/instances.ts'
import type { Kind } from './kinds.ts'
import type { Lowered } from './lowered.ts'

/** Registers of all frames together. */
export const REGISTERS = 1 << 20
/** Frames at a time. */
export const MAX_FRAMES = 1 << 16

const buffer = new ArrayBuffer(REGISTERS * 4)
/** Register files: int32s, floats, references. */
export const I = new Int32Array(buffer)
export const F = new Float64Array(REGISTERS)
export const R: unknown[] = []
/** The int32 registers as vectors. */
export const lanes = new Lanes(buffer)

/** A suspended frame: its function, where it goes on, where its registers begin. */
export const frameCode: Lowered[] = []
export const framePc = new Int32Array(MAX_FRAMES)
export const frameBase = new Int32Array(MAX_FRAMES)

export const state = {
  /** Suspended frames. */
  depth: 0,
  /** First register that no frame uses; valid while host code runs. */
  top: 0,
  /** Most suspended frames, of the store whose code runs. */
  maxDepth: MAX_FRAMES,
  /** Whether the frames that run now may be taken out and go on later. */
  pausable: false,
}

/** What takes functions over when they get hot. */
export interface Tier {
  /** A function's heat has run out at a call: gives it other code, and takes the Target away, or sets the heat again. */
  hot(func: FuncInst, f: Lowered): void
  /**
   * The heat has run out at the loop that begins at `pc` in a frame whose registers begin at `fp`: runs the loop elsewhere and gives the position where
   * the frame goes on, or -1 to go on here.
   */
  loop(f: Lowered, pc: number, fp: number): number
  /** How much a function may run before it is hot: calls and turns of loops, by the bytes of its body. */
  heat(bytes: number): number
}

/** Of a function that nothing takes over. */
export const NO_HEAT = 0x3fffffff

/** What a function begins with. What tail calls is taken over at once: between two engines a chain of them would nest. */
export const heatOf = (tier: Tier | undefined, bytes: number, tails: boolean): number =>
  tier === undefined ? NO_HEAT : tails ? 0 : tier.heat(bytes)

/** What the interpreter keeps with a function that it runs: once it has been called, its register code. */
export class Target {
  lowered: Lowered | undefined = undefined
  constructor(
    readonly func: FuncInst,
    readonly tier: Tier | undefined = undefined,
  ) {}
}

/** What stands in the place of a Target once a function is another engine's: how to call it. */
export class Moved {
  /** How many parameters it has, all int32s; -1 where a call must look at each slot. */
  readonly ints: number
  /** Whether its one result is an int32. */
  readonly gives: boolean

  constructor(
    readonly params: readonly Kind[],
    readonly results: readonly Kind[],
  ) {
    const simple = params.length <= 4 && results.length <= 1 && [...params, ...results].every((k) => k === 0)
    this.ints = simple ? params.length : -1
    this.gives = results.length > 0
  }
}

/** The register code of a function at a call, unless its heat has run out and it is another's from now on. */
export function cooled(func: FuncInst, f: Lowered): Lowered | undefined {
  const { tier } = func.engine as Target
  if (tier === undefined) f.heat = NO_HEAT
  else tier.hot(func, f)
  return func.engine instanceof Target ? f : undefined
}

/** Where the loop stands; read when something is thrown. */
export const at = { f: undefined as unknown as Lowered, pc: 0, fp: 0 }

/** The depth that a function's store allows. */
export const depthOf = (func: FuncInst): number => Math.min(func.module!.store.limits.callDepth, MAX_FRAMES)

export function exhausted(): never {
  throw new Exhaustion('call stack exhausted')
}

/** The register file of references grows in order, so that it stays a fast array. */
export function growRefs(length: number): void {
  for (let k = R.length; k < length; k++) R.push(null)
}

/** Lets go of the references of frames that have returned, once the outermost call has. */
export function forgetRefs(): void {
  if (state.top > 0) return
  if (R.length > 256) R.length = 0
  else R.fill(null)
}

/** Makes a frame's references null. */
export function prepareRefs(f: Lowered, base: number): void {
  growRefs(base + f.slots)
  R.fill(null, base + f.params, base + f.locals)
}

/** Makes a frame's registers ready: there must be room, and locals start as zero or null. */
export function prepare(f: Lowered, base: number): void {
  if (base + f.slots > REGISTERS || state.depth > state.maxDepth) exhausted()
  I.fill(0, base + f.params, base + f.locals)
  if (f.floats) F.fill(0, base + f.params, base + f.locals)
  if (f.refs) prepareRefs(f, base)
}
