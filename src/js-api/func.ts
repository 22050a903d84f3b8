// Exported functions, and functions that WebAssembly imports from JavaScript (specification: JavaScript API, "Exported Functions",
// "create a host function").
import { fromArgs } from '../runtime/boundary.ts'
import { FuncInst } from '../runtime/instances.ts'
import {
  leaveResult,
  leaveResults,
  pushSlots,
  takeResult,
  takeResults,
  type Value,
  valueList,
} from '../runtime/values.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { F32, F64, type FuncType, I32, isRef, typeNames, type ValType } from '../syntax/types.ts'
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

/** Whether its slot is its value to JavaScript. */
const isNumber = (t: ValType): boolean => t === I32 || t === F64 || t === F32

function callFromJS(realm: Realm, func: FuncInst): AnyFunction {
  const { params, results } = func.type
  const opaque = [...params, ...results].some((t) => isOpaque(realm, t))
  if (opaque)
    return () => {
      throw new TypeError(
        `a function of type ${typeNames(params)} -> ${typeNames(results)} can't be called from JavaScript`,
      )
    }
  // NaNs become canonical on the long way.
  const fits = (t: ValType) => isNumber(t) && (t === I32 || !realm.store.deterministic)
  const plain = params.every(fits) && results.every(isNumber) && results.length <= 1 && params.length <= MOST_PLAIN
  return plain ? plainCall(realm, func) : anyCall(realm, func)
}

function anyCall(realm: Realm, func: FuncInst): AnyFunction {
  const { params, results } = func.type
  return (...args) => {
    const slots = valueList()
    for (let i = 0; i < params.length; i++) pushSlots(slots, params[i]!, toWasm(realm, args[i], params[i]!))
    let first: unknown
    try {
      first = func.code(...slots)
    } catch (e) {
      throw realm.thrown(e)
    }
    if (results.length === 0) return undefined
    if (results.length === 1) return toJS(realm, takeResult(results[0]!, first), results[0]!)
    return takeResults(results, first).map((v, k) => toJS(realm, v, results[k]!))
  }
}

/** The most parameters of a call without lists. */
const MOST_PLAIN = 6

const toNumber = (v: unknown, t: ValType | undefined): number =>
  t === I32 ? (v as number) | 0 : t === F64 ? +(v as number) : Math.fround(+(v as number))

/** A call with at most six parameters and one result, all of them numbers, without lists. */
function plainCall(realm: Realm, func: FuncInst): AnyFunction {
  const { params, results } = func.type
  const [t0, t1, t2, t3, t4, t5] = params
  const count = params.length
  const none = results.length === 0
  return (a, b, c, d, e, f) => {
    const u = count > 0 ? toNumber(a, t0) : 0
    const v = count > 1 ? toNumber(b, t1) : 0
    const w = count > 2 ? toNumber(c, t2) : 0
    const x = count > 3 ? toNumber(d, t3) : 0
    const y = count > 4 ? toNumber(e, t4) : 0
    const z = count > 5 ? toNumber(f, t5) : 0
    try {
      const r = callWith(func, count, u, v, w, x, y, z)
      return none ? undefined : r
    } catch (e) {
      throw realm.thrown(e)
    }
  }
}

/** Calls with exactly as many arguments as it takes: a host function takes its arguments as a list. */
function callWith(f: FuncInst, count: number, u: number, v: number, w: number, x: number, y: number, z: number) {
  switch (count) {
    case 0:
      return f.code()
    case 1:
      return f.code(u)
    case 2:
      return f.code(u, v)
    case 3:
      return f.code(u, v, w)
    case 4:
      return f.code(u, v, w, x)
    case 5:
      return f.code(u, v, w, x, y)
    default:
      return f.code(u, v, w, x, y, z)
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
  const [result] = results
  if (results.length <= 1 && [...params, ...results].every(isNumber))
    return (...slots) => {
      try {
        const r: unknown = Reflect.apply(fn, undefined, slots)
        if (result === I32) return (r as number) | 0
        return result === F64 ? +(r as number) : result === F32 ? Math.fround(+(r as number)) : undefined
      } catch (e) {
        throw realm.entering(e)
      }
    }
  return (...slots) => {
    try {
      const args = fromArgs(params, slots)
      for (let k = 0; k < args.length; k++) if (isRef(params[k]!)) args[k] = toJS(realm, args[k], params[k]!)
      const r: unknown = Reflect.apply(fn, undefined, args)
      if (result === undefined) return undefined
      return results.length === 1
        ? leaveResult(result, toWasm(realm, r, result))
        : leaveResults(results, resultValues(realm, results, r))
    } catch (e) {
      throw realm.entering(e)
    }
  }
}

function resultValues(realm: Realm, results: readonly ValType[], r: unknown): Value[] {
  const list = listOf(r, 'a function with several results must return an iterable')
  if (list.length !== results.length)
    throw new TypeError(`the function returned ${list.length} values, ${results.length} are needed`)
  return list.map((v, k) => toWasm(realm, v, results[k]!))
}
