// Runs scripts: one store per script, every command on its own, so that whatever goes wrong in one is that command's failure and no more
// (specification: interpreter, Scripts). Messages are compared by prefix. Threads run to their end where they stand; see blocks() for those that can't.
import { CodeReader } from '../binary/code.ts'
import { decode } from '../binary/decode.ts'
import { CompileError, Exhaustion, InvalidError, LinkError, MalformedError, Trap } from '../errors.ts'
import { invoke } from '../runtime/boundary.ts'
import { ExnInst, type Extern, type ModuleInst } from '../runtime/instances.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { type Executor, Store, type StoreLimits } from '../runtime/store.ts'
import { readGlobal, type Value } from '../runtime/values.ts'
import type { Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { validate } from '../valid/module.ts'
import { parseScript } from './parse.ts'
import { constValue, HostRefs, matchesPattern, showPattern, showValue } from './patterns.ts'
import { type Action, type Command, type ModuleSource, matchesMessage, moduleBytes, type Pattern } from './script.ts'
import { spectest } from './spectest.ts'

/** A command that did not do what the script expects. */
export interface ScriptFailure {
  /** The line in which the command begins, from 1. */
  line: number
  message: string
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
  const result: ScriptResult = { file, passed: 0, failed: 0, skipped: 0, failures: [] }
  let commands: Command[]
  try {
    commands = parseScript(source)
  } catch (e) {
    result.failed = 1
    result.failures.push({
      line: e instanceof CompileError ? e.line : 0,
      message: `the script does not parse: ${text(e)}`,
    })
    return result
  }
  const run = new Run(new Store(executor, options.limits), options, options.oldBase ?? OLD_BASE.test(file), result)
  run.all(commands, new Scope(spectest(run.store, options.print ?? (() => {}))))
  return result
}

/** The names that a script, or one of its threads, has given. */
class Scope {
  readonly instances = new Map<string, ModuleInst>()
  readonly definitions = new Map<string, Module>()
  readonly registered = new Map<string, ReadonlyMap<string, Extern>>()
  readonly threads = new Set<string>()
  instance: ModuleInst | undefined
  definition: Module | undefined

  constructor(readonly spectest: ReadonlyMap<string, Extern>) {
    this.registered.set('spectest', spectest)
  }

  find(id: string | undefined): ModuleInst {
    const found = id === undefined ? this.instance : this.instances.get(id)
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

  constructor(
    readonly store: Store,
    readonly options: ScriptOptions,
    readonly oldBase: boolean,
    readonly result: ScriptResult,
  ) {}

  all(commands: readonly Command[], scope: Scope): void {
    const concurrent = commands.some((command) => command.kind === 'thread' && this.blocks(command.commands))
    for (const command of commands) {
      if (concurrent && (command.kind === 'thread' || command.kind === 'wait')) this.result.skipped += count(command)
      else this.one(command, scope)
    }
  }

  private one(command: Command, scope: Scope): void {
    const { result } = this
    try {
      this.command(command, scope)
      result.passed++
    } catch (e) {
      if (e instanceof Skipped) {
        result.skipped++
        return
      }
      result.failed++
      result.failures.push({ line: command.line, message: `${command.kind}: ${text(e)}` })
    }
  }

  private command(command: Command, scope: Scope): void {
    switch (command.kind) {
      case 'module':
        this.module(command, scope)
        return
      case 'instance':
        this.keep(scope, command.id, () => this.instantiate(scope.findDefinition(command.module), scope, command.id))
        return
      case 'register':
        scope.registered.set(command.name, scope.find(command.module).exports)
        return
      case 'action':
        this.act(command.action, scope)
        return
      case 'thread':
        this.thread(command, scope)
        return
      case 'wait':
        if (command.id !== undefined && !scope.threads.has(command.id)) throw new Unmet(`unknown thread ${command.id}`)
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
  private keep(scope: Scope, id: string | undefined, make: () => ModuleInst): void {
    scope.instance = undefined
    if (id !== undefined) scope.instances.delete(id)
    scope.instance = make()
    if (id !== undefined) scope.instances.set(id, scope.instance)
  }

  private instantiate(module: Module, scope: Scope, id?: string): ModuleInst {
    const externs = module.imports.map((i) => scope.registered.get(i.module)?.get(i.name))
    return instantiate(this.store, module, externs, id)
  }

  private act(action: Action, scope: Scope): Value[] {
    const found = scope.find(action.module).exports.get(action.name)
    if (action.kind === 'get') {
      if (found?.kind !== 'global') throw new Unmet(`no exported global ${action.name}`)
      return [readGlobal(found)]
    }
    if (found?.kind !== 'func') throw new Unmet(`no exported function ${action.name}`)
    const wanted = found.type.params.length
    if (action.args.length !== wanted) throw new Unmet(`${action.args.length} arguments for ${wanted} parameters`)
    // The leading string keeps the array from becoming one of raw doubles, which would lose NaN bits.
    const args: Value[] = ['']
    for (const arg of action.args) args.push(constValue(arg, this.hosts))
    args.shift()
    return invoke(this.store, found, args)
  }

  private returns(values: readonly Value[], patterns: readonly Pattern[]): void {
    const good =
      values.length === patterns.length && values.every((v, i) => matchesPattern(patterns[i]!, v, this.hosts))
    if (good) return
    const show = (parts: readonly string[]) => (parts.length === 0 ? 'nothing' : parts.join(', '))
    throw new Unmet(`expected ${show(patterns.map(showPattern))}, got ${show(values.map(showValue))}`)
  }

  /** Runs a thread to its end. It starts with the shared instances alone; the memories of its modules are the others' too. */
  private thread(command: Command & { kind: 'thread' }, scope: Scope): void {
    const own = new Scope(scope.spectest)
    for (const id of command.shared) {
      own.instance = scope.find(id)
      own.instances.set(id, own.instance)
    }
    if (command.id !== undefined) scope.threads.add(command.id)
    this.all(command.commands, own)
  }

  /** Whether a thread may wait for another one, which it would do for ever when threads run one after the other. */
  private blocks(commands: readonly Command[]): boolean {
    return commands.some((command) => {
      if (command.kind === 'thread') return this.blocks(command.commands)
      if (command.kind !== 'module') return false
      try {
        return decode(moduleBytes(command.source)).funcs.some(({ body }) => waits(new CodeReader(body)))
      } catch {
        return false
      }
    })
  }
}

function waits(r: CodeReader): boolean {
  while (r.pos < r.end) {
    const op = r.op()
    if (op === Op.memory_atomic_wait32 || op === Op.memory_atomic_wait64) return true
    r.skipImms(op)
  }
  return false
}

/** All commands in a command, itself included. */
const count = (command: Command): number =>
  command.kind === 'thread' ? command.commands.reduce((n, inner) => n + count(inner), 1) : 1

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
    if (e instanceof Unmet) throw e
    if (!(e instanceof type)) throw new Unmet(`expected "${message}", got ${nameOf(e)} "${text(e)}"`)
    if (message !== '' && !matchesMessage(text(e), message)) throw new Unmet(`expected "${message}", got "${text(e)}"`)
    return
  }
  throw new Unmet(`expected "${message}", got no error`)
}

const nameOf = (e: unknown) => (e instanceof Error ? e.constructor.name : typeof e)
