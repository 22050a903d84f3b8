// Caller: what a host function gets to know of whoever calls it.
import type { ModuleInst } from '../runtime/instances.ts'
import type { Cell, Environment } from './environment.ts'
import type { Instance } from './instance.ts'
import type { Memory } from './memory.ts'
import type { Extern, Store } from './store.ts'

/** The instance that imports a host function, as the function sees it. */
export interface Caller<E extends Environment = Environment> {
  readonly store: Store
  /** The instance that imports the function. @throws {Error} when the function is called by the host instead */
  readonly instance: Instance
  /** What the function carries. @throws {Error} when it carries none, or it has been released */
  readonly environment: E
  /** An export of the instance by name, or undefined. */
  lookup(name: string): Extern | undefined
  /** The instance's exported memory of this name, `memory` by default. @throws {TypeError} when there is none */
  memory(name?: string): Memory
}

export class CallerOf implements Caller {
  private inst: WeakRef<ModuleInst> | undefined

  constructor(
    readonly store: Store,
    private readonly cell: Cell | undefined,
  ) {}

  /** Whether an instance imports the function. */
  get bound(): boolean {
    return this.inst !== undefined
  }

  /** Tells it the instance. It is held weakly, since the embedder may keep the function. */
  bind(inst: ModuleInst): void {
    this.inst = new WeakRef(inst)
  }

  get instance(): Instance {
    const inst = this.inst?.deref()
    if (inst === undefined) throw new Error('the host function has no caller: no instance has called it')
    return this.store.handle(inst)
  }

  get environment(): Environment {
    if (this.cell === undefined) throw new Error('the host function carries no environment')
    return this.cell.value
  }

  lookup(name: string): Extern | undefined {
    return this.instance.lookup(name)
  }

  memory(name = 'memory'): Memory {
    return this.instance.memory(name)
  }
}
