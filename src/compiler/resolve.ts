// What generated code refers to, by name: the table of helpers and the parts of an instance; and how it becomes a function's code and is found in stack
// traces. Generates nothing itself, so that code which was compiled ahead of time runs with it alone.
import { Trap, type TrapCode, type TrapFrame } from '../errors.ts'
import * as bits from '../numeric/bits.ts'
import * as convert from '../numeric/convert.ts'
import * as f32 from '../numeric/f32.ts'
import * as f64 from '../numeric/f64.ts'
import * as i32 from '../numeric/i32.ts'
import * as i64 from '../numeric/i64.ts'
import { Lanes } from '../numeric/lanes.ts'
import { ret } from '../numeric/ret.ts'
import * as v128 from '../numeric/v128-bits.ts'
import * as f32x4 from '../numeric/v128-f32x4.ts'
import * as f64x2 from '../numeric/v128-f64x2.ts'
import * as i8x16 from '../numeric/v128-i8x16.ts'
import * as i16x8 from '../numeric/v128-i16x8.ts'
import * as i32x4 from '../numeric/v128-i32x4.ts'
import * as i64x2 from '../numeric/v128-i64x2.ts'
import * as wideArithmetic from '../numeric/wide.ts'
import * as aggregates from '../runtime/aggregates.ts'
import * as atomics from '../runtime/atomics.ts'
import { HOST_ENTRY, hostFrame, wasmFrame } from '../runtime/frames.ts'
import { newArray } from '../runtime/gc.ts'
import { ExnInst, type FuncInst, HostThrow, type ModuleInst } from '../runtime/instances.ts'
import * as segments from '../runtime/segments.ts'
import type { Store } from '../runtime/store.ts'
import { newSlots } from '../runtime/values.ts'
import type { DefType } from '../syntax/type-registry.ts'
import type { Generated } from './emit.ts'
import { controlNames } from './metering.ts'

const trap = (code: TrapCode) => (): never => {
  throw new Trap(code)
}

/** The vectors that generated code works on; nothing lives there across instructions. */
const lanes = new Lanes(new ArrayBuffer(64))

/** Most variables that a piece of a function hands over. */
const MAX_OUT = 4096

/** Changes when a name in the table comes to mean something else: code that was compiled before must not be used then. */
export const BUILTINS_VERSION = 1

/** Names that every function may use, besides the exports of ROOMS: together the one table of helpers that generated code may call. */
export const BUILTINS: Readonly<Record<string, unknown>> = Object.freeze({
  ret,
  fround: Math.fround,
  // The global of that name makes V8 keep floats as objects.
  nan: Number.NaN,
  unreachable: trap('unreachable'),
  nullFunc: trap('null function reference'),
  nullRef: trap('null reference'),
  nullException: trap('null exception reference'),
  OI: new Int32Array(MAX_OUT),
  OF: new Float64Array(MAX_OUT),
  // Not of numbers alone, so that it never becomes an array of raw doubles.
  OR: new Array<unknown>(MAX_OUT).fill(null),
  VL: lanes,
  V: lanes.i32,
  B: lanes.u8,
  newArray,
  newSlots,
  ExnInst,
  isException: (x: unknown) => x instanceof ExnInst || x instanceof HostThrow,
})

/** Not joined into one object: there are a thousand names, and a program uses a few. */
const ROOMS: readonly Record<string, unknown>[] = Object.freeze([
  i32,
  i64,
  f32,
  f64,
  convert,
  bits,
  segments,
  aggregates,
  v128,
  i8x16,
  i16x8,
  i32x4,
  i64x2,
  f32x4,
  f64x2,
  atomics,
  wideArithmetic,
])

const found = new Map<string, unknown>()

/** What a name in generated code means in every instance; undefined where it means nothing. */
export function builtin(name: string): unknown {
  if (Object.hasOwn(BUILTINS, name)) return BUILTINS[name]
  if (!found.has(name)) found.set(name, ROOMS.find((room) => Object.hasOwn(room, name))?.[name])
  return found.get(name)
}

/** What an instance needs functions of its own for. */
export interface Makers {
  /** The function by which calls of type `id` go through a fixed table. */
  dispatcher(inst: ModuleInst, table: number, id: number): Generated
  /** The constructor of a type's structs. */
  structConstructor(def: DefType): unknown
}

/** Makes a body its function's code. */
export function install(func: FuncInst, body: Generated, hasTailCall: boolean): void {
  if (!hasTailCall) func.code = body
  else {
    func.tail = body
    func.code = (...slots) => finish(body(...slots))
  }
}

/** Goes on with tail calls until a function returns. */
function finish(result: unknown): unknown {
  let first = result
  for (let f = ret.tail as FuncInst | undefined; f !== undefined; f = ret.tail as FuncInst | undefined) {
    const args = ret.args as [unknown, ...unknown[]]
    args[0] = f
    ret.tail = undefined
    first = Function.prototype.call.apply(f.tail ?? f.code, args)
  }
  return first
}

/**
 * Gives the values of names in generated code: a letter or two and an index for parts of the instance, anything else is shared.
 * @param common whether the code is common to several instances
 */
export function resolver(inst: ModuleInst, common: boolean, makers: Makers): (name: string) => unknown {
  const own: Record<string, unknown> = {
    ...aggregates.casts(inst.store.registry),
    ...controlNames(inst),
    checkCallee: (f: FuncInst | null | undefined, at: number, id: number) => checkFunc(inst.store, f, at, id),
  }
  return (name) => {
    const call = /^C(\d+)_(\d+)$/.exec(name)
    if (call !== null) return makers.dispatcher(inst, Number(call[1]), Number(call[2]))
    const part = /^(F|M|MI|T|TI|G|D|E|TAG|TYPE|make)(\d+)$/.exec(name)
    if (part === null) return own[name] ?? builtin(name)
    const index = Number(part[2])
    switch (part[1]) {
      case 'F':
        return inst.funcs[index]
      case 'M':
        return common ? inst.memories[index]!.holders.common : inst.memories[index]!.holders.constant()
      case 'MI':
        return inst.memories[index]
      case 'T':
        return inst.tables[index]!.elems
      case 'TI':
        return inst.tables[index]
      case 'G':
        return inst.globals[index]
      case 'D':
        return inst.datas[index]
      case 'E':
        return inst.elems[index]
      case 'TYPE':
        return inst.types[index]
      case 'make':
        return makers.structConstructor(inst.types[index]!)
      default:
        return inst.tags[index]
    }
  }
}

/** Traps unless `f` is a function whose type is, or is a subtype of, the one with id `id`. */
export function checkFunc(store: Store, f: FuncInst | null | undefined, at: number, id: number): void {
  if (f === undefined) throw new Trap('undefined element', `table index ${at}`)
  if (f === null) throw new Trap('uninitialized element', `${at}`)
  const want = store.registry.types[id]!
  if (f.def.supers[want.depth] !== id) throw new Trap('indirect call type mismatch')
}

/**
 * Frames of generated functions, which are named `$instance_function`, their pieces `$instance_functionpNumber`, and of host functions.
 * @param find the instance of a number
 * @param offsetAt the offset of an instruction by row and column, or -1
 */
export function framesOf(
  error: Error,
  find: (number: number) => ModuleInst | undefined,
  offsetAt?: (inst: ModuleInst, index: number, row: number, column: number) => number,
): TrapFrame[] {
  const out: TrapFrame[] = []
  /** The function whose piece came before: what called the piece is the same frame. */
  let within = ''
  for (const line of (error.stack ?? '').split('\n')) {
    const at = /\$(?:(\d+)_(\d+)(p\d+)?\b|host\b)/.exec(line)
    if (at?.[0] === HOST_ENTRY) out.push(hostFrame(''))
    const inst = at && find(Number(at[1]))
    if (!inst) continue
    const name = `${at[1]}_${at[2]}`
    const known = within === name
    within = at[3] === undefined ? '' : name
    if (known) continue
    const index = Number(at[2])
    const place = offsetAt && /<anonymous>:(\d+):(\d+)/.exec(line)
    const offset = place ? offsetAt!(inst, index, Number(place[1]), Number(place[2])) : -1
    // A function that begins nowhere yet has not been called: there was no room for it on the stack.
    if (place && offset < 0 && out.length === 0) continue
    out.push(wasmFrame(inst, index, offset))
  }
  return out
}
