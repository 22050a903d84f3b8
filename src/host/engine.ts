// The host's WebAssembly as an executor: a module that is valid by our rules is compiled by the host, from its own bytes or, where control or access
// is asked for, from rewritten ones (rewrite.ts). Calls and values cross in bridge.ts and refs.ts, entities are entities.ts's, traps errors.ts's.
import { CodeReader } from '../binary/code.ts'
import { Exhaustion, LinkError, Trap, type TrapFrame } from '../errors.ts'
import { newCensus } from '../runtime/census.ts'
import { evaluate } from '../runtime/const-expr.ts'
import { HOST_ENTRY, hostFrame, keepNative, wasmFrame } from '../runtime/frames.ts'
import { definitionAt, ExnInst, type FuncInst, HostThrow, type ModuleInst } from '../runtime/instances.ts'
import { adopt } from '../runtime/instantiate.ts'
import type { Executor, Store } from '../runtime/store.ts'
import type { ImportDesc, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { mapType } from '../syntax/type-registry.ts'
import { isDirect } from './bridge.ts'
import { controlsOf, HOOK_TABLE } from './control.ts'
import { constantBytes } from './counters.ts'
import { entities, HostGlobalInst, HostMemInst, HostTableInst, HostTagInst, nativeOf } from './entities.ts'
import { exceptionsAreObjects } from './erase.ts'
import { isNativeTrap, isStackEnd, keepTrap, knownTrap, stackEnd, trapOfText } from './errors.ts'
import type { NativeExports, NativeFunction, NativeGlobal, NativeImports, NativeMemory, NativeTable } from './native.ts'
import { makeOwn, moduleFor } from './own.ts'
import { importNames, type Prepared, prepare, preparedOf, refusal, slowness } from './prepare.ts'
import { type Realm, realmOf } from './refs.ts'
import type { Rewritten } from './rewrite.ts'
import { fillSlots } from './slots.ts'
import { host as hostNative, SYNTH_NAME } from './synth.ts'

export const host: Executor = {
  name: 'host',
  newCensus,
  link() {},
  refuses: refusal,
  slow: slowness,
  instantiate,
  entities,
  caught,
  frames: (error, store) => framesOf(error, store),
}

function instantiate(inst: ModuleInst): void {
  const { store, module } = inst
  const realm = realmOf(store)
  const controls = controlsOf(store)
  const given = moduleFor(store, module)
  const prepared = prepare(store, given)
  realm.addInstance(inst)
  const { rewritten } = prepared
  if (exceptionsAreObjects()) realm.addThrower(prepared.throws, rewritten?.exn?.isCaught === true)
  if (given !== module) makeOwn(inst, given)
  if (rewritten?.splits) makeMemories(inst, given)
  const imports = importsOf(realm, inst, given)
  if (rewritten !== undefined) addImports(realm, inst, rewritten, imports)
  makeRoom(inst)
  const { Instance, LinkError: NativeLinkError } = hostNative()
  let exports: NativeExports
  controls?.enter()
  try {
    exports = new Instance(prepared.native, imports).exports
  } catch (e) {
    if (e instanceof NativeLinkError) throw new LinkError(e.message)
    if (e instanceof RangeError && !isStackEnd(e))
      throw new LinkError(store.exceed('host memory', `out of memory: ${e.message}`))
    throw e
  }
  bind(realm, inst, prepared, exports)
  if (rewritten === undefined) return
  const table = exports[rewritten.hooks] as NativeTable | undefined
  if (table !== undefined) {
    controls?.hooks(inst, table)
    fillSlots(inst, rewritten.slots, table, Number(HOOK_TABLE.size))
  }
  if (rewritten.start === undefined) return
  controls?.enter()
  try {
    ;(exports[rewritten.start] as NativeFunction)()
  } finally {
    controls?.leave()
  }
}

/** Sees to it that there is room for what constant expressions make. */
function makeRoom(inst: ModuleInst): void {
  const { census } = inst.store
  const bytes = census === undefined ? 0 : constantBytes(inst)
  try {
    if (bytes > 0) census!.room(bytes)
  } catch (e) {
    throw e instanceof Exhaustion ? new LinkError(e.message) : e
  }
}

/** The memories but the first, and the segments that are written to them, where the host can't have them in one instance. */
function makeMemories(inst: ModuleInst, module: Module): void {
  const { store } = inst
  const first = inst.memories.length
  try {
    module.memories.forEach((type, k) => {
      if (first + k > 0) inst.memories[first + k] = store.newMemory(type)
    })
  } catch (e) {
    if (e instanceof Exhaustion) throw new LinkError(store.exceed('host memory', e.message))
    throw e
  }
  for (const { bytes } of module.datas) inst.datas.push({ bytes })
}

/** What a rewritten module imports beside what the module does. */
function addImports(realm: Realm, inst: ModuleInst, { imports, constants, exn }: Rewritten, to: NativeImports): void {
  const own = (to[imports] ??= Object.create(null) as Record<string, unknown>)
  Object.assign(own, controlsOf(inst.store)?.globals)
  if (exn !== undefined) own[exn.name] = realm.lastRaised
  for (const { name, code } of constants) own[name] = evaluate(inst, code)
}

function importsOf(realm: Realm, inst: ModuleInst, given: Module): NativeImports {
  const imports: NativeImports = {}
  const escaping = escapes(inst.module)
  const next = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  for (const { module, name, desc } of importNames(given)) {
    const index = next[desc.kind]++
    const own = (imports[module] ??= Object.create(null) as Record<string, unknown>)
    own[name] =
      desc.kind === 'func' ? funcImport(realm, inst, index, escaping) : nativeOf(inst[LISTS[desc.kind]][index]!)
  }
  return imports
}

const LISTS = { table: 'tables', memory: 'memories', global: 'globals', tag: 'tags' } as const

function funcImport(realm: Realm, inst: ModuleInst, index: number, escaping: ReadonlySet<number>): NativeFunction {
  const func = inst.funcs[index]!
  const plain = func.module === undefined && !escaping.has(index)
  return plain && isDirect(inst.store.registry, func.def) ? realm.listenerOf(func) : realm.nativeOf(func)
}

/** Imported functions that become references: only those need an identity. */
function escapes(module: Module): Set<number> {
  const found = new Set<number>()
  for (const x of module.exports) if (x.kind === 'func') found.add(x.index)
  const expression = (code: { bytes: Uint8Array; start: number; end: number }) => {
    const r = new CodeReader(code)
    while (!r.done) {
      const op = r.op()
      if (op === Op.ref_func) found.add(r.u32())
      else r.skipImms(op)
    }
  }
  for (const { init } of module.elems)
    if (init.kind === 'funcs') for (const index of init.funcs) found.add(index)
    else init.exprs.forEach(expression)
  for (const { init } of module.globals) expression(init)
  for (const { init } of module.tables) if (init !== undefined) expression(init)
  return found
}

/** Fills in what the module defines, as far as the host shows it. */
function bind(realm: Realm, inst: ModuleInst, prepared: Prepared, exports: NativeExports): void {
  const { store, module } = inst
  const imported = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  for (const { desc } of module.imports) imported[desc.kind]++
  for (const { kind, index, name } of prepared.visible) {
    const k = index - imported[kind]
    if (k < 0) continue
    const made = exports[name]
    if (kind === 'func') {
      const func = inst.funcs[index] as FuncInst
      if (!realm.has(func)) realm.bind(func, made as NativeFunction)
    } else if (inst[LISTS[kind]][index] === undefined) set(realm, inst, kind, index, k, made)
  }
  adopt(inst)
  function set(
    r: Realm,
    i: ModuleInst,
    kind: Exclude<ImportDesc['kind'], 'func'>,
    at: number,
    k: number,
    made: unknown,
  ) {
    if (kind === 'memory') {
      const type = module.memories[k]!
      i.memories[at] = new HostMemInst(type, store.memoryPages(type), made as NativeMemory)
    } else if (kind === 'table') {
      const { type } = module.tables[k]!
      const own = { ...type, elem: mapType(type.elem, i.typeIds) }
      i.tables[at] = new HostTableInst(r, own, store.limits.tableElements, made as NativeTable)
    } else if (kind === 'global') {
      const { type } = module.globals[k]!
      i.globals[at] = new HostGlobalInst(r, { ...type, type: mapType(type.type, i.typeIds) }, made as NativeGlobal)
    } else i.tags[at] = new HostTagInst(r, i.types[module.tags[k]!.type]!, made as object)
  }
}

/** What something thrown by the host is for the runtime. */
function caught(e: unknown, store: Store): unknown {
  if (typeof e !== 'object' || e === null) return e
  if (e instanceof HostThrow || e instanceof Trap || e instanceof ExnInst) return e
  const known = knownTrap(e)
  if (known !== undefined) return known
  if (isNativeTrap(e)) {
    const frames = framesOf(e, store)
    const trap = controlsOf(store)?.reason() ?? trapOf(store, e, frames[0])
    if (trap === undefined) return e
    keepNative(trap, e)
    return keepTrap(e, trap)
  }
  if (isStackEnd(e)) {
    const trap = stackEnd()
    keepNative(trap, e as Error)
    return keepTrap(e, trap)
  }
  return realmOf(store).exnOf(e) ?? e
}

/** Walks to the instruction at a frame; undefined where that is not known. */
function placeOf(store: Store, frame: TrapFrame | undefined): { inst: ModuleInst; op: Op; r: CodeReader } | undefined {
  if (frame === undefined || frame.offset < 0) return undefined
  for (const inst of realmOf(store).living())
    if (bodyAt(inst, frame.func, frame.offset)) {
      const { bytes } = inst.module
      const r = new CodeReader({ bytes, start: frame.offset, end: bytes.length })
      return { inst, op: r.op(), r }
    }
  return undefined
}

/** The trap that a RuntimeError of the host stands for. */
function trapOf(store: Store, e: Error, frame: TrapFrame | undefined): Trap | undefined {
  const place = placeOf(store, frame)
  if (place?.op === Op.memory_atomic_wait32 || place?.op === Op.memory_atomic_wait64) {
    place.r.memarg()
    // The host looks first whether its agent may wait.
    if (/Atomics/.test(e.message) && place.inst.memories[place.r.memory]?.type.shared === false)
      return new Trap('expected shared memory')
  }
  return trapOfText(e.message, place?.op)
}

/** Whether the function of an instance has an instruction at the offset. */
function bodyAt(inst: ModuleInst, func: number, offset: number): boolean {
  const body = definitionAt(inst, func)?.body
  return body !== undefined && offset >= body.start && offset < body.end
}

/** The frames in a stack trace of the host: V8 and SpiderMonkey give offsets, JavaScriptCore only functions. */
function framesOf(error: Error, store: Store): TrapFrame[] {
  const out: TrapFrame[] = []
  for (const line of (error.stack ?? '').split('\n')) {
    if (line.includes(HOST_ENTRY)) out.push(hostFrame(''))
    const at = /wasm-function\[(\d+)\](?::0x([0-9a-f]+))?/.exec(line)
    if (at === null || line.includes(SYNTH_NAME)) continue
    const func = Number(at[1])
    const frame = at[2] === undefined ? undefined : frameAt(store, func, Number.parseInt(at[2], 16))
    if (frame !== undefined) out.push(frame)
    else if (at[2] === undefined) out.push(unknownFrame(func))
  }
  return out
}

const unknownFrame = (func: number): TrapFrame => ({ ...hostFrame(''), host: false, func })

/** Finds the instance by its function's body, which few modules have at the same place. */
function frameAt(store: Store, func: number, at: number): TrapFrame | undefined {
  for (const inst of realmOf(store).living()) {
    if (definitionAt(inst, func) === undefined) continue
    const offset = preparedOf(store, moduleFor(store, inst.module))?.original(func, at) ?? at
    if (bodyAt(inst, func, offset)) return wasmFrame(inst, func, offset)
  }
  return undefined
}
