// Calls from the embedder: one adapter per signature that converts arguments and results, with a short way for those of i32 and f64 alone.
import type { FuncInst } from '../runtime/instances.ts'
import { pushSlots, takeResults, valueList } from '../runtime/values.ts'
import { F64, I32, type ValType as Inner, typeNames } from '../syntax/types.ts'
import type { Store } from './store.ts'
import { type ValType, type Value, valTypes } from './types.ts'
import { fromWasm, toWasm } from './values.ts'

/** How many frames backtraces of native errors have; hosts keep ten by default. */
const FRAMES = 100

/** Has native errors keep enough frames until `restore`. Hosts without such a limit ignore it. */
export function deepen(): number {
  const limit = Error.stackTraceLimit
  if (limit < FRAMES) Error.stackTraceLimit = FRAMES
  return limit
}

export function restore(limit: number): void {
  if (Error.stackTraceLimit !== limit) Error.stackTraceLimit = limit
}

const functionName = (inst: FuncInst): string => (inst.index < 0 ? 'the host function' : `function ${inst.index}`)

/** Arguments as values of the parameters. @throws {TypeError} for too few or many, or one that does not fit */
export function toParams(store: Store, inst: FuncInst, args: readonly unknown[]): Value[] {
  const { params } = inst.type
  if (args.length !== params.length)
    throw new TypeError(
      `${functionName(inst)} takes ${params.length} arguments ${typeNames(params)}, got ${args.length}`,
    )
  const values = valueList()
  for (let k = 0; k < params.length; k++)
    values.push(toWasm(store, args[k], params[k]!, () => `argument ${k} of ${functionName(inst)}`))
  return values
}

/** Results as the embedder gets them. */
export function toResults(store: Store, inst: FuncInst, values: readonly Value[]): Value {
  const { results } = inst.type
  if (results.length === 0) return undefined
  if (results.length === 1) return fromWasm(store, values[0], results[0]!)
  return values.map((v, k) => fromWasm(store, v, results[k]!))
}

/** @throws {TypeError} unless the function has exactly this type */
export function checkType(
  inst: FuncInst,
  params: readonly ValType[],
  results: readonly ValType[],
  what: () => string,
): void {
  const stated = [valTypes(params, 'parameters'), valTypes(results, 'results')] as const
  const same = (own: readonly Inner[], other: readonly Inner[]) =>
    own.length === other.length && own.every((t, k) => t === other[k])
  if (same(inst.type.params, stated[0]) && same(inst.type.results, stated[1])) return
  throw new TypeError(
    `${what()}: expected ${typeNames(stated[0])} -> ${typeNames(stated[1])}, it is ${typeNames(inst.type.params)} -> ${typeNames(inst.type.results)}`,
  )
}

const isPlain = (t: Inner): boolean => t === I32 || t === F64

/** The function as a JavaScript function. */
export function callable(store: Store, inst: FuncInst): (...args: unknown[]) => unknown {
  const { params, results } = inst.type
  // A NaN becomes canonical on the long way.
  const fits = (t: Inner) => isPlain(t) && !(t === F64 && store.inner.deterministic)
  const plain = params.length <= 3 && results.length <= 1 && params.every(fits) && results.every(isPlain)
  return plain ? plainCall(store, inst) : anyCall(store, inst)
}

function anyCall(store: Store, inst: FuncInst): (...args: unknown[]) => unknown {
  const { params, results } = inst.type
  return (...args) => {
    const slots = valueList()
    const values = toParams(store, inst, args)
    for (let k = 0; k < params.length; k++) pushSlots(slots, params[k]!, values[k])
    const limit = deepen()
    store.enter()
    try {
      return toResults(store, inst, takeResults(results, inst.code(...slots)))
    } catch (e) {
      throw store.thrown(e)
    } finally {
      store.leave()
      restore(limit)
    }
  }
}

/** At most three i32 and f64 parameters and at most one such result: nothing is allocated for a call. */
function plainCall(store: Store, inst: FuncInst): (...args: unknown[]) => unknown {
  const { params } = inst.type
  const n = params.length
  const [i0, i1, i2] = [0, 1, 2].map((k) => params[k] === I32) as [boolean, boolean, boolean]
  const none = inst.type.results.length === 0
  return (...args) => {
    const [a, b, c] = args
    const fits =
      args.length === n &&
      (n < 1 || typeof a === 'number') &&
      (n < 2 || typeof b === 'number') &&
      (n < 3 || typeof c === 'number')
    // Says what is wrong.
    if (!fits) toParams(store, inst, args)
    const limit = deepen()
    store.enter()
    try {
      const x = i0 ? (a as number) | 0 : a
      const y = i1 ? (b as number) | 0 : b
      const z = i2 ? (c as number) | 0 : c
      const r = n === 0 ? inst.code() : n === 1 ? inst.code(x) : n === 2 ? inst.code(x, y) : inst.code(x, y, z)
      return none ? undefined : r
    } catch (e) {
      throw store.thrown(e)
    } finally {
      store.leave()
      restore(limit)
    }
  }
}
