// Functions and exceptions of a store on both sides: each FuncInst has one native function and each native function one FuncInst, the same for
// exceptions and tags, so that identity holds whichever way a reference came. What a store's instances have in common is kept here.
import { Crash, LinkError, Trap } from '../errors.ts'
import { type Callable, ExnInst, FuncInst, HostThrow, type ModuleInst, type TagInst } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import { getValue, newSlots, pushSlots, putValue, slotsOf, type Value, valueList } from '../runtime/values.ts'
import { topOf } from '../syntax/match.ts'
import { Op } from '../syntax/opcode.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { EXTERNREF, Heap, heapOf, isRef, slotCount, type ValType } from '../syntax/types.ts'
import { incoming, listener, outgoing, type RefMap } from './bridge.ts'
import { exceptionsAreObjects } from './erase.ts'
import { nativeTrap } from './errors.ts'
import type { NativeException, NativeFunction, NativeGlobal, NativeModule } from './native.ts'
import type { Throwing } from './needs.ts'
import { reader, thrower } from './payloads.ts'
import { Body, host, plain, run, Synth } from './synth.ts'

const realms = new WeakMap<Store, Realm>()
export function realmOf(store: Store): Realm {
  let found = realms.get(store)
  if (found === undefined) {
    found = new Realm(store)
    realms.set(store, found)
  }
  return found
}

/** An entity that this engine has not made. */
export const foreign = (what: string): TypeError =>
  new TypeError(`a ${what} that the host engine has not made: make it with its store's methods`)

/** What is done where control crosses between the embedder and WebAssembly. */
export interface Crossings {
  enter(): void
  leave(): void
  outside<T>(run: () => T): T
  count(made: object, bytes: number): void
}

const inside =
  (controls: Crossings, code: Callable): Callable =>
  (...slots) => {
    controls.enter()
    try {
      return code(...slots)
    } finally {
      controls.leave()
    }
  }

/** A host function's code; what it throws passes through the host's frames. */
function guarded(realm: Realm, func: FuncInst): NativeFunction {
  // Tests and debuggers may replace the code, so it is read at each call.
  switch (func.type.params.length) {
    case 0:
      return () => {
        try {
          return func.code()
        } catch (e) {
          throw realm.raised(e)
        }
      }
    case 1:
      return (a) => {
        try {
          return func.code(a)
        } catch (e) {
          throw realm.raised(e)
        }
      }
    default:
      return (...slots) => {
        try {
          return func.code(...slots)
        } catch (e) {
          throw realm.raised(e)
        }
      }
  }
}

/** The parts of one store that the host's WebAssembly knows. */
export class Realm implements RefMap {
  /** Instances, so that functions and frames lead back to them. */
  private instances: WeakRef<ModuleInst>[] = []
  private readonly natives = new WeakMap<FuncInst, NativeFunction>()
  private readonly funcs = new WeakMap<object, FuncInst>()
  private readonly nativeTags = new WeakMap<TagInst, object>()
  private tags: WeakRef<TagInst>[] = []
  private readonly exceptions = new WeakMap<ExnInst, object>()
  private readonly exns = new WeakMap<object, ExnInst>()
  private readonly throwers = new WeakMap<TagInst, Callable>()
  private readonly readers = new WeakMap<TagInst, (exn: unknown) => readonly Value[]>()
  private last: NativeGlobal | undefined = undefined
  /** Modules that import one function of a type, for finding out whether a function has it. */
  private readonly probes = new WeakMap<DefType, NativeModule>()

  constructor(readonly store: Store) {}

  /** What is done where control crosses; set by the store's controls. */
  controls: Crossings | undefined = undefined

  addInstance(inst: ModuleInst): void {
    if (this.instances.length > 64) this.instances = this.instances.filter((r) => r.deref() !== undefined)
    this.instances.push(new WeakRef(inst))
  }

  private throwsUntold = false
  private asksForObjects = false
  /**
   * Notes how a module throws, and whether it wants to know objects of exceptions.
   * @throws LinkError where one module's legacy throws would reach another that does
   */
  addThrower(throws: Throwing, asks: boolean): void {
    this.throwsUntold ||= throws === 'untold'
    this.asksForObjects ||= asks
    if (this.throwsUntold && this.asksForObjects)
      throw new LinkError(
        "the host's WebAssembly has no references to exceptions: modules with legacy handlers and modules that use such references can't be in one store",
      )
  }

  /** Instances that are alive, the newest first. */
  *living(): Iterable<ModuleInst> {
    for (let k = this.instances.length - 1; k >= 0; k--) {
      const inst = this.instances[k]!.deref()
      if (inst !== undefined) yield inst
    }
  }

  has(func: FuncInst): boolean {
    return this.natives.has(func)
  }

  /** Says which native function a FuncInst is. */
  bind(func: FuncInst, made: NativeFunction): void {
    this.natives.set(func, made)
    this.funcs.set(made, func)
    const { registry } = this.store
    if (func.module === undefined) return
    func.code = (...slots) => {
      const code = outgoing(registry, func.def, made, this)
      const { controls } = this
      func.code = controls === undefined ? code : inside(controls, code)
      return func.code(...slots)
    }
  }

  /** The native function of a function. */
  nativeOf(func: FuncInst): NativeFunction {
    let made = this.natives.get(func)
    if (made === undefined) {
      if (func.module !== undefined) throw new Crash(`function ${func.index} is not exported by its instance`)
      made = incoming(this.store.registry, func.def, this.listenerOf(func))
      this.natives.set(func, made)
      this.funcs.set(made, func)
    }
    return made
  }

  /** What the host calls for a host function. */
  listenerOf(func: FuncInst): NativeFunction {
    const code = guarded(this, func)
    const { controls } = this
    const own: NativeFunction = controls === undefined ? code : (...slots) => controls.outside(() => code(...slots))
    return listener(this.store.registry, func.def, own, this)
  }

  /** The function of a native one, which may be one of an instance that nothing has exported. */
  funcOf(made: NativeFunction): FuncInst {
    const found = this.funcs.get(made) ?? this.unexported(made)
    if (found === undefined) throw new Crash(`a function that no instance of this store has: ${made.name}`)
    return found
  }

  private unexported(made: NativeFunction): FuncInst | undefined {
    const index = Number(made.name)
    for (const inst of this.living()) {
      const func = inst.funcs[index]
      if (func?.module !== inst || this.natives.has(func) || func.type.params.length !== made.length) continue
      if (!this.isOfType(made, func.def)) continue
      this.bind(func, made)
      return func
    }
    return undefined
  }

  private isOfType(made: NativeFunction, def: DefType): boolean {
    let probe = this.probes.get(def)
    if (probe === undefined) {
      const synth = new Synth(this.store.registry)
      synth.importFunc('f', synth.def(def))
      probe = synth.compile()
      this.probes.set(def, probe)
    }
    try {
      run(probe, { f: made })
      return true
    } catch {
      return false
    }
  }

  toNative(ref: unknown, kind: 'func' | 'exn'): unknown {
    if (ref === null) return null
    return kind === 'func' ? this.nativeOf(ref as FuncInst) : this.thrown(ref)
  }

  fromNative(ref: unknown, kind: 'func' | 'exn'): unknown {
    if (ref === null) return null
    if (kind === 'func') return this.funcOf(ref as NativeFunction)
    return ref instanceof HostThrow ? ref : (this.exnOf(ref) ?? new HostThrow(ref))
  }

  bindTag(tag: TagInst, made: object): void {
    this.nativeTags.set(tag, made)
    if (this.tags.length > 64) this.tags = this.tags.filter((r) => r.deref() !== undefined)
    this.tags.push(new WeakRef(tag))
  }

  nativeTag(tag: TagInst): object {
    const made = this.nativeTags.get(tag)
    if (made === undefined) throw foreign('tag')
    return made
  }

  /** What the host is to throw for what a function of the runtime has thrown. */
  thrown(e: unknown): unknown {
    if (e instanceof Trap) return nativeTrap(e)
    if (!(e instanceof ExnInst)) return e
    let made = this.exceptions.get(e)
    if (made === undefined) {
      made = this.exception(e)
      this.exceptions.set(e, made)
      this.exns.set(made, e)
    }
    return made
  }

  /** Throws the host's own exception with a tag; gets the payload's slots. */
  thrower(tag: TagInst): Callable {
    let made = this.throwers.get(tag)
    if (made === undefined) {
      made = thrower(this.store.registry, tag.def, this.nativeTag(tag), this)
      this.throwers.set(tag, made)
    }
    return made
  }

  private reader(tag: TagInst): (exn: unknown) => readonly Value[] {
    let made = this.readers.get(tag)
    if (made === undefined) {
      made = reader(this.store.registry, tag.def, this.nativeTag(tag), this)
      this.readers.set(tag, made)
    }
    return made
  }

  private exception(e: ExnInst): object {
    const slots = valueList()
    let at = 0
    for (const t of e.tag.type.params) {
      pushSlots(slots, t, getValue(e.payload, at, t))
      at += slotCount(t)
    }
    try {
      this.thrower(e.tag)(...slots)
    } catch (made) {
      return made as object
    }
    throw new Crash('a throw that returns')
  }

  /** The exception of a native one; undefined for anything else. */
  exnOf(made: unknown): ExnInst | undefined {
    const { Exception } = host()
    if (Exception === undefined || !(made instanceof Exception)) return undefined
    const known = this.exns.get(made)
    if (known !== undefined) return known
    const found = this.read(made)
    this.exns.set(made, found)
    this.exceptions.set(found, made)
    return found
  }

  private read(made: NativeException): ExnInst {
    for (let k = this.tags.length - 1; k >= 0; k--) {
      const tag = this.tags[k]!.deref()
      const own = tag && this.nativeTags.get(tag)
      if (own === undefined || !made.is(own)) continue
      const { params } = tag!.type
      const payload = newSlots(slotsOf(params))
      let at = 0
      this.reader(tag!)(made).forEach((v, p) => {
        at = putValue(payload, at, params[p]!, v)
      })
      return new ExnInst(tag!, payload)
    }
    throw new Crash('an exception with a tag that no instance of this store has')
  }

  /** The object of the exception that was raised last, where exceptions as values are objects: a handler takes it from there. */
  get lastRaised(): NativeGlobal {
    if (this.last === undefined) {
      const synth = new Synth(this.store.registry)
      const none = new Body().op(Op.ref_null)
      none.w.byte(Heap.extern)
      synth.globals.push({ type: { type: EXTERNREF, mutable: true }, init: none.end() })
      synth.export('x', 'global', 0)
      this.last = run(synth.compile())['x'] as NativeGlobal
    }
    return this.last
  }

  /** What the host is to throw into WebAssembly. */
  raised(e: unknown): unknown {
    const made = this.thrown(e)
    if (exceptionsAreObjects()) this.lastRaised.value = made
    return made
  }

  /** A value in the host's form, for types that JavaScript has values of. */
  toJS(v: Value, t: ValType): unknown {
    if (v instanceof ExnInst || v instanceof HostThrow) return this.thrown(v)
    return v instanceof FuncInst && this.isFunc(t) ? this.nativeOf(v) : v
  }

  fromJS(v: unknown, t: ValType): Value {
    if (isRef(t) && topOf(this.store.registry, heapOf(t)) === Heap.exn) return this.fromNative(v, 'exn')
    return typeof v === 'function' && this.isFunc(t) ? this.funcOf(v as NativeFunction) : v
  }

  /** Whether references of the type are functions. */
  isFunc(t: ValType): boolean {
    return isRef(t) && topOf(this.store.registry, heapOf(t)) === Heap.func
  }

  /** A type of this store's registry. */
  funcType(params: readonly ValType[], results: readonly ValType[]): DefType {
    const { registry } = this.store
    return registry.types[registry.add([[{ final: true, supers: [], comp: plain(params, results) }]])[0]!]!
  }
}
