// StructRef and ArrayRef: structs and arrays of WebAssembly on the host's side, to hold, to hand back and to read.
import { type ArrayInst, elementSlots, ForeignAggregate, type StructInst } from '../runtime/gc.ts'
import { V128Value } from '../runtime/values.ts'
import { type ArrayType, I64, type StructType, unpacked, V128, type ValType } from '../syntax/types.ts'
import { Handle } from './handles.ts'
import type { Value } from './types.ts'
import { fromWasm } from './values.ts'

/** The value of a type whose slots are these; packed ones are sign-extended. */
function fromSlots(t: ValType, slots: readonly unknown[]): unknown {
  if (t === I64) return (BigInt(slots[1] as number) << 32n) | BigInt((slots[0] as number) >>> 0)
  if (t === V128) return new V128Value(Int32Array.from(slots as number[]))
  return slots[0]
}

/** A struct. */
export class StructRef extends Handle {
  /** @internal */
  declare readonly inst: StructInst | ForeignAggregate

  get kind(): 'struct' {
    return 'struct'
  }

  /** The number of its fields. */
  get length(): number {
    const { inst } = this
    return inst instanceof ForeignAggregate ? inst.length : inst.layout.fields.length
  }

  /** A field's value; packed ones are sign-extended. @throws {RangeError} where there is no such field */
  get(field: number): Value {
    const { inst } = this
    const { fields } = inst.def.sub.comp as StructType
    if (fields[field] === undefined) throw new RangeError(`field ${field} is not one of ${this.length}`)
    const { type } = fields[field]
    if (inst instanceof ForeignAggregate) return fromWasm(this.store, inst.get(field), unpacked(type))
    const at = inst.layout.fields[field]!
    return fromWasm(
      this.store,
      fromSlots(
        type,
        at.lanes.map((lane) => inst[lane]),
      ),
      unpacked(type),
    )
  }

  toString(): string {
    return `StructRef { ${this.length} fields }`
  }
}

/** An array. */
export class ArrayRef extends Handle {
  /** @internal */
  declare readonly inst: ArrayInst | ForeignAggregate

  get kind(): 'array' {
    return 'array'
  }

  /** The number of its elements. */
  get length(): number {
    return this.inst.length
  }

  /** An element; packed ones are sign-extended. @throws {RangeError} where there is no such element */
  get(index: number): Value {
    const { inst } = this
    if (!(Number.isInteger(index) && index >= 0 && index < inst.length))
      throw new RangeError(`element ${index} is not one of ${inst.length}`)
    const { type } = (inst.def.sub.comp as ArrayType).field
    if (inst instanceof ForeignAggregate) return fromWasm(this.store, inst.get(index), unpacked(type))
    const n = elementSlots(type)
    const slots = Array.from({ length: n }, (_, k) => inst.data[index * n + k])
    return fromWasm(this.store, fromSlots(type, slots), unpacked(type))
  }

  toString(): string {
    return `ArrayRef { ${this.length} elements }`
  }
}
