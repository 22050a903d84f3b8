// Linker: names for what modules import, filled step by step, and instances from them.
import { BOOLEAN, checkArgument, checkOptions, describeValue, isObject, type Kinds } from '../util/options.ts'
import { Func, type HostFunction } from './func.ts'
import { type Importable, type Imports, makeSource, type Namespace, type Source } from './imports.ts'
import { type Instance, makeInstance } from './instance.ts'
import type { Module } from './module.ts'
import type { Store } from './store.ts'
import type { ValType } from './types.ts'

/** Choices of a linker. */
export interface LinkerOptions {
  /** Whether a later definition of a name replaces an earlier one; otherwise defining a name twice is an error. */
  readonly shadowing?: boolean
}

const KINDS: Kinds<LinkerOptions> = { shadowing: BOOLEAN }

/** What modules of a store may import, by module and name. */
export class Linker {
  private readonly modules = new Map<string, Map<string, Importable>>()

  constructor(
    readonly store: Store,
    private readonly options: LinkerOptions = {},
  ) {
    checkArgument('the first argument of a linker', 'a Store', store, 'inner')
    checkOptions('a linker', options, KINDS)
  }

  /**
   * Defines one name: an extern, a JavaScript function that takes the type of whatever imports it, or a value for an immutable global.
   * @throws {TypeError} when the name is defined already, unless the linker allows shadowing
   */
  define(module: string, name: string, value: Importable): this {
    if (value === undefined) throw new TypeError(`define: nothing is given for "${module}" "${name}"`)
    let names = this.modules.get(module)
    if (names === undefined) this.modules.set(module, (names = new Map()))
    if (names.has(name) && !this.options.shadowing)
      throw new TypeError(`"${module}" "${name}" is defined already: allow shadowing, or choose another name`)
    names.set(name, value)
    return this
  }

  /** Defines a host function of the stated types. */
  func<const P extends readonly ValType[], const R extends readonly ValType[]>(
    module: string,
    name: string,
    params: P,
    results: R,
    fn: HostFunction<P, R>,
  ): this {
    return this.define(module, name, new Func(this.store, params, results, fn, { name: `${module}.${name}` }))
  }

  /** Defines all exports of an instance, or all members of an object or map, under a module's name. @throws {TypeError} as `define` does */
  register(module: string, names: Namespace): this {
    if (!isObject(names))
      throw new TypeError(`register: expected an instance or an object of names, got ${describeValue(names)}`)
    const { get, names: all } = makeSource({ [module]: names })
    for (const name of all(module)) this.define(module, name, get(module, name))
    return this
  }

  /** Defines all of an imports object. @throws {TypeError} as `define` does */
  all(imports: Imports): this {
    const { get, names, modules } = makeSource(imports)
    for (const module of modules()) for (const name of names(module)) this.define(module, name, get(module, name))
    return this
  }

  /** What a name stands for, or undefined. */
  lookup(module: string, name: string): Importable | undefined {
    return this.modules.get(module)?.get(name)
  }

  /**
   * An instance of a module, with its imports by these names.
   * @param as registers the instance's exports under this module name for later ones
   * @throws what `new Instance` throws
   */
  instantiate(module: Module, as?: string): Instance {
    const source: Source = {
      get: (m, n) => this.lookup(m, n),
      modules: () => this.modules.keys(),
      names: (m) => this.modules.get(m)?.keys() ?? [],
    }
    const instance = makeInstance(this.store, module, source)
    if (as !== undefined) this.register(as, instance)
    return instance
  }
}
