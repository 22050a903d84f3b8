// The store: what instances share that may meet each other - one type registry, one executor, one set of limits
// (specification: Runtime Structure, Store). Entities are found by reference, so the store lists none of them.
import type { TrapFrame } from '../errors.ts'
import { MAX_MEMORY32_PAGES, MAX_MEMORY64_PAGES, MAX_TABLE_SIZE } from '../syntax/limits.ts'
import { TypeRegistry } from '../syntax/type-registry.ts'
import type { MemType } from '../syntax/types.ts'
import type { FuncInst, ModuleInst } from './instances.ts'
import { Meter, type MeterOptions } from './metering.ts'
import type { Value } from './values.ts'

/** What a code generator or interpreter offers to the runtime. */
export interface Executor {
  readonly name: string
  /** Gives every function that the instance defines its code; it may be lazy. All imports and definitions of `inst` exist by then. */
  link(inst: ModuleInst): void
  /** Begins a call that can stop and go on, if the engine can do that with this function. */
  start?(func: FuncInst, slots: readonly unknown[]): Execution | undefined
  /** The WebAssembly frames of an error's stack, innermost first. */
  frames(error: Error, store: Store): TrapFrame[]
}

/** Where a call that can stop stands: it can go on, a promise that its host function gave is not settled, or it has ended. */
export type ExecutionStatus = 'paused' | 'waiting' | 'done'

/** A call that can stop and go on. */
export interface Execution {
  readonly status: ExecutionStatus
  /** Goes on until it ends, the fuel runs out, or a host function gives a promise. Throws what the call throws. Does nothing unless it is paused. */
  run(): ExecutionStatus
  /** Has it throw this where it stands when it goes on. */
  raise(error: Error): void
  /** What it waits for; never rejects. The call is paused when it is fulfilled. */
  readonly pending: Promise<void> | undefined
  /** The results, when it is done. */
  readonly results: readonly Value[]
}

/** Resource limits of one store. All are inclusive. */
export interface StoreLimits {
  /** Largest memory, in pages of 64 KiB. */
  memoryPages: number
  /** Largest table, in entries. */
  tableElements: number
  /** Most frames of calls at a time on the interpreter, from 1 to 65,536; the compiler's end where the host's stack does. */
  callDepth: number
}

export const DEFAULT_LIMITS: StoreLimits = {
  memoryPages: MAX_MEMORY32_PAGES,
  tableElements: MAX_TABLE_SIZE,
  callDepth: 65536,
}

export class Store {
  readonly registry = new TypeRegistry()
  readonly limits: StoreLimits
  /** The fuel and the interrupts of what runs in it. */
  readonly meter: Meter

  constructor(
    readonly executor: Executor,
    limits: Partial<StoreLimits> = {},
    metering: MeterOptions = {},
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...limits }
    this.meter = new Meter(metering)
  }

  /** The most pages of its own page size that a memory of this type may have here. */
  memoryPages(type: MemType): number {
    const own = this.limits.memoryPages
    const bytes = (type.limits.address === 'i64' && own === MAX_MEMORY32_PAGES ? MAX_MEMORY64_PAGES : own) * 65536
    const most = Math.floor(bytes / 2 ** type.pageSizeLog2)
    return type.limits.address === 'i32' ? Math.min(most, 2 ** (32 - type.pageSizeLog2)) : most
  }
}
