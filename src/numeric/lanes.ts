// Vectors at work: 128-bit values as four int32 slots of one buffer, seen through views of every lane type, and the loops over lanes from which
// the operators of simd-int.ts and simd-float.ts are made (specification: Execution, Numerics, Vector Operations).

/** Vectors lie at slot indices that are multiples of two; a vector takes four slots. */
export class Lanes {
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly i16: Int16Array
  readonly u16: Uint16Array
  readonly i8: Int8Array
  readonly u8: Uint8Array
  readonly f32: Float32Array
  readonly f64: Float64Array

  constructor(buffer: ArrayBufferLike) {
    this.i32 = new Int32Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.i16 = new Int16Array(buffer)
    this.u16 = new Uint16Array(buffer)
    this.i8 = new Int8Array(buffer)
    this.u8 = new Uint8Array(buffer)
    this.f32 = new Float32Array(buffer)
    this.f64 = new Float64Array(buffer)
  }
}

/** An operator on vectors at slots a, b, c with its result at slot d, which may be one of them. */
export type VectorOp = (v: Lanes, d: number, a: number, b: number, c: number) => void
/** An operator from a vector to an i32. */
export type VectorTest = (v: Lanes, a: number) => number

type View = keyof Lanes
const PER_VECTOR: Record<View, number> = { i32: 4, u32: 4, i16: 8, u16: 8, i8: 16, u8: 16, f32: 4, f64: 2 }
export const count = (view: View): number => PER_VECTOR[view]
/** The index of a vector's first lane. */
const first = (view: View, slot: number): number => (slot * PER_VECTOR[view]) / 4

/** Results are made here where lanes cross, so that a result may lie on an operand. */
const made = new Lanes(new ArrayBuffer(16))

function finish(v: Lanes, d: number): void {
  for (let k = 0; k < 4; k++) v.i32[d + k] = made.i32[k]!
}

export function unary(view: View, f: (x: number) => number): VectorOp {
  const n = count(view)
  return (v, d, a) => {
    const lanes = v[view]
    const [to, x] = [first(view, d), first(view, a)]
    for (let k = 0; k < n; k++) lanes[to + k] = f(lanes[x + k]!)
  }
}

export function binary(view: View, f: (x: number, y: number) => number): VectorOp {
  const n = count(view)
  return (v, d, a, b) => {
    const lanes = v[view]
    const [to, x, y] = [first(view, d), first(view, a), first(view, b)]
    for (let k = 0; k < n; k++) lanes[to + k] = f(lanes[x + k]!, lanes[y + k]!)
  }
}

/** A comparison: lanes of all ones where it holds, written through the integer view of the same width. */
export function compare(view: View, mask: View, f: (x: number, y: number) => boolean): VectorOp {
  const n = count(view)
  return (v, d, a, b) => {
    const [lanes, out] = [v[view], v[mask]]
    const [to, x, y] = [first(mask, d), first(view, a), first(view, b)]
    for (let k = 0; k < n; k++) out[to + k] = f(lanes[x + k]!, lanes[y + k]!) ? -1 : 0
  }
}

/** Lane k of the result from both whole vectors; lanes may cross. `at` reads a lane of the given vector. */
export function crossing(
  result: View,
  source: View,
  f: (a: (lane: number) => number, b: (lane: number) => number, lane: number) => number,
): VectorOp {
  const n = count(result)
  return (v, d, a, b) => {
    const lanes = v[source]
    const [x, y] = [first(source, a), first(source, b)]
    const readA = (lane: number) => lanes[x + lane]!
    const readB = (lane: number) => lanes[y + lane]!
    for (let k = 0; k < n; k++) made[result][k] = f(readA, readB, k)
    finish(v, d)
  }
}

/** Operators on i64 lanes are made of pairs of slots; `f` gives the low half and leaves the high one in `hi`. */
export function pairs(
  f: (al: number, ah: number, bl: number, bh: number) => number,
  ret: { readonly hi: number },
): VectorOp {
  return (v, d, a, b) => {
    const s = v.i32
    for (let k = 0; k < 4; k += 2) {
      const lo = f(s[a + k]!, s[a + k + 1]!, s[b + k]!, s[b + k + 1]!)
      s[d + k] = lo
      s[d + k + 1] = ret.hi
    }
  }
}

/** The low or high half of the lanes of both operands, pairwise through `f` into lanes of twice the width. */
export function widening(result: View, source: View, high: boolean, f: (x: number, y: number) => number): VectorOp {
  const offset = high ? count(result) : 0
  return crossing(result, source, (a, b, k) => f(a(k + offset), b(k + offset)))
}

/** Whether every lane is not zero. */
export function allTrue(view: View): VectorTest {
  const n = count(view)
  return (v, a) => {
    const x = first(view, a)
    for (let k = 0; k < n; k++) if (v[view][x + k] === 0) return 0
    return 1
  }
}

/** The sign bits of the lanes, lane 0 lowest. */
export function bitmask(view: View): VectorTest {
  const n = count(view)
  return (v, a) => {
    const x = first(view, a)
    let mask = 0
    for (let k = 0; k < n; k++) if (v[view][x + k]! < 0) mask |= 1 << k
    return mask
  }
}

/** Lanes shifted by a count modulo their width; `b` is the count itself. */
export function shift(view: View, f: (x: number, n: number) => number): VectorOp {
  const n = count(view)
  const width = 128 / n
  return (v, d, a, b) => {
    const lanes = v[view]
    const [to, x] = [first(view, d), first(view, a)]
    for (let k = 0; k < n; k++) lanes[to + k] = f(lanes[x + k]!, b & (width - 1))
  }
}
