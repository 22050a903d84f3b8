// Where the instructions of a module come from: by a source map, where one is given, or by its DWARF sections. Read when the first backtrace asks for it.
import { Reader } from '../binary/reader.ts'
import type { SourceLocation } from '../errors.ts'
import type { Module } from '../syntax/module.ts'
import { readLines } from './dwarf-line.ts'
import { type Locate, lastAtMost, readSourceMap } from './source-map.ts'

const known = new WeakMap<Module, Locate>()
const NOTHING: Locate = () => undefined

/** The place in the source of the instruction at an offset in the module's binary; undefined where the module says nothing of it. */
export function locate(module: Module, offset: number): SourceLocation | undefined {
  let find = known.get(module)
  if (find === undefined) {
    find = fromDwarf(module) ?? fromInlineMap(module) ?? NOTHING
    known.set(module, find)
  }
  return find(offset)
}

/**
 * Gives a module its source map, which goes before its own debug information.
 * @throws {SyntaxError} for what is no source map
 */
export function useSourceMap(module: Module, map: string | object): void {
  known.set(module, readSourceMap(map))
}

/** The address of a module's source map, from its `sourceMappingURL` section. */
export function sourceMapUrl(module: Module): string | undefined {
  const section = module.customs.find((c) => c.name === 'sourceMappingURL')
  if (section === undefined) return undefined
  try {
    return new Reader(section.bytes).name()
  } catch {
    return undefined
  }
}

/** A map that is a data URL. */
function fromInlineMap(module: Module): Locate | undefined {
  const [, base64, data] = /^data:[^,;]*(?:;charset=[^,;]*)?(;base64)?,(.*)$/s.exec(sourceMapUrl(module) ?? '') ?? []
  if (data === undefined) return undefined
  try {
    const text = base64 === undefined ? decodeURIComponent(data) : fromBase64(data)
    return readSourceMap(text)
  } catch {
    // Debug information that cannot be read is none.
    return undefined
  }
}

const fromBase64 = (data: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)))

function fromDwarf(module: Module): Locate | undefined {
  const section = (name: string) => module.customs.find((c) => c.name === name)?.bytes
  const line = section('.debug_line')
  const code = codeStart(module)
  if (line === undefined || code < 0) return undefined
  const { rows, files } = readLines({ line, lineStr: section('.debug_line_str'), str: section('.debug_str') })
  return (offset) => {
    const row = rows[lastAtMost(rows, offset - code)]
    return row === undefined || row.file < 0
      ? undefined
      : { file: files[row.file]!, line: row.line, column: row.column }
  }
}

const CODE_SECTION = 10

/** Where the code section's contents begin, to which DWARF's addresses are relative; -1 where there is none. */
function codeStart({ bytes }: Module): number {
  const r = new Reader(bytes)
  r.pos = 8
  while (r.pos < bytes.length) {
    const id = r.byte()
    const length = r.u32()
    if (id === CODE_SECTION) return r.pos
    r.pos += length
  }
  return -1
}
