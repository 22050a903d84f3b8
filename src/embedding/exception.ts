// Exception: an exception of WebAssembly on the host's side. It is an Error, so that one that nobody catches tells what it is.
import { newException, payloadOf } from '../runtime/boundary.ts'
import type { ExnInst } from '../runtime/instances.ts'
import { typeNames } from '../syntax/types.ts'
import { bind } from './handles.ts'
import type { Store } from './store.ts'
import { Tag } from './tag.ts'
import type { Args, ValType, Value } from './types.ts'
import { fromWasm, toWasm } from './values.ts'

/** An exception that WebAssembly has thrown, or one to throw into it (specification: Appendix, Embedding, Exceptions). */
export class Exception<const P extends readonly ValType[] = readonly ValType[]> extends Error {
  override name = 'Exception'
  /** @internal */
  declare readonly inst: ExnInst
  /** @internal */
  declare readonly store: Store

  /**
   * One for a host function to throw.
   * @throws {TypeError} when the payload does not fit the tag
   */
  constructor(tag: Tag<P>, payload: Args<P>)
  /** @internal */
  constructor(store: Store, inst: ExnInst)
  constructor(from: Tag<P> | Store, given: Args<P> | ExnInst) {
    const store = from instanceof Tag ? from.store : from
    const inst = from instanceof Tag ? made(from, given as Args<P>) : (given as ExnInst)
    super(`an exception of WebAssembly with a tag of ${typeNames(inst.tag.type.params)}`)
    Object.defineProperties(this, { store: { value: store }, inst: { value: inst } })
    bind(this, inst, store.inner)
  }

  get tag(): Tag<P> {
    return this.store.handle(this.inst.tag) as Tag<P>
  }

  /** What it carries. */
  get payload(): Args<P> {
    const { params } = this.inst.tag.type
    return payloadOf(this.inst).map((v, k) => fromWasm(this.store, v, params[k]!)) as Args<P>
  }

  /** Whether it is of this tag. */
  is<const Q extends readonly ValType[]>(tag: Tag<Q>): this is Exception<Q> {
    return this.inst.tag === tag.inst
  }
}

function made(tag: Tag, payload: readonly Value[]): ExnInst {
  const { params } = tag.inst.type
  if (!Array.isArray(payload) || payload.length !== params.length)
    throw new TypeError(`the payload must be an array of ${params.length} values ${typeNames(params)}`)
  return newException(
    tag.inst,
    params.map((t, k) => toWasm(tag.store, payload[k], t, () => `value ${k} of the payload`)),
  )
}
