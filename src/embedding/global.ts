// Global: globals of instances and of the host.
import type { GlobalInst } from '../runtime/instances.ts'
import { Handle } from './handles.ts'
import type { Store } from './store.ts'
import { type GlobalType, mustBeType, typeName, type ValType, type ValueOf, valType } from './types.ts'
import { fromWasm, toWasm } from './values.ts'

/** A global (specification: Appendix, Embedding, Globals). */
export class Global<const T extends ValType = ValType> extends Handle {
  /** @internal */
  declare readonly inst: GlobalInst

  /** @throws {TypeError} for a type that is none, or a value that does not fit */
  constructor(store: Store, type: { readonly type: T; readonly mutable?: boolean }, value: ValueOf<T>) {
    super()
    mustBeType(type, 'global', "{ type: 'i32', mutable: true }")
    const t = valType(type.type)
    const given = toWasm(store, value, t, () => 'the value of the global')
    this.settle(store, store.newGlobal({ type: t, mutable: type.mutable ?? false }, given))
  }

  get kind(): 'global' {
    return 'global'
  }

  get type(): GlobalType {
    return { type: typeName(this.inst.type.type), mutable: this.inst.type.mutable }
  }

  get value(): ValueOf<T> {
    return fromWasm(this.store, this.inst.value, this.inst.type.type) as ValueOf<T>
  }

  /** @throws {TypeError} when it is immutable, or the value does not fit */
  set value(value: ValueOf<T>) {
    if (!this.inst.type.mutable) throw new TypeError('the global is immutable')
    this.inst.value = toWasm(this.store, value, this.inst.type.type, () => 'the value of the global')
  }

  toString(): string {
    const { type, mutable } = this.type
    return `Global { ${mutable ? 'mut ' : ''}${type} }`
  }
}
