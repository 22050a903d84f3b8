// What validation knows of a module (specification: Validation, Contexts): its index spaces, with all types canonicalised to registry ids.
// module.ts fills it in the specification's order, so that an index space holds just what the rule at hand may refer to.

import { malformed } from '../binary/reader.ts'
import { InvalidError } from '../errors.ts'
import { mapType, TypeRegistry } from '../syntax/type-registry.ts'
import {
  type CompType,
  concrete,
  type FieldType,
  type FuncType,
  type GlobalType,
  type HeapType,
  heapOf,
  I32,
  I64,
  INDEX_MASK,
  isConcrete,
  isDefaultable,
  isRef,
  REF,
  type TableType,
  typeIndexOf,
  typeName,
  unpacked,
  type ValType,
} from '../syntax/types.ts'

/** What struct.new takes, and whether struct.new_default may stand. */
interface Construction {
  operands: readonly ValType[]
  defaultable: boolean
}

export class Context {
  readonly reg = new TypeRegistry()
  /** Type index → registry id. */
  readonly ids: number[] = []
  /** Function index → registry id of its type. */
  readonly funcs: number[] = []
  readonly tables: TableType[] = []
  /** Memory index → its address type. */
  readonly addresses: ValType[] = []
  readonly globals: GlobalType[] = []
  /** Tag index → its function type. */
  readonly tags: FuncType[] = []
  readonly elems: ValType[] = []
  dataCount: number | undefined
  /** Whether an instruction so far writes to tables. */
  changesTables = false
  /** Functions that occur outside bodies, which alone `ref.func` may name inside them. */
  readonly declared = new Set<number>()

  /** Type index → number of its supertypes. */
  readonly depths: number[] = []
  private readonly constructions = new WeakMap<readonly FieldType[], Construction>()

  /** What constructing a structure of these fields takes; remembered, because there may be ten thousand. */
  construction(fields: readonly FieldType[]): Construction {
    let known = this.constructions.get(fields)
    if (known === undefined) {
      known = { operands: fields.map((f) => unpacked(f.type)), defaultable: fields.every((f) => isDefaultable(f.type)) }
      this.constructions.set(fields, known)
    }
    return known
  }

  /** The registry id of type index `x`. */
  typeId(x: number, at: number): number {
    const id = this.ids[x]
    if (id === undefined) throw unknown('type', x, at)
    return id
  }

  comp(x: number, at: number): CompType {
    return this.reg.types[this.typeId(x, at)]!.sub.comp
  }

  funcType(x: number, at: number): FuncType {
    const comp = this.comp(x, at)
    if (comp.kind !== 'func') throw new InvalidError(`non-function type ${x}`, at)
    return comp
  }

  /** The function type with the registry id `id`. */
  signature(id: number): FuncType {
    return this.reg.types[id]!.sub.comp as FuncType
  }

  /** Checks the type indices in a module's value type and canonicalises it. */
  valType(t: ValType, at: number): ValType {
    if (!isConcrete(t) || !isRef(t)) return t
    this.typeId(typeIndexOf(t), at)
    return mapType(t, this.ids)
  }

  heapType(h: HeapType, at: number): HeapType {
    return isConcrete(h) ? concrete(this.typeId(typeIndexOf(h), at)) : h
  }

  table(x: number, at: number): TableType {
    const table = this.tables[x]
    if (table === undefined) throw unknown('table', x, at)
    return table
  }

  /** The address type of memory `x`. */
  memory(x: number, at: number): ValType {
    const address = this.addresses[x]
    if (address === undefined) throw unknown('memory', x, at)
    return address
  }

  global(x: number, at: number): GlobalType {
    const global = this.globals[x]
    if (global === undefined) throw unknown('global', x, at)
    return global
  }

  tag(x: number, at: number): FuncType {
    const tag = this.tags[x]
    if (tag === undefined) throw unknown('tag', x, at)
    return tag
  }

  elem(x: number, at: number): ValType {
    const elem = this.elems[x]
    if (elem === undefined) throw unknown('elem segment', x, at)
    return elem
  }

  data(x: number, at: number): void {
    if (this.dataCount === undefined) throw malformed('data count section required', at)
    if (x >= this.dataCount) throw unknown('data segment', x, at)
  }

  /** The registry id of the type of function `x`. */
  func(x: number, at: number): number {
    const id = this.funcs[x]
    if (id === undefined) throw unknown('function', x, at)
    return id
  }

  /** A canonical type as messages write it: with the module's own indices. */
  name(t: ValType): string {
    if ((t & REF) === 0 || !isConcrete(heapOf(t))) return typeName(t)
    return typeName((t & ~INDEX_MASK) | Math.max(0, this.ids.indexOf(typeIndexOf(t))))
  }

  names(ts: readonly ValType[]): string {
    return `[${ts.map((t) => this.name(t)).join(' ')}]`
  }
}

export const addressType = (t: { limits: { address: 'i32' | 'i64' } }): ValType =>
  t.limits.address === 'i64' ? I64 : I32

export const unknown = (what: string, index: number, at: number): InvalidError =>
  new InvalidError(`unknown ${what} ${index}`, at)
