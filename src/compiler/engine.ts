// The compiler as an executor: every function is compiled at its first call, and its FuncInst's code replaced. What generated code refers to is
// resolve.ts's.

import { casts, limitedArrays } from '../runtime/aggregates.ts'
import { newCensus } from '../runtime/census.ts'
import type { Callable, FuncInst, ModuleInst } from '../runtime/instances.ts'
import type { Executor } from '../runtime/store.ts'
import { builtin } from './builtins.ts'
import { type CommonCode, join } from './common.ts'
import { dispatcher } from './dispatch.ts'
import { bind, emit, type Generated, LINES_BEFORE, newFactory } from './emit.ts'
import { FuncCompiler } from './func.ts'
import { compileLoop } from './hot-loop.ts'
import { keepers } from './kept.ts'
import { controlNames } from './metering.ts'
import { keepLines, offsetAt } from './positions.ts'
import { checkFunc, framesOf, install, type Makers, RESUMED, resolver } from './resolve.ts'
import type { Calls } from './straight.ts'
import { structConstructor } from './structs.ts'

/** Instances by number, so that a stack trace's function names lead back to them. */
const instances: WeakRef<ModuleInst>[] = []

export const compiler: Executor = {
  name: 'compiler',
  newCensus,
  link(inst) {
    const common = join(inst, () => instances.length)
    const number = common?.number ?? instances.length
    instances[number] = new WeakRef(inst)
    const resolve = resolver(inst, common !== undefined, makers)
    linked.set(inst, { number, resolve })
    // One for all, since modules have many functions and few are called; callers call it as a method.
    const lazy: Callable = function (this: FuncInst, ...slots: unknown[]) {
      const id = `$${number}_${this.index}`
      if (common === undefined) compileFunc(inst, this, id, resolve)
      else bindCommon(inst, this, id, resolve, common)
      return this.code(...slots)
    }
    for (let i = inst.importedFuncs; i < inst.funcs.length; i++) inst.funcs[i]!.code = lazy
  },
  frames: (error) => framesOf(error, (number) => instances[number]?.deref(), offsetAt),
}

const linked = new WeakMap<ModuleInst, { number: number; resolve: (name: string) => unknown }>()

/** Whether a function of a linked instance was compiled in an earlier process. */
export const isKept = ({ module: inst, index }: FuncInst): boolean =>
  keepers.get(inst!.module)?.find(index, `$${linked.get(inst!)!.number}_${index}`) !== undefined

/**
 * One loop of a function, for an interpreter in the middle of it (hot-loop.ts).
 * @param offset of its instruction
 */
export function loopOf(func: FuncInst, offset: number): Generated | undefined {
  const inst = func.module!
  const { number, resolve } = linked.get(inst)!
  const id = `$${number}_${func.index}o${offset}`
  const compiled = compileLoop(inst, func, offset, id)
  if (compiled === undefined) return undefined
  keepLines(func, { id, offsets: compiled.offsets, row: LINES_BEFORE }, String(offset))
  return emit(compiled.source, compiled.names, resolve)
}

const makers: Makers = {
  builtin,
  own: (inst) => {
    const { census, registry } = inst.store
    const names = { ...casts(registry), ...controlNames(inst), census }
    return { ...names, ...limitedArrays(inst.store, names) }
  },
  dispatcher: dispatcherOf,
  resumed,
  structConstructor,
}

function compileFunc(inst: ModuleInst, func: FuncInst, id: string, resolve: (name: string) => unknown): void {
  const calls = callsOf(inst)
  const keeper = keepers.get(inst.module)
  const kept = keeper?.find(func.index, id)
  if (kept !== undefined) {
    keepLines(func, { id, offsets: kept.offsets, row: kept.row, calls })
    install(func, bind(kept.factory, kept.names, resolve), kept.hasTailCall)
    return
  }
  const compiled = new FuncCompiler(inst, func).compile(id, calls)
  keeper?.keep(func.index, id, compiled)
  keepLines(func, { id, offsets: compiled.offsets, row: LINES_BEFORE, calls })
  install(func, emit(compiled.source, compiled.names, resolve), compiled.hasTailCall)
}

/** Where something is counted, functions have one code. */
const callsOf = ({ store: { meter, countsDepth } }: ModuleInst): Calls =>
  meter.metered || meter.interruptible || countsDepth ? 'all' : 'first'

/** The code of a function for calls that go on where an earlier one has been left, compiled when there is one. */
function resumed(func: FuncInst): { code: Generated } {
  const out = {
    code: (...slots: unknown[]): unknown => {
      const inst = func.module!
      const { number, resolve } = linked.get(inst)!
      const id = `$${number}_${func.index}${RESUMED}`
      const compiled = new FuncCompiler(inst, func).compile(id, 'resumed')
      keepLines(func, { id, offsets: compiled.offsets, row: LINES_BEFORE, calls: 'resumed' }, RESUMED)
      out.code = emit(compiled.source, compiled.names, resolve)
      return out.code(...slots)
    },
  }
  return out
}

/** Compiles a function for all instances that have it in common, unless one of them has done so before. */
function bindCommon(
  inst: ModuleInst,
  func: FuncInst,
  id: string,
  resolve: (name: string) => unknown,
  { funcs }: CommonCode,
): void {
  let known = funcs.get(func.index)
  if (known === undefined) {
    const { source, names, offsets, hasTailCall } = new FuncCompiler(inst, func).compile(id)
    known = { factory: newFactory(source, names), names, offsets, hasTailCall }
    funcs.set(func.index, known)
  }
  keepLines(func, { id, offsets: known.offsets, row: LINES_BEFORE })
  install(func, bind(known.factory, known.names, resolve), known.hasTailCall)
}

const dispatchers = new WeakMap<ModuleInst, Map<string, Generated>>()

/** The function by which calls of type `id` go through a fixed table. */
function dispatcherOf(inst: ModuleInst, table: number, id: number): Generated {
  let made = dispatchers.get(inst)
  if (made === undefined) dispatchers.set(inst, (made = new Map()))
  const key = `${table} ${id}`
  let dispatch = made.get(key)
  if (dispatch === undefined) {
    const { source, bound } = dispatcher(inst, table, id)
    const { elems } = inst.tables[table]!
    bound.fail = (at: number) => checkFunc(inst.store, elems[at] as FuncInst | null | undefined, at, id)
    dispatch = emit(source, Object.keys(bound), (name) => bound[name])
    made.set(key, dispatch)
  }
  return dispatch
}
