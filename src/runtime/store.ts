// The store: what instances share that may meet each other - one type registry, one executor, one set of limits
// (specification: Runtime Structure, Store). Entities are found by reference, so the store lists none of them.
import type { TrapFrame } from '../errors.ts'
import { MAX_MEMORY32_PAGES, MAX_MEMORY64_PAGES, MAX_TABLE_SIZE } from '../syntax/limits.ts'
import { TypeRegistry } from '../syntax/type-registry.ts'
import type { MemType } from '../syntax/types.ts'
import type { ModuleInst } from './instances.ts'

/** What a code generator or interpreter offers to the runtime. */
export interface Executor {
  readonly name: string
  /** Gives every function that the instance defines its code; it may be lazy. All imports and definitions of `inst` exist by then. */
  link(inst: ModuleInst): void
  /** The WebAssembly frames of an error's stack, innermost first. */
  frames(error: Error, store: Store): TrapFrame[]
}

/** Resource limits of one store. All are inclusive. */
export interface StoreLimits {
  /** Largest memory, in pages of 64 KiB. */
  memoryPages: number
  /** Largest table, in entries. */
  tableElements: number
}

export const DEFAULT_LIMITS: StoreLimits = { memoryPages: MAX_MEMORY32_PAGES, tableElements: MAX_TABLE_SIZE }

export class Store {
  readonly registry = new TypeRegistry()
  readonly limits: StoreLimits

  constructor(
    readonly executor: Executor,
    limits: Partial<StoreLimits> = {},
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...limits }
  }

  /** The most pages of its own page size that a memory of this type may have here. */
  memoryPages(type: MemType): number {
    const own = this.limits.memoryPages
    const bytes = (type.limits.address === 'i64' && own === MAX_MEMORY32_PAGES ? MAX_MEMORY64_PAGES : own) * 65536
    const most = Math.floor(bytes / 2 ** type.pageSizeLog2)
    return type.limits.address === 'i32' ? Math.min(most, 2 ** (32 - type.pageSizeLog2)) : most
  }
}
