// Structs, arrays, i31 and casts as JavaScript. A field is a property of its lane, an element a slot of the array's data; what is not worth
// inlining is a call of runtime/aggregates.ts.

import { structBytes } from '../runtime/census.ts'
import { structLayout } from '../runtime/gc.ts'
import { Op } from '../syntax/opcode.ts'
import { mapType } from '../syntax/type-registry.ts'
import {
  type ArrayType,
  concrete,
  Heap,
  I8,
  I16,
  I32,
  refType,
  type StructType,
  slotCount,
  unpacked,
  type ValType,
} from '../syntax/types.ts'
import type { MemoryEmitter } from './memory.ts'
import { condition, type Entry, expr, hasEffects, type Value } from './operands.ts'
import { laneDefault } from './structs.ts'

const fieldType = (e: MemoryEmitter, type: number, field: number): ValType =>
  (e.inst.types[type]!.sub.comp as StructType).fields[field]!.type
const elementType = (e: MemoryEmitter, type: number): ValType => (e.inst.types[type]!.sub.comp as ArrayType).field.type
const typeRef = (e: MemoryEmitter, type: number): ValType => refType(false, concrete(e.inst.typeIds[type]!))

/** What a packed slot holds of an int32: its low bits, sign-extended. */
const packed = (t: ValType, code: string): string =>
  t === I8 ? `(${code}<<24>>24)` : t === I16 ? `(${code}<<16>>16)` : code
const unsigned = (t: ValType, code: string): string =>
  t === I8 ? `(${code}&255)` : t === I16 ? `(${code}&65535)` : code

/** Instructions on aggregates and references to them; false if `op` is none of them. */
export function aggregate(e: MemoryEmitter, op: Op): boolean {
  return structs(e, op) || arrays(e, op) || casts(e, op)
}

function structs(e: MemoryEmitter, op: Op): boolean {
  const { ops, r, line } = e
  switch (op) {
    case Op.struct_new:
    case Op.struct_new_default: {
      const type = r.u32()
      const { fields, lanes } = structLayout(e.inst.types[type]!)
      const count = op === Op.struct_new ? fields.length : 0
      // Lanes stand in another order than fields.
      if (ops.values.slice(ops.values.length - count).some(hasEffects)) ops.simplify(count)
      const values = new Map<string, string>()
      ops.take(count).forEach((v, k) => {
        for (const [j, lane] of fields[k]!.lanes.entries()) values.set(lane, packed(fields[k]!.type, v.slots[j]!.code))
      })
      ops.flushEffects()
      const args = lanes.map((lane) => values.get(lane) ?? laneDefault(lane))
      const made = `new ${e.use(`make${type}`)}(${[e.use(`TYPE${type}`), ...args].join(',')})`
      const [v] = ops.pushCodes(typeRef(e, type), [made])
      if (e.inst.store.census !== undefined) {
        const bytes = structBytes(e.inst.types[type]!)
        line(`if((${e.use('census')}.left-=${bytes})<0)${e.use('census')}.sample(${v},${bytes})`)
      }
      return true
    }
    case Op.struct_get:
    case Op.struct_get_s:
    case Op.struct_get_u: {
      const [type, field] = [r.u32(), r.u32()]
      const t = fieldType(e, type, field)
      if (slotCount(t) > 1) ops.simplify(1)
      const a = ops.pop().slots[0]!
      const { lanes } = structLayout(e.inst.types[type]!).fields[field]!
      const read = (lane: string) => {
        const code = `(${e.orTrap(a.code, 'nullStruct')}).${lane}`
        return expr(op === Op.struct_get_u ? unsigned(t, code) : code, [a], true)
      }
      ops.push(unpacked(t), ...lanes.map(read))
      return true
    }
    case Op.struct_set: {
      const [type, field] = [r.u32(), r.u32()]
      const { lanes } = structLayout(e.inst.types[type]!).fields[field]!
      const t = fieldType(e, type, field)
      const [a, v] = ops.take(2) as [Value, Value]
      ops.flushEffects()
      const s = e.scratch('s')
      const q = e.scratch('q')
      // The reference is checked after the value has been evaluated.
      line(`${s}=${a.slots[0]!.code}`)
      const codes = v.slots.map((x, k) => {
        const temp = k === 0 ? q : e.scratch(`q${k}`)
        line(`${temp}=${packed(t, x.code)}`)
        return temp
      })
      line(`if(${s}===null)${e.use('nullStruct')}()`)
      line(lanes.map((lane, k) => `${s}.${lane}=${codes[k]}`).join(';'))
      return true
    }
  }
  return false
}

/** The element's slots as assignable code, after the checks: the array is in `s`, the index in `x`. */
function element(t: ValType, array: string, index: string): string[] {
  const n = slotCount(t)
  if (n === 1) return [`${array}.data[${index}]`]
  return Array.from({ length: n }, (_, k) => `${array}.data[${index}*${n}+${k}]`)
}

/** Evaluates the array and index on top of `rest` values into `s` and `x` and checks them. */
function checkedElement(e: MemoryEmitter, array: Entry, index: Entry): [string, string] {
  const s = e.scratch('s')
  const x = e.scratch('x')
  e.line(`${s}=${array.code}`)
  e.line(`${x}=${index.code}`)
  e.line(`if(${s}===null)${e.use('nullArray')}()`)
  e.line(`if(${x}>>>0>=${s}.length)${e.use('arrayBounds')}()`)
  return [s, x]
}

function arrays(e: MemoryEmitter, op: Op): boolean {
  const { ops, r, line } = e
  switch (op) {
    case Op.array_new:
    case Op.array_new_default: {
      const type = r.u32()
      const t = elementType(e, type)
      const n = ops.pop().slots[0]!
      const value = op === Op.array_new ? ops.pop().slots : []
      ops.flushEffects()
      const args = [e.use(`TYPE${type}`), n.code, ...value.map((v) => packed(t, v.code))]
      const made = `${e.use(op === Op.array_new ? 'arrayNew' : 'newArray')}(${args.join(',')})`
      ops.pushCodes(typeRef(e, type), [made])
      return true
    }
    case Op.array_new_fixed: {
      const [type, count] = [r.u32(), r.u32()]
      const t = elementType(e, type)
      const values = ops.take(count)
      ops.flushEffects()
      const s = e.scratch('s')
      line(`${s}=${e.use('newArray')}(${e.use(`TYPE${type}`)},${count})`)
      values.forEach((v, k) => {
        element(t, s, String(k)).forEach((slot, j) => {
          line(`${slot}=${v.slots[j]!.code}`)
        })
      })
      ops.pushCodes(typeRef(e, type), [s])
      return true
    }
    case Op.array_new_data:
    case Op.array_new_elem: {
      const [type, segment] = [r.u32(), r.u32()]
      const [from, n] = ops.take(2).map((v) => v.slots[0]!)
      ops.flushEffects()
      const data = op === Op.array_new_data
      const made = `${e.use(data ? 'arrayNewData' : 'arrayNewElem')}(${e.use(`TYPE${type}`)},${e.use(`${data ? 'D' : 'E'}${segment}`)},${from!.code}>>>0,${n!.code}>>>0)`
      ops.pushCodes(typeRef(e, type), [made])
      return true
    }
    case Op.array_get:
    case Op.array_get_s:
    case Op.array_get_u: {
      const t = elementType(e, r.u32())
      const [a, i] = ops.take(2).map((v) => v.slots[0]!)
      ops.flushEffects()
      const [s, x] = checkedElement(e, a!, i!)
      const codes = element(t, s, x)
      const targets = ops.pushVariables(unpacked(t))
      targets.forEach((v, k) => {
        line(`${v}=${op === Op.array_get_u ? unsigned(t, codes[k]!) : codes[k]}`)
      })
      return true
    }
    case Op.array_set: {
      const t = elementType(e, r.u32())
      ops.simplify(1)
      const [a, i, v] = ops.take(3)
      ops.flushEffects()
      const [s, x] = checkedElement(e, a!.slots[0]!, i!.slots[0]!)
      line(
        element(t, s, x)
          .map((slot, k) => `${slot}=${v!.slots[k]!.code}`)
          .join(';'),
      )
      return true
    }
    case Op.array_len: {
      const a = ops.pop().slots[0]!
      ops.push(I32, expr(`(${e.orTrap(a.code, 'nullArray')}).length`, [a], true))
      return true
    }
  }
  return arrayBulk(e, op)
}

function arrayBulk(e: MemoryEmitter, op: Op): boolean {
  const { ops, r, line } = e
  const call = (name: string, ...args: string[]) => {
    ops.flushEffects()
    line(`${e.use(name)}(${args.join(',')})`)
  }
  const index = (v: Value) => `${v.slots[0]!.code}>>>0`
  switch (op) {
    case Op.array_fill: {
      const t = elementType(e, r.u32())
      const [a, i, v, n] = ops.take(4) as [Value, Value, Value, Value]
      call('arrayFill', a.slots[0]!.code, index(i), index(n), ...v.slots.map((s) => packed(t, s.code)))
      return true
    }
    case Op.array_copy: {
      r.u32()
      r.u32()
      const [a, i, b, j, n] = ops.take(5) as [Value, Value, Value, Value, Value]
      call('arrayCopy', a.slots[0]!.code, index(i), b.slots[0]!.code, index(j), index(n))
      return true
    }
    case Op.array_init_data:
    case Op.array_init_elem: {
      r.u32()
      const segment = r.u32()
      const [a, i, j, n] = ops.take(4) as [Value, Value, Value, Value]
      const data = op === Op.array_init_data
      const source = e.use(`${data ? 'D' : 'E'}${segment}`)
      call(data ? 'arrayInitData' : 'arrayInitElem', a.slots[0]!.code, source, index(i), index(j), index(n))
      return true
    }
  }
  return false
}

function casts(e: MemoryEmitter, op: Op): boolean {
  const { ops, r } = e
  switch (op) {
    case Op.ref_i31: {
      const a = ops.pop().slots[0]!
      ops.push(refType(false, Heap.i31), expr(`(${a.code}<<1>>1)`, [a]))
      return true
    }
    case Op.i31_get_s:
    case Op.i31_get_u: {
      const a = ops.pop().slots[0]!
      const code = `(${e.orTrap(a.code, 'nullI31')})`
      ops.push(I32, expr(op === Op.i31_get_s ? code : `(${code}&0x7fffffff)`, [a], true))
      return true
    }
    case Op.ref_eq: {
      const [a, b] = ops.take(2).map((v) => v.slots[0]!)
      ops.push(I32, condition(`${a!.code}===${b!.code}`, [a!, b!]))
      return true
    }
    case Op.ref_test:
    case Op.ref_test_null: {
      const t = mapType(refType(op === Op.ref_test_null, r.heap()), e.inst.typeIds)
      const a = ops.pop().slots[0]!
      ops.push(I32, condition(`${e.use('testRef')}(${a.code},${t})`, [a]))
      return true
    }
    case Op.ref_cast:
    case Op.ref_cast_null: {
      const t = mapType(refType(op === Op.ref_cast_null, r.heap()), e.inst.typeIds)
      const a = ops.pop().slots[0]!
      ops.push(t, expr(`${e.use('castRef')}(${a.code},${t})`, [a], true))
      return true
    }
    case Op.any_convert_extern:
    case Op.extern_convert_any: {
      const a = ops.pop().slots[0]!
      ops.push(refType(true, op === Op.any_convert_extern ? Heap.any : Heap.extern), a)
      return true
    }
  }
  return false
}
