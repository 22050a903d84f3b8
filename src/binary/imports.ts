// Decodes imports, the compact forms included, in which several imports share their module name or their type as well
// (specification: Binary Format, Import Section; proposal: compact import section).
import { MAX_IMPORTS } from '../syntax/limits.ts'
import type { Import, ImportDesc } from '../syntax/module.ts'
import { malformed, type Reader } from './reader.ts'
import { globalType, memType, tableType } from './types.ts'

/** Kind byte of a group with a module name in common, and of one with the type in common as well. */
const SHARED_MODULE = 0x7f
const SHARED_TYPE = 0x7e

/** The imports of one entry of the import section: one, or a compact group. */
export function importGroup(r: Reader): Import[] {
  const module = r.name()
  const name = r.name()
  const kind = r.peek()
  if (name !== '' || (kind !== SHARED_MODULE && kind !== SHARED_TYPE)) return [{ module, name, desc: importDesc(r) }]
  r.pos++
  if (kind === SHARED_MODULE) return items(r, () => ({ module, name: r.name(), desc: importDesc(r) }))
  const desc = importDesc(r)
  return items(r, () => ({ module, name: r.name(), desc }))
}

function items(r: Reader, read: () => Import): Import[] {
  const at = r.pos
  const n = r.length()
  if (n > MAX_IMPORTS) throw malformed(`too many imports: ${n}, at most ${MAX_IMPORTS}`, at)
  return Array.from({ length: n }, read)
}

function importDesc(r: Reader): ImportDesc {
  const at = r.pos
  switch (r.byte()) {
    case 0:
      return { kind: 'func', type: r.u32() }
    case 1:
      return { kind: 'table', type: tableType(r) }
    case 2:
      return { kind: 'memory', type: memType(r) }
    case 3:
      return { kind: 'global', type: globalType(r) }
    case 4:
      return { kind: 'tag', type: tagType(r) }
    default:
      throw malformed('malformed import kind', at)
  }
}

export function tagType(r: Reader): { type: number } {
  const at = r.pos
  if (r.byte() !== 0) throw malformed('malformed tag attribute', at)
  return { type: r.u32() }
}
