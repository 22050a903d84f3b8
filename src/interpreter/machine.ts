// The interpreter's state: three register files that all frames share, and the stack of frames. WebAssembly calls don't grow the JavaScript stack, so
// the call stack ends at the same depth everywhere.
import { Exhaustion } from '../errors.ts'
import { Lanes } from '../numeric/lanes.ts'
import type { FuncInst } from '../runtime/instances.ts'
import type { Kind } from './kinds.ts'
import { slotKinds } from './kinds.ts'
import type { Lowered } from './lowered.ts'

/** Registers of all frames together. */
const REGISTERS = 1 << 20
/** Frames at a time. */
const MAX_FRAMES = 1 << 16

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
}

/** What can be called: a function and, once it has been called, its register code. */
export interface Target {
  readonly func: FuncInst
  lowered: Lowered | undefined
  readonly params: readonly Kind[]
  readonly results: readonly Kind[]
}

const targets = new WeakMap<FuncInst, Target>()

export function targetOf(func: FuncInst): Target {
  let target = targets.get(func)
  if (target === undefined) {
    target = { func, lowered: undefined, params: slotKinds(func.type.params), results: slotKinds(func.type.results) }
    targets.set(func, target)
  }
  return target
}

/** Makes a frame's registers ready: there must be room, and locals start as zero or null. */
export function prepare(f: Lowered, base: number): void {
  if (base + f.slots > REGISTERS || state.depth >= MAX_FRAMES - 1) throw new Exhaustion('call stack exhausted')
  for (let k = base + f.params; k < base + f.locals; k++) {
    I[k] = 0
    F[k] = 0
    R[k] = null
  }
}
