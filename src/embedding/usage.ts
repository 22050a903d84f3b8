// What modules, instances and stores keep in memory, in bytes. Every object is counted once, however many share it. Objects of the garbage collector's
// heap that WebAssembly has made (structs, arrays, exceptions) are not among them, since nothing lists them.
import type { GlobalInst, MemInst, ModuleInst, TableInst } from '../runtime/instances.ts'
import type { Module } from '../syntax/module.ts'

/** Bytes by what they are for. */
export interface MemoryUsage {
  /** Linear memories, as large as they are now. */
  readonly memories: number
  /** Entries of tables. */
  readonly tables: number
  readonly globals: number
  /** Functions of instances: their handles and entries; engines' code is not counted. */
  readonly functions: number
  /** Modules' binaries, which their instances share. */
  readonly modules: number
  /** The sum of all. */
  readonly total: number
}

/** Estimates for objects whose size no host tells. */
const ENTRY = 8
const GLOBAL = 64
const FUNC = 96

/** Counts each thing once. */
export class Count {
  private readonly seen = new Set<object>()
  private readonly sums = { memories: 0, tables: 0, globals: 0, functions: 0, modules: 0 }

  private add(kind: keyof Count['sums'], what: object, bytes: number): void {
    if (this.seen.has(what)) return
    this.seen.add(what)
    this.sums[kind] += bytes
  }

  memory(m: MemInst): this {
    // Two memories may be views of one buffer.
    this.add('memories', m.views.u8.buffer, m.pages * m.pageSize)
    return this
  }

  table(t: TableInst): this {
    this.add('tables', t, t.size * ENTRY)
    return this
  }

  global(g: GlobalInst): this {
    this.add('globals', g, GLOBAL)
    return this
  }

  module(m: Module): this {
    this.add('modules', m, m.bytes.length)
    return this
  }

  instance(inst: ModuleInst): this {
    for (const m of inst.memories) this.memory(m)
    for (const t of inst.tables) this.table(t)
    for (const g of inst.globals) this.global(g)
    for (const f of inst.funcs) this.add('functions', f, FUNC)
    for (const e of inst.elems) this.add('tables', e.refs, e.refs.length * ENTRY)
    return this.module(inst.module)
  }

  get result(): MemoryUsage {
    const { sums } = this
    return { ...sums, total: Object.values(sums).reduce((a, b) => a + b, 0) }
  }
}

export function moduleUsage(modules: Iterable<Module>): MemoryUsage {
  const count = new Count()
  for (const m of modules) count.module(m)
  return count.result
}
