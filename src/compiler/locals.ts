// The locals of a function: their types, or the forms in which they are held, and the variables that they are. A variable's name is `l` and its slot.
import { definitionOf, type FuncInst, type ModuleInst } from '../runtime/instances.ts'
import { mapType } from '../syntax/type-registry.ts'
import { slotCount, type ValType } from '../syntax/types.ts'
import { type Entry, type Form, kindOf, name, variablesOf, zero } from './operands.ts'
import type { Variables } from './tree.ts'

/** The variables of a local, the entries that they are, and those where NaNs matter. */
interface Local {
  readonly names: readonly string[]
  readonly entries: readonly Entry[]
  quiet?: readonly Entry[]
  loose?: readonly Entry[]
}

export class Locals {
  readonly types: ValType[] = []
  /** First slot of each. */
  readonly slots: number[] = []
  /** Slots of all. */
  count = 0
  private readonly params: readonly ValType[]
  /** Those that have been used. */
  private readonly made: Local[] = []

  constructor(inst: ModuleInst, func: FuncInst, forms: ReadonlyMap<number, Form>) {
    this.params = func.type.params
    for (const t of this.params) this.add(t)
    for (const { count, type } of definitionOf(func).locals)
      for (let k = 0; k < count; k++) this.add(mapType(type, inst.typeIds))
    for (const [index, form] of forms) this.types[index] = form
  }

  private add(type: ValType): void {
    this.types.push(type)
    this.slots.push(this.count)
    this.count += slotCount(type)
  }

  declare(out: Variables): void {
    this.types.forEach((t, k) => {
      // A parameter has all the slots of its type, also where it is held in fewer.
      const count = k < this.params.length ? slotCount(this.params[k]!) : variablesOf(t)
      for (let j = 0; j < count; j++) out.add(`l${this.slots[k]! + j}`, kindOf(t), zero(t))
    })
  }

  names(index: number): readonly string[] {
    return this.local(index).names
  }

  entries(index: number): readonly Entry[] {
    return this.local(index).entries
  }

  /** The entries where they are no signalling NaNs. */
  quiet(index: number): readonly Entry[] {
    const local = this.local(index)
    return (local.quiet ??= local.entries.map((e) => ({ ...e, quiet: true })))
  }

  /** The entries where they are f32s that may be. */
  loose(index: number): readonly Entry[] {
    const local = this.local(index)
    return (local.loose ??= local.entries.map((e) => ({ ...e, local: index })))
  }

  /** The local whose first variable has this name, or -1. */
  named(code: string): number {
    const slot = /^l(\d+)$/.exec(code)
    return slot === null ? -1 : placeOf(this.slots, Number(slot[1]))
  }

  private local(index: number): Local {
    const made = this.made[index]
    if (made !== undefined) return made
    const slot = this.slots[index]!
    const names = Array.from({ length: variablesOf(this.types[index]!) }, (_, k) => `l${slot + k}`)
    const local = { names, entries: names.map(name) }
    this.made[index] = local
    return local
  }
}

/** Where a number is in a list that ascends, or -1. */
function placeOf(list: readonly number[], n: number): number {
  let [from, to] = [0, list.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (list[middle]! < n) from = middle + 1
    else to = middle
  }
  return list[from] === n ? from : -1
}
