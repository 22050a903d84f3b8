// Places in the source for backtraces, loaded when a program has trapped: from the module's DWARF, or the source map that its file names.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { locate, sourceMapUrl, useSourceMap } from '../debug/locate.ts'
import type { Store } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'

/** Has the frames of a store's traps tell places in the source. */
export function tellSources(store: Store, module: Module, file: string): void {
  store.locate = locate
  findSources(module, file)
}

/** Reads the map beside a module's file that the module names; one that can't be read is none. */
export function findSources(module: Module, file: string): void {
  const url = sourceMapUrl(module)
  if (url === undefined || /^\w+:/.test(url)) return
  try {
    useSourceMap(module, readFileSync(join(dirname(file), url), 'utf8'))
  } catch {
    // There are offsets all the same.
  }
}
