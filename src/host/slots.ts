// What a rewritten module reaches through its table, behind the hooks of control: memories that the host can't give it, as functions of small modules
// that each have one, and the throwing of exceptions whose object is to be known where they are caught.
import { writeOp } from '../binary/encode.ts'
import { Trap } from '../errors.ts'
import { exceptionBytes } from '../runtime/census.ts'
import type { Callable, ModuleInst, TagInst } from '../runtime/instances.ts'
import { dropData, memoryCopy, memoryInit } from '../runtime/segments.ts'
import { ADDR, rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { EXNREF, EXTERNREF, type FuncType, I32, I64, type MemType, type ValType } from '../syntax/types.ts'
import { incoming, listener } from './bridge.ts'
import { nativeOf } from './entities.ts'
import type { NativeFunction, NativeModule, NativeTable } from './native.ts'
import { type Realm, realmOf } from './refs.ts'
import { Body, plain, run, Synth } from './synth.ts'

/** An entry of the table. */
export type Slot =
  /** An instruction on one memory; where it has an offset, that is its last parameter. */
  | {
      readonly kind: 'access'
      readonly memory: number
      readonly op: Op
      readonly lane: number
      readonly offset: boolean
    }
  | { readonly kind: 'copy'; readonly to: number; readonly from: number }
  | { readonly kind: 'init'; readonly memory: number; readonly data: number }
  | { readonly kind: 'drop'; readonly data: number }
  | { readonly kind: 'throw'; readonly tag: number; readonly params: readonly ValType[] }
  | { readonly kind: 'throw_ref' }
  /** Where a function lies that is called by reference. */
  | { readonly kind: 'called' }

const THREE = plain([I32, I32, I32], [])

/** Its type; that of a throw has the module's own type indices. */
export function slotType(slot: Slot): FuncType {
  switch (slot.kind) {
    case 'access':
      return accessType(slot.op, slot.offset)
    case 'copy':
    case 'init':
      return THREE
    case 'drop':
    case 'called':
      return plain([], [])
    case 'throw':
      return plain(slot.params, [])
    case 'throw_ref':
      return plain([EXTERNREF], [])
  }
}

function accessType(op: Op, offset: boolean): FuncType {
  if (op === Op.memory_copy) return THREE
  const { params, results } = rows[op]!
  const type = (t: ValType) => (t === ADDR ? I32 : t)
  return plain([...params.map(type), ...(offset ? [I32] : [])], results.map(type))
}

/** Fills in a new instance's table from an index on. */
export function fillSlots(inst: ModuleInst, slots: readonly Slot[], table: NativeTable, first: number): void {
  const realm = realmOf(inst.store)
  const accessors = new Map<number, Readonly<Record<string, unknown>>>()
  slots.forEach((slot, k) => {
    if (slot.kind === 'called') return
    if (slot.kind !== 'access') {
      table.set(first + k, code(realm, inst, slot))
      return
    }
    const { memory } = slot
    let found = accessors.get(memory)
    if (found === undefined) {
      const mem = inst.memories[memory]!
      accessors.set(memory, (found = run(accessModule(slots, memory, mem.type), { m: nativeOf(mem) })))
    }
    table.set(first + k, found[`f${k}`])
  })
}

/** Modules by the slots of a rewritten module and the memory. */
const made = new WeakMap<readonly Slot[], Map<number, NativeModule>>()

function accessModule(slots: readonly Slot[], memory: number, { shared }: MemType): NativeModule {
  let known = made.get(slots)
  if (known === undefined) made.set(slots, (known = new Map()))
  let found = known.get(memory)
  if (found === undefined) {
    const synth = new Synth({ types: [] } as never)
    const limits = { address: 'i32' as const, min: 0n, max: shared ? 65536n : undefined }
    synth.import('m', { kind: 'memory', type: { limits, shared, pageSizeLog2: 16 } })
    slots.forEach((slot, k) => {
      if (slot.kind !== 'access' || slot.memory !== memory) return
      synth.export(`f${k}`, 'func', access(synth, slot))
    })
    known.set(memory, (found = synth.compile()))
  }
  return found
}

/** A function that does an instruction on the only memory there is. */
function access(synth: Synth, { op, lane, offset }: Slot & { kind: 'access' }): number {
  const type = accessType(op, offset)
  const { imms, align } = rows[op]!
  const b = new Body()
  const last = type.params.length - 1
  if (offset) {
    // What lies beyond 32 bits is beyond every memory.
    const sum = last + 1
    for (const k of [0, last]) b.op(Op.local_get, k).op(Op.i64_extend_i32_u)
    b.op(Op.i64_add).op(Op.local_tee, sum).i64(32n).op(Op.i64_shr_u).op(Op.i32_wrap_i64).block(Op.if_)
    b.i32(-1).op(Op.i32_load8_u, 0, 0xffffffff).op(Op.drop).op(Op.end)
    b.op(Op.local_get, sum).op(Op.i32_wrap_i64)
    for (let k = 1; k < last; k++) b.op(Op.local_get, k)
  } else for (let k = 0; k <= last; k++) b.op(Op.local_get, k)
  writeOp(b.w, op)
  for (const imm of imms)
    if (imm === 'memarg') {
      b.w.u32(align)
      b.w.u32(0)
    } else b.w.byte(imm === 'lane' ? lane : 0)
  return synth.func(synth.type(type), offset ? [I64] : [], b.end())
}

/** A function of JavaScript for a slot. */
function code(realm: Realm, inst: ModuleInst, slot: Exclude<Slot, { kind: 'access' | 'called' }>): NativeFunction {
  const native = (def: DefType, run: Callable) =>
    incoming(realm.store.registry, def, listener(realm.store.registry, def, run, realm))
  if (slot.kind === 'throw') {
    const tag = inst.tags[slot.tag]!
    return native(tag.def, telling(realm, tag))
  }
  if (slot.kind === 'throw_ref')
    return native(realm.funcType([EXNREF], []), (exn) => {
      if (exn === null) throw realm.thrown(new Trap('null exception reference'))
      throw realm.raised(exn)
    })
  const { params } = slotType(slot)
  return native(realm.funcType(params, []), (...args) => {
    const [to, from, count] = (args as number[]).map((n) => n >>> 0) as [number, number, number]
    try {
      if (slot.kind === 'copy') memoryCopy(inst.memories[slot.to]!, inst.memories[slot.from]!, to, from, count)
      else if (slot.kind === 'init') memoryInit(inst.memories[slot.memory]!, inst.datas[slot.data]!, to, from, count)
      else dropData(inst.datas[slot.data]!)
    } catch (e) {
      throw realm.thrown(e)
    }
  })
}

/** Throws the host's own exception and lets its object be known. */
function telling(realm: Realm, tag: TagInst): Callable {
  const raise = realm.thrower(tag)
  return (...slots) => {
    try {
      raise(...slots)
    } catch (e) {
      throw realm.raised(counted(realm, tag, e))
    }
  }
}

/** An exception that has been made, or the trap that there is no room for it. */
function counted(realm: Realm, tag: TagInst, exception: unknown): unknown {
  try {
    realm.controls?.count(exception as object, exceptionBytes(tag.type))
    return exception
  } catch (e) {
    return e
  }
}
