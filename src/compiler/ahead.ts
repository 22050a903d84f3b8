// Code that was compiled ahead of time, as an executor: it is given every function and binds it to an instance at its first call. It generates nothing,
// so it runs where a host forbids that. ahead-source.ts is what makes such code.
import type { casts } from '../runtime/aggregates.ts'
import type { Callable, FuncInst, ModuleInst } from '../runtime/instances.ts'
import type { Executor } from '../runtime/store.ts'
import { bind, type Factory, type Generated } from './emit.ts'
import { framesOf, install, type Makers, resolver } from './resolve.ts'
import { finishConstructor, structKey } from './structs.ts'

/** Whether it leaves tail calls in `ret` (0 or 1), what it refers to (names with commas between), and the function. */
export type AheadFunc = readonly [hasTailCall: number, names: string, factory: Factory]

/** All code of one module. It is good for stores whose type registry began with the module's types as `compileAhead` saw it. */
export interface AheadCode {
  /** Stands in the functions' names, so that backtraces tell this module's from others'. */
  readonly number: number
  /** Of the functions that the module defines, in order. */
  readonly funcs: readonly AheadFunc[]
  /** Constructors of structs by their lanes, as `structSource` writes them. */
  readonly structs: Readonly<Record<string, Generated>>
}

/** What the functions refer to that is not of an instance, by the names that `compileAhead` gave. */
export type Helpers = Readonly<Record<string, unknown>> & { readonly casts?: typeof casts }

/** The executor of one module. */
export function aheadExecutor(code: AheadCode, helpers: Helpers): Executor {
  const makers = aheadMakers(code, helpers)
  let last: { deref(): ModuleInst | undefined } | undefined
  return {
    name: 'ahead',
    link(inst) {
      // Hermes has no weak references.
      last = typeof WeakRef === 'function' ? new WeakRef(inst) : { deref: () => inst }
      const resolve = resolver(inst, false, makers)
      const lazy: Callable = function (this: FuncInst, ...slots: unknown[]) {
        const [hasTailCall, names, factory] = code.funcs[this.index - inst.importedFuncs]!
        install(this, bind(factory, names === '' ? [] : names.split(','), resolve), hasTailCall === 1)
        return this.code(...slots)
      }
      for (let i = inst.importedFuncs; i < inst.funcs.length; i++) inst.funcs[i]!.code = lazy
    },
    // Instances of one module have the same functions.
    frames: (error) => framesOf(error, (number) => (number === code.number ? last?.deref() : undefined)),
  }
}

function aheadMakers({ structs }: AheadCode, helpers: Helpers): Makers {
  const finished = new Set<string>()
  return {
    builtin: (name) => helpers[name],
    own: (inst) => helpers.casts?.(inst.store.registry) ?? {},
    dispatcher() {
      throw new Error('code compiled ahead of time has no dispatchers')
    },
    resumed() {
      throw new Error('code compiled ahead of time has one code per function')
    },
    structConstructor(def) {
      const key = structKey(def)
      const made = structs[key]
      if (!finished.has(key)) {
        finishConstructor(made, def)
        finished.add(key)
      }
      return made
    },
  }
}
