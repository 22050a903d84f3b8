// Tag: what kind of exception one is.
import type { TagInst } from '../runtime/instances.ts'
import { typeNames } from '../syntax/types.ts'
import { Handle } from './handles.ts'
import type { Store } from './store.ts'
import { fromFuncType, funcDef, type TagType, type ValType } from './types.ts'

/** A tag of exceptions (specification: Appendix, Embedding, Tags). */
export class Tag<const P extends readonly ValType[] = readonly ValType[]> extends Handle {
  /** @internal */
  declare readonly inst: TagInst

  /** @throws {TypeError} for types that do not exist */
  constructor(store: Store, params: P) {
    super()
    this.settle(store, store.inner.newTag(funcDef(store.inner.registry, params, [])))
  }

  get kind(): 'tag' {
    return 'tag'
  }

  get type(): TagType {
    return { params: fromFuncType(this.inst.type).params }
  }

  toString(): string {
    return `Tag { ${typeNames(this.inst.type.params)} }`
  }
}
