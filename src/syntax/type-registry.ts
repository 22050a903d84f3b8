// Canonical defined types (specification: Validation, Types, "Defined Types"): equal recursive groups of all modules that share a registry get the
// same ids, so that type equality is number equality and a subtype test one load from a display of supertypes.
// It trusts its input: unknown indices, forward supertypes and mismatched supertypes are the validator's to reject.

import type { CompType, FieldType, RecType, SubType, ValType } from './types.ts'
import { CONCRETE, INDEX_MASK } from './types.ts'

/** A defined type with all indices replaced by registry ids. */
export interface DefType {
  readonly id: number
  readonly sub: SubType
  /** The ids of its supertypes from the root to itself; `supers[depth] === id`. */
  readonly supers: readonly number[]
  readonly depth: number
  /** The id of its recursive group's first type, and how many types that has. */
  readonly group: number
  readonly groupSize: number
}

/** Replaces a module's type index inside `t` by the registry id that `ids` gives for it. */
export const mapType = (t: ValType, ids: readonly number[]): ValType =>
  (t & CONCRETE) === 0 ? t : (t & ~INDEX_MASK) | ids[t & INDEX_MASK]!

const mapField = (field: FieldType, ids: readonly number[]): FieldType =>
  (field.type & CONCRETE) === 0 ? field : { type: mapType(field.type, ids), mutable: field.mutable }

const mapTypes = (ts: readonly ValType[], ids: readonly number[]): readonly ValType[] =>
  ts.some((t) => t & CONCRETE) ? ts.map((t) => mapType(t, ids)) : ts

function mapComp(comp: CompType, ids: readonly number[]): CompType {
  switch (comp.kind) {
    case 'func':
      return { kind: 'func', params: mapTypes(comp.params, ids), results: mapTypes(comp.results, ids) }
    case 'struct':
      return { kind: 'struct', fields: comp.fields.map((f) => mapField(f, ids)) }
    case 'array':
      return { kind: 'array', field: mapField(comp.field, ids) }
  }
}

/** Writes a group as text: references into the group relative to its start, references out of it as registry ids. */
class GroupKey {
  private text = ''

  constructor(
    private readonly base: number,
    private readonly ids: readonly number[],
  ) {}

  of(group: RecType): string {
    for (const sub of group) this.sub(sub)
    return this.text
  }

  private sub(sub: SubType): void {
    this.text += sub.final ? '!' : '?'
    for (const index of sub.supers) this.text += this.index(index)
    const { comp } = sub
    if (comp.kind === 'func') {
      this.text += '('
      for (const t of comp.params) this.val(t)
      this.text += ')'
      for (const t of comp.results) this.val(t)
    } else if (comp.kind === 'struct') {
      this.text += '{'
      for (const field of comp.fields) this.field(field)
    } else {
      this.text += '['
      this.field(comp.field)
    }
  }

  private field(field: FieldType): void {
    this.text += field.mutable ? '$' : '%'
    this.val(field.type)
  }

  private val(t: ValType): void {
    if ((t & CONCRETE) === 0) this.text += `${t},`
    else this.text += `${t & ~INDEX_MASK}${this.index(t & INDEX_MASK)}`
  }

  private index(index: number): string {
    return index >= this.base ? `.${index - this.base},` : `:${this.ids[index]},`
  }
}

/** The defined types of any number of modules; an id is an index of `types`. */
export class TypeRegistry {
  readonly types: DefType[] = []
  /** Group key → id of the group's first type. */
  private readonly groups = new Map<string, number>()

  /** Adds a module's recursive groups and gives the registry id of each of its type indices. */
  add(recTypes: readonly RecType[]): number[] {
    const ids: number[] = []
    for (const group of recTypes) this.addGroup(group, ids)
    return ids
  }

  /** Adds the group whose first type has the index `ids.length`, and appends its ids to `ids`. */
  addGroup(group: RecType, ids: number[]): void {
    const base = ids.length
    const key = new GroupKey(base, ids).of(group)
    const known = this.groups.get(key)
    const first = known ?? this.types.length
    for (let i = 0; i < group.length; i++) ids.push(first + i)
    if (known !== undefined) return
    this.groups.set(key, first)
    for (let i = 0; i < group.length; i++) this.define(group[i]!, first + i, ids, first, group.length)
  }

  private define(sub: SubType, id: number, ids: readonly number[], group: number, groupSize: number): void {
    const supers = sub.supers.map((index) => ids[index]!)
    const parent = supers.length > 0 ? this.types[supers[0]!]! : undefined
    const display = parent ? [...parent.supers, id] : [id]
    this.types.push({
      id,
      sub: { final: sub.final, supers, comp: mapComp(sub.comp, ids) },
      supers: display,
      depth: display.length - 1,
      group,
      groupSize,
    })
  }
}
