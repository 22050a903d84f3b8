// Exported functions, and functions that WebAssembly imports from JavaScript (specification: JavaScript API, "Exported Functions",
// "create a host function").
import { fromArgs } from '../runtime/boundary.ts'
import { FuncInst } from '../runtime/instances.ts'
import { leaveResults, pushSlots, takeResults, type Value } from '../runtime/values.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { F64, type FuncType, I32, typeNames, type ValType } from '../syntax/types.ts'
import { isOpaque, toJS, toWasm } from './convert.ts'
import type { Realm } from './realm.ts'
import { listOf } from './webidl.ts'

type AnyFunction = (...args: unknown[]) => unknown

/** The one JavaScript function that stands for a function instance. */
export function exportedFunction(realm: Realm, func: FuncInst, index: number): AnyFunction {
  let made = realm.functions.get(func) as AnyFunction | undefined
  if (made === undefined) {
    made = callFromJS(realm, func)
    Object.defineProperty(made, 'length', { value: func.type.params.length, configurable: true })
    Object.defineProperty(made, 'name', { value: String(Math.max(index, 0)), configurable: true })
    realm.functions.set(func, made)
    realm.funcInsts.set(made, func)
  }
  return made
}

const isPlain = (t: ValType): boolean => t === I32 || t === F64

function callFromJS(realm: Realm, func: FuncInst): AnyFunction {
  const { params, results } = func.type
  const opaque = [...params, ...results].some((t) => isOpaque(realm, t))
  if (opaque)
    return () => {
      throw new TypeError(
        `a function of type ${typeNames(params)} -> ${typeNames(results)} can't be called from JavaScript`,
      )
    }
  const plain = params.every(isPlain) && results.every(isPlain) && results.length <= 1 && params.length <= 4
  return plain ? plainCall(realm, func) : anyCall(realm, func)
}

function anyCall(realm: Realm, func: FuncInst): AnyFunction {
  const { params, results } = func.type
  return (...args) => {
    // The leading string keeps the array from becoming one of raw doubles, which would lose NaN bits.
    const slots: unknown[] = ['']
    for (let i = 0; i < params.length; i++) pushSlots(slots, params[i]!, toWasm(realm, args[i], params[i]!))
    slots.shift()
    let values: Value[]
    try {
      values = takeResults(results, func.code(...slots))
    } catch (e) {
      throw realm.thrown(e)
    }
    if (results.length === 0) return undefined
    if (results.length === 1) return toJS(realm, values[0], results[0]!)
    return values.map((v, k) => toJS(realm, v, results[k]!))
  }
}

/** A call with at most four i32 and f64 parameters and at most one such result, without lists. */
function plainCall(realm: Realm, func: FuncInst): AnyFunction {
  const { params, results } = func.type
  const ints = [0, 1, 2, 3].map((k) => params[k] === I32)
  const [i0, i1, i2, i3] = ints as [boolean, boolean, boolean, boolean]
  const convert = (v: unknown, int: boolean): number => (int ? (v as number) | 0 : +(v as number))
  const count = params.length
  const none = results.length === 0
  return (a, b, c, d) => {
    const w = count > 0 ? convert(a, i0) : 0
    const x = count > 1 ? convert(b, i1) : 0
    const y = count > 2 ? convert(c, i2) : 0
    const z = count > 3 ? convert(d, i3) : 0
    try {
      // Exactly as many as it takes: a host function takes its arguments as a list.
      const r: unknown =
        count === 0
          ? func.code()
          : count === 1
            ? func.code(w)
            : count === 2
              ? func.code(w, x)
              : count === 3
                ? func.code(w, x, y)
                : func.code(w, x, y, z)
      return none ? undefined : r
    } catch (e) {
      throw realm.thrown(e)
    }
  }
}

/** A function instance that calls `fn`; an exported function stays the instance that it stands for. */
export function importedFunction(realm: Realm, def: DefType, fn: AnyFunction): FuncInst {
  return realm.funcInsts.get(fn) ?? new FuncInst(def, callToJS(realm, def.sub.comp as FuncType, fn), undefined, -1, fn)
}

function callToJS(realm: Realm, type: FuncType, fn: AnyFunction): FuncInst['code'] {
  const { params, results } = type
  if ([...params, ...results].some((t) => isOpaque(realm, t)))
    return () => {
      throw realm.entering(
        new TypeError(`a function of type ${typeNames(params)} -> ${typeNames(results)} can't call JavaScript`),
      )
    }
  const plain = params.every(isPlain) && results.length === 0
  if (plain)
    return (...slots) => {
      try {
        Reflect.apply(fn, undefined, slots)
      } catch (e) {
        throw realm.entering(e)
      }
    }
  return (...slots) => {
    try {
      const args = fromArgs(params, slots).map((v, k) => toJS(realm, v, params[k]!))
      return leaveResults(results, resultValues(realm, results, Reflect.apply(fn, undefined, args)))
    } catch (e) {
      throw realm.entering(e)
    }
  }
}

function resultValues(realm: Realm, results: readonly ValType[], r: unknown): Value[] {
  if (results.length === 0) return []
  if (results.length === 1) return [toWasm(realm, r, results[0]!)]
  const list = listOf(r, 'a function with several results must return an iterable')
  if (list.length !== results.length)
    throw new TypeError(`the function returned ${list.length} values, ${results.length} are needed`)
  return list.map((v, k) => toWasm(realm, v, results[k]!))
}
