// Constants and references to functions, as entries.
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I32, I64, REF, refType } from '../syntax/types.ts'
import type { MemoryEmitter } from './memory.ts'
import { condition, type Entry, expr, int } from './operands.ts'

/** Constants; false if `op` is none. */
export function constant(e: MemoryEmitter, op: Op): boolean {
  const { ops, r } = e
  switch (op) {
    case Op.i32_const:
      ops.push(I32, int(r.s32()))
      return true
    case Op.i64_const: {
      const lo = r.s64()
      ops.push(I64, int(lo), int(r.hi))
      return true
    }
    case Op.f32_const: {
      const bits = r.f32()
      ops.push(F32, float(e, (bits & 0x7fffffff) > 0x7f800000 ? Number.NaN : f32Of(bits), 'f32_from_bits', bits))
      return true
    }
    case Op.f64_const: {
      const lo = r.f64()
      ops.push(F64, float(e, f64Of(lo, r.hi), 'f64_from_bits', lo, r.hi))
      return true
    }
  }
  return false
}

/** A float literal; a NaN is made from its bits. */
function float(e: MemoryEmitter, x: number, fromBits: string, ...bits: number[]): Entry {
  if (x !== x) return expr(`${e.use(fromBits)}(${bits.join(',')})`, [])
  const code = Object.is(x, -0) ? '(-0)' : x < 0 ? `(${x})` : String(x)
  return { code, vars: [], effect: false, simple: true }
}

/** Null, tests for it, and functions as values; false if `op` is none of them. */
export function reference(e: MemoryEmitter, op: Op): boolean {
  const { ops, r } = e
  switch (op) {
    case Op.ref_null:
      ops.push(refType(true, r.heap()), { code: 'null', vars: [], effect: false, simple: true })
      return true
    case Op.ref_is_null: {
      const a = ops.pop().slots[0]!
      ops.push(I32, condition(`${a.code}===null`, [a]))
      return true
    }
    case Op.ref_func: {
      const code = e.use(`F${r.u32()}`)
      ops.push(REF, { code, vars: [], effect: false, simple: true })
      return true
    }
  }
  return false
}

const scratchView = new DataView(new ArrayBuffer(8))
function f32Of(bits: number): number {
  scratchView.setInt32(0, bits)
  return scratchView.getFloat32(0)
}
function f64Of(lo: number, hi: number): number {
  scratchView.setInt32(0, hi)
  scratchView.setInt32(4, lo)
  return scratchView.getFloat64(0)
}
