// The operators on vectors as bits and on bytes in any order, one function per instruction and named as it (specification: Execution, Numerics,
// "Vector Operations"). In this and the other v128-*.ts files a vector is the index of its first int32 slot in a Lanes; parameters are the result d, operands a, b, c,
// then immediates and scalar slots; tests and extract_lane give a number (an i64 as everywhere). d may be an operand, but not overlap one otherwise.
// An extending load is a load of 64 bits into the lower two slots and an extend_low.
import { Lanes } from './lanes.ts'

/** Where a result is made that would overwrite operands too early. */
export const made = new Lanes(new ArrayBuffer(16))

/** Copies a vector. */
export function move(v: Lanes, d: number, a: number): void {
  const s = v.i32
  s[d] = s[a]!
  s[d + 1] = s[a + 1]!
  s[d + 2] = s[a + 2]!
  s[d + 3] = s[a + 3]!
}

/** Copies the vector that was made to its place. */
export function place(v: Lanes, d: number): void {
  const s = v.i32
  const m = made.i32
  s[d] = m[0]!
  s[d + 1] = m[1]!
  s[d + 2] = m[2]!
  s[d + 3] = m[3]!
}

export function v128_not(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    s[d + k] = ~x
  }
}

export function v128_and(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = x & y
  }
}

export function v128_andnot(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = x & ~y
  }
}

export function v128_or(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = x | y
  }
}

export function v128_xor(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const x = s[a + k]!
    const y = s[b + k]!
    s[d + k] = x ^ y
  }
}

export function v128_bitselect(v: Lanes, d: number, a: number, b: number, c: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) {
    const mask = s[c + k]!
    s[d + k] = (s[a + k]! & mask) | (s[b + k]! & ~mask)
  }
}

export function v128_any_true(v: Lanes, a: number): number {
  const s = v.i32
  return (s[a]! | s[a + 1]! | s[a + 2]! | s[a + 3]!) === 0 ? 0 : 1
}

/** `lanes` holds the 16 lane immediates from index `at` on. */
export function i8x16_shuffle(v: Lanes, d: number, a: number, b: number, lanes: Uint8Array, at = 0): void {
  const s = v.u8
  a <<= 2
  b = (b << 2) - 16
  for (let k = 0; k < 16; k++) {
    const lane = lanes[at + k]!
    made.u8[k] = s[(lane < 16 ? a : b) + lane]!
  }
  place(v, d)
}

export function i8x16_swizzle(v: Lanes, d: number, a: number, b: number): void {
  const s = v.u8
  a <<= 2
  b <<= 2
  for (let k = 0; k < 16; k++) {
    const lane = s[b + k]!
    made.u8[k] = lane < 16 ? s[a + lane]! : 0
  }
  place(v, d)
}

// Relaxed operators are deterministic: they do what their strict counterparts do.
export const i8x16_relaxed_swizzle: typeof i8x16_swizzle = i8x16_swizzle
export const i8x16_relaxed_laneselect: typeof v128_bitselect = v128_bitselect
export const i16x8_relaxed_laneselect: typeof v128_bitselect = v128_bitselect
export const i32x4_relaxed_laneselect: typeof v128_bitselect = v128_bitselect
export const i64x2_relaxed_laneselect: typeof v128_bitselect = v128_bitselect
