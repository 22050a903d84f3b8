// The operators on vectors of 2 f64s, one function per instruction and named as it (specification: Execution, Numerics, "Vector Operations").
// Vectors are given by their slots; v128-bits.ts tells the order of the parameters. Lanes that must keep their bits, NaNs included, are
// moved as integers. Relaxed operators are deterministic: min and max do what their strict counterparts do; madd and nmadd round the product too, as separate
// instructions would, because JavaScript has no fused operation and an exact emulation costs many times more.
import { f64_ceil, f64_floor, f64_nearest, f64_trunc } from './f64.ts'
import type { Lanes } from './lanes.ts'
import { move } from './v128-bits.ts'

const words = new Int32Array(2)
const pair = new Float64Array(words.buffer)

/** The f64 in two slots; only from an even one on can it be seen as a whole. */
export function readF64(v: Lanes, slot: number): number {
  if ((slot & 1) === 0) return v.f64[slot >> 1]!
  words[0] = v.i32[slot]!
  words[1] = v.i32[slot + 1]!
  return pair[0]!
}

/** Puts an f64 into two slots. */
export function writeF64(v: Lanes, slot: number, x: number): void {
  if ((slot & 1) === 0) {
    v.f64[slot >> 1] = x
    return
  }
  pair[0] = x
  v.i32[slot] = words[0]!
  v.i32[slot + 1] = words[1]!
}

export function f64x2_splat(v: Lanes, d: number, x: number): void {
  writeF64(v, d, x)
  writeF64(v, d + 2, x)
}

export function f64x2_extract_lane(v: Lanes, a: number, lane: number): number {
  return readF64(v, a + 2 * lane)
}

export function f64x2_replace_lane(v: Lanes, d: number, a: number, lane: number, x: number): void {
  move(v, d, a)
  writeF64(v, d + 2 * lane, x)
}

export function f64x2_eq(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = readF64(v, a + k) === readF64(v, b + k) ? -1 : 0
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function f64x2_ne(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = readF64(v, a + k) !== readF64(v, b + k) ? -1 : 0
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function f64x2_lt(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = readF64(v, a + k) < readF64(v, b + k) ? -1 : 0
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function f64x2_gt(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = readF64(v, a + k) > readF64(v, b + k) ? -1 : 0
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function f64x2_le(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = readF64(v, a + k) <= readF64(v, b + k) ? -1 : 0
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function f64x2_ge(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const mask = readF64(v, a + k) >= readF64(v, b + k) ? -1 : 0
    s[d + k] = mask
    s[d + k + 1] = mask
  }
}

export function f64x2_abs(v: Lanes, d: number, a: number): void {
  const s = v.i32
  s[d] = s[a]!
  s[d + 1] = s[a + 1]! & 0x7fffffff
  s[d + 2] = s[a + 2]!
  s[d + 3] = s[a + 3]! & 0x7fffffff
}

export function f64x2_neg(v: Lanes, d: number, a: number): void {
  const s = v.i32
  s[d] = s[a]!
  s[d + 1] = s[a + 1]! ^ 0x80000000
  s[d + 2] = s[a + 2]!
  s[d + 3] = s[a + 3]! ^ 0x80000000
}

export function f64x2_ceil(v: Lanes, d: number, a: number): void {
  for (let k = 0; k < 4; k += 2) writeF64(v, d + k, f64_ceil(readF64(v, a + k)))
}

export function f64x2_floor(v: Lanes, d: number, a: number): void {
  for (let k = 0; k < 4; k += 2) writeF64(v, d + k, f64_floor(readF64(v, a + k)))
}

export function f64x2_trunc(v: Lanes, d: number, a: number): void {
  for (let k = 0; k < 4; k += 2) writeF64(v, d + k, f64_trunc(readF64(v, a + k)))
}

export function f64x2_nearest(v: Lanes, d: number, a: number): void {
  for (let k = 0; k < 4; k += 2) writeF64(v, d + k, f64_nearest(readF64(v, a + k)))
}

export function f64x2_sqrt(v: Lanes, d: number, a: number): void {
  for (let k = 0; k < 4; k += 2) writeF64(v, d + k, Math.sqrt(readF64(v, a + k)))
}

export function f64x2_add(v: Lanes, d: number, a: number, b: number): void {
  for (let k = 0; k < 4; k += 2) {
    const x = readF64(v, a + k)
    const y = readF64(v, b + k)
    writeF64(v, d + k, x + y)
  }
}

export function f64x2_sub(v: Lanes, d: number, a: number, b: number): void {
  for (let k = 0; k < 4; k += 2) {
    const x = readF64(v, a + k)
    const y = readF64(v, b + k)
    writeF64(v, d + k, x - y)
  }
}

export function f64x2_mul(v: Lanes, d: number, a: number, b: number): void {
  for (let k = 0; k < 4; k += 2) {
    const x = readF64(v, a + k)
    const y = readF64(v, b + k)
    writeF64(v, d + k, x * y)
  }
}

export function f64x2_div(v: Lanes, d: number, a: number, b: number): void {
  for (let k = 0; k < 4; k += 2) {
    const x = readF64(v, a + k)
    const y = readF64(v, b + k)
    writeF64(v, d + k, x / y)
  }
}

export function f64x2_min(v: Lanes, d: number, a: number, b: number): void {
  for (let k = 0; k < 4; k += 2) {
    const x = readF64(v, a + k)
    const y = readF64(v, b + k)
    writeF64(v, d + k, Math.min(x, y))
  }
}

export function f64x2_max(v: Lanes, d: number, a: number, b: number): void {
  for (let k = 0; k < 4; k += 2) {
    const x = readF64(v, a + k)
    const y = readF64(v, b + k)
    writeF64(v, d + k, Math.max(x, y))
  }
}

export function f64x2_pmin(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const from = (readF64(v, b + k) < readF64(v, a + k) ? b : a) + k
    s[d + k] = s[from]!
    s[d + k + 1] = s[from + 1]!
  }
}

export function f64x2_pmax(v: Lanes, d: number, a: number, b: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k += 2) {
    const from = (readF64(v, a + k) < readF64(v, b + k) ? b : a) + k
    s[d + k] = s[from]!
    s[d + k + 1] = s[from + 1]!
  }
}

export function f64x2_convert_low_i32x4_s(v: Lanes, d: number, a: number): void {
  const x = v.i32[a]!
  const y = v.i32[a + 1]!
  writeF64(v, d, x)
  writeF64(v, d + 2, y)
}

export function f64x2_convert_low_i32x4_u(v: Lanes, d: number, a: number): void {
  const x = v.u32[a]!
  const y = v.u32[a + 1]!
  writeF64(v, d, x)
  writeF64(v, d + 2, y)
}

export function f64x2_promote_low_f32x4(v: Lanes, d: number, a: number): void {
  const x = v.f32[a]!
  const y = v.f32[a + 1]!
  writeF64(v, d, x)
  writeF64(v, d + 2, y)
}

export const f64x2_relaxed_min: typeof f64x2_min = f64x2_min
export const f64x2_relaxed_max: typeof f64x2_max = f64x2_max

export function f64x2_relaxed_madd(v: Lanes, d: number, a: number, b: number, c: number): void {
  for (let k = 0; k < 4; k += 2) {
    const p = readF64(v, a + k) * readF64(v, b + k)
    writeF64(v, d + k, p + readF64(v, c + k))
  }
}

export function f64x2_relaxed_nmadd(v: Lanes, d: number, a: number, b: number, c: number): void {
  for (let k = 0; k < 4; k += 2) {
    const p = readF64(v, a + k) * readF64(v, b + k)
    writeF64(v, d + k, readF64(v, c + k) - p)
  }
}
