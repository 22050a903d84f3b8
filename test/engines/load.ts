// Modules written as text, for the tests that every engine passes.
import { decode } from '../../src/binary/decode.ts'
import { type AsyncOptions, hostFunc, invoke, invokeAsync } from '../../src/runtime/boundary.ts'
import type { Extern, FuncInst, ModuleInst } from '../../src/runtime/instances.ts'
import { instantiate } from '../../src/runtime/instantiate.ts'
import type { MeterOptions } from '../../src/runtime/metering.ts'
import { type Executor, Store, type StoreLimits } from '../../src/runtime/store.ts'
import type { Value } from '../../src/runtime/values.ts'
import type { MemType } from '../../src/syntax/types.ts'
import { parseModule } from '../../src/text/parse.ts'
import { validate } from '../../src/valid/module.ts'

export type Host = (...args: Value[]) => Value | undefined | Promise<Value | undefined>

/** Of a memory of a page that may grow. */
export const ONE_PAGE: MemType = {
  limits: { address: 'i32', min: 1n, max: undefined },
  shared: false,
  pageSizeLog2: 16,
}

export interface Loaded {
  store: Store
  inst: ModuleInst
  /** Calls an export; gives its results. */
  call(name: string, ...args: Value[]): Value[]
  later(name: string, args?: Value[], options?: AsyncOptions): Promise<readonly Value[]>
}

export interface LoadOptions {
  /** Functions and other externs by `module.name`. */
  imports?: Record<string, Host | Extern>
  limits?: Partial<StoreLimits>
  metering?: MeterOptions
  store?: Store
}

export function load(executor: Executor, wat: string, options: LoadOptions = {}): Loaded {
  const { imports = {}, limits, metering } = options
  const module = decode(parseModule(wat))
  validate(module)
  const store = options.store ?? new Store(executor, limits, metering)
  const ids = store.registry.add(module.recTypes)
  const externs = module.imports.map((i) => {
    const given = imports[`${i.module}.${i.name}`]
    if (typeof given !== 'function') return given
    if (i.desc.kind !== 'func') throw new Error(`${i.module}.${i.name} is no function`)
    return hostFunc(store.registry.types[ids[i.desc.type]!]!, (args) => {
      const result = given(...args)
      if (result instanceof Promise) return result.then((v) => (v === undefined ? [] : [v]))
      return result === undefined ? [] : [result]
    })
  })
  const inst = instantiate(store, module, externs)
  const func = (name: string) => inst.exports.get(name) as FuncInst
  return {
    store,
    inst,
    call: (name, ...args) => invoke(store, func(name), args),
    later: (name, args = [], asyncOptions = {}) => invokeAsync(store, func(name), args, asyncOptions),
  }
}

/** The code of the trap that a call ends with; fails when it does not trap. */
export function trapOf(run: () => unknown): string {
  try {
    run()
  } catch (e) {
    return (e as { code?: string }).code ?? String(e)
  }
  throw new Error('no trap')
}
