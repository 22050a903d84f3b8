// What a module becomes before the host compiles it, once per module and settings. Without control the bytes go through unchanged, but for private
// memories, tables and tags: an export is added for each, under a name that no export of the guest's has, so that the runtime can see them.
import { encode } from '../binary/encode.ts'
import { CompileError } from '../errors.ts'
import type { Store } from '../runtime/store.ts'
import type { Export, Module } from '../syntax/module.ts'
import type { NativeModule } from './native.ts'
import { addExports } from './sections.ts'
import { host } from './synth.ts'

/** A module as the host has it. */
export interface Prepared {
  readonly native: NativeModule
  /** Its exports, those added included. */
  readonly visible: readonly Export[]
  /** The offset in the module's own bytes of one in those that the host has. */
  original(offset: number): number
}

/** By settings. */
const made = new WeakMap<Module, Map<string, Prepared>>()

const settingsOf = (_store: Store): string => ''

/** The module as it was prepared for stores like this one, if it was. */
export const preparedOf = (store: Store, module: Module): Prepared | undefined =>
  made.get(module)?.get(settingsOf(store))

/** @throws CompileError when the host can't compile it */
export function prepare(store: Store, module: Module): Prepared {
  const settings = settingsOf(store)
  let known = made.get(module)
  if (known === undefined) made.set(module, (known = new Map()))
  let found = known.get(settings)
  if (found === undefined) {
    found = compile(module)
    known.set(settings, found)
  }
  return found
}

function compile(module: Module): Prepared {
  const bytes = module.bytes.length > 0 ? module.bytes : encode(module)
  const hidden = hiddenOf(module)
  const { bytes: rewritten, original } = addExports(bytes, hidden)
  return { native: compileNative(rewritten), visible: [...module.exports, ...hidden], original }
}

function compileNative(bytes: Uint8Array): NativeModule {
  try {
    return new (host().Module)(bytes)
  } catch (e) {
    throw new CompileError(`the host's WebAssembly can't compile this module: ${(e as Error).message}`)
  }
}

/** Exports for the memories, tables and tags that have none. */
function hiddenOf(module: Module): Export[] {
  let prefix = 'anywasm/'
  while (module.exports.some((x) => x.name.startsWith(prefix))) prefix += '/'
  const seen = new Set(module.exports.map((x) => `${x.kind}${x.index}`))
  const out: Export[] = []
  for (const [kind, own] of [
    ['memory', module.memories.length],
    ['table', module.tables.length],
    ['tag', module.tags.length],
  ] as const) {
    const first = module.imports.filter((i) => i.desc.kind === kind).length
    for (let index = first; index < first + own; index++)
      if (!seen.has(`${kind}${index}`)) out.push({ name: `${prefix}${kind}${index}`, kind, index })
  }
  return out
}
