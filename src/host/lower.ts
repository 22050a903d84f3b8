// Instructions that a host may lack, by others that it has: relaxed vector operators by their deterministic counterparts, 128-bit arithmetic and sums of
// products by functions that are appended to the module. Gives what our own engines give, bit for bit but for NaNs.
import type { Feature } from '../syntax/features.ts'
import type { Code } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { type FuncType, I64, V128 } from '../syntax/types.ts'
import { Body, plain } from './synth.ts'

/** Operators that take and give the same as another. */
const SAME: readonly (readonly [Op, Op])[] = [
  [Op.i8x16_relaxed_swizzle, Op.i8x16_swizzle],
  [Op.i32x4_relaxed_trunc_f32x4_s, Op.i32x4_trunc_sat_f32x4_s],
  [Op.i32x4_relaxed_trunc_f32x4_u, Op.i32x4_trunc_sat_f32x4_u],
  [Op.i32x4_relaxed_trunc_f64x2_s_zero, Op.i32x4_trunc_sat_f64x2_s_zero],
  [Op.i32x4_relaxed_trunc_f64x2_u_zero, Op.i32x4_trunc_sat_f64x2_u_zero],
  [Op.i8x16_relaxed_laneselect, Op.v128_bitselect],
  [Op.i16x8_relaxed_laneselect, Op.v128_bitselect],
  [Op.i32x4_relaxed_laneselect, Op.v128_bitselect],
  [Op.i64x2_relaxed_laneselect, Op.v128_bitselect],
  [Op.f32x4_relaxed_min, Op.f32x4_min],
  [Op.f32x4_relaxed_max, Op.f32x4_max],
  [Op.f64x2_relaxed_min, Op.f64x2_min],
  [Op.f64x2_relaxed_max, Op.f64x2_max],
  [Op.i16x8_relaxed_q15mulr_s, Op.i16x8_q15mulr_sat_s],
]

/** A function that does what an instruction does. */
export interface Helper {
  readonly type: FuncType
  readonly locals: readonly number[]
  readonly body: () => Code
}

const V = plain([V128, V128], [V128])
const VVV = plain([V128, V128, V128], [V128])
const WIDE = plain([I64, I64, I64, I64], [I64, I64])
const MUL = plain([I64, I64], [I64, I64])
const get = (b: Body, ...locals: number[]): Body => {
  for (const k of locals) b.op(Op.local_get, k)
  return b
}

const multiplyAdd = (mul: Op, last: Op): Helper => ({
  type: VVV,
  locals: [],
  body: () => get(get(new Body(), 2), 0, 1).op(mul).op(last).end(),
})

/** Bytes of a shuffle of two vectors, given which lanes of `size` bytes to take. */
function shuffle(b: Body, size: number, picks: readonly number[]): Body {
  b.op(Op.i8x16_shuffle)
  for (const pick of picks) for (let k = 0; k < size; k++) b.w.byte(pick * size + k)
  return b
}

/** The sums of pairs of products of bytes, as i16s that saturate. */
function pairs(b: Body, low: number, high: number): Body {
  get(b, 0, 1).op(Op.i16x8_extmul_low_i8x16_s).op(Op.local_set, low)
  get(b, 0, 1).op(Op.i16x8_extmul_high_i8x16_s).op(Op.local_set, high)
  shuffle(get(b, low, high), 2, [0, 2, 4, 6, 8, 10, 12, 14])
  return shuffle(get(b, low, high), 2, [1, 3, 5, 7, 9, 11, 13, 15]).op(Op.i16x8_add_sat_s)
}

const mulWide: Helper = {
  type: MUL,
  // Halves of both, the products of the halves, and a middle sum.
  locals: [I64, I64, I64, I64, I64, I64, I64],
  body: () => {
    const b = new Body()
    const [al, ah, bl, bh, ll, mid, cross] = [2, 3, 4, 5, 6, 7, 8] as const
    const low = (x: number, to: number) => get(b, x).i64(0xffffffffn).op(Op.i64_and).op(Op.local_set, to)
    const high = (x: number, to: number) => get(b, x).i64(32n).op(Op.i64_shr_u).op(Op.local_set, to)
    low(0, al)
    high(0, ah)
    low(1, bl)
    high(1, bh)
    get(b, al, bl).op(Op.i64_mul).op(Op.local_set, ll)
    get(b, ah, bl).op(Op.i64_mul)
    get(b, ll).i64(32n).op(Op.i64_shr_u).op(Op.i64_add).op(Op.local_set, mid)
    get(b, al, bh).op(Op.i64_mul)
    get(b, mid).i64(0xffffffffn).op(Op.i64_and).op(Op.i64_add).op(Op.local_set, cross)
    get(b, cross).i64(32n).op(Op.i64_shl)
    get(b, ll).i64(0xffffffffn).op(Op.i64_and).op(Op.i64_or)
    get(b, ah, bh).op(Op.i64_mul)
    get(b, mid).i64(32n).op(Op.i64_shr_u).op(Op.i64_add)
    return get(b, cross).i64(32n).op(Op.i64_shr_u).op(Op.i64_add).end()
  },
}

/** By instruction; one may call the helper of another, whose function index it is told. */
const HELPERS: readonly (readonly [Op, Helper])[] = [
  [Op.f32x4_relaxed_madd, multiplyAdd(Op.f32x4_mul, Op.f32x4_add)],
  [Op.f32x4_relaxed_nmadd, multiplyAdd(Op.f32x4_mul, Op.f32x4_sub)],
  [Op.f64x2_relaxed_madd, multiplyAdd(Op.f64x2_mul, Op.f64x2_add)],
  [Op.f64x2_relaxed_nmadd, multiplyAdd(Op.f64x2_mul, Op.f64x2_sub)],
  [
    Op.i16x8_relaxed_dot_i8x16_i7x16_s,
    {
      type: V,
      locals: [V128, V128],
      body: () => pairs(new Body(), 2, 3).end(),
    },
  ],
  [
    Op.i32x4_relaxed_dot_i8x16_i7x16_add_s,
    {
      type: VVV,
      locals: [V128, V128],
      body: () =>
        get(pairs(new Body(), 3, 4).op(Op.i32x4_extadd_pairwise_i16x8_s), 2)
          .op(Op.i32x4_add)
          .end(),
    },
  ],
  [
    Op.i64_add128,
    {
      type: WIDE,
      locals: [I64],
      body: () => {
        const b = get(new Body(), 0, 2).op(Op.i64_add).op(Op.local_tee, 4)
        get(b, 1, 3).op(Op.i64_add)
        return get(b, 4, 0).op(Op.i64_lt_u).op(Op.i64_extend_i32_u).op(Op.i64_add).end()
      },
    },
  ],
  [
    Op.i64_sub128,
    {
      type: WIDE,
      locals: [],
      body: () => {
        const b = get(new Body(), 0, 2).op(Op.i64_sub)
        get(b, 1, 3).op(Op.i64_sub)
        return get(b, 0, 2).op(Op.i64_lt_u).op(Op.i64_extend_i32_u).op(Op.i64_sub).end()
      },
    },
  ],
  [Op.i64_mul_wide_u, mulWide],
  [
    Op.i64_mul_wide_s,
    {
      ...mulWide,
      body: () => {
        // The high half of the unsigned product, less each operand where the other is negative.
        const unsigned = mulWide.body()
        const b = new Body()
        b.w.raw(unsigned.bytes, 0, unsigned.end - 1)
        get(b, 0).i64(63n).op(Op.i64_shr_s)
        get(b, 1).op(Op.i64_and).op(Op.i64_sub)
        get(b, 1).i64(63n).op(Op.i64_shr_s)
        return get(b, 0).op(Op.i64_and).op(Op.i64_sub).end()
      },
    },
  ],
]

export const SAME_AS: ReadonlyMap<Op, Op> = new Map(SAME)
export const HELPER_OF: ReadonlyMap<Op, Helper> = new Map(HELPERS)
/** Features whose instructions are rewritten. */
export const LOWERED: readonly Feature[] = ['relaxed-simd', 'wide-arithmetic']
