// The source map of a script that `anywasm compile` writes (ECMA-426): to the sources where the module has DWARF or a map of its own, and otherwise
// into the module, as all tools do that map to WebAssembly: line 1, the byte offset as the column.
import { GenMapping, maybeAddMapping, toEncodedMap } from '@jridgewell/gen-mapping'
import { locate } from '../debug/locate.ts'
import type { Module } from '../syntax/module.ts'
import type { Script } from './ahead-output.ts'

/**
 * The map as JSON.
 * @param file the script, as the map names it
 * @param source the module, by its path from the script
 */
export function sourceMap({ offsets, names }: Script, module: Module, file: string, source: string): string {
  const map = new GenMapping({ file })
  offsets.forEach((offset, k) => {
    const generated = { line: k + 1, column: 0 }
    if (offset < 0) {
      maybeAddMapping(map, { generated })
      return
    }
    const place = locate(module, offset)
    const original =
      place === undefined ? { line: 1, column: offset } : { line: place.line, column: Math.max(place.column - 1, 0) }
    const mapping = { generated, original, source: place?.file ?? source }
    const name = names.get(k)
    if (name === undefined) maybeAddMapping(map, mapping)
    else maybeAddMapping(map, { ...mapping, name })
  })
  return JSON.stringify(toEncodedMap(map))
}

/** The comment that tells where a script's map is. Not in one piece, since tools look for it in this file too. */
export const mapComment = (url: string): string => `${['//# source', 'MappingURL='].join('')}${url}\n`
