// Helpers of generated code that are about no room in particular, by the names that they have there: every export of this file is one.
import { Trap } from '../errors.ts'
import { Lanes } from '../numeric/lanes.ts'
import { nullTrap } from '../runtime/aggregates.ts'
import { ExnInst, HostThrow } from '../runtime/instances.ts'

export { ret } from '../numeric/ret.ts'
export { newArray } from '../runtime/gc.ts'
export { newSlots } from '../runtime/values.ts'
export { ExnInst }

export const fround = Math.fround
/** The global of that name makes V8 keep floats as objects. */
export const nan = Number.NaN
export const unreachable = (): never => {
  throw new Trap('unreachable')
}
export const nullFunc = nullTrap('null function reference')
export const nullRef = nullTrap('null reference')
export const nullException = nullTrap('null exception reference')

/** Most variables that a piece of a function hands over. */
const MAX_OUT = 4096
export const OI = new Int32Array(MAX_OUT)
export const OF = new Float64Array(MAX_OUT)
/** Not of numbers alone, so that it never becomes an array of raw doubles. */
export const OR = new Array<unknown>(MAX_OUT).fill(null)

/** The vectors that generated code works on; nothing lives there across instructions. */
export const VL = new Lanes(new ArrayBuffer(64))
export const V = VL.i32
export const B = VL.u8

export const isException = (x: unknown): boolean => x instanceof ExnInst || x instanceof HostThrow
