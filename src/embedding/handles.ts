// What all handles have in common. Each run-time object has one handle, so that identity holds however often one comes out; `instOf` is the way back.
import type { ArrayInst, ForeignAggregate, StructInst } from '../runtime/gc.ts'
import type { ExnInst, Extern, ModuleInst } from '../runtime/instances.ts'
import type { Store as RuntimeStore } from '../runtime/store.ts'
import type { Store } from './store.ts'

export type Inst = Extern | ExnInst | ModuleInst | StructInst | ArrayInst | ForeignAggregate

interface Known {
  readonly inst: Inst
  readonly store: RuntimeStore
}

const handles = new WeakMap<Inst, object>()
const insts = new WeakMap<object, Known>()

/** Makes `handle` stand for `inst`; it becomes the one handle unless there is one. */
export function bind(handle: object, inst: Inst, store: RuntimeStore): void {
  if (!handles.has(inst)) handles.set(inst, handle)
  insts.set(handle, { inst, store })
}

/** Makes `handle` the one that comes out for `inst`. */
export const alias = (handle: object, inst: Inst): void => void handles.set(inst, handle)

export const handleOf = (inst: Inst): object | undefined => handles.get(inst)

/** The object that a handle stands for; undefined for any other value. */
export const instOf = (handle: unknown): Known | undefined =>
  typeof handle === 'object' && handle !== null ? insts.get(handle) : undefined

/** Where Node's inspect looks for a printer. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** Makes objects of a class print in Node's console as their toString says. */
export function printable(of: { prototype: object }): void {
  const value = function (this: object) {
    return String(this)
  }
  Object.defineProperty(of.prototype, INSPECT, { value })
}

/** What every handle has. It prints as one line: what it is, its name and shape, never its contents. */
export abstract class Handle {
  /** The store that it belongs to. */
  declare readonly store: Store
  /** @internal */
  declare readonly inst: Inst

  abstract toString(): string

  /** Whether both stand for the same thing. */
  equals(other: unknown): boolean {
    return instOf(other)?.inst === this.inst
  }

  /** @internal */
  settle(store: Store, inst: Inst): this {
    Object.defineProperties(this, { store: { value: store }, inst: { value: inst } })
    bind(this, inst, store.inner)
    return this
  }
}
printable(Handle)

/** A handle of a class for something that exists already. */
export const adopt = <H extends Handle>(of: { prototype: H }, store: Store, inst: Inst): H =>
  (Object.create(of.prototype) as H).settle(store, inst)
