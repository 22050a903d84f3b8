// `anywasm run`: instantiates a module with WASI and starts it, or calls one of its exports.
import { keepers } from '../compiler/kept.ts'
import { Trap } from '../errors.ts'
import { invoke } from '../runtime/boundary.ts'
import { ExnInst, type FuncInst, type ModuleInst } from '../runtime/instances.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { type Executor, Store } from '../runtime/store.ts'
import { valueList } from '../runtime/values.ts'
import type { Module } from '../syntax/module.ts'
import { typeNames } from '../syntax/types.ts'
import { ExitStatus } from '../wasi/context.ts'
import { WASI } from '../wasi/wasi.ts'
import type { CodeCache } from './code-cache.ts'
import { engineFor, loadEngine } from './engine.ts'
import { EXIT, explain, Failure } from './failure.ts'
import { clockUntil, controlOf, inputUntil, limitObjects, limitTables, limitText } from './limits.ts'
import { externs, facade, sharedMemory } from './link.ts'
import { loadCached, loadModule } from './load.ts'
import { writeError, writeOut } from './output.ts'
import { endProgress } from './progress.ts'
import { listeners, type RunOptions, variantOf, wasiOptions, withoutDashes } from './run-options.ts'
import { didYouMean } from './suggest.ts'
import { onlyDeadline, unwatched, type Within, watchdog } from './watchdog.ts'

/** Runs a program and gives its exit code. */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<number> {
  // A wrong name is told before anything is read.
  if (options.engine !== 'auto') await loadEngine(options.engine)
  let module: Module | undefined
  let code: CodeCache | undefined
  const control = controlOf(options)
  let store: Store | undefined
  try {
    const loaded =
      options.cache === false ? { module: await loadModule(file), content: undefined } : await loadCached(file)
    module = loaded.module
    limitObjects(control, module)
    limitTables(control, module)
    const { engine, refused } = await engineFor(options.engine, module)
    if (options.verbose)
      writeError(`anywasm: the ${engine.name} runs ${file}${refused === undefined ? '' : `, since ${refused}`}\n`)
    if (options.raiseLimit === true && generates(engine)) (await import('./raise-limit.ts')).raiseLimit()
    const watched = engine.name === 'host' && onlyDeadline(control)
    const metering = watched ? unwatched(control.metering) : control.metering
    store = new Store(engine, control.limits, metering, control.options)
    const within: Within = watched ? watchdog(control.metering.deadline!, store) : (task) => task()
    const shared = sharedMemory(module)
    if (shared !== undefined && options.invoke === undefined) {
      const { runThreads } = await import('./threads.ts')
      endProgress()
      const program = { bytes: module.bytes, engine: engine.name, file, control }
      return await runThreads(store, program, shared, wasiOptions(file, args, options))
    }
    endProgress()
    const programArgs = options.invoke === undefined ? args : []
    const sockets = await listeners(options.tcplisten)
    const { deadline } = control.metering
    const clock = clockUntil(deadline)
    const given = wasiOptions(file, programArgs, options)
    const wasi = new WASI({ ...given, sockets, clock, stdin: inputUntil(deadline, given.stdin ?? 0, clock) })
    code = await keepCode(engine, module, loaded.content, options)
    const imports = externs(store, module, wasi.getImportObject())
    const parts = { store, inst: within(() => instantiate(store!, loaded.module, imports, file)), wasi, within }
    if (options.invoke !== undefined) return await invokeExport(parts, options.invoke, withoutDashes(args))
    return start(parts, loaded.module, file, args)
  } catch (e) {
    if (e instanceof Trap && module && store) (await import('./debug-info.ts')).tellSources(store, module, file)
    if (e instanceof ExnInst) throw new Failure((await import('./invoke-values.ts')).exceptionText(e), EXIT.trap)
    const failure = explain(e, file, module && (await import('../binary/name-section.ts')).decodeNames(module))
    const met = limitText(store?.exceeded, options)
    if (met !== '') failure.message += `\n${met}`
    throw failure
  } finally {
    code?.save()
  }
}

const generates = ({ name }: Executor): boolean => name === 'compiler' || name === 'tiered'

/** Has the compiler use and keep the code of the functions that are called, where that pays. */
async function keepCode(
  engine: Executor,
  module: Module,
  content: string | undefined,
  options: RunOptions,
): Promise<CodeCache | undefined> {
  if (content === undefined || !generates(engine)) return undefined
  const { CodeCache } = await import('./code-cache.ts')
  const cache = new CodeCache(content, variantOf(options))
  keepers.set(module, cache)
  return cache
}

const MOST_NAMES = 8

/** The names of the exported functions, as many as help. */
function functionNames(inst: ModuleInst): string {
  const names = [...inst.exports].filter(([, x]) => x.kind === 'func').map(([name]) => name)
  const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : ''
  return names.length === 0 ? 'it exports none' : names.slice(0, MOST_NAMES).join(', ') + more
}

/** What runs, and how. */
interface Parts {
  store: Store
  inst: ModuleInst
  wasi: WASI
  within: Within
}

/** What stands for the memory of a module without one, which needs none where it imports nothing. */
const NO_MEMORY = { buffer: new ArrayBuffer(0) }

function start({ store, inst, wasi, within }: Parts, module: Module, file: string, args: readonly string[]): number {
  const main = inst.exports.get('_start')
  if (main === undefined) {
    const late = args.some((a) => /^(?:-i|--invoke(?:=.*)?)$/.test(a))
    throw new Failure(
      `${file}: exports no _start, so it is no command; ${late ? 'write --invoke before the file, since what follows is for the program' : `call one of its functions with --invoke NAME (${functionNames(inst)})`}`,
    )
  }
  if (main.kind !== 'func') throw new Failure(`${file}: its _start is a ${main.kind}, not a function`)
  const { params, results } = main.type
  if (params.length + results.length > 0)
    throw new Failure(
      `${file}: its _start is a func ${typeNames(params)} -> ${typeNames(results)}, but that of a command takes and gives nothing; call it with --invoke _start`,
    )
  if (inst.exports.has('_initialize'))
    throw new Failure(`${file}: exports both _start and _initialize, so it is neither a command nor a library`)
  const alone = inst.exports.get('memory')?.kind !== 'memory'
  if (alone && module.imports.length > 0)
    throw new Failure(`${file}: exports no memory "memory", which the functions of WASI work on`)
  return within(() => wasi.start(facade(store, inst), alone ? NO_MEMORY : undefined)) ?? 0
}

function functionToInvoke(inst: ModuleInst, name: string): FuncInst {
  const func = inst.exports.get(name)
  if (func?.kind === 'func') return func
  const others = [...inst.exports].filter(([, x]) => x.kind === 'func').map(([n]) => n)
  if (func !== undefined) throw new Failure(`--invoke ${name}: is a ${func.kind}, not a function`)
  const hint = didYouMean(name, others)
  throw new Failure(`--invoke ${name}: the module exports no such function${hint || ` (${functionNames(inst)})`}`)
}

async function invokeExport(parts: Parts, name: string, args: readonly string[]): Promise<number> {
  const { store, inst, wasi, within } = parts
  const func = functionToInvoke(inst, name)
  const { params, results } = func.type
  if (args.length !== params.length)
    throw new Failure(
      `--invoke ${name}: takes ${params.length} arguments of types ${typeNames(params)}, got ${args.length}`,
      EXIT.usage,
    )
  const { argument, resultText } = await import('./invoke-values.ts')
  const values = valueList()
  for (const [k, t] of params.entries()) values.push(argument(args[k]!, t, k, name))
  try {
    const given = within(() => {
      prepare(store, inst, wasi)
      return invoke(store, func, values)
    })
    if (results.length > 0) writeOut(`${results.map((t, k) => resultText(given[k], t)).join(' ')}\n`)
    return 0
  } catch (e) {
    if (e instanceof ExitStatus) return e.code
    throw e
  }
}

/** Gives WASI the module's memory, whatever else it exports, and initialises a library. */
function prepare(store: Store, inst: ModuleInst, wasi: WASI): void {
  const { memory, _initialize } = facade(store, inst).exports
  if (inst.exports.get('memory')?.kind === 'memory') wasi.initialize({ exports: { memory, _initialize } })
  else if (typeof _initialize === 'function') _initialize()
}
