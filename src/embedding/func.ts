// Func: functions of WebAssembly and of the host. A call converts its arguments by the function's type and gives nothing, one value, or an array.
import { invoke, invokeAsync } from '../runtime/boundary.ts'
import type { FuncInst } from '../runtime/instances.ts'
import { typeNames } from '../syntax/types.ts'
import { describeValue } from '../util/options.ts'
import { callable, checkType, deepen, restore, toParams, toResults } from './call.ts'
import { type Caller, CallerOf } from './caller.ts'
import { Cell, type Environment } from './environment.ts'
import { Handle } from './handles.ts'
import { type AnyFunction, hostInst, hostName } from './host.ts'
import type { Store } from './store.ts'
import {
  type Args,
  type FuncType,
  fromFuncType,
  funcDef,
  type Returns,
  type Signature,
  type ValType,
  type Value,
} from './types.ts'

/** Lets array literals be taken for tuples while TypeScript does not know the results yet. */
type Tuple = [never, ...never[]]
/** What a host function may give: its result, an array of several, or a promise of them. */
export type Given<R extends readonly ValType[]> = Returns<R> | Tuple | Promise<Returns<R> | Tuple>

/** A host function: gives its result, an array of several, or a promise of them for `callAsync` on the interpreter. */
export type HostFunction<P extends readonly ValType[], R extends readonly ValType[]> = (...args: Args<P>) => Given<R>
/** A host function that receives its caller. */
export type CallerFunction<P extends readonly ValType[], R extends readonly ValType[], E extends Environment> = (
  caller: Caller<E>,
  ...args: Args<P>
) => Given<R>

/** Choices of a host function. */
export interface FuncOptions<E extends Environment = Environment> {
  /** What backtraces and messages call it: the JavaScript function's name unless given. */
  readonly name?: string
  /** State that lives as long as the instances that use the function; for functions that receive their caller. */
  readonly environment?: E
}

/** A function (specification: Appendix, Embedding, Functions). */
export class Func<
  const P extends readonly ValType[] = readonly ValType[],
  const R extends readonly ValType[] = readonly ValType[],
> extends Handle {
  /** @internal */
  declare readonly inst: FuncInst

  /**
   * A host function.
   * @param fn called with a value per parameter; gives one value, or an array where there are several results. What it throws passes through WebAssembly
   * and comes out with its identity; a Trap that it throws cannot be caught by WebAssembly.
   * @throws {TypeError} for types that do not exist
   */
  constructor(store: Store, params: P, results: R, fn: HostFunction<P, R>, options: FuncOptions = {}) {
    super()
    const plain = options.environment === undefined
    if (!plain) throw new TypeError('a host function with an environment receives its caller: use Func.withCaller')
    setUp(this, store, { params, results }, fn as AnyFunction, options, false)
  }

  /**
   * A host function that receives its caller first: the instance that imports the function, and the environment that it carries.
   */
  static withCaller<const P extends readonly ValType[], const R extends readonly ValType[], E extends Environment>(
    store: Store,
    params: P,
    results: R,
    fn: CallerFunction<P, R, E>,
    options: FuncOptions<E> = {},
  ): Func<P, R> {
    const made = Object.create(Func.prototype) as Func<P, R>
    setUp(made, store, { params, results }, fn as AnyFunction, options, true)
    return made
  }

  get kind(): 'func' {
    return 'func'
  }

  get type(): FuncType {
    return fromFuncType(this.inst.type)
  }

  /** Its index in the module that defines it; undefined for a host function. */
  get index(): number | undefined {
    return this.inst.index < 0 ? undefined : this.inst.index
  }

  /**
   * Calls it.
   * @throws {Trap} when it traps, {Exception} for an exception that it does not catch, {TypeError} for arguments that do not fit, and whatever a host
   * function threw
   */
  call(...args: Args<P>): Returns<R> {
    const { store, inst } = this
    const values = toParams(store, inst, args)
    let results: Value[]
    const limit = deepen()
    store.enter()
    try {
      results = invoke(store.inner, inst, values)
    } catch (e) {
      throw store.left(e)
    } finally {
      store.leave()
      restore(limit)
    }
    return toResults(store, inst, results) as Returns<R>
  }

  /**
   * Calls it without blocking: host functions may give promises, and where the fuel runs out the store's `onOutOfFuel` is asked for more.
   * @throws {Error} (by rejection) what `call` throws; and when the engine cannot pause a call, which only the interpreter can
   */
  async callAsync(...args: Args<P>): Promise<Returns<R>> {
    const { store, inst } = this
    const values = toParams(store, inst, args)
    const refuel = store.options.onOutOfFuel
    try {
      const results = await invokeAsync(store.inner, inst, values, refuel === undefined ? {} : { refuel })
      return toResults(store, inst, results) as Returns<R>
    } catch (e) {
      throw store.left(e)
    }
  }

  /**
   * It as a JavaScript function of the stated type: the fastest way to call it often.
   * @throws {TypeError} when its type is another
   */
  typed<const Q extends readonly ValType[], const S extends readonly ValType[]>(
    params: Q,
    results: S,
  ): Signature<Q, S> {
    checkType(
      this.inst,
      params,
      results,
      () => `function ${this.inst.index < 0 ? hostName(this.inst) : this.inst.index}`,
    )
    return callable(this.store, this.inst) as Signature<Q, S>
  }

  toString(): string {
    const { inst } = this
    const name = hostName(inst)
    const what = inst.index < 0 ? `host function${name === '' ? '' : ` ${name}`}` : `function ${inst.index}`
    return `Func { ${what} ${typeNames(inst.type.params)} -> ${typeNames(inst.type.results)} }`
  }
}

function setUp(
  func: Func,
  store: Store,
  { params, results }: FuncType,
  fn: AnyFunction,
  { name, environment }: FuncOptions,
  wantsCaller: boolean,
): void {
  if (typeof fn !== 'function') throw new TypeError(`a host function must be a function, got ${describeValue(fn)}`)
  const def = funcDef(store.inner.registry, params, results)
  const cell = environment === undefined ? undefined : new Cell(environment)
  const caller = wantsCaller ? new CallerOf(store, cell) : undefined
  func.settle(store, hostInst(store, def, { name: name ?? fn.name, fn, caller, cell }))
}
