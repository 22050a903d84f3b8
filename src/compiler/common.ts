// Code that instances of one module have in common. The first instance in a store has code of its own, whose constants V8 folds; programs that make an
// instance per task would compile and warm up each time, so all later ones bind the same functions anew, and V8 keeps what it knows of them.
import type { ModuleInst } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'
import type { Factory } from './emit.ts'

export interface CommonFunc {
  factory: Factory
  names: readonly string[]
  offsets: readonly number[]
  hasTailCall: boolean
}

export interface CommonCode {
  /** The number of these instances in the names of functions. */
  readonly number: number
  /** By function index. */
  readonly funcs: Map<number, CommonFunc>
}

/** Modules that a store has instances of, and their common code once there are two. */
const modules = new WeakMap<Store, WeakMap<Module, CommonCode | undefined>>()
const codes = new WeakMap<ModuleInst, CommonCode>()

/**
 * Called once for each instance that is linked: the code that it shares.
 * @param newNumber gives a number for functions' names
 */
export function join(inst: ModuleInst, newNumber: () => number): CommonCode | undefined {
  const { store, module } = inst
  let known = modules.get(store)
  if (known === undefined) modules.set(store, (known = new WeakMap()))
  if (!known.has(module)) {
    known.set(module, undefined)
    return undefined
  }
  let code = known.get(module)
  if (code === undefined) known.set(module, (code = { number: newNumber(), funcs: new Map() }))
  codes.set(inst, code)
  return code
}

/** Whether an instance's code is common to several. */
export const isCommon = (inst: ModuleInst): boolean => codes.has(inst)
