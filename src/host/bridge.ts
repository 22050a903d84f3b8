// Calls between JavaScript and native functions by the calling convention of slots (docs/design.md, "Slots"). A signature of i32 and plain references
// is called as it is; for any other a small module of that signature takes values apart and puts them together: 64-bit integers and vectors travel as
// int32s, an f32 as its bits, f64s and further results through one scratch memory, since hosts quieten NaNs on their way from and to JavaScript.
import { f32_from_bits, f32_to_bits } from '../numeric/bits.ts'
import { ret } from '../numeric/ret.ts'
import type { Callable } from '../runtime/instances.ts'
import { topOf } from '../syntax/match.ts'
import { Op } from '../syntax/opcode.ts'
import type { DefType, TypeRegistry } from '../syntax/type-registry.ts'
import {
  EXNREF,
  EXTERNREF,
  F32,
  F64,
  type FuncType,
  Heap,
  heapOf,
  I32,
  I64,
  isNullable,
  isRef,
  V128,
  type ValType,
} from '../syntax/types.ts'
import { exceptionsAreObjects } from './erase.ts'
import type { NativeFunction, NativeMemory, NativeModule } from './native.ts'
import { Body, plain, run, Synth } from './synth.ts'

/** How a slot is a JavaScript value of the host: an int32, an f64, an f32 by its bits, a function, an exception, or any other reference as it is. */
type Kind = 'i' | 'f' | 'b' | 'func' | 'exn' | 'ref'

/** References of the runtime and the host's. */
export interface RefMap {
  toNative(ref: unknown, kind: 'func' | 'exn'): unknown
  fromNative(ref: unknown, kind: 'func' | 'exn'): unknown
}

const kindOf = (registry: TypeRegistry, t: ValType): Kind => {
  if (!isRef(t)) return t === F64 ? 'f' : t === F32 ? 'b' : 'i'
  const top = topOf(registry, heapOf(t))
  return top === Heap.func ? 'func' : top === Heap.exn ? 'exn' : 'ref'
}

const countOf = (t: ValType): number => (t === I64 ? 2 : t === V128 ? 4 : 1)
const isNumber = (kind: Kind): boolean => kind === 'i' || kind === 'f' || kind === 'b'
/** Whether a host's value is the slot. */
const isSame = (kind: Kind): boolean => kind === 'i' || kind === 'f' || kind === 'ref'

/** A function type as calls see it; made once per type of a registry. */
class Signature {
  readonly params: readonly Kind[]
  readonly results: readonly Kind[]
  /** Whether a native function can be called with slots as they are. */
  readonly direct: boolean
  /** Whether the host can call JavaScript with slots as they are: NaNs that a host function sees or gives need not be exact. */
  readonly listens: boolean
  /** Whether slots are the host's values once a module has taken values apart. */
  readonly same: boolean
  private outModule: NativeModule | undefined
  private inModule: NativeModule | undefined

  constructor(
    private readonly registry: TypeRegistry,
    private readonly def: DefType,
  ) {
    const type = this.type
    const kinds = (ts: readonly ValType[]) => ts.flatMap((t) => new Array<Kind>(countOf(t)).fill(kindOf(registry, t)))
    this.params = kinds(type.params)
    this.results = kinds(type.results)
    const one = (t: ValType) => t === I32 || kindOf(registry, t) === 'ref'
    const all = [...type.params, ...type.results]
    this.direct = type.results.length <= 1 && all.every(one)
    this.listens = type.results.length <= 1 && all.every((t) => one(t) || t === F64)
    this.same =
      this.results.length <= 1 && [...this.params, ...this.results].every((kind) => kind === 'i' || kind === 'ref')
  }

  get type(): FuncType {
    return this.def.sub.comp as FuncType
  }

  /** Imports `f` of this type, exports `f` that takes and gives the host's values of slots. */
  get out(): NativeModule {
    this.outModule ??= new Bridge(this.registry, this.type).out(this.def)
    return this.outModule
  }

  /** The other way round. */
  get in(): NativeModule {
    this.inModule ??= new Bridge(this.registry, this.type).in(this.def)
    return this.inModule
  }
}

const signatures = new WeakMap<DefType, Signature>()
function signatureOf(registry: TypeRegistry, def: DefType): Signature {
  let found = signatures.get(def)
  if (found === undefined) {
    found = new Signature(registry, def)
    signatures.set(def, found)
  }
  return found
}

/** Whether the host calls JavaScript for functions of the type with slots as they are. */
export const isDirect = (registry: TypeRegistry, def: DefType): boolean => signatureOf(registry, def).listens

/** Where f64 arguments begin; argument slot k lies at ARGS + 8 k. */
const ARGS = 32768

/** Where result slots after the first, and all that are f64, lie while a call returns, slot k at address 8 k. */
interface Scratch {
  memory: NativeMemory
  i: Int32Array
  f: Float64Array
}
let made: Scratch | undefined
function scratch(): Scratch {
  if (made === undefined) {
    const synth = new Synth({ types: [] } as unknown as TypeRegistry)
    synth.memories.push({ limits: { address: 'i32', min: 1n, max: 1n }, shared: false, pageSizeLog2: 16 })
    synth.export('m', 'memory', 0)
    const memory = run(synth.compile())['m'] as NativeMemory
    made = { memory, i: new Int32Array(memory.buffer), f: new Float64Array(memory.buffer) }
  }
  return made
}

/** Code by the calling convention that calls a native function. */
export function outgoing(registry: TypeRegistry, def: DefType, target: NativeFunction, refs: RefMap): Callable {
  const sig = signatureOf(registry, def)
  if (sig.direct) return target
  const call = run(sig.out, { f: target, m: scratch().memory, ...exnFuncs(sig) })['f'] as NativeFunction
  if (sig.same) return call
  const { params, results } = sig
  return (...slots) => {
    const values: unknown[] = []
    for (let k = 0; k < params.length; k++)
      if (params[k] === 'f') scratch().f[ARGS / 8 + k] = slots[k] as number
      else values.push(convert(params[k]!, slots[k], refs))
    return takeSlots(results, call(...values), refs)
  }
}

const convert = (kind: Kind, slot: unknown, refs: RefMap): unknown =>
  isSame(kind) ? slot : kind === 'b' ? f32_to_bits(slot as number) : refs.toNative(slot, kind as 'func' | 'exn')
const unconvert = (kind: Kind, value: unknown, refs: RefMap): unknown =>
  isSame(kind) ? value : kind === 'b' ? f32_from_bits(value as number) : refs.fromNative(value, kind as 'func' | 'exn')

/** What a bridge gave, as a function of the runtime leaves its results. */
function takeSlots(kinds: readonly Kind[], given: unknown, refs: RefMap): unknown {
  const { i, f } = scratch()
  // A first result that is an f64 lies in memory too.
  let next = kinds[0] === 'f' ? 0 : 1
  const refCount = kinds.reduce((n, kind, k) => (k > 0 && !isNumber(kind) ? n + 1 : n), 0)
  const values = refCount + next > 1 ? (given as unknown[]) : [given]
  for (let k = 1; k < kinds.length; k++) {
    const kind = kinds[k]!
    if (kind === 'i') {
      ret.i[k] = i[2 * k]!
      if (k === 1) ret.hi = i[2]!
    } else if (kind === 'f') ret.f[k] = f[k]!
    else if (kind === 'b') ret.f[k] = f32_from_bits(i[2 * k]!)
    else ret.r[k] = unconvert(kind, values[next++], refs)
  }
  if (kinds.length === 0) return undefined
  return kinds[0] === 'f' ? f[0] : unconvert(kinds[0]!, values[0], refs)
}

/** The reverse, for the results of a function of the runtime. */
function giveSlots(kinds: readonly Kind[], first: unknown, refs: RefMap): unknown {
  const { i, f } = scratch()
  let list: unknown[] | undefined
  for (let k = 1; k < kinds.length; k++) {
    const kind = kinds[k]!
    if (kind === 'i') i[2 * k] = k === 1 ? ret.hi : ret.i[k]!
    else if (kind === 'f') f[k] = ret.f[k]!
    else if (kind === 'b') i[2 * k] = f32_to_bits(ret.f[k]!)
    else {
      list ??= ['']
      list.push(convert(kind, ret.r[k], refs))
    }
  }
  if (kinds.length === 0) return undefined
  const own = convert(kinds[0]!, first, refs)
  if (list === undefined) return own
  list[0] = own
  return list
}

/** A JavaScript function for the host that calls `code` with the slots it is called with; what that throws is `guard`'s. */
export function listener(registry: TypeRegistry, def: DefType, code: Callable, refs: RefMap): NativeFunction {
  const sig = signatureOf(registry, def)
  if (sig.listens) return code
  const { params, results } = sig
  const fromNative = (value: unknown, k: number): unknown => unconvert(params[k]!, value, refs)
  const convertsArgs = !params.every(isSame)
  return (...values) => {
    // Functions as values are converted before the results of others are looked at: making one may call.
    const first: unknown = code(...(convertsArgs ? values.map(fromNative) : values))
    return giveSlots(results, first, refs)
  }
}

/** A native function of exactly this type that calls the listener. */
export function incoming(registry: TypeRegistry, def: DefType, target: NativeFunction): NativeFunction {
  const sig = signatureOf(registry, def)
  return run(sig.in, { f: target, m: scratch().memory, ...exnFuncs(sig) })['f'] as NativeFunction
}

/** Makes the two modules of a signature. */
class Bridge {
  private readonly synth: Synth
  private readonly kinds: (t: ValType) => Kind

  constructor(
    registry: TypeRegistry,
    private readonly type: FuncType,
  ) {
    this.synth = new Synth(registry)
    this.kinds = (t) => kindOf(registry, t)
  }

  /** The host's type of each of a type's slots. */
  private faces(t: ValType): ValType[] {
    const kind = this.kinds(t)
    if (kind === 'exn') return [EXTERNREF]
    if (kind === 'f') return [F64]
    return isRef(t) ? [t] : new Array<ValType>(countOf(t)).fill(I32)
  }

  /** The type of calls between JavaScript and the bridge: results are the first slot and then the references. Calls into native code have no f64s. */
  private face(out: boolean): FuncType {
    const results: ValType[] = []
    let slot = 0
    for (const t of this.type.results)
      for (const face of this.faces(t)) if ((slot++ === 0 && !(out && t === F64)) || isRef(face)) results.push(face)
    return plain(
      this.type.params.flatMap((t) => (out && t === F64 ? [] : this.faces(t))),
      results,
    )
  }

  /** Whether it is an exception that is not the host's object for it already. */
  private isValue(t: ValType): boolean {
    return this.kinds(t) === 'exn' && !exceptionsAreObjects()
  }

  private begin(def: DefType, imported: 'own' | 'face'): { own: number; face: number } {
    const { synth } = this
    const types = { own: synth.def(def), face: synth.type(this.face(imported === 'own')) }
    synth.importFunc('f', types[imported])
    if ([...this.type.params, ...this.type.results].some((t) => this.isValue(t))) {
      synth.importFunc('put', synth.type(plain([EXNREF], [EXTERNREF])))
      synth.importFunc('get', synth.type(plain([EXTERNREF], [EXNREF])))
    }
    const limits = { address: 'i32' as const, min: 1n, max: 1n }
    synth.import('m', { kind: 'memory', type: { limits, shared: false, pageSizeLog2: 16 } })
    return types
  }

  out(def: DefType): NativeModule {
    const types = this.begin(def, 'own')
    const b = new Body()
    const { params, results } = this.type
    let local = 0
    let arg = 0
    for (const t of params) {
      if (t === F64) b.i32(ARGS + 8 * arg).op(Op.f64_load, 3, 0)
      else {
        this.compose(b, t, (k) => b.op(Op.local_get, local + k))
        local += countOf(t)
      }
      arg += countOf(t)
    }
    b.op(Op.call, 0)
    const first = local
    for (let k = results.length - 1; k >= 0; k--) b.op(Op.local_set, first + k)
    this.eachResult(first, (t, at, slot, k) => {
      if ((slot === 0 && t !== F64) || isRef(t)) return
      b.i32(8 * slot)
      this.decompose(b, t, at, k)
      if (t === F64) b.op(Op.f64_store, 3, 0)
      else b.op(Op.i32_store, 2, 0)
    })
    this.eachResult(first, (t, at, slot, k) => {
      if ((slot === 0 && t !== F64) || isRef(t)) this.decompose(b, t, at, k)
    })
    return this.finish(types.face, results, b)
  }

  in(def: DefType): NativeModule {
    const types = this.begin(def, 'face')
    const b = new Body()
    const { params, results } = this.type
    params.forEach((t, local) => {
      for (let k = 0; k < countOf(t); k++) this.decompose(b, t, local, k)
    })
    b.op(Op.call, 0)
    const faces = this.face(false).results
    for (let k = faces.length - 1; k >= 0; k--) b.op(Op.local_set, params.length + k)
    let slot = 0
    let local = params.length
    for (const t of results) {
      const base = slot
      this.compose(b, t, (k) => {
        const at = base + k
        if (at === 0 || isRef(t)) b.op(Op.local_get, local++)
        else if (t === F64) b.i32(8 * at).op(Op.f64_load, 3, 0)
        else b.i32(8 * at).op(Op.i32_load, 2, 0)
      })
      slot += countOf(t)
    }
    return this.finish(types.own, faces, b)
  }

  private eachResult(first: number, each: (t: ValType, local: number, slot: number, k: number) => void): void {
    let slot = 0
    this.type.results.forEach((t, j) => {
      for (let k = 0; k < countOf(t); k++) each(t, first + j, slot++, k)
    })
  }

  private finish(type: number, locals: readonly ValType[], b: Body): NativeModule {
    // A local of a type without a default is only read after it has been set.
    const func = this.synth.func(type, locals, b.end())
    this.synth.export('f', 'func', func)
    return this.synth.compile()
  }

  /** Pushes a value, given what pushes each of its slots in the host's form. */
  private compose(b: Body, t: ValType, slot: (k: number) => void): void {
    if (t === I64) {
      slot(0)
      b.op(Op.i64_extend_i32_u)
      slot(1)
      b.op(Op.i64_extend_i32_u).i64(32n).op(Op.i64_shl).op(Op.i64_or)
      return
    }
    slot(0)
    if (t === F32) b.op(Op.f32_reinterpret_i32)
    else if (t === V128) {
      b.op(Op.i32x4_splat)
      for (let k = 1; k < 4; k++) {
        slot(k)
        b.op(Op.i32x4_replace_lane)
        b.w.byte(k)
      }
    } else if (this.isValue(t)) {
      b.op(Op.call, 2)
      if (!isNullable(t)) b.op(Op.ref_as_non_null)
    }
  }

  /** Pushes one slot, in the host's form, of the value in a local. */
  private decompose(b: Body, t: ValType, local: number, k: number): void {
    b.op(Op.local_get, local)
    if (t === I64) {
      if (k === 1) b.i64(32n).op(Op.i64_shr_u)
      b.op(Op.i32_wrap_i64)
    } else if (t === F32) b.op(Op.i32_reinterpret_f32)
    else if (t === V128) {
      b.op(Op.i32x4_extract_lane)
      b.w.byte(k)
    } else if (this.isValue(t)) b.op(Op.call, 1)
  }
}

/** What passes exceptions as values: `put` makes the host's exception of an exnref, `get` the reverse. */
let exn: Record<string, unknown> | undefined
function exnFuncs(sig: Signature): Record<string, unknown> {
  if (exceptionsAreObjects() || (!sig.params.includes('exn') && !sig.results.includes('exn'))) return {}
  if (exn !== undefined) return exn
  const synth = new Synth({ types: [] } as unknown as TypeRegistry)
  const put = synth.type(plain([EXNREF], [EXTERNREF]))
  const get = synth.type(plain([EXTERNREF], [EXNREF]))
  const thunk = synth.type(plain([], []))
  const fetch = synth.importFunc('fetch', synth.type(plain([], [EXTERNREF])))
  const raise = synth.importFunc('raise', synth.type(plain([EXTERNREF], [])))
  synth.globals.push({ type: { type: EXNREF, mutable: true }, init: nullExn().end() })
  const isNull = () => new Body().op(Op.local_get, 0).op(Op.ref_is_null)
  const putBody = isNull().block(Op.if_, EXTERNREF).op(Op.ref_null)
  putBody.w.byte(Heap.extern)
  putBody.op(Op.else_).op(Op.local_get, 0).op(Op.global_set, 0).op(Op.call, fetch)
  // It is not kept.
  putBody.w.raw(nullExn().w.view())
  putBody.op(Op.global_set, 0).op(Op.end)
  synth.export('put', 'func', synth.func(put, [], putBody.end()))
  const getBody = isNull().block(Op.if_)
  getBody.w.raw(nullExn().w.view())
  getBody.op(Op.return_).op(Op.end).block(Op.block, EXNREF).block(Op.try_table)
  // One handler: all exceptions, as references, to the block.
  getBody.w.raw(Uint8Array.of(1, 3, 0))
  getBody.op(Op.local_get, 0).op(Op.call, raise).op(Op.end).op(Op.unreachable).op(Op.end)
  synth.export('get', 'func', synth.func(get, [], getBody.end()))
  synth.export('rethrow', 'func', synth.func(thunk, [], new Body().op(Op.global_get, 0).op(Op.throw_ref).end()))
  const funcs: Record<string, unknown> = run(synth.compile(), {
    fetch: () => {
      try {
        ;(funcs['rethrow'] as NativeFunction)()
      } catch (e) {
        return e
      }
      return null
    },
    raise: (e: unknown) => {
      throw e
    },
  })
  exn = { put: funcs['put'], get: funcs['get'] }
  return exn
}

function nullExn(): Body {
  const b = new Body().op(Op.ref_null)
  b.w.byte(Heap.exn)
  return b
}
