// The canonical NaN in place of every other, which is what deterministic stores make of what arithmetic gives (specification: Numerics, "NaN
// Propagation"). Of scalars it is `x === x ? x : NaN`, since an f32 NaN travels as the f64 NaN of the same sign and payload.
import type { Lanes } from './lanes.ts'

/** The canonical NaN's bits: of an f32, and the high half of an f64's, whose low half is zero. */
export const CANONICAL_F32 = 0x7fc00000
export const CANONICAL_F64_HIGH = 0x7ff80000

/** Copies four f32s with their NaNs canonical. */
export function f32x4_canonical({ i32 }: Lanes, d: number, a: number): void {
  for (let k = 0; k < 4; k++) {
    const bits = i32[a + k]!
    i32[d + k] = (bits & 0x7fffffff) > 0x7f800000 ? CANONICAL_F32 : bits
  }
}

/** Copies two f64s with their NaNs canonical. */
export function f64x2_canonical({ i32 }: Lanes, d: number, a: number): void {
  for (let k = 0; k < 4; k += 2) {
    const low = i32[a + k]!
    const high = i32[a + k + 1]!
    const magnitude = high & 0x7fffffff
    const nan = magnitude > 0x7ff00000 || (magnitude === 0x7ff00000 && low !== 0)
    i32[d + k] = nan ? 0 : low
    i32[d + k + 1] = nan ? CANONICAL_F64_HIGH : high
  }
}
