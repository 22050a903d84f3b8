// The layout of an instance's state, as a table of fields: what tools that save, compare or print instances go by. It is computed from the module
// alone. Engines here keep the state in objects; the layout says in which order, and how large it is.
import { LinkError } from '../errors.ts'
import type { ExternKind, Module } from '../syntax/module.ts'

/** One kind of entry of an instance's state. */
export interface LayoutField {
  readonly name: string
  /** Bytes from the beginning. */
  readonly offset: number
  /** Bytes of one entry. */
  readonly size: number
  readonly count: number
}

export interface InstanceLayout {
  readonly fields: readonly LayoutField[]
  /** Bytes of all. */
  readonly size: number
}

/** Bytes of entries: a signature's id is 4, a reference 8; a function is its code and instance; a table or memory its base and length. */
const ID = 4
const REFERENCE = 8
const PAIR = 16
/** A global holds any value, a vector too, and lies at a multiple of its size. */
const GLOBAL = 16
const MAX_SIZE = 2 ** 32 - 1

/**
 * Signature ids, imported functions, tables, memories and globals, local tables, memories and globals, builtins: in this order.
 * @param builtins how many helpers generated code may call
 * @throws LinkError when it would be larger than 2^32 - 1 bytes
 */
export function instanceLayout(module: Module, builtins = 0): InstanceLayout {
  const imported = (kind: ExternKind) => module.imports.filter((i) => i.desc.kind === kind).length
  const rows: readonly [name: string, size: number, count: number][] = [
    ['signature ids', ID, module.types.length],
    ['imported functions', PAIR, imported('func')],
    ['imported tables', REFERENCE, imported('table')],
    ['imported memories', REFERENCE, imported('memory')],
    ['imported globals', REFERENCE, imported('global')],
    ['local tables', PAIR, module.tables.length],
    ['local memories', PAIR, module.memories.length],
    ['local globals', GLOBAL, module.globals.length],
    ['builtins', REFERENCE, builtins],
  ]
  let end = 0
  const fields = rows.map(([name, size, count]) => {
    const offset = Math.ceil(end / size) * size
    end = offset + size * count
    if (end > MAX_SIZE) throw new LinkError(`the state of an instance is too large: ${count} ${name}`)
    return { name, offset, size, count }
  })
  return { fields, size: end }
}
