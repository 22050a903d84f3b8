// Table: tables of references.
import { currentTable } from '../runtime/imports.ts'
import type { TableInst } from '../runtime/instances.ts'
import { Handle } from './handles.ts'
import type { Store } from './store.ts'
import { fromTableType, type TableType, tableType, type Value } from './types.ts'
import { fromWasm, toWasm } from './values.ts'

/** A table (specification: Appendix, Embedding, Tables). */
export class Table extends Handle {
  /** @internal */
  declare readonly inst: TableInst

  /**
   * @param init the value of every entry
   * @throws {TypeError} for a type that is none, or an initial value that does not fit
   * @throws {LinkError} when it exceeds the store's limits
   */
  constructor(store: Store, type: TableType, init: Value = null) {
    super()
    const inner = tableType(type)
    this.settle(
      store,
      store.newTable(
        inner,
        toWasm(store, init, inner.elem, () => 'the initial value'),
      ),
    )
  }

  get kind(): 'table' {
    return 'table'
  }

  /** Its type; the minimum is its size now. */
  get type(): TableType {
    return fromTableType(currentTable(this.inst))
  }

  /** Its number of entries. */
  get size(): number {
    return this.inst.size
  }

  /** An entry. @throws {RangeError} beyond its size */
  get(index: number): Value {
    this.check(index)
    return fromWasm(this.store, this.inst.get(index), this.inst.type.elem)
  }

  /** Sets an entry. @throws {RangeError} beyond its size, {TypeError} for a value that does not fit */
  set(index: number, value: Value): void {
    this.check(index)
    this.inst.set(index, this.reference(value))
  }

  /**
   * Grows by `entries`, each `init`.
   * @returns the old size, or -1 when it may not grow so far
   */
  grow(entries: number, init: Value = null): number {
    if (!Number.isInteger(entries) || entries < 0)
      throw new TypeError(`grow: expected a number of entries, got ${String(entries)}`)
    return this.inst.grow(entries, this.reference(init))
  }

  private reference(value: Value): unknown {
    return toWasm(this.store, value, this.inst.type.elem, () => 'the entry')
  }

  private check(index: number): void {
    const { size } = this
    if (!(Number.isInteger(index) && index >= 0 && index < size))
      throw new RangeError(`entry ${index} is not inside the table of ${size} entries`)
  }

  toString(): string {
    const { element, minimum, maximum } = this.type
    return `Table { ${minimum} entries of ${element}${maximum === undefined ? '' : `, at most ${maximum}`} }`
  }
}
