// What the classes of one namespace share: its store, error classes, brands and caches of identity (specification: JavaScript API, "associated
// store", "caches"). Two namespaces have nothing in common, so that each can be dropped with everything it made.
import { Trap } from '../errors.ts'
import { leaving } from '../runtime/boundary.ts'
import {
  ExnInst,
  type FuncInst,
  type GlobalInst,
  type MemInst,
  type ModuleInst,
  type TableInst,
  type TagInst,
} from '../runtime/instances.ts'
import type { MeterOptions } from '../runtime/metering.ts'
import { type Executor, Store, type StoreLimits, type StoreOptions } from '../runtime/store.ts'
import type { DefType } from '../syntax/type-registry.ts'
import type { CompType, ValType } from '../syntax/types.ts'
import { EXTERNREF } from '../syntax/types.ts'
import { type ErrorClasses, errorClasses, trapError } from './errors.ts'
import type { ModuleState } from './module.ts'
import { Brand } from './webidl.ts'

/** What a namespace may be given: fuel and costs, a deadline, a flag, a signal; what the specification leaves open; limits. All are those of one store. */
export interface Options extends MeterOptions, StoreOptions {
  /** Limits of modules, instances, memories, tables and calls of this namespace. */
  readonly limits?: Partial<StoreLimits>
}

export class Realm {
  readonly store: Store
  readonly errors: ErrorClasses = errorClasses()
  readonly modules = new Brand<ModuleState>('WebAssembly.Module')
  readonly instances = new Brand<ModuleInst>('WebAssembly.Instance')
  readonly memories = new Brand<MemInst>('WebAssembly.Memory')
  readonly tables = new Brand<TableInst>('WebAssembly.Table')
  readonly globals = new Brand<GlobalInst>('WebAssembly.Global')
  readonly tags = new Brand<TagInst>('WebAssembly.Tag')
  readonly exceptions = new Brand<ExnInst>('WebAssembly.Exception')
  /** Exported functions by function instance, and back. */
  readonly functions = new WeakMap<FuncInst, object>()
  readonly funcInsts = new WeakMap<object, FuncInst>()
  /** Exported structs and arrays by instance, and back. */
  readonly gcObjects = new WeakMap<object, object>()
  readonly gcInsts = new WeakMap<object, object>()
  /** Whether JavaScript has got one of them yet. */
  exportsGc = false
  /** The exported function of an instance, with its index in the module that exports it; the namespace sets it. */
  functionOf!: (func: FuncInst, index: number) => object
  /** The tag of JavaScript's own exceptions. */
  readonly jsTag: TagInst
  private readonly trapErrors = new WeakMap<Trap, Error>()
  private readonly errorTraps = new WeakMap<object, Trap>()

  constructor(
    readonly engine: Executor,
    options: Options,
  ) {
    this.store = new Store(engine, options.limits, options, options)
    this.jsTag = this.store.newTag(this.funcDef([EXTERNREF], []))
  }

  /** The defined type of a function type of its own group. */
  funcDef(params: readonly ValType[], results: readonly ValType[]): DefType {
    const comp: CompType = { kind: 'func', params, results }
    const [id] = this.store.registry.add([[{ final: true, supers: [], comp }]])
    return this.store.registry.types[id!]!
  }

  /** What JavaScript gets for something that WebAssembly has thrown. */
  thrown(e: unknown): unknown {
    const out = leaving(this.store, e)
    if (out instanceof ExnInst) return out.tag === this.jsTag ? out.payload.r[0] : this.exceptions.objectOf(out)
    if (!(out instanceof Trap)) return out
    let error = this.trapErrors.get(out)
    if (error === undefined) {
      error = trapError(this.errors, out)
      this.trapErrors.set(out, error)
      this.errorTraps.set(error, out)
    }
    return error
  }

  /** What WebAssembly gets for something that JavaScript has thrown: traps stay traps, exceptions keep their identity. */
  entering(e: unknown): Trap | ExnInst {
    if (typeof e === 'object' && e !== null) {
      const known = this.errorTraps.get(e) ?? this.exceptions.find(e)
      if (known !== undefined) return known
    }
    return new ExnInst(this.jsTag, { i: new Int32Array(1), f: new Float64Array(1), r: [e] })
  }
}
