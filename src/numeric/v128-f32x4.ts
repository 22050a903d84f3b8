// The operators on vectors of 4 f32s, one function per instruction and named as it (specification: Execution, Numerics, "Vector Operations").
// Vectors are given by their slots; v128-bits.ts tells the order of the parameters. Storing into a Float32Array rounds. Lanes that must keep
// their bits, NaNs included, are moved as integers. Relaxed operators are deterministic: min and max do what their strict counterparts do; madd and nmadd
// round the product too, as separate instructions would, because JavaScript has no fused operation and an exact emulation costs many times more.
import { f32_from_bits, f32_to_bits } from './bits.ts'
import { f64_ceil, f64_floor, f64_nearest, f64_trunc } from './f64.ts'
import type { Lanes } from './lanes.ts'
import { move } from './v128-bits.ts'
import { readF64 } from './v128-f64x2.ts'

export function f32x4_splat(v: Lanes, d: number, x: number): void {
  v.i32.fill(f32_to_bits(x), d, d + 4)
}

export function f32x4_extract_lane(v: Lanes, a: number, lane: number): number {
  return f32_from_bits(v.i32[a + lane]!)
}

export function f32x4_replace_lane(v: Lanes, d: number, a: number, lane: number, x: number): void {
  move(v, d, a)
  v.i32[d + lane] = f32_to_bits(x)
}

export function f32x4_eq(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! === s[b + k]! ? -1 : 0
}

export function f32x4_ne(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! !== s[b + k]! ? -1 : 0
}

export function f32x4_lt(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! < s[b + k]! ? -1 : 0
}

export function f32x4_gt(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! > s[b + k]! ? -1 : 0
}

export function f32x4_le(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! <= s[b + k]! ? -1 : 0
}

export function f32x4_ge(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! >= s[b + k]! ? -1 : 0
}

export function f32x4_abs(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! & 0x7fffffff
}

export function f32x4_neg(v: Lanes, d: number, a: number): void {
  const s = v.i32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! ^ 0x80000000
}

export function f32x4_ceil(v: Lanes, d: number, a: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = f64_ceil(s[a + k]!)
}

export function f32x4_floor(v: Lanes, d: number, a: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = f64_floor(s[a + k]!)
}

export function f32x4_trunc(v: Lanes, d: number, a: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = f64_trunc(s[a + k]!)
}

export function f32x4_nearest(v: Lanes, d: number, a: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = f64_nearest(s[a + k]!)
}

export function f32x4_sqrt(v: Lanes, d: number, a: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = Math.sqrt(s[a + k]!)
}

export function f32x4_add(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! + s[b + k]!
}

export function f32x4_sub(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! - s[b + k]!
}

export function f32x4_mul(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! * s[b + k]!
}

export function f32x4_div(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = s[a + k]! / s[b + k]!
}

export function f32x4_min(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = Math.min(s[a + k]!, s[b + k]!)
}

export function f32x4_max(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = Math.max(s[a + k]!, s[b + k]!)
}

export function f32x4_pmin(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[b + k]! < s[a + k]! ? r[b + k]! : r[a + k]!
}

export function f32x4_pmax(v: Lanes, d: number, a: number, b: number): void {
  const s = v.f32
  const r = v.i32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]! < s[b + k]! ? r[b + k]! : r[a + k]!
}

export function f32x4_convert_i32x4_s(v: Lanes, d: number, a: number): void {
  const s = v.i32
  const r = v.f32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]!
}

export function f32x4_convert_i32x4_u(v: Lanes, d: number, a: number): void {
  const s = v.u32
  const r = v.f32
  for (let k = 0; k < 4; k++) r[d + k] = s[a + k]!
}

export function f32x4_demote_f64x2_zero(v: Lanes, d: number, a: number): void {
  const r = v.f32
  const x = readF64(v, a)
  const y = readF64(v, a + 2)
  r[d] = x
  r[d + 1] = y
  r[d + 2] = 0
  r[d + 3] = 0
}

export const f32x4_relaxed_min: typeof f32x4_min = f32x4_min
export const f32x4_relaxed_max: typeof f32x4_max = f32x4_max

export function f32x4_relaxed_madd(v: Lanes, d: number, a: number, b: number, c: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = Math.fround(s[a + k]! * s[b + k]!) + s[c + k]!
}

export function f32x4_relaxed_nmadd(v: Lanes, d: number, a: number, b: number, c: number): void {
  const s = v.f32
  for (let k = 0; k < 4; k++) s[d + k] = s[c + k]! - Math.fround(s[a + k]! * s[b + k]!)
}
