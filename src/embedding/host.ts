// Host functions: JavaScript functions as functions of a store. Those that carry an environment or want their caller get a function of their own for
// each instance that imports them; the others are one function for all.
import { hostFunc } from '../runtime/boundary.ts'
import type { FuncInst } from '../runtime/instances.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { isRef, type ValType } from '../syntax/types.ts'
import { describeValue } from '../util/options.ts'
import { CallerOf } from './caller.ts'
import type { Cell, Environments } from './environment.ts'
import { alias } from './handles.ts'
import type { Store } from './store.ts'
import type { Value } from './types.ts'
import { fromWasm, toWasm } from './values.ts'

// biome-ignore lint/suspicious/noExplicitAny: arguments are of the function's own types
export type AnyFunction = (...args: any[]) => unknown

/** What the embedder gave for a host function. */
export interface HostDef {
  /** What backtraces and messages call it. */
  readonly name: string
  readonly fn: AnyFunction
  /** Its first argument, where it wants its caller. */
  readonly caller: CallerOf | undefined
  readonly cell: Cell | undefined
}

const defs = new WeakMap<FuncInst, HostDef>()

/** The name of a host function; empty where it has none. */
export const hostName = (inst: FuncInst): string => defs.get(inst)?.name ?? ''

/** A function that calls the host's. */
export function hostInst(store: Store, def: DefType, host: HostDef): FuncInst {
  const { params, results } = def.sub.comp as FuncInst['type']
  const { fn, caller } = host
  const run = (values: Value[]): readonly Value[] | Promise<readonly Value[]> => {
    const args = values as unknown[]
    for (let k = 0; k < args.length; k++) if (isRef(params[k]!)) args[k] = fromWasm(store, args[k], params[k]!)
    let given: unknown
    try {
      given = caller === undefined ? fn(...args) : fn(caller, ...args)
    } catch (e) {
      throw store.entering(e)
    }
    if (!(given instanceof Promise)) return fromHost(store, host, results, given)
    return given.then(
      (v) => fromHost(store, host, results, v),
      (e) => {
        throw store.entering(e)
      },
    )
  }
  const inst = hostFunc(def, run, fn, host.name)
  defs.set(inst, host)
  return inst
}

function fromHost(store: Store, host: HostDef, types: readonly ValType[], given: unknown): unknown[] {
  const what = (k: number) => () => `result${types.length > 1 ? ` ${k}` : ''} of the host function ${host.name}`
  if (types.length === 0) return []
  if (types.length === 1) return [toWasm(store, given, types[0]!, what(0))]
  if (!Array.isArray(given) || given.length !== types.length)
    throw new TypeError(
      `the host function ${host.name} must give an array of ${types.length} values, got ${describeValue(given)}`,
    )
  return given.map((v, k) => toWasm(store, v, types[k]!, what(k)))
}

/** A function for one more instance that imports a host function, and what is to be told which instance that is. */
export interface Bound {
  readonly func: FuncInst
  readonly caller: CallerOf | undefined
}

/** Adds the environment that the instance uses to `environments`. */
export function bindTo(store: Store, inst: FuncInst, environments: Environments): Bound {
  const host = defs.get(inst)
  if (host?.caller === undefined) return { func: inst, caller: undefined }
  const cell = host.cell?.share()
  if (cell !== undefined) environments.add(cell)
  // The first instance takes the function itself, so that the one it exports again is the original with its environment.
  if (cell !== undefined && cell === host.cell && !host.caller.bound) return { func: inst, caller: host.caller }
  const caller = new CallerOf(store, cell)
  const func = hostInst(store, inst.def, { ...host, caller, cell })
  if (cell === undefined) alias(store.handle(inst), func)
  return { func, caller }
}
