// The loop: runs register code until the frame it was entered with returns. Everything rare is a call of a page, so that the loop's own bytecode stays
// far below the size beyond which V8 does not optimise a function; a test holds it there.
import { Trap } from '../errors.ts'
import {
  i64_add,
  i64_and,
  i64_eq,
  i64_ge_s,
  i64_ge_u,
  i64_gt_s,
  i64_gt_u,
  i64_le_s,
  i64_le_u,
  i64_lt_s,
  i64_lt_u,
  i64_mul,
  i64_ne,
  i64_or,
  i64_rotl,
  i64_rotr,
  i64_shl,
  i64_shr_s,
  i64_shr_u,
  i64_sub,
  i64_xor,
} from '../numeric/i64.ts'
import { ret } from '../numeric/ret.ts'
import type { FuncInst, GlobalInst, Views } from '../runtime/instances.ts'
import { Op } from '../syntax/opcode.ts'
import { callee, callHost, lowered, throwTag } from './calls.ts'
import { Inner, type Lowered } from './lowered.ts'
import { F, frameBase, frameCode, framePc, I, prepare, R, state, targetOf } from './machine.ts'
import { operate } from './operators.ts'
import { page } from './pages.ts'

const NO_VIEWS: Views = { dv: new DataView(new ArrayBuffer(0)), u8: new Uint8Array(0) }
const viewsOf = (f: Lowered): Views => f.inst.memories[0]?.views ?? NO_VIEWS
/** Whether the loop's own loads and stores will do: a 32-bit memory, and the only one. */
const isSmall = (f: Lowered): boolean =>
  f.inst.memories.length === 1 && f.inst.memories[0]!.type.limits.address === 'i32'

/** Where the loop stands; read when something is thrown. */
export const at = { f: undefined as unknown as Lowered, pc: 0, fp: 0 }

/** Runs from the frame in `at` until it returns to depth `entry`. */
export function loop(entry: number): void {
  let f = at.f
  let pc = at.pc
  let fp = at.fp
  let code = f.code
  let views = viewsOf(f)
  let small = isSmall(f)
  try {
    for (;;) {
      switch (code[pc]) {
        case Op.i32_eq:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! === I[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.i32_ne:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! !== I[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.i32_lt_s:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! < I[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.i32_lt_u:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! >>> 0 < I[fp + code[pc + 3]!]! >>> 0 ? 1 : 0
          pc += 4
          continue
        case Op.i32_gt_s:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! > I[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.i32_gt_u:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! >>> 0 > I[fp + code[pc + 3]!]! >>> 0 ? 1 : 0
          pc += 4
          continue
        case Op.i32_le_s:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! <= I[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.i32_le_u:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! >>> 0 <= I[fp + code[pc + 3]!]! >>> 0 ? 1 : 0
          pc += 4
          continue
        case Op.i32_ge_s:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! >= I[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.i32_ge_u:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! >>> 0 >= I[fp + code[pc + 3]!]! >>> 0 ? 1 : 0
          pc += 4
          continue
        case Op.i32_add:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! + I[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.i32_sub:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! - I[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.i32_mul:
          I[fp + code[pc + 1]!] = Math.imul(I[fp + code[pc + 2]!]!, I[fp + code[pc + 3]!]!)
          pc += 4
          continue
        case Op.i32_and:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! & I[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.i32_or:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! | I[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.i32_xor:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! ^ I[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.i32_shl:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! << I[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.i32_shr_s:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! >> I[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.i32_shr_u:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! >>> I[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.i32_rotl:
          I[fp + code[pc + 1]!] =
            (I[fp + code[pc + 2]!]! << I[fp + code[pc + 3]!]!) | (I[fp + code[pc + 2]!]! >>> -I[fp + code[pc + 3]!]!)
          pc += 4
          continue
        case Op.i32_rotr:
          I[fp + code[pc + 1]!] =
            (I[fp + code[pc + 2]!]! >>> I[fp + code[pc + 3]!]!) | (I[fp + code[pc + 2]!]! << -I[fp + code[pc + 3]!]!)
          pc += 4
          continue
        case Op.i32_eqz:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! === 0 ? 1 : 0
          pc += 3
          continue
        case Op.f64_add:
          F[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! + F[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.f64_sub:
          F[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! - F[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.f64_mul:
          F[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! * F[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.f64_div:
          F[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! / F[fp + code[pc + 3]!]!
          pc += 4
          continue
        case Op.f64_eq:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! === F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f64_ne:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! !== F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f64_lt:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! < F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f64_gt:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! > F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f64_le:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! <= F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f64_ge:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! >= F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f32_add:
          F[fp + code[pc + 1]!] = Math.fround(F[fp + code[pc + 2]!]! + F[fp + code[pc + 3]!]!)
          pc += 4
          continue
        case Op.f32_sub:
          F[fp + code[pc + 1]!] = Math.fround(F[fp + code[pc + 2]!]! - F[fp + code[pc + 3]!]!)
          pc += 4
          continue
        case Op.f32_mul:
          F[fp + code[pc + 1]!] = Math.fround(F[fp + code[pc + 2]!]! * F[fp + code[pc + 3]!]!)
          pc += 4
          continue
        case Op.f32_div:
          F[fp + code[pc + 1]!] = Math.fround(F[fp + code[pc + 2]!]! / F[fp + code[pc + 3]!]!)
          pc += 4
          continue
        case Op.f32_eq:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! === F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f32_ne:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! !== F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f32_lt:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! < F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f32_gt:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! > F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f32_le:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! <= F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.f32_ge:
          I[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]! >= F[fp + code[pc + 3]!]! ? 1 : 0
          pc += 4
          continue
        case Op.i64_add: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_add(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_sub: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_sub(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_mul: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_mul(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_and: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_and(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_or: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_or(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_xor: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_xor(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_shl: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_shl(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_shr_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_shr_s(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_shr_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_shr_u(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_rotl: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_rotl(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_rotr: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          const to = fp + code[pc + 1]!
          I[to] = i64_rotr(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          I[to + 1] = ret.hi
          pc += 4
          continue
        }
        case Op.i64_eq: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_eq(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_ne: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_ne(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_lt_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_lt_s(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_lt_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_lt_u(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_gt_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_gt_s(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_gt_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_gt_u(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_le_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_le_s(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_le_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_le_u(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_ge_s: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_ge_s(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i64_ge_u: {
          const a = fp + code[pc + 2]!
          const b = fp + code[pc + 3]!
          I[fp + code[pc + 1]!] = i64_ge_u(I[a]!, I[a + 1]!, I[b]!, I[b + 1]!)
          pc += 4
          continue
        }
        case Op.i32_load: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 4]! >>> 0)
          I[fp + code[pc + 1]!] = views.dv.getInt32(ea, true)
          pc += 6
          continue
        }
        case Op.i32_load8_s: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 4]! >>> 0)
          I[fp + code[pc + 1]!] = views.dv.getInt8(ea)
          pc += 6
          continue
        }
        case Op.i32_load8_u: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 4]! >>> 0)
          I[fp + code[pc + 1]!] = views.dv.getUint8(ea)
          pc += 6
          continue
        }
        case Op.i32_load16_s: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 4]! >>> 0)
          I[fp + code[pc + 1]!] = views.dv.getInt16(ea, true)
          pc += 6
          continue
        }
        case Op.i32_load16_u: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 4]! >>> 0)
          I[fp + code[pc + 1]!] = views.dv.getUint16(ea, true)
          pc += 6
          continue
        }
        case Op.i64_load: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 4]! >>> 0)
          const to = fp + code[pc + 1]!
          I[to + 1] = views.dv.getInt32(ea + 4, true)
          I[to] = views.dv.getInt32(ea, true)
          pc += 6
          continue
        }
        case Op.f64_load: {
          if (!small) break
          F[fp + code[pc + 1]!] = views.dv.getFloat64((I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 4]! >>> 0), true)
          pc += 6
          continue
        }
        case Op.f64_store: {
          if (!small) break
          views.dv.setFloat64((I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 5]! >>> 0), F[fp + code[pc + 3]!]!, true)
          pc += 7
          continue
        }
        case Op.i64_store: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 5]! >>> 0)
          const from = fp + code[pc + 3]!
          views.dv.setInt32(ea + 4, I[from + 1]!, true)
          views.dv.setInt32(ea, I[from]!, true)
          pc += 7
          continue
        }
        case Op.i32_store: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 5]! >>> 0)
          const x = I[fp + code[pc + 3]!]!
          views.dv.setInt32(ea, x, true)
          pc += 7
          continue
        }
        case Op.i32_store8: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 5]! >>> 0)
          const x = I[fp + code[pc + 3]!]!
          views.dv.setInt8(ea, x)
          pc += 7
          continue
        }
        case Op.i32_store16: {
          if (!small) break
          const ea = (I[fp + code[pc + 2]!]! >>> 0) + (code[pc + 5]! >>> 0)
          const x = I[fp + code[pc + 3]!]!
          views.dv.setInt16(ea, x, true)
          pc += 7
          continue
        }
        // i32.eq and jump
        case 0xe0:
          pc = I[fp + code[pc + 1]!]! === I[fp + code[pc + 2]!]! ? code[pc + 3]! : pc + 4
          continue
        // i32.ne and jump
        case 0xe1:
          pc = I[fp + code[pc + 1]!]! !== I[fp + code[pc + 2]!]! ? code[pc + 3]! : pc + 4
          continue
        // i32.lt_s and jump
        case 0xe2:
          pc = I[fp + code[pc + 1]!]! < I[fp + code[pc + 2]!]! ? code[pc + 3]! : pc + 4
          continue
        // i32.lt_u and jump
        case 0xe3:
          pc = I[fp + code[pc + 1]!]! >>> 0 < I[fp + code[pc + 2]!]! >>> 0 ? code[pc + 3]! : pc + 4
          continue
        // i32.gt_s and jump
        case 0xe4:
          pc = I[fp + code[pc + 1]!]! > I[fp + code[pc + 2]!]! ? code[pc + 3]! : pc + 4
          continue
        // i32.gt_u and jump
        case 0xe5:
          pc = I[fp + code[pc + 1]!]! >>> 0 > I[fp + code[pc + 2]!]! >>> 0 ? code[pc + 3]! : pc + 4
          continue
        // i32.le_s and jump
        case 0xe6:
          pc = I[fp + code[pc + 1]!]! <= I[fp + code[pc + 2]!]! ? code[pc + 3]! : pc + 4
          continue
        // i32.le_u and jump
        case 0xe7:
          pc = I[fp + code[pc + 1]!]! >>> 0 <= I[fp + code[pc + 2]!]! >>> 0 ? code[pc + 3]! : pc + 4
          continue
        // i32.ge_s and jump
        case 0xe8:
          pc = I[fp + code[pc + 1]!]! >= I[fp + code[pc + 2]!]! ? code[pc + 3]! : pc + 4
          continue
        // i32.ge_u and jump
        case 0xe9:
          pc = I[fp + code[pc + 1]!]! >>> 0 >= I[fp + code[pc + 2]!]! >>> 0 ? code[pc + 3]! : pc + 4
          continue
        case Inner.jump:
          pc = code[pc + 1]!
          continue
        case Inner.jump_if:
          pc = I[fp + code[pc + 1]!] !== 0 ? code[pc + 2]! : pc + 3
          continue
        case Inner.jump_unless:
          pc = I[fp + code[pc + 1]!] === 0 ? code[pc + 2]! : pc + 3
          continue
        case Inner.move_i:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]!
          pc += 3
          continue
        case Inner.move_d:
          F[fp + code[pc + 1]!] = F[fp + code[pc + 2]!]!
          pc += 3
          continue
        case Inner.move_r:
          R[fp + code[pc + 1]!] = R[fp + code[pc + 2]!]
          pc += 3
          continue
        case Inner.move_pair: {
          const to = fp + code[pc + 1]!
          const from = fp + code[pc + 2]!
          I[to] = I[from]!
          I[to + 1] = I[from + 1]!
          pc += 3
          continue
        }
        case Inner.const_i:
          I[fp + code[pc + 1]!] = code[pc + 2]!
          pc += 3
          continue
        case Inner.add_const:
          I[fp + code[pc + 1]!] = I[fp + code[pc + 2]!]! + code[pc + 3]!
          pc += 4
          continue
        case Op.f64_const:
          F[fp + code[pc + 1]!] = f.floats[code[pc + 2]!]!
          pc += 3
          continue
        case Inner.jump_table: {
          const n = code[pc + 2]!
          const k = I[fp + code[pc + 1]!]! >>> 0
          pc = code[pc + 3 + (k < n ? k : n - 1)]!
          continue
        }
        case Op.select: {
          const from = fp + (I[fp + code[pc + 4]!] !== 0 ? code[pc + 2]! : code[pc + 3]!)
          const to = fp + code[pc + 1]!
          const shape = code[pc + 5]
          if (shape === 1) F[to] = F[from]!
          else if (shape === 2) R[to] = R[from]
          else {
            const n = shape === 0 ? 1 : shape === 3 ? 2 : 4
            for (let k = 0; k < n; k++) I[to + k] = I[from + k]!
          }
          pc += 6
          continue
        }
        case Op.global_get: {
          const g = f.inst.globals[code[pc + 2]!]!
          getGlobal(g, fp + code[pc + 1]!, code[pc + 3]!)
          pc += 4
          continue
        }
        case Op.global_set:
          setGlobal(f.inst.globals[code[pc + 2]!]!, fp + code[pc + 1]!, code[pc + 3]!)
          pc += 4
          continue
        case Op.unreachable:
          throw new Trap('unreachable')
        case Op.throw_:
          throwTag(f, code[pc + 1]!, fp + code[pc + 2]!)
          continue
        case Op.throw_ref: {
          const exn = R[fp + code[pc + 1]!]
          if (exn === null) throw new Trap('null exception reference')
          throw exn
        }
        case Op.call:
        case Inner.call_ref:
        case Inner.call_indirect: {
          const func: FuncInst = callee(f, pc, fp)
          const indirect = code[pc] === Inner.call_indirect
          const base = fp + code[pc + (indirect ? 4 : 2)]!
          const next = pc + (indirect ? 5 : 3)
          const target = lowered(targetOf(func))
          if (target === undefined) {
            state.top = fp + f.slots
            callHost(func, base)
            pc = next
            continue
          }
          prepare(target, base)
          const depth = state.depth++
          frameCode[depth] = f
          framePc[depth] = next
          frameBase[depth] = fp
          f = target
          fp = base
          pc = 0
          code = f.code
          views = viewsOf(f)
          small = isSmall(f)
          continue
        }
        case Inner.tail_call:
        case Inner.tail_call_ref:
        case Inner.tail_call_indirect: {
          const func: FuncInst = callee(f, pc, fp)
          const words = code[pc] === Inner.tail_call_indirect ? 4 : 2
          const from = fp + code[pc + words]!
          const n = code[pc + words + 1]!
          for (let k = 0; k < n; k++) {
            I[fp + k] = I[from + k]!
            F[fp + k] = F[from + k]!
            R[fp + k] = R[from + k]
          }
          const target = lowered(targetOf(func))
          if (target !== undefined) {
            prepare(target, fp)
            f = target
            pc = 0
            code = f.code
            views = viewsOf(f)
            small = isSmall(f)
            continue
          }
          state.top = fp + Math.max(f.slots, n)
          callHost(func, fp)
          if (state.depth === entry) return
          const depth = --state.depth
          f = frameCode[depth]!
          pc = framePc[depth]!
          fp = frameBase[depth]!
          code = f.code
          views = viewsOf(f)
          small = isSmall(f)
          continue
        }
        case Inner.leave_i:
          I[fp] = I[fp + code[pc + 1]!]!
        // falls through
        case Inner.leave: {
          if (state.depth === entry) return
          const depth = --state.depth
          f = frameCode[depth]!
          pc = framePc[depth]!
          fp = frameBase[depth]!
          code = f.code
          views = viewsOf(f)
          small = isSmall(f)
          continue
        }
      }
      pc += page(f, pc, fp) || operate(f, pc, fp)
    }
  } catch (e) {
    at.f = f
    at.pc = pc
    at.fp = fp
    throw e
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
