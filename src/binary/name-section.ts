// Decodes the name section (specification: Appendix, Name Section). It is custom, so nothing in it makes a module malformed: what cannot be
// read ends the reading, and what was read until then stands.
import { MalformedError } from '../errors.ts'
import type { Module, Names } from '../syntax/module.ts'
import { Reader } from './reader.ts'

type NameMap = Map<number, string>
type Building = { -readonly [K in keyof Names]: Names[K] }

const empty = (): Building => ({
  module: undefined,
  funcs: new Map(),
  locals: new Map(),
  labels: new Map(),
  types: new Map(),
  tables: new Map(),
  memories: new Map(),
  globals: new Map(),
  elems: new Map(),
  datas: new Map(),
  fields: new Map(),
  tags: new Map(),
})
const SUBSECTIONS = [
  'module',
  'funcs',
  'locals',
  'labels',
  'types',
  'tables',
  'memories',
  'globals',
  'elems',
  'datas',
  'fields',
  'tags',
] as const

function nameMap(r: Reader): NameMap {
  const out: NameMap = new Map()
  for (let n = r.length(); n > 0; n--) {
    const index = r.u32()
    out.set(index, r.name())
  }
  return out
}

function indirectNameMap(r: Reader): Map<number, NameMap> {
  const out = new Map<number, NameMap>()
  for (let n = r.length(); n > 0; n--) {
    const index = r.u32()
    out.set(index, nameMap(r))
  }
  return out
}

function subsection(r: Reader, names: Building): void {
  const kind = SUBSECTIONS[r.byte()]
  const size = r.length()
  const end = r.pos + size
  if (kind === 'module') names.module = r.name()
  else if (kind === 'locals' || kind === 'labels' || kind === 'fields') names[kind] = indirectNameMap(r)
  else if (kind !== undefined) names[kind] = nameMap(r)
  r.pos = end
}

/** The names that a module's name section gives; all maps are empty where it has none. */
export function decodeNames(module: Module): Names {
  const names = empty()
  const custom = module.customs.find(({ name }) => name === 'name')
  if (custom === undefined) return names
  const r = new Reader(custom.bytes)
  try {
    while (!r.done) subsection(r, names)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
  }
  return names
}
