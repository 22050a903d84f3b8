// Encodes the name section (specification: Appendix, Name Section). Empty maps are left out, entries are in the order of their indices.
import type { Names } from '../syntax/module.ts'
import { ByteWriter } from '../util/byte-writer.ts'

type NameMap = ReadonlyMap<number, string>

const sorted = <T>(map: ReadonlyMap<number, T>) => [...map].sort((a, b) => a[0] - b[0])

function writeMap(w: ByteWriter, map: NameMap): void {
  w.u32(map.size)
  for (const [index, name] of sorted(map)) {
    w.u32(index)
    w.name(name)
  }
}

function writeIndirect(w: ByteWriter, map: ReadonlyMap<number, NameMap>): void {
  const outer = sorted(map).filter(([, inner]) => inner.size > 0)
  w.u32(outer.length)
  for (const [index, inner] of outer) {
    w.u32(index)
    writeMap(w, inner)
  }
}

const hasInner = (map: ReadonlyMap<number, NameMap>) => [...map.values()].some((inner) => inner.size > 0)

/** The contents of the name section, or undefined when nothing has a name. */
export function encodeNames(names: Names): Uint8Array | undefined {
  const out = new ByteWriter(256)
  const subsection = (id: number, present: boolean, write: (w: ByteWriter) => void) => {
    if (!present) return
    const w = new ByteWriter(256)
    write(w)
    out.byte(id)
    out.append(w)
  }
  const flat = (id: number, map: NameMap) => subsection(id, map.size > 0, (w) => writeMap(w, map))
  const indirect = (id: number, map: ReadonlyMap<number, NameMap>) =>
    subsection(id, hasInner(map), (w) => writeIndirect(w, map))
  const { module } = names
  subsection(0, module !== undefined, (w) => w.name(module!))
  flat(1, names.funcs)
  indirect(2, names.locals)
  indirect(3, names.labels)
  flat(4, names.types)
  flat(5, names.tables)
  flat(6, names.memories)
  flat(7, names.globals)
  flat(8, names.elems)
  flat(9, names.datas)
  indirect(10, names.fields)
  flat(11, names.tags)
  return out.length > 0 ? out.take() : undefined
}
