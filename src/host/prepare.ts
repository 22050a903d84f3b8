// What a module becomes before the host compiles it, once per module and settings. Without control the bytes go through unchanged, but for private
// memories, tables and tags: an export is added for each, under a name that no export of the guest's has, so that the runtime can see them.
import { hasWait } from '../binary/code.ts'
import { encode } from '../binary/encode.ts'
import { CompileError, UnsupportedError } from '../errors.ts'
import type { Store } from '../runtime/store.ts'
import type { Feature } from '../syntax/features.ts'
import type { Export, Import, Module } from '../syntax/module.ts'
import type { MemType } from '../syntax/types.ts'
import { featuresOf } from '../valid/features.ts'
import { purposeOf, settingsOf, UNCONTROLLED } from './control.ts'
import { lackingFeatures, losesBeneathWaits } from './detect.ts'
import { exceptionsAreObjects } from './erase.ts'
import { LOWERED } from './lower.ts'
import type { NativeModule } from './native.ts'
import { type Throwing, throwing } from './needs.ts'
import { type Purpose, type Rewritten, rewrite } from './rewrite.ts'
import { addExports } from './sections.ts'
import { host } from './synth.ts'

/** A module as the host has it. */
export interface Prepared {
  readonly native: NativeModule
  /** Its exports, those added included. */
  readonly visible: readonly Export[]
  /** What it is where it has been rewritten. */
  readonly rewritten: Rewritten | undefined
  /** How it throws, where that matters. */
  readonly throws: Throwing
  /** The offset in the module's own bytes of one in a function of those that the host has. */
  original(func: number, offset: number): number
}

/** By settings. */
const made = new WeakMap<Module, Map<string, Prepared>>()

/** The module as it was prepared for stores like this one, if it was. */
export const preparedOf = (store: Store, module: Module): Prepared | undefined =>
  made.get(module)?.get(settingsOf(store, module))

/** @throws CompileError when the host can't compile it */
export function prepare(store: Store, module: Module): Prepared {
  const settings = settingsOf(store, module)
  return made.get(module)?.get(settings) ?? keep(module, settings, compile(settings === '' ? undefined : store, module))
}

/** For a store, or as it is; what the host lacks is rewritten where that can be. */
function compile(store: Store | undefined, module: Module): Prepared {
  const prefix = prefixOf(module)
  const hidden = hiddenOf(module, prefix)
  const visible = [...module.exports, ...hidden]
  const throws = exceptionsAreObjects() ? throwing(module) : 'never'
  const rewritten = (purpose: Purpose): Prepared => {
    const own = rewrite(purpose, module, { hidden, prefix, imports: importNames(module) }, lackingFeatures())
    if (own.splits) checkOthers(module)
    if (own.exn?.isCaught === true && throws === 'untold')
      throw new UnsupportedError(
        "the host's WebAssembly has no references to exceptions, and beside legacy handlers none are made",
        ['exceptions'],
      )
    const native = compileNative(module, own.bytes)
    const seen = visible.filter((x) => !(own.splits && x.kind === 'memory' && x.index > 0))
    return { native, visible: seen, rewritten: own, throws, original: own.original }
  }
  if (store !== undefined) return rewritten(purposeOf(store, module))
  if (importNames(module) !== module.imports || throws === 'told' || losesOperands(module))
    return rewritten(UNCONTROLLED)
  const bytes = module.bytes.length > 0 ? module.bytes : encode(module)
  const { bytes: more, original } = addExports(bytes, hidden)
  try {
    return {
      native: compileNative(module, more),
      visible,
      rewritten: undefined,
      throws,
      original: (_func, offset) => original(offset),
    }
  } catch (e) {
    try {
      return rewritten(UNCONTROLLED)
    } catch (second) {
      throw second instanceof UnsupportedError ? second : e
    }
  }
}

/** Features that no host need have. */
const REWRITTEN: readonly Feature[] = [
  ...LOWERED,
  'extended-const',
  'multi-memory',
  'exceptions',
  'function-references',
]

/** Why the host can't run a module, undefined where it can. */
export function refusal(module: Module): string | undefined {
  // Nothing but what can be seen here, or can be rewritten, is lacking.
  const seen = (f: Feature) => f === 'custom-page-sizes' || REWRITTEN.includes(f)
  if (lackingFeatures().every(seen) && !hasOtherPages(module)) return undefined
  try {
    const known = made.get(module)?.get('')
    if (known === undefined) keep(module, '', compile(undefined, module))
    return undefined
  } catch (e) {
    if (e instanceof CompileError) return e.reason
    throw e
  }
}

/** Why the host may be slow with a module that it can run. */
export const slowness = (module: Module): string | undefined =>
  lackingFeatures().includes('multi-memory') && memoriesOf(module).length > 1
    ? "the host's WebAssembly has one memory a module, and accesses to others would be slow"
    : undefined

/** Whether a wait in it would lose an operand or a local of its function; one on a memory that is not shared traps. */
const losesOperands = (module: Module): boolean =>
  memoriesOf(module).some((m) => m.shared) && losesBeneathWaits() && module.funcs.some(({ body }) => hasWait(body))

const memoriesOf = (module: Module): MemType[] => [
  ...module.imports.flatMap(({ desc }) => (desc.kind === 'memory' ? [desc.type] : [])),
  ...module.memories,
]

/** Whether a memory has pages of another size than hosts have. */
const hasOtherPages = (module: Module): boolean => memoriesOf(module).some((m) => m.pageSizeLog2 !== 16)

/** What memories beside the first may not be, whose accesses are rewritten. @throws UnsupportedError */
function checkOthers(module: Module): void {
  const [, ...others] = memoriesOf(module)
  const wide = others.some((m) => m.limits.address === 'i64') ? ['memory64'] : []
  const pages = others.some((m) => m.pageSizeLog2 !== 16) ? ['custom-page-sizes'] : []
  if (wide.length + pages.length > 0) throw unsupported([...wide, ...pages])
}

function keep(module: Module, settings: string, prepared: Prepared): Prepared {
  let known = made.get(module)
  if (known === undefined) made.set(module, (known = new Map()))
  known.set(settings, prepared)
  return prepared
}

const unsupported = (features: readonly string[]) =>
  new UnsupportedError(`the host's WebAssembly lacks what this module uses: ${features.join(', ')}`, features)

function compileNative(module: Module, bytes: Uint8Array): NativeModule {
  try {
    return new (host().Module)(bytes)
  } catch (e) {
    const lacking = lackingFeatures()
    const used = featuresOf(module).filter((f) => lacking.includes(f))
    const wanted = used.filter((f) => !REWRITTEN.includes(f))
    // Rewriting has its limits: a reference without a type is taken for one to a function.
    if (used.length > 0) throw unsupported(wanted.length > 0 ? wanted : used)
    throw new CompileError(`the host's WebAssembly can't compile this module: ${(e as Error).message}`)
  }
}

/** Its imports under names that tell them apart: two may have been given different things, and the host reads each by its name alone. */
export function importNames(module: Module): readonly Import[] {
  const seen = new Set<string>()
  const twice = module.imports.map(({ module: from, name }) => {
    const key = `${from.length} ${from}${name}`
    return seen.size === seen.add(key).size
  })
  if (!twice.includes(true)) return module.imports
  const prefix = prefixOf(module)
  return module.imports.map((i, k) => (twice[k] ? { ...i, module: prefix, name: `import${k}` } : i))
}

/** What no import or export of the module begins with. */
function prefixOf(module: Module): string {
  let prefix = 'anywasm/'
  const names = [...module.exports.map((x) => x.name), ...module.imports.map((i) => i.module)]
  while (names.some((name) => name.startsWith(prefix))) prefix += '/'
  return prefix
}

/** Exports for the memories, tables and tags that have none. */
function hiddenOf(module: Module, prefix: string): Export[] {
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
