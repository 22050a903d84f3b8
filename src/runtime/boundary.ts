// Where calls cross between the embedder and WebAssembly: values to slots and back, and what is thrown. Inside, native errors stand for traps
// (a DataView's RangeError, the JavaScript stack's); they become Traps here, once, and a host function's own errors pass with their identity.
import { CompileError, Crash, Exhaustion, LinkError, Trap, type TrapCode } from '../errors.ts'
import { i64_from_halves } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { F32, F64, type FuncType, I64, slotCount, V128, type ValType } from '../syntax/types.ts'
import { addFrames, errorOf, HOST_ENTRY, hostFrame, keepNative, MAX_FRAMES } from './frames.ts'
import { type Callable, ExnInst, FuncInst, HostThrow } from './instances.ts'
import type { LimitName, Store } from './store.ts'
import {
  getValue,
  leaveResults,
  newSlots,
  pushSlots,
  putValue,
  slotsOf,
  takeResults,
  V128Value,
  type Value,
  valueList,
} from './values.ts'

/** Calls a function with values of its parameter types and gives its results. */
export function invoke(store: Store, func: FuncInst, args: readonly Value[]): Value[] {
  const { params, results } = func.type
  const slots = valueList()
  for (let i = 0; i < params.length; i++) pushSlots(slots, params[i]!, args[i])
  try {
    return takeResults(results, func.code(...slots))
  } catch (e) {
    throw leaving(store, e)
  }
}

/** How an asynchronous call goes on when its fuel has run out. */
export interface AsyncOptions {
  /** Called when the fuel has run out: gives units to add, or 0 to end the call with a trap. Without it the call ends. */
  refuel?: () => number | Promise<number>
}

/**
 * Calls a function that may pause: host functions may give promises, and the call can go on after the fuel ran out. Other code may run meanwhile.
 * @throws {Error} (by rejection) when the store's engine cannot pause
 */
export async function invokeAsync(
  store: Store,
  func: FuncInst,
  args: readonly Value[],
  { refuel }: AsyncOptions = {},
): Promise<readonly Value[]> {
  const slots = valueList()
  for (let i = 0; i < args.length; i++) pushSlots(slots, func.type.params[i]!, args[i])
  const execution = store.executor.start?.(func, slots)
  if (execution === undefined) throw new Error(`the ${store.executor.name} cannot pause a call: use the interpreter`)
  try {
    while (execution.run() !== 'done') {
      if (execution.status === 'waiting') await execution.pending
      else {
        const units = (await refuel?.()) ?? 0
        if (units > 0) store.meter.fuel += units
        else execution.raise(new Exhaustion('out of fuel'))
      }
    }
    return execution.results
  } catch (e) {
    throw leaving(store, e)
  }
}

/** What the embedder gets for something thrown out of WebAssembly: a Trap, an ExnInst, or a host function's own error. */
export function leaving(store: Store, e: unknown): unknown {
  const left = thrown(store, e)
  const limit = left instanceof Trap ? LIMIT_OF[left.code] : undefined
  if (limit !== undefined) store.exceed(limit, (left as Trap).message)
  else if (left instanceof Exhaustion) store.noMemory(left.message)
  return left
}

/** The limits that traps tell of. */
const LIMIT_OF: Partial<Record<TrapCode, LimitName>> = {
  'call stack exhausted': 'callDepth',
  'out of fuel': 'fuel',
  'deadline exceeded': 'deadline',
  interrupted: 'interrupt',
  'array too large': 'arrayElements',
}

function thrown(store: Store, raw: unknown): unknown {
  const e = store.executor.caught === undefined ? raw : store.executor.caught(raw, store)
  if (e instanceof HostThrow) return e.error
  if (e instanceof Trap) {
    addFrames(e, store.executor.frames(errorOf(e), store))
    return e
  }
  if (e instanceof ExnInst || e instanceof CompileError || e instanceof LinkError) return e
  if (!(e instanceof Error)) return new Crash(`something unknown was thrown: ${String(e)}`)
  const trap = trapOf(e)
  if (trap === undefined) return e instanceof Crash ? e : new Crash(`internal error: ${e.message}`, { cause: e })
  keepNative(trap, e)
  addFrames(trap, store.executor.frames(e, store))
  return trap
}

/** The trap that a native error stands for. The texts are V8's, SpiderMonkey's and JavaScriptCore's, QuickJS's and Hermes's. */
export function trapOf(e: Error): Trap | undefined {
  if (/call stack|recursion|stack overflow/i.test(e.message)) return new Exhaustion('call stack exhausted')
  if (e instanceof RangeError) return new Trap('out of bounds memory access')
  return undefined
}

/** Thrown by a host function's code that gave a promise of its results, when its caller can wait for it. */
export class AwaitHost {
  constructor(readonly promise: Promise<readonly Value[]>) {}
}

/** Set by an engine just before it calls a function: whether that may throw an AwaitHost. */
export const suspension = { allowed: false }

/** Makes the code of a host function from one over values; the results may be promised where the call is an execution. What it throws is carried through WebAssembly as a HostThrow, traps and exceptions as they are. */
export function hostCode(
  type: FuncType,
  fn: (args: Value[]) => readonly Value[] | Promise<readonly Value[]>,
  name = '',
): Callable {
  const { params, results } = type
  const flat = params.every((t) => slotCount(t) === 1)
  const code: Callable = (...slots: unknown[]) => {
    let values: readonly Value[] | Promise<readonly Value[]>
    const waits = suspension.allowed
    suspension.allowed = false
    try {
      values = fn(flat ? slots : fromArgs(params, slots))
    } catch (e) {
      if (e instanceof Trap && e.frames.length < MAX_FRAMES) e.frames.push(hostFrame(name))
      throw carried(e)
    }
    if (!(values instanceof Promise)) return leaveResults(results, values)
    if (waits) throw new AwaitHost(values)
    throw new HostThrow(
      new TypeError('a host function gave a promise: call the export asynchronously, on the interpreter'),
    )
  }
  Object.defineProperty(code, 'name', { value: HOST_ENTRY })
  return code
}

/** What a host function throws, on its way through WebAssembly: traps and exceptions as they are. */
export const carried = (e: unknown): unknown =>
  e instanceof Trap || e instanceof ExnInst || e instanceof HostThrow ? e : new HostThrow(e)

/**
 * Makes a host function of a store that is controlled: time that it takes counts, since the clock is looked at when it returns, and a NaN that it gives
 * is canonical where the store is deterministic. Once per function.
 */
export function controlHost(store: Store, func: FuncInst): void {
  const { meter, deterministic } = store
  const float = deterministic && func.type.results.some((t) => t === F32 || t === F64)
  if (func.engine !== undefined || !(meter.interruptible || float)) return
  func.engine = CONTROLLED
  const count = slotsOf(func.type.results)
  const { code } = func
  func.code = (...slots: unknown[]) => {
    try {
      const first: unknown = code(...slots)
      if (float) for (let k = 1; k < count; k++) if (ret.f[k] !== ret.f[k]) ret.f[k] = Number.NaN
      return float && first !== first ? Number.NaN : first
    } finally {
      if (meter.interruptible) meter.expire()
    }
  }
}

const CONTROLLED = Symbol('controlled')

/** Argument slots to values. */
export function fromArgs(types: readonly ValType[], slots: readonly unknown[]): Value[] {
  const out = valueList()
  let at = 0
  for (const t of types) {
    if (t === I64) out.push(i64_from_halves(slots[at] as number, slots[at + 1] as number))
    else if (t === V128) out.push(new V128Value(Int32Array.from(slots.slice(at, at + 4) as number[])))
    else out.push(slots[at])
    at += slotCount(t)
  }
  return out
}

/** A host function as an instance of the store. `name` is for backtraces. */
export const hostFunc = (
  def: DefType,
  fn: (args: Value[]) => readonly Value[] | Promise<readonly Value[]>,
  host: unknown = fn,
  name = typeof host === 'function' ? host.name : '',
): FuncInst => new FuncInst(def, hostCode(def.sub.comp as FuncType, fn, name), undefined, -1, host)

/** A new exception with a payload of values. */
export function newException(tag: ExnInst['tag'], values: readonly Value[]): ExnInst {
  const { params } = tag.type
  const payload = newSlots(slotsOf(params))
  let at = 0
  for (let k = 0; k < params.length; k++) at = putValue(payload, at, params[k]!, values[k])
  return new ExnInst(tag, payload)
}

/** An exception's payload as values. */
export function payloadOf(exn: ExnInst): Value[] {
  const out = valueList()
  let at = 0
  for (const t of exn.tag.type.params) {
    out.push(getValue(exn.payload, at, t))
    at += slotCount(t)
  }
  return out
}
