// Runs scripts: one store per script, every command on its own, so that whatever goes wrong in one is that command's failure and no more
// (specification: interpreter, Scripts). Messages are compared by prefix. Threads run to their end where they stand; those that
// wait for each other run in other agents, where the embedder has some.
import { decode } from '../binary/decode.ts'
import { CompileError, Exhaustion, InvalidError, LinkError, MalformedError, Trap, UnsupportedError } from '../errors.ts'
import { invoke } from '../runtime/boundary.ts'
import { ExnInst, type Extern } from '../runtime/instances.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { type Executor, Store, type StoreLimits } from '../runtime/store.ts'
import { type Value, valueList } from '../runtime/values.ts'
import type { Module } from '../syntax/module.ts'
import { validate } from '../valid/module.ts'
import { parseScript } from './parse.ts'
import { constValue, HostRefs, matchesPattern, showPattern, showValue } from './patterns.ts'
import { type Action, type Command, type ModuleSource, matchesMessage, moduleBytes, type Pattern } from './script.ts'
import { spectest } from './spectest.ts'
import { countCommands, mayWait, sharedMemories, type ThreadJob } from './threads.ts'

/** A command that did not do what the script expects. */
export interface ScriptFailure {
  /** The line in which the command begins, from 1. */
  line: number
  message: string
  /** The features that the engine lacks, where that is why: it has refused the command's module, or one that the command builds upon. */
  lacks?: readonly string[]
}

/** How a script went; every command counts as one. */
export interface ScriptResult {
  file: string
  passed: number
  failed: number
  skipped: number
  failures: ScriptFailure[]
}

/** Choices of runScript. */
export interface ScriptOptions {
  /** Gets what the script prints through the spectest module. */
  print?: (line: string) => void
  /** Limits of the script's store. */
  limits?: Partial<StoreLimits>
  /** The script is of the time before WebAssembly 2.0: one memory, one table, limits of 32 bits. By default the file's path decides. */
  oldBase?: boolean
  /** Starts a thread in another agent, which calls runThread; gives a function that waits for its end. Without it, threads that wait for each other are skipped. */
  startThread?: (job: ThreadJob) => () => ScriptResult
}

/** The scripts beside the threads proposal's repository are older than the others. */
const OLD_BASE = /proposals[/\\]threads[/\\][^/\\]+$/

/** A command did not do what it should. */
class Unmet extends Error {}
/** A command that can't be run here. */
class Skipped extends Error {}

/**
 * Runs a script.
 * @param file its name in the result
 * @param executor what runs its modules
 */
export function runScript(
  source: string | Uint8Array,
  file: string,
  executor: Executor,
  options: ScriptOptions = {},
): ScriptResult {
  const run = new Run(source, file, new Store(executor, options.limits, {}, { exactTraps: true }), options)
  let commands: Command[]
  try {
    commands = parseScript(source)
  } catch (e) {
    run.fail(e instanceof CompileError ? e.line : 0, `the script does not parse: ${text(e)}`)
    return run.result
  }
  run.all(commands, new Scope(spectest(run.store, options.print ?? (() => {})), []))
  return run.result
}

/** Runs a thread of a script: what `startThread` starts calls this, in an agent of its own. */
export function runThread(job: ThreadJob, executor: Executor, options: ScriptOptions = {}): ScriptResult {
  const run = new Run(job.source, job.file, new Store(executor, options.limits, {}, { exactTraps: true }), options)
  let commands: readonly Command[] = parseScript(job.source)
  for (const index of job.path) {
    const command = commands[index]
    if (command?.kind !== 'thread') throw new Error(`no thread at ${job.path.join('.')}`)
    commands = command.commands
  }
  const scope = new Scope(spectest(run.store, options.print ?? (() => {})), job.path)
  for (const { id, memories } of job.shared)
    scope.instances.set(id, new Map(memories.map((m) => [m.name, run.store.newMemory(m.type, m.maxPages, m.handle)])))
  run.all(commands, scope)
  return run.result
}

type Exports = ReadonlyMap<string, Extern>
/** An instance, or why there is none. */
type Made = Exports | UnsupportedError
type Join = () => ScriptResult

/** The names that a script, or one of its threads, has given. */
class Scope {
  readonly instances = new Map<string, Made>()
  readonly definitions = new Map<string, Module>()
  readonly registered = new Map<string, Made>()
  /** Threads by name; those in other agents with what waits for their end. */
  readonly threads = new Map<string, Join | undefined>()
  instance: Made | undefined
  definition: Module | undefined

  /** @param path where its commands are, as ThreadJob says */
  constructor(
    readonly spectest: Exports,
    readonly path: readonly number[],
  ) {
    this.registered.set('spectest', spectest)
  }

  /** @throws UnsupportedError where its module was refused */
  find(id: string | undefined): Exports {
    const found = id === undefined ? this.instance : this.instances.get(id)
    if (found instanceof UnsupportedError) throw found
    if (found === undefined) throw new Unmet(id === undefined ? 'there is no instance' : `unknown instance ${id}`)
    return found
  }

  findDefinition(id: string | undefined): Module {
    const found = id === undefined ? this.definition : this.definitions.get(id)
    if (found === undefined) throw new Unmet(id === undefined ? 'there is no module' : `unknown module ${id}`)
    return found
  }
}

class Run {
  readonly hosts = new HostRefs()
  readonly oldBase: boolean
  readonly result: ScriptResult

  constructor(
    readonly source: string | Uint8Array,
    file: string,
    readonly store: Store,
    readonly options: ScriptOptions,
  ) {
    this.oldBase = options.oldBase ?? OLD_BASE.test(file)
    this.result = { file, passed: 0, failed: 0, skipped: 0, failures: [] }
  }

  fail(line: number, message: string, e?: unknown): void {
    this.result.failed++
    this.result.failures.push({ line, message, ...(e instanceof UnsupportedError && { lacks: e.features }) })
  }

  all(commands: readonly Command[], scope: Scope): void {
    const concurrent = commands.some((command) => command.kind === 'thread' && mayWait(command.commands))
    commands.forEach((command, index) => {
      const isThreads = command.kind === 'thread' || command.kind === 'wait'
      if (concurrent && isThreads && this.options.startThread === undefined)
        this.result.skipped += countCommands(command)
      else if (concurrent && command.kind === 'thread') this.one(command, () => this.start(command, scope, index))
      else this.one(command, () => this.command(command, scope, index))
    })
    // Nothing waits for these.
    for (const id of scope.threads.keys()) this.join(scope, id)
  }

  /** Runs a command, or whatever stands for it, and counts it. */
  private one(command: Command, run: () => void): void {
    const { result } = this
    try {
      run()
      result.passed++
    } catch (e) {
      if (e instanceof Skipped) {
        result.skipped++
        return
      }
      this.fail(command.line, `${command.kind}: ${text(e)}`, e)
    }
  }

  private command(command: Command, scope: Scope, index: number): void {
    switch (command.kind) {
      case 'module':
        this.module(command, scope)
        return
      case 'instance':
        this.keep(scope, command.id, () => this.instantiate(scope.findDefinition(command.module), scope, command.id))
        return
      case 'register':
        scope.registered.delete(command.name)
        unlessRefused(
          () => scope.find(command.module),
          (found) => scope.registered.set(command.name, found),
        )
        return
      case 'action':
        this.act(command.action, scope)
        return
      case 'thread':
        this.thread(command, scope, index)
        return
      case 'wait':
        this.wait(command.id, scope)
        return
      case 'unsupported':
      case 'assert_suspension':
        throw new Skipped()
      case 'assert_return':
        this.returns(this.act(command.action, scope), command.results)
        return
      default: {
        const [run, error] = this.attempt(command, scope)
        expectError(run, error, 'message' in command ? command.message : '')
      }
    }
  }

  /** What an assertion about a failure runs, and how that must end. */
  private attempt(command: Command, scope: Scope): [run: () => unknown, error: ErrorClass] {
    switch (command.kind) {
      case 'assert_trap':
        return [() => this.act(command.action, scope), Trap]
      case 'assert_exhaustion':
        return [() => this.act(command.action, scope), Exhaustion]
      case 'assert_exception':
        return [() => this.act(command.action, scope), ExnInst]
      case 'assert_malformed':
      case 'assert_malformed_custom':
        return [() => this.check(command.source), MalformedError]
      case 'assert_invalid':
        return [() => this.check(command.source), InvalidError]
      case 'assert_invalid_custom':
        return [() => this.check(command.source), CompileError]
      case 'assert_unlinkable':
      case 'assert_uninstantiable': {
        const module = this.check(command.source)
        return [() => this.instantiate(module, scope), command.kind === 'assert_unlinkable' ? LinkError : Trap]
      }
      case 'assert_instance': {
        const module = scope.findDefinition(command.module)
        return [() => this.instantiate(module, scope), command.fails === 'unlinkable' ? LinkError : Trap]
      }
      default:
        throw new Skipped()
    }
  }

  /** Parses, decodes and validates a module. */
  private check(source: ModuleSource): Module {
    const module = decode(moduleBytes(source, { narrowLimits: this.oldBase }))
    validate(module)
    if (this.oldBase) checkOldBase(module)
    return module
  }

  private module(command: Command & { kind: 'module' }, scope: Scope): void {
    const { id } = command
    scope.definition = undefined
    if (id !== undefined) scope.definitions.delete(id)
    const make = () => {
      const module = this.check(command.source)
      scope.definition = module
      if (id !== undefined) scope.definitions.set(id, module)
      return module
    }
    if (command.definition) make()
    else this.keep(scope, id, () => this.instantiate(make(), scope, id))
  }

  /** Makes the current instance; where that fails, no later command meets an older one by mistake. */
  private keep(scope: Scope, id: string | undefined, make: () => Exports): void {
    scope.instance = undefined
    if (id !== undefined) scope.instances.delete(id)
    unlessRefused(make, (made) => {
      scope.instance = made
      if (id !== undefined) scope.instances.set(id, made)
    })
  }

  private instantiate(module: Module, scope: Scope, id?: string): Exports {
    const externs = module.imports.map((i) => {
      const found = scope.registered.get(i.module)
      if (found instanceof UnsupportedError) throw found
      return found?.get(i.name)
    })
    return instantiate(this.store, module, externs, id).exports
  }

  private act(action: Action, scope: Scope): Value[] {
    const found = scope.find(action.module).get(action.name)
    if (action.kind === 'get') {
      if (found?.kind !== 'global') throw new Unmet(`no exported global ${action.name}`)
      const values = valueList()
      values.push(found.value)
      return values
    }
    if (found?.kind !== 'func') throw new Unmet(`no exported function ${action.name}`)
    const wanted = found.type.params.length
    if (action.args.length !== wanted) throw new Unmet(`${action.args.length} arguments for ${wanted} parameters`)
    const args = valueList()
    for (const arg of action.args) args.push(constValue(arg, this.hosts))
    return invoke(this.store, found, args)
  }

  private returns(values: readonly Value[], patterns: readonly Pattern[]): void {
    const good =
      values.length === patterns.length &&
      values.every((v, i) => matchesPattern(patterns[i]!, v, this.hosts, this.store))
    if (good) return
    const show = (parts: readonly string[]) => (parts.length === 0 ? 'nothing' : parts.join(', '))
    throw new Unmet(`expected ${show(patterns.map(showPattern))}, got ${show(values.map(showValue))}`)
  }

  /** Runs a thread to its end. It starts with the shared instances alone; the memories of its modules are the others' too. */
  private thread(command: Command & { kind: 'thread' }, scope: Scope, index: number): void {
    const own = new Scope(scope.spectest, [...scope.path, index])
    for (const id of command.shared) own.instances.set(id, scope.find(id))
    if (command.id !== undefined) scope.threads.set(command.id, undefined)
    this.all(command.commands, own)
  }

  /** Starts a thread in another agent. */
  private start(command: Command & { kind: 'thread' }, scope: Scope, index: number): void {
    const shared = command.shared.map((id) => ({ id, memories: sharedMemories(scope.find(id)) }))
    const { source } = this
    const job = { source, file: this.result.file, path: [...scope.path, index], shared }
    scope.threads.set(command.id ?? `thread ${index}`, this.options.startThread!(job))
  }

  private wait(id: string | undefined, scope: Scope): void {
    if (id === undefined) for (const one of scope.threads.keys()) this.join(scope, one)
    else if (scope.threads.has(id)) this.join(scope, id)
    else throw new Unmet(`unknown thread ${id}`)
  }

  /** Waits for a thread in another agent, once, and adds its result. */
  private join(scope: Scope, id: string): void {
    const join = scope.threads.get(id)
    if (join === undefined) return
    scope.threads.set(id, undefined)
    let ended: ScriptResult
    try {
      ended = join()
    } catch (e) {
      this.fail(0, `thread ${id}: ${text(e)}`)
      return
    }
    const { passed, failed, skipped, failures } = ended
    this.result.passed += passed
    this.result.failed += failed
    this.result.skipped += skipped
    this.result.failures.push(...failures)
  }
}

/** Keeps what is made, or that its module was refused, so that what builds upon it is known to be for the same reason. */
function unlessRefused(make: () => Exports, keep: (made: Made) => void): void {
  try {
    keep(make())
  } catch (e) {
    if (e instanceof UnsupportedError) keep(e)
    throw e
  }
}

/** What a module may not have in scripts of the time before WebAssembly 2.0. */
function checkOldBase(module: Module): void {
  const total = (kind: 'memory' | 'table', own: number) =>
    own + module.imports.filter(({ desc }) => desc.kind === kind).length
  if (total('memory', module.memories.length) > 1) throw new InvalidError('multiple memories')
  if (total('table', module.tables.length) > 1) throw new InvalidError('multiple tables')
}

/** What a message compares with: a compile error without its place, an exception's nothing. */
function text(e: unknown): string {
  if (e instanceof CompileError) return e.reason
  if (e instanceof ExnInst) return 'uncaught exception'
  return e instanceof Error ? e.message : String(e)
}

// biome-ignore lint/suspicious/noExplicitAny: the classes' constructors differ
type ErrorClass = new (...args: any[]) => unknown

function expectError(run: () => unknown, type: ErrorClass, message: string): void {
  try {
    run()
  } catch (e) {
    if (e instanceof Unmet || e instanceof UnsupportedError) throw e
    if (!(e instanceof type)) throw new Unmet(`expected "${message}", got ${nameOf(e)} "${text(e)}"`)
    if (message !== '' && !matchesMessage(text(e), message)) throw new Unmet(`expected "${message}", got "${text(e)}"`)
    return
  }
  throw new Unmet(`expected "${message}", got no error`)
}

const nameOf = (e: unknown) => (e instanceof Error ? e.constructor.name : typeof e)
