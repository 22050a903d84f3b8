// Instance: a module with its state. Making one checks the imports, runs the start function and initialises the host environments; disposing of one
// releases them. Exports keep their instance alive; weak handles do not, and tell when it is closed.
import { decodeNames } from '../binary/name-section.ts'
import type { ModuleInst } from '../runtime/instances.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { nearest } from '../util/near.ts'
import { checkArgument } from '../util/options.ts'
import { callable, deepen, restore } from './call.ts'
import { EnvironmentError, Environments } from './environment.ts'
import type { Func } from './func.ts'
import type { Global } from './global.ts'
import { Handle } from './handles.ts'
import { type Imports, makeSource, resolve, type Source } from './imports.ts'
import type { Memory } from './memory.ts'
import type { Module } from './module.ts'
import type { Extern, Store } from './store.ts'
import type { Table } from './table.ts'
import type { Tag } from './tag.ts'
import type { Signature, ValType } from './types.ts'
import { Count, type MemoryUsage } from './usage.ts'

/** What an instance has beside its run-time state. */
interface Life {
  readonly module: Module
  readonly environments: Environments
  closed: boolean
}

const lives = new WeakMap<ModuleInst, Life>()
/** The instances that define memories, tables, globals and tags: who has one of them keeps its instance. */
const owners = new WeakMap<object, ModuleInst>()
const backstop = new FinalizationRegistry<Environments>((environments) => {
  try {
    environments.release()
  } catch {
    // Nobody is there to be told.
  }
})

/** An instance of a module (specification: Appendix, Embedding, Instances). `H` is the type of the embedder's state. */
export class Instance<H = unknown> extends Handle {
  /** @internal */
  declare readonly inst: ModuleInst
  /** The embedder's own. */
  hostState!: H | undefined

  /**
   * Instantiates: checks all imports before anything is written, writes the segments, runs the start function, initialises host environments.
   * @param imports by module and name
   * @throws {LinkError} for imports that are missing or do not fit, or a limit of the store
   * @throws {Trap} for segments out of bounds, and when the start function traps; what was written before stays
   * @throws {EnvironmentError} when a host environment fails to initialise; it can be tried again
   */
  constructor(store: Store, module: Module, imports: Imports = {}) {
    super()
    const made = makeInstance(store, module, makeSource(imports))
    // biome-ignore lint/correctness/noConstructorReturn: the handle may have been given to the start function's host functions
    return made as Instance<H>
  }

  /** Its module. */
  get module(): Module {
    return this.life.module
  }

  /** Its name: the module's. */
  get name(): string | undefined {
    return this.inst.name
  }

  /** Whether it has been disposed of. */
  get closed(): boolean {
    return this.life.closed
  }

  private get life(): Life {
    return lives.get(this.inst)!
  }

  /** @throws {ClosedError} after `dispose` */
  private open(): Life {
    const { life } = this
    if (life.closed) throw new ClosedError(this.name)
    return life
  }

  /** Its exports, in the order of their declaration. @throws {ClosedError} after `dispose` */
  get exports(): ReadonlyMap<string, Extern> {
    this.open()
    return new Map([...this.inst.exports].map(([name, x]) => [name, this.store.handle(x) as Extern]))
  }

  /** An export by name, or undefined. @throws {ClosedError} after `dispose` */
  lookup(name: string): Extern | undefined {
    this.open()
    const x = this.inst.exports.get(name)
    return x === undefined ? undefined : (this.store.handle(x) as Extern)
  }

  /**
   * An exported function; with its types stated, as a JavaScript function of them.
   * @throws {TypeError} where there is none of this name, or its type is another
   */
  func(name: string): Func
  func<const P extends readonly ValType[], const R extends readonly ValType[]>(
    name: string,
    params: P,
    results: R,
  ): Signature<P, R>
  func(name: string, params?: readonly ValType[], results?: readonly ValType[]): unknown {
    const found = this.get('func', name)
    if (params === undefined && results === undefined) return found
    try {
      return found.typed(params!, results!)
    } catch (e) {
      throw new TypeError(`the export ${JSON.stringify(name)}: ${(e as Error).message}`)
    }
  }

  /** An exported memory. @throws {TypeError} where there is none of this name */
  memory(name = 'memory'): Memory {
    return this.get('memory', name)
  }

  /** An exported table. @throws {TypeError} where there is none of this name */
  table(name: string): Table {
    return this.get('table', name)
  }

  /** An exported global. @throws {TypeError} where there is none of this name */
  global(name: string): Global {
    return this.get('global', name)
  }

  /** An exported tag. @throws {TypeError} where there is none of this name */
  tag(name: string): Tag {
    return this.get('tag', name)
  }

  private get<K extends Extern['kind']>(kind: K, name: string): Extract<Extern, { kind: K }> {
    const found = this.lookup(name)
    if (found?.kind === kind) return found as Extract<Extern, { kind: K }>
    const quoted = JSON.stringify(name)
    if (found !== undefined) throw new TypeError(`the export ${quoted} is a ${found.kind}, not a ${kind}`)
    const names = [...this.inst.exports].filter(([, x]) => x.kind === kind).map(([n]) => n)
    throw new TypeError(`the instance exports no ${kind} ${quoted}${nearest(`exported ${kind}`, name, names)}`)
  }

  /**
   * Its exports as an object of JavaScript functions and handles, for what takes instances of the host's WebAssembly, e.g. `wasi.start`.
   * @throws {ClosedError} after `dispose`
   */
  toObject(): { readonly exports: Readonly<Record<string, unknown>> } {
    const exports = Object.create(null) as Record<string, unknown>
    for (const [name, x] of this.exports) exports[name] = x.kind === 'func' ? callable(this.store, x.inst) : x
    return { exports }
  }

  /** A handle that does not keep it alive. */
  weak(): WeakInstance {
    return new WeakInstance(this)
  }

  /**
   * Closes it: releases its host environments, once, and lets weak handles report it. Exports that somebody has go on working, but for host functions
   * whose environment is released. Twice is once.
   */
  dispose(): void {
    const { life, inst, store } = this
    if (life.closed) return
    life.closed = true
    backstop.unregister(life)
    store.disown(inst)
    store.inner.release(inst)
    life.environments.release()
  }

  /** What it keeps: its own and what it imports, each once. */
  memoryUsage(): MemoryUsage {
    return new Count().instance(this.inst).result
  }

  toString(): string {
    const { funcs, memories, tables, module } = this.inst
    const globals = module.imports.filter((i) => i.desc.kind === 'global').length + module.globals.length
    const name = this.name === undefined ? '' : ` ${JSON.stringify(this.name)}`
    const shape = [
      `${funcs.length} functions`,
      ...memories.map((m) => `memory of ${m.pages} pages`),
      ...tables.map((t) => `table of ${t.size} entries`),
      `${globals} globals`,
      `${module.exports.length} exports`,
    ]
    return `Instance${name} { ${shape.join(', ')}${this.closed ? ', closed' : ''} }`
  }
}
// Where the language has it, `using instance = …` disposes of it.
const DISPOSE = (Symbol as { dispose?: symbol }).dispose
if (DISPOSE !== undefined) Object.defineProperty(Instance.prototype, DISPOSE, { value: Instance.prototype.dispose })

/** An instance has been disposed of, or nothing keeps it any more. */
export class ClosedError extends Error {
  override name = 'ClosedError'
  /** @internal */
  constructor(name: string | undefined) {
    super(`the instance${name === undefined ? '' : ` ${JSON.stringify(name)}`} is closed`)
  }
}

/** A handle that does not keep its instance alive. */
export class WeakInstance<H = unknown> {
  private readonly ref: WeakRef<ModuleInst>
  private readonly store: Store
  private readonly name: string | undefined

  /** @internal */
  constructor(instance: Instance<H>) {
    this.ref = new WeakRef(instance.inst)
    this.store = instance.store
    this.name = instance.name
  }

  /** Whether it is disposed of or collected. */
  get closed(): boolean {
    const inst = this.ref.deref()
    return inst === undefined || lives.get(inst)!.closed
  }

  /** The instance. @throws {ClosedError} when it is closed */
  get(): Instance<H> {
    const inst = this.ref.deref()
    if (inst === undefined || lives.get(inst)!.closed) throw new ClosedError(this.name)
    return this.store.handle(inst) as Instance<H>
  }
}

/** Instantiates with what a source gives. */
export function makeInstance(store: Store, module: Module, source: Source): Instance {
  checkArgument('the first argument of an instance', 'a Store', store, 'inner')
  checkArgument('the second argument of an instance', 'a Module', module, 'syntax')
  const environments = new Environments()
  let inst: ModuleInst | undefined
  const limit = deepen()
  store.enter()
  try {
    const { externs, bound } = resolve(store, module, source, environments)
    instantiate(store.inner, module.syntax, externs, decodeNames(module.syntax).module, (made) => {
      inst = made
      lives.set(made, { module, environments, closed: false })
      for (const { caller } of bound) caller?.bind(made)
    })
  } catch (e) {
    if (inst === undefined) environments.forget()
    else register(inst)
    throw store.left(e)
  } finally {
    store.leave()
    restore(limit)
  }
  register(inst!)
  store.adopt(inst!)
  return initialize(store, module, inst!, environments)
}

/** Has a finalizer release its environments, and what it defines keep it alive. */
function register(inst: ModuleInst): void {
  const life = lives.get(inst)!
  backstop.register(inst, life.environments, life)
  const { module } = inst
  const defined = (all: readonly object[], count: number) => all.slice(all.length - count)
  for (const x of [
    ...defined(inst.memories, module.memories.length),
    ...defined(inst.tables, module.tables.length),
    ...defined(inst.globals, module.globals.length),
    ...defined(inst.tags, module.tags.length),
  ])
    owners.set(x, inst)
}

function initialize(store: Store, module: Module, inst: ModuleInst, environments: Environments): Instance {
  const instance = store.handle(inst)
  const failed = environments.initialize(instance)
  if (failed === undefined) return instance
  const reason = failed.error instanceof Error ? failed.error.message : String(failed.error)
  throw new EnvironmentError(
    `host environment ${failed.index} of ${module.name === undefined ? 'the instance' : JSON.stringify(module.name)} failed to initialise: ${reason}`,
    failed.error,
    () => initialize(store, module, inst, environments),
    () => instance.dispose(),
  )
}
