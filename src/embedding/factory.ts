// The runtime's store with the embedder's factory in between: what instances define goes through it, what the embedder makes itself does not.
import { LinkError } from '../errors.ts'
import { currentMemory, currentTable, describeExtern } from '../runtime/imports.ts'
import type { Extern, GlobalInst, MemInst, TableInst } from '../runtime/instances.ts'
import { Store } from '../runtime/store.ts'
import { matchesGlobal, matchesMem, matchesTable } from '../syntax/match.ts'
import type { GlobalType, MemType, TableType } from '../syntax/types.ts'
import { instOf } from './handles.ts'
import type { Store as Facade } from './store.ts'
import { fromMemoryType, fromTableType, typeName } from './types.ts'

export class FactoryStore extends Store {
  constructor(
    private readonly facade: Facade,
    ...rest: ConstructorParameters<typeof Store>
  ) {
    super(...rest)
  }

  override get hasFactory(): boolean {
    return this.facade.options.factory !== undefined
  }

  plainMemory(...args: Parameters<Store['newMemory']>): MemInst {
    return super.newMemory(...args)
  }

  plainTable(...args: Parameters<Store['newTable']>): TableInst {
    return super.newTable(...args)
  }

  plainGlobal(...args: Parameters<Store['newGlobal']>): GlobalInst {
    return super.newGlobal(...args)
  }

  override newMemory(type: MemType, most?: number, handle?: unknown): MemInst {
    const { factory } = this.facade.options
    const plain = () => super.newMemory(type, most, handle)
    if (factory?.memory === undefined) return plain()
    const made = factory.memory(fromMemoryType(type), () => this.facade.handle(plain()))
    return this.checked(made, 'memory', (x) => matchesMem(currentMemory(x), type)) as MemInst
  }

  override newTable(type: TableType, init: unknown = null): TableInst {
    const { factory } = this.facade.options
    const plain = () => super.newTable(type, init)
    if (factory?.table === undefined) return plain()
    const made = factory.table(fromTableType(type), () => this.facade.handle(plain()))
    return this.checked(made, 'table', (x) => matchesTable(this.registry, currentTable(x), type)) as TableInst
  }

  override newGlobal(type: GlobalType, value: unknown): GlobalInst {
    const { factory } = this.facade.options
    const plain = () => super.newGlobal(type, value)
    if (factory?.global === undefined) return plain()
    let fresh: GlobalInst | undefined
    const next = () => {
      fresh = plain()
      return this.facade.handle(fresh)
    }
    const given = factory.global({ type: typeName(type.type), mutable: type.mutable }, next)
    const made = this.checked(given, 'global', (x) => matchesGlobal(this.registry, x.type, type)) as GlobalInst
    // The host's immutable globals can't be set, not even once.
    if (made !== fresh) made.value = value
    return made
  }

  private checked<K extends Extern['kind']>(
    made: unknown,
    kind: K,
    fits: (x: Extract<Extern, { kind: K }>) => boolean,
  ): Extern {
    const known = instOf(made)
    const inst = known?.store === this ? (known.inst as Extern) : undefined
    if (inst?.kind === kind && fits(inst as Extract<Extern, { kind: K }>)) return inst
    const given = inst === undefined ? 'something that is none of this store' : describeExtern(inst)
    throw new LinkError(`the factory has given ${given}, which is not the ${kind} that the module defines`)
  }
}
