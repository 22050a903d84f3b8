// The loop: runs register code until the frame it was entered with returns. Everything rare is a call of a page, so that the loop's own bytecode stays
// far below the size beyond which V8 does not optimise a function; a test holds it there.
import { Trap } from '../errors.ts'
import { f32_from_bits, f32_to_bits } from '../numeric/bits.ts'
import {
  f32_demote_f64,
  f64_promote_f32,
  i32_trunc_f32_s,
  i32_trunc_f32_u,
  i32_trunc_f64_s,
  i32_trunc_f64_u,
} from '../numeric/convert.ts'
import { f32_abs, f32_neg } from '../numeric/f32.ts'
import { f64_abs, f64_neg } from '../numeric/f64.ts'
import { i32_ctz, i32_div_s, i32_div_u, i32_rem_s, i32_rem_u } from '../numeric/i32.ts'
import { mulHigh } from '../numeric/i64.ts'
import type { FuncInst, GlobalInst } from '../runtime/instances.ts'
import { outOfFuel } from '../runtime/metering.ts'
import { Op } from '../syntax/opcode.ts'
import { callee, callHost, callLength, lower, moveDown, throwTag } from './calls.ts'
import { Inner, type Lowered } from './lowered.ts'
import {
  at,
  cooled,
  exhausted,
  F,
  frameBase,
  frameCode,
  framePc,
  I,
  NO_HEAT,
  prepare,
  prepareRefs,
  R,
  REGISTERS,
  state,
  Target,
} from './machine.ts'
import { operate } from './operators.ts'
import { page } from './pages.ts'

/** Units of checks between two looks at the clock: well below a millisecond. */
const CHECKS = 2048

/**
 * Runs from a frame until it returns to depth `entry`, or pauses; gives whether it returned. All that it begins with are parameters: V8 would find no type
 * feedback for what it read first when it optimises a loop that it has entered only once. Positions are made int32s wherever they change, so that V8 keeps
 * them as such.
 */
export function loop(
  entry: number,
  f: Lowered,
  code: Int32Array,
  dv: DataView,
  pc: number,
  fp: number,
  int: Int32Array,
  num: Float64Array,
  ref: unknown[],
): boolean {
  // Who enters often and stays briefly is stopped too.
  let checks = 0
  pc |= 0
  fp |= 0
  try {
    for (;;) {
      switch (code[pc]) {
        case Op.i32_eq:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! === int[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_eq + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! === code[pc + 3]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_ne:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! !== int[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_ne + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! !== code[pc + 3]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_lt_s:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! < int[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_lt_s + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! < code[pc + 3]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_lt_u:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0 < int[fp + code[pc + 3]!]! >>> 0 ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_lt_u + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0 < code[pc + 3]! >>> 0 ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_gt_s:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! > int[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_gt_s + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! > code[pc + 3]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_gt_u:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0 > int[fp + code[pc + 3]!]! >>> 0 ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_gt_u + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0 > code[pc + 3]! >>> 0 ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_le_s:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! <= int[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_le_s + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! <= code[pc + 3]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_le_u:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0 <= int[fp + code[pc + 3]!]! >>> 0 ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_le_u + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0 <= code[pc + 3]! >>> 0 ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_ge_s:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >= int[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_ge_s + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >= code[pc + 3]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_ge_u:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0 >= int[fp + code[pc + 3]!]! >>> 0 ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_ge_u + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0 >= code[pc + 3]! >>> 0 ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.i32_add:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! + int[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_add + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! + code[pc + 3]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_sub:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! - int[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_mul:
          int[fp + code[pc + 1]!] = Math.imul(int[fp + code[pc + 2]!]!, int[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.i32_mul + Inner.K:
          int[fp + code[pc + 1]!] = Math.imul(int[fp + code[pc + 2]!]!, code[pc + 3]!)
          pc = (pc + 4) | 0
          continue
        case Op.i32_and:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! & int[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_and + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! & code[pc + 3]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_or:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! | int[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_or + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! | code[pc + 3]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_xor:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! ^ int[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_xor + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! ^ code[pc + 3]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_shl:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! << int[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_shl + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! << code[pc + 3]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_shr_s:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >> int[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_shr_s + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >> code[pc + 3]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_shr_u:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> int[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_shr_u + Inner.K:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> code[pc + 3]!
          pc = (pc + 4) | 0
          continue
        case Op.i32_rotl: {
          const x = int[fp + code[pc + 2]!]!
          const n = int[fp + code[pc + 3]!]!
          int[fp + code[pc + 1]!] = (x << n) | (x >>> -n)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i32_rotl + Inner.K: {
          const x = int[fp + code[pc + 2]!]!
          const n = code[pc + 3]!
          int[fp + code[pc + 1]!] = (x << n) | (x >>> -n)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i32_rotr: {
          const x = int[fp + code[pc + 2]!]!
          const n = int[fp + code[pc + 3]!]!
          int[fp + code[pc + 1]!] = (x >>> n) | (x << -n)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i32_rotr + Inner.K: {
          const x = int[fp + code[pc + 2]!]!
          const n = code[pc + 3]!
          int[fp + code[pc + 1]!] = (x >>> n) | (x << -n)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i32_eqz:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! === 0 ? 1 : 0
          pc = (pc + 3) | 0
          continue
        case Op.i32_clz:
          int[fp + code[pc + 1]!] = Math.clz32(int[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.i32_ctz:
          int[fp + code[pc + 1]!] = i32_ctz(int[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.i64_ctz: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const lo = int[a]!
          int[to] = lo === 0 ? 32 + i32_ctz(int[a + 1]!) : i32_ctz(lo)
          int[to + 1] = 0
          pc = (pc + 3) | 0
          continue
        }
        case Op.i32_extend8_s:
          int[fp + code[pc + 1]!] = (int[fp + code[pc + 2]!]! << 24) >> 24
          pc = (pc + 3) | 0
          continue
        case Op.i32_extend16_s:
          int[fp + code[pc + 1]!] = (int[fp + code[pc + 2]!]! << 16) >> 16
          pc = (pc + 3) | 0
          continue
        case Op.i32_div_s:
          int[fp + code[pc + 1]!] = i32_div_s(int[fp + code[pc + 2]!]!, int[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.i32_div_u:
          int[fp + code[pc + 1]!] = i32_div_u(int[fp + code[pc + 2]!]!, int[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.i32_rem_s:
          int[fp + code[pc + 1]!] = i32_rem_s(int[fp + code[pc + 2]!]!, int[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.i32_rem_u:
          int[fp + code[pc + 1]!] = i32_rem_u(int[fp + code[pc + 2]!]!, int[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.f64_add:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! + num[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.f64_sub:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! - num[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.f64_mul:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! * num[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.f64_div:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! / num[fp + code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.f32_add:
          num[fp + code[pc + 1]!] = Math.fround(num[fp + code[pc + 2]!]! + num[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.f32_sub:
          num[fp + code[pc + 1]!] = Math.fround(num[fp + code[pc + 2]!]! - num[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.f32_mul:
          num[fp + code[pc + 1]!] = Math.fround(num[fp + code[pc + 2]!]! * num[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.f32_div:
          num[fp + code[pc + 1]!] = Math.fround(num[fp + code[pc + 2]!]! / num[fp + code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.f64_add + Inner.K:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! + f.constants[code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.f64_sub + Inner.K:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! - f.constants[code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.f64_mul + Inner.K:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! * f.constants[code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.f64_div + Inner.K:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! / f.constants[code[pc + 3]!]!
          pc = (pc + 4) | 0
          continue
        case Op.f32_add + Inner.K:
          num[fp + code[pc + 1]!] = Math.fround(num[fp + code[pc + 2]!]! + f.constants[code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.f32_sub + Inner.K:
          num[fp + code[pc + 1]!] = Math.fround(num[fp + code[pc + 2]!]! - f.constants[code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.f32_mul + Inner.K:
          num[fp + code[pc + 1]!] = Math.fround(num[fp + code[pc + 2]!]! * f.constants[code[pc + 3]!]!)
          pc = (pc + 4) | 0
          continue
        case Op.f32_eq:
        case Op.f64_eq:
          int[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! === num[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.f32_ne:
        case Op.f64_ne:
          int[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! !== num[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.f32_lt:
        case Op.f64_lt:
          int[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! < num[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.f32_gt:
        case Op.f64_gt:
          int[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! > num[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.f32_le:
        case Op.f64_le:
          int[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! <= num[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.f32_ge:
        case Op.f64_ge:
          int[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]! >= num[fp + code[pc + 3]!]! ? 1 : 0
          pc = (pc + 4) | 0
          continue
        case Op.f64_sqrt:
          num[fp + code[pc + 1]!] = Math.sqrt(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.f32_sqrt:
          num[fp + code[pc + 1]!] = Math.fround(Math.sqrt(num[fp + code[pc + 2]!]!))
          pc = (pc + 3) | 0
          continue
        case Op.f64_convert_i32_s:
          num[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]!
          pc = (pc + 3) | 0
          continue
        case Op.f64_convert_i32_u:
          num[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]! >>> 0
          pc = (pc + 3) | 0
          continue
        case Op.f32_convert_i32_s:
          num[fp + code[pc + 1]!] = Math.fround(int[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.f32_convert_i32_u:
          num[fp + code[pc + 1]!] = Math.fround(int[fp + code[pc + 2]!]! >>> 0)
          pc = (pc + 3) | 0
          continue
        case Op.f32_neg:
          num[fp + code[pc + 1]!] = f32_neg(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.f32_abs:
          num[fp + code[pc + 1]!] = f32_abs(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.f64_neg:
          num[fp + code[pc + 1]!] = f64_neg(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.f64_abs:
          num[fp + code[pc + 1]!] = f64_abs(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.f32_demote_f64:
          num[fp + code[pc + 1]!] = f32_demote_f64(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.f64_promote_f32:
          num[fp + code[pc + 1]!] = f64_promote_f32(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.i32_trunc_f64_s:
          int[fp + code[pc + 1]!] = i32_trunc_f64_s(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.i32_trunc_f64_u:
          int[fp + code[pc + 1]!] = i32_trunc_f64_u(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.i32_trunc_f32_s:
          int[fp + code[pc + 1]!] = i32_trunc_f32_s(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.i32_trunc_f32_u:
          int[fp + code[pc + 1]!] = i32_trunc_f32_u(num[fp + code[pc + 2]!]!)
          pc = (pc + 3) | 0
          continue
        case Op.i64_add: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          const lo = (al + bl) | 0
          int[to] = lo
          int[to + 1] = ah + bh + (lo >>> 0 < al >>> 0 ? 1 : 0)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_add + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = code[pc + 3]!
          const bh = code[pc + 4]!
          const lo = (al + bl) | 0
          int[to] = lo
          int[to + 1] = ah + bh + (lo >>> 0 < al >>> 0 ? 1 : 0)
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_sub: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[to] = al - bl
          int[to + 1] = ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_mul: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          const lo = Math.imul(al, bl)
          int[to] = lo
          int[to + 1] = mulHigh(al, bl, lo) + Math.imul(al, bh) + Math.imul(ah, bl)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_mul + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = code[pc + 3]!
          const bh = code[pc + 4]!
          const lo = Math.imul(al, bl)
          int[to] = lo
          int[to + 1] = mulHigh(al, bl, lo) + Math.imul(al, bh) + Math.imul(ah, bl)
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_and: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          int[to] = int[a]! & int[b]!
          int[to + 1] = int[a + 1]! & int[b + 1]!
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_and + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          int[to] = int[a]! & code[pc + 3]!
          int[to + 1] = int[a + 1]! & code[pc + 4]!
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_or: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          int[to] = int[a]! | int[b]!
          int[to + 1] = int[a + 1]! | int[b + 1]!
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_or + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          int[to] = int[a]! | code[pc + 3]!
          int[to + 1] = int[a + 1]! | code[pc + 4]!
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_xor: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          int[to] = int[a]! ^ int[b]!
          int[to + 1] = int[a + 1]! ^ int[b + 1]!
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_xor + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          int[to] = int[a]! ^ code[pc + 3]!
          int[to + 1] = int[a + 1]! ^ code[pc + 4]!
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_shl: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = int[fp + code[pc + 3]!]! & 63
          int[to] = n < 32 ? al << n : 0
          int[to + 1] = n === 0 ? ah : n < 32 ? (ah << n) | (al >>> -n) : al << n
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_shl + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = code[pc + 3]! & 63
          int[to] = n < 32 ? al << n : 0
          int[to + 1] = n === 0 ? ah : n < 32 ? (ah << n) | (al >>> -n) : al << n
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_shr_u: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = int[fp + code[pc + 3]!]! & 63
          int[to] = n === 0 ? al : n < 32 ? (al >>> n) | (ah << -n) : ah >>> n
          int[to + 1] = n < 32 ? ah >>> n : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_shr_u + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = code[pc + 3]! & 63
          int[to] = n === 0 ? al : n < 32 ? (al >>> n) | (ah << -n) : ah >>> n
          int[to + 1] = n < 32 ? ah >>> n : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_shr_s: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = int[fp + code[pc + 3]!]! & 63
          int[to] = n === 0 ? al : n < 32 ? (al >>> n) | (ah << -n) : ah >> n
          int[to + 1] = n < 32 ? ah >> n : ah >> 31
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_shr_s + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = code[pc + 3]! & 63
          int[to] = n === 0 ? al : n < 32 ? (al >>> n) | (ah << -n) : ah >> n
          int[to + 1] = n < 32 ? ah >> n : ah >> 31
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_rotl: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = int[fp + code[pc + 3]!]! & 63
          const lo = n < 32 ? al : ah
          const hi = n < 32 ? ah : al
          int[to] = (n & 31) === 0 ? lo : (lo << n) | (hi >>> -n)
          int[to + 1] = (n & 31) === 0 ? hi : (hi << n) | (lo >>> -n)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_rotl + Inner.K: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = code[pc + 3]! & 63
          const lo = n < 32 ? al : ah
          const hi = n < 32 ? ah : al
          int[to] = (n & 31) === 0 ? lo : (lo << n) | (hi >>> -n)
          int[to + 1] = (n & 31) === 0 ? hi : (hi << n) | (lo >>> -n)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_rotr: {
          const a = fp + code[pc + 2]!
          const to = fp + code[pc + 1]!
          const al = int[a]!
          const ah = int[a + 1]!
          const n = -int[fp + code[pc + 3]!]! & 63
          const lo = n < 32 ? al : ah
          const hi = n < 32 ? ah : al
          int[to] = (n & 31) === 0 ? lo : (lo << n) | (hi >>> -n)
          int[to + 1] = (n & 31) === 0 ? hi : (hi << n) | (lo >>> -n)
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_eq: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = al === bl && ah === bh ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_eq + Inner.K: {
          const a = fp + code[pc + 2]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = code[pc + 3]!
          const bh = code[pc + 4]!
          int[fp + code[pc + 1]!] = al === bl && ah === bh ? 1 : 0
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_ne: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = al !== bl || ah !== bh ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_ne + Inner.K: {
          const a = fp + code[pc + 2]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = code[pc + 3]!
          const bh = code[pc + 4]!
          int[fp + code[pc + 1]!] = al !== bl || ah !== bh ? 1 : 0
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_lt_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = ah < bh || (ah === bh && al >>> 0 < bl >>> 0) ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_lt_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = ah >>> 0 < bh >>> 0 || (ah === bh && al >>> 0 < bl >>> 0) ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_lt_u + Inner.K: {
          const a = fp + code[pc + 2]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = code[pc + 3]!
          const bh = code[pc + 4]!
          int[fp + code[pc + 1]!] = ah >>> 0 < bh >>> 0 || (ah === bh && al >>> 0 < bl >>> 0) ? 1 : 0
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_gt_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = ah > bh || (ah === bh && al >>> 0 > bl >>> 0) ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_gt_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = ah >>> 0 > bh >>> 0 || (ah === bh && al >>> 0 > bl >>> 0) ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_gt_u + Inner.K: {
          const a = fp + code[pc + 2]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = code[pc + 3]!
          const bh = code[pc + 4]!
          int[fp + code[pc + 1]!] = ah >>> 0 > bh >>> 0 || (ah === bh && al >>> 0 > bl >>> 0) ? 1 : 0
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_le_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = ah < bh || (ah === bh && al >>> 0 <= bl >>> 0) ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_le_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = ah >>> 0 < bh >>> 0 || (ah === bh && al >>> 0 <= bl >>> 0) ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_ge_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = ah > bh || (ah === bh && al >>> 0 >= bl >>> 0) ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_ge_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const al = int[a]!
          const ah = int[a + 1]!
          const bl = int[b]!
          const bh = int[b + 1]!
          int[fp + code[pc + 1]!] = ah >>> 0 > bh >>> 0 || (ah === bh && al >>> 0 >= bl >>> 0) ? 1 : 0
          pc = (pc + 4) | 0
          continue
        }
        case Op.i64_eqz: {
          const a = fp + code[pc + 2]!
          int[fp + code[pc + 1]!] = (int[a]! | int[a + 1]!) === 0 ? 1 : 0
          pc = (pc + 3) | 0
          continue
        }
        case Op.i64_extend_i32_s:
        case Op.i64_extend32_s: {
          const to = fp + code[pc + 1]!
          const x = int[fp + code[pc + 2]!]!
          int[to] = x
          int[to + 1] = x >> 31
          pc = (pc + 3) | 0
          continue
        }
        case Inner.add_extended: {
          const to = fp + code[pc + 1]!
          const low = code[pc + 3]!
          const lo = (int[fp + code[pc + 2]!]! + low) | 0
          int[to] = lo
          int[to + 1] = code[pc + 4]! + (lo >>> 0 < low >>> 0 ? 1 : 0)
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_extend_i32_u: {
          const to = fp + code[pc + 1]!
          int[to] = int[fp + code[pc + 2]!]!
          int[to + 1] = 0
          pc = (pc + 3) | 0
          continue
        }
        case Op.i32_load + Inner.K:
          int[fp + code[pc + 1]!] = dv.getInt32(
            ((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0),
            true,
          )
          pc = (pc + 5) | 0
          continue
        case Op.i32_load8_s + Inner.K:
          int[fp + code[pc + 1]!] = dv.getInt8(
            ((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0),
          )
          pc = (pc + 5) | 0
          continue
        case Op.i32_load8_u + Inner.K:
          int[fp + code[pc + 1]!] = dv.getUint8(
            ((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0),
          )
          pc = (pc + 5) | 0
          continue
        case Op.i32_load16_s + Inner.K:
          int[fp + code[pc + 1]!] = dv.getInt16(
            ((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0),
            true,
          )
          pc = (pc + 5) | 0
          continue
        case Op.i32_load16_u + Inner.K:
          int[fp + code[pc + 1]!] = dv.getUint16(
            ((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0),
            true,
          )
          pc = (pc + 5) | 0
          continue
        case Op.i64_load8_u + Inner.K: {
          const to = fp + code[pc + 1]!
          int[to] = dv.getUint8(((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0))
          int[to + 1] = 0
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_load16_u + Inner.K: {
          const to = fp + code[pc + 1]!
          int[to] = dv.getUint16(((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0), true)
          int[to + 1] = 0
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_load32_u + Inner.K: {
          const to = fp + code[pc + 1]!
          int[to] = dv.getInt32(((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0), true)
          int[to + 1] = 0
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_load32_s + Inner.K: {
          const to = fp + code[pc + 1]!
          const x = dv.getInt32(((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0), true)
          int[to] = x
          int[to + 1] = x >> 31
          pc = (pc + 5) | 0
          continue
        }
        case Op.i64_load + Inner.K: {
          const ea = ((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0)
          const to = fp + code[pc + 1]!
          int[to + 1] = dv.getInt32(ea + 4, true)
          int[to] = dv.getInt32(ea, true)
          pc = (pc + 5) | 0
          continue
        }
        case Op.f64_load + Inner.K:
          num[fp + code[pc + 1]!] = dv.getFloat64(
            ((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0),
            true,
          )
          pc = (pc + 5) | 0
          continue
        case Op.f32_load + Inner.K: {
          const ea = ((int[fp + code[pc + 2]!]! + code[pc + 3]!) >>> 0) + (code[pc + 4]! >>> 0)
          const x = dv.getFloat32(ea, true)
          num[fp + code[pc + 1]!] = x === x ? x : f32_from_bits(dv.getInt32(ea, true))
          pc = (pc + 5) | 0
          continue
        }
        case Inner.load_scaled_i:
          int[fp + code[pc + 1]!] = dv.getInt32(
            (((int[fp + code[pc + 2]!]! << code[pc + 3]!) + code[pc + 4]!) >>> 0) + (code[pc + 5]! >>> 0),
            true,
          )
          pc = (pc + 6) | 0
          continue
        case Inner.load_scaled_d:
          num[fp + code[pc + 1]!] = dv.getFloat64(
            (((int[fp + code[pc + 2]!]! << code[pc + 3]!) + code[pc + 4]!) >>> 0) + (code[pc + 5]! >>> 0),
            true,
          )
          pc = (pc + 6) | 0
          continue
        case Inner.load_scaled_f: {
          const ea = (((int[fp + code[pc + 2]!]! << code[pc + 3]!) + code[pc + 4]!) >>> 0) + (code[pc + 5]! >>> 0)
          const x = dv.getFloat32(ea, true)
          num[fp + code[pc + 1]!] = x === x ? x : f32_from_bits(dv.getInt32(ea, true))
          pc = (pc + 6) | 0
          continue
        }
        case Op.i32_store + Inner.K:
          dv.setInt32(
            ((int[fp + code[pc + 1]!]! + code[pc + 2]!) >>> 0) + (code[pc + 4]! >>> 0),
            int[fp + code[pc + 3]!]!,
            true,
          )
          pc = (pc + 5) | 0
          continue
        case Op.i32_store8 + Inner.K:
          dv.setInt8(
            ((int[fp + code[pc + 1]!]! + code[pc + 2]!) >>> 0) + (code[pc + 4]! >>> 0),
            int[fp + code[pc + 3]!]!,
          )
          pc = (pc + 5) | 0
          continue
        case Op.i32_store16 + Inner.K:
          dv.setInt16(
            ((int[fp + code[pc + 1]!]! + code[pc + 2]!) >>> 0) + (code[pc + 4]! >>> 0),
            int[fp + code[pc + 3]!]!,
            true,
          )
          pc = (pc + 5) | 0
          continue
        case Op.i64_store + Inner.K: {
          const ea = ((int[fp + code[pc + 1]!]! + code[pc + 2]!) >>> 0) + (code[pc + 4]! >>> 0)
          const from = fp + code[pc + 3]!
          dv.setInt32(ea + 4, int[from + 1]!, true)
          dv.setInt32(ea, int[from]!, true)
          pc = (pc + 5) | 0
          continue
        }
        case Inner.store_pair: {
          const ea = ((int[fp + code[pc + 1]!]! + code[pc + 2]!) >>> 0) + (code[pc + 5]! >>> 0)
          dv.setInt32(ea + 4, code[pc + 4]!, true)
          dv.setInt32(ea, code[pc + 3]!, true)
          pc = (pc + 6) | 0
          continue
        }
        case Op.f64_store + Inner.K:
          dv.setFloat64(
            ((int[fp + code[pc + 1]!]! + code[pc + 2]!) >>> 0) + (code[pc + 4]! >>> 0),
            num[fp + code[pc + 3]!]!,
            true,
          )
          pc = (pc + 5) | 0
          continue
        case Op.f32_store + Inner.K: {
          const ea = ((int[fp + code[pc + 1]!]! + code[pc + 2]!) >>> 0) + (code[pc + 4]! >>> 0)
          const x = num[fp + code[pc + 3]!]!
          if (x === x) dv.setFloat32(ea, x, true)
          else dv.setInt32(ea, f32_to_bits(x), true)
          pc = (pc + 5) | 0
          continue
        }
        // i32.eq and jump
        case 0xe0:
          pc = int[fp + code[pc + 1]!]! === int[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.eq and jump, with a constant
        case 0x1e0:
          pc = int[fp + code[pc + 1]!]! === code[pc + 2]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.ne and jump
        case 0xe1:
          pc = int[fp + code[pc + 1]!]! !== int[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.ne and jump, with a constant
        case 0x1e1:
          pc = int[fp + code[pc + 1]!]! !== code[pc + 2]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.lt_s and jump
        case 0xe2:
          pc = int[fp + code[pc + 1]!]! < int[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.lt_s and jump, with a constant
        case 0x1e2:
          pc = int[fp + code[pc + 1]!]! < code[pc + 2]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.lt_u and jump
        case 0xe3:
          pc = int[fp + code[pc + 1]!]! >>> 0 < int[fp + code[pc + 2]!]! >>> 0 ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.lt_u and jump, with a constant
        case 0x1e3:
          pc = int[fp + code[pc + 1]!]! >>> 0 < code[pc + 2]! >>> 0 ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.gt_s and jump
        case 0xe4:
          pc = int[fp + code[pc + 1]!]! > int[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.gt_s and jump, with a constant
        case 0x1e4:
          pc = int[fp + code[pc + 1]!]! > code[pc + 2]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.gt_u and jump
        case 0xe5:
          pc = int[fp + code[pc + 1]!]! >>> 0 > int[fp + code[pc + 2]!]! >>> 0 ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.gt_u and jump, with a constant
        case 0x1e5:
          pc = int[fp + code[pc + 1]!]! >>> 0 > code[pc + 2]! >>> 0 ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.le_s and jump
        case 0xe6:
          pc = int[fp + code[pc + 1]!]! <= int[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.le_s and jump, with a constant
        case 0x1e6:
          pc = int[fp + code[pc + 1]!]! <= code[pc + 2]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.le_u and jump
        case 0xe7:
          pc = int[fp + code[pc + 1]!]! >>> 0 <= int[fp + code[pc + 2]!]! >>> 0 ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.le_u and jump, with a constant
        case 0x1e7:
          pc = int[fp + code[pc + 1]!]! >>> 0 <= code[pc + 2]! >>> 0 ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.ge_s and jump
        case 0xe8:
          pc = int[fp + code[pc + 1]!]! >= int[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.ge_s and jump, with a constant
        case 0x1e8:
          pc = int[fp + code[pc + 1]!]! >= code[pc + 2]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.ge_u and jump
        case 0xe9:
          pc = int[fp + code[pc + 1]!]! >>> 0 >= int[fp + code[pc + 2]!]! >>> 0 ? code[pc + 3]! : (pc + 4) | 0
          continue
        // i32.ge_u and jump, with a constant
        case 0x1e9:
          pc = int[fp + code[pc + 1]!]! >>> 0 >= code[pc + 2]! >>> 0 ? code[pc + 3]! : (pc + 4) | 0
          continue
        // f64.eq and jump
        case 0xea:
          pc = num[fp + code[pc + 1]!]! === num[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // f64.eq and jump unless
        case 0x1ea:
          pc = num[fp + code[pc + 1]!]! === num[fp + code[pc + 2]!]! ? (pc + 4) | 0 : code[pc + 3]!
          continue
        // f64.ne and jump
        case 0xeb:
          pc = num[fp + code[pc + 1]!]! !== num[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // f64.ne and jump unless
        case 0x1eb:
          pc = num[fp + code[pc + 1]!]! !== num[fp + code[pc + 2]!]! ? (pc + 4) | 0 : code[pc + 3]!
          continue
        // f64.lt and jump
        case 0xec:
          pc = num[fp + code[pc + 1]!]! < num[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // f64.lt and jump unless
        case 0x1ec:
          pc = num[fp + code[pc + 1]!]! < num[fp + code[pc + 2]!]! ? (pc + 4) | 0 : code[pc + 3]!
          continue
        // f64.gt and jump
        case 0xed:
          pc = num[fp + code[pc + 1]!]! > num[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // f64.gt and jump unless
        case 0x1ed:
          pc = num[fp + code[pc + 1]!]! > num[fp + code[pc + 2]!]! ? (pc + 4) | 0 : code[pc + 3]!
          continue
        // f64.le and jump
        case 0xee:
          pc = num[fp + code[pc + 1]!]! <= num[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // f64.le and jump unless
        case 0x1ee:
          pc = num[fp + code[pc + 1]!]! <= num[fp + code[pc + 2]!]! ? (pc + 4) | 0 : code[pc + 3]!
          continue
        // f64.ge and jump
        case 0xef:
          pc = num[fp + code[pc + 1]!]! >= num[fp + code[pc + 2]!]! ? code[pc + 3]! : (pc + 4) | 0
          continue
        // f64.ge and jump unless
        case 0x1ef:
          pc = num[fp + code[pc + 1]!]! >= num[fp + code[pc + 2]!]! ? (pc + 4) | 0 : code[pc + 3]!
          continue
        case Inner.jump:
          pc = code[pc + 1]!
          continue
        case Inner.jump_case:
          int[fp + code[pc + 1]!] = code[pc + 2]!
          pc = code[pc + 3]!
          continue
        case Inner.jump_case_hot:
          int[fp + code[pc + 1]!] = code[pc + 2]!
          pc = --f.heat < 0 ? code[pc + 3]! : code[pc + 4]!
          continue
        case Inner.jump_if:
          pc = int[fp + code[pc + 1]!] !== 0 ? code[pc + 2]! : (pc + 3) | 0
          continue
        case Inner.jump_unless:
          pc = int[fp + code[pc + 1]!] === 0 ? code[pc + 2]! : (pc + 3) | 0
          continue
        case Inner.move_i:
          int[fp + code[pc + 1]!] = int[fp + code[pc + 2]!]!
          pc = (pc + 3) | 0
          continue
        case Inner.move_d:
          num[fp + code[pc + 1]!] = num[fp + code[pc + 2]!]!
          pc = (pc + 3) | 0
          continue
        case Inner.move_r:
          ref[fp + code[pc + 1]!] = ref[fp + code[pc + 2]!]
          pc = (pc + 3) | 0
          continue
        case Inner.move_pair: {
          const to = fp + code[pc + 1]!
          const from = fp + code[pc + 2]!
          int[to] = int[from]!
          int[to + 1] = int[from + 1]!
          pc = (pc + 3) | 0
          continue
        }
        case Inner.const_pair: {
          const to = fp + code[pc + 1]!
          int[to] = code[pc + 2]!
          int[to + 1] = code[pc + 3]!
          pc = (pc + 4) | 0
          continue
        }
        case Inner.const_i:
          int[fp + code[pc + 1]!] = code[pc + 2]!
          pc = (pc + 3) | 0
          continue
        case Inner.canonical: {
          const x = num[fp + code[pc + 2]!]!
          num[fp + code[pc + 1]!] = x === x ? x : Number.NaN
          pc = (pc + 3) | 0
          continue
        }
        case Op.f64_const:
          num[fp + code[pc + 1]!] = f.constants[code[pc + 2]!]!
          pc = (pc + 3) | 0
          continue
        case Inner.jump_table: {
          const n = code[pc + 2]!
          const k = int[fp + code[pc + 1]!]! >>> 0
          pc = code[pc + 3 + (k < n ? k : n - 1)]!
          continue
        }
        case Inner.select_i:
          int[fp + code[pc + 1]!] = int[fp + (int[fp + code[pc + 4]!] !== 0 ? code[pc + 2]! : code[pc + 3]!)]!
          pc = (pc + 5) | 0
          continue
        case Inner.select_d:
          num[fp + code[pc + 1]!] = num[fp + (int[fp + code[pc + 4]!] !== 0 ? code[pc + 2]! : code[pc + 3]!)]!
          pc = (pc + 5) | 0
          continue
        case Op.select: {
          const from = fp + (int[fp + code[pc + 4]!] !== 0 ? code[pc + 2]! : code[pc + 3]!)
          const to = fp + code[pc + 1]!
          const shape = code[pc + 5]
          if (shape === 2) ref[to] = ref[from]
          else for (let k = 0; k < (shape === 3 ? 2 : 4); k++) int[to + k] = int[from + k]!
          pc = (pc + 6) | 0
          continue
        }
        case Inner.global_get_i:
          int[fp + code[pc + 1]!] = f.inst.globals[code[pc + 2]!]!.lo
          pc = (pc + 3) | 0
          continue
        case Inner.global_set_i:
          f.inst.globals[code[pc + 2]!]!.lo = int[fp + code[pc + 1]!]!
          pc = (pc + 3) | 0
          continue
        case Inner.add_global: {
          const to = fp + code[pc + 1]!
          int[to] = int[fp + code[pc + 2]!]! + code[pc + 3]!
          f.inst.globals[code[pc + 4]!]!.lo = int[to]!
          pc = (pc + 5) | 0
          continue
        }
        case Inner.jump_zero_pair: {
          const a = fp + code[pc + 1]!
          pc = (int[a]! | int[a + 1]!) === 0 ? code[pc + 2]! : (pc + 3) | 0
          continue
        }
        case Inner.jump_nonzero_pair: {
          const a = fp + code[pc + 1]!
          pc = (int[a]! | int[a + 1]!) !== 0 ? code[pc + 2]! : (pc + 3) | 0
          continue
        }
        case Op.global_get: {
          const g = f.inst.globals[code[pc + 2]!]!
          getGlobal(g, fp + code[pc + 1]!, code[pc + 3]!)
          pc = (pc + 4) | 0
          continue
        }
        case Op.global_set:
          setGlobal(f.inst.globals[code[pc + 2]!]!, fp + code[pc + 1]!, code[pc + 3]!)
          pc = (pc + 4) | 0
          continue
        case Inner.fuel: {
          const { meter } = f
          const units = code[pc + 1]!
          if ((meter.slice -= units) < 0 && !meter.refill()) {
            meter.slice += units
            if (!state.pausable) outOfFuel()
            at.f = f
            at.pc = pc
            at.fp = fp
            return false
          }
          pc = (pc + 2) | 0
          continue
        }
        case Inner.check:
          checks -= code[pc + 1]!
          if (checks < 0) {
            checks = CHECKS
            f.meter.check()
          }
          pc = (pc + 2) | 0
          continue
        case Inner.hot:
          if (--f.heat < 0) {
            state.top = fp + f.slots
            const next = takeOver(f, pc, fp) | 0
            dv = f.views.dv
            if (next >= 0) {
              pc = next
              continue
            }
          }
          pc = (pc + 1) | 0
          continue
        case Op.unreachable:
          throw new Trap('unreachable')
        case Op.throw_:
          throwTag(f, code[pc + 1]!, fp + code[pc + 2]!)
          continue
        case Op.throw_ref: {
          const exn = ref[fp + code[pc + 1]!]
          if (exn === null) throw new Trap('null exception reference')
          throw exn
        }
        case Op.call:
        case Inner.call_ref:
        case Inner.call_indirect: {
          const direct = code[pc] === Op.call
          const func: FuncInst = direct ? f.inst.funcs[code[pc + 2]!]! : callee(f, pc, fp)
          const base = (fp + code[pc + 1]!) | 0
          const next = (pc + callLength(code[pc]!)) | 0
          let target = func.engine instanceof Target ? (func.engine.lowered ?? lower(func.engine)) : undefined
          if (target !== undefined && --target.heat < 0) target = cooled(func, target)
          if (target === undefined) {
            state.top = fp + f.slots
            callHost(func, base)
            checks = 0
            pc = next
            dv = f.views.dv
            continue
          }
          const depth = state.depth
          if (base + target.slots > REGISTERS || depth >= state.maxDepth) exhausted()
          for (let k = base + target.params; k < base + target.locals; k++) int[k] = 0
          if (target.floats) num.fill(0, base + target.params, base + target.locals)
          if (target.refs) prepareRefs(target, base)
          state.depth = depth + 1
          frameCode[depth] = f
          framePc[depth] = next
          frameBase[depth] = fp
          f = target
          fp = base
          pc = 0
          code = f.code
          dv = f.views.dv
          continue
        }
        case Inner.tail_call:
        case Inner.tail_call_ref:
        case Inner.tail_call_indirect: {
          const func: FuncInst = callee(f, pc, fp)
          const n = code[pc + (code[pc] === Inner.tail_call_indirect ? 5 : 3)]!
          moveDown(fp, fp + code[pc + 1]!, n)
          let target = func.engine instanceof Target ? lower(func.engine) : undefined
          if (target !== undefined && --target.heat < 0) target = cooled(func, target)
          if (target !== undefined) {
            prepare(target, fp)
            f = target
            pc = 0
            code = f.code
            dv = f.views.dv
            continue
          }
          state.top = fp + Math.max(f.slots, n)
          callHost(func, fp)
          checks = 0
          if (state.depth === entry) return true
          const depth = --state.depth
          f = frameCode[depth]!
          pc = framePc[depth]!
          fp = frameBase[depth]!
          code = f.code
          dv = f.views.dv
          continue
        }
        case Inner.leave_i:
          int[fp] = int[fp + code[pc + 1]!]!
        // falls through
        case Inner.leave: {
          if (state.depth === entry) return true
          const depth = --state.depth
          f = frameCode[depth]!
          pc = framePc[depth]!
          fp = frameBase[depth]!
          code = f.code
          dv = f.views.dv
          continue
        }
      }
      pc = (pc + (page(f, pc, fp) || operate(f, pc, fp))) | 0
      // The memory may have grown.
      dv = f.views.dv
    }
  } catch (e) {
    at.f = f
    at.pc = pc
    at.fp = fp
    throw e
  }
}

/** Has a hot loop taken over; gives where the frame goes on, or -1. The frame counts among those below a call back. */
function takeOver(f: Lowered, pc: number, fp: number): number {
  const { tier } = f
  if (tier === undefined) {
    f.heat = NO_HEAT
    return -1
  }
  state.depth++
  try {
    return tier.loop(f, pc, fp)
  } finally {
    state.depth--
  }
}

function getGlobal(g: GlobalInst, to: number, shape: number): void {
  if (shape === 1) F[to] = g.num
  else if (shape === 2) R[to] = g.ref
  else {
    I[to] = g.lo
    if (shape >= 3) I[to + 1] = g.hi
    if (shape === 4) {
      I[to + 2] = g.x2
      I[to + 3] = g.x3
    }
  }
}

function setGlobal(g: GlobalInst, from: number, shape: number): void {
  if (shape === 1) g.num = F[from]!
  else if (shape === 2) g.ref = R[from]
  else {
    g.lo = I[from]!
    if (shape >= 3) g.hi = I[from + 1]!
    if (shape === 4) {
      g.x2 = I[from + 2]!
      g.x3 = I[from + 3]!
    }
  }
}
