// Calls between frames, and out to functions that are not the interpreter's: host functions and other engines'.
import { Trap } from '../errors.ts'
import { ret } from '../numeric/ret.ts'
import { suspension } from '../runtime/boundary.ts'
import { exceptionBytes } from '../runtime/census.ts'
import { ExnInst, type FuncInst } from '../runtime/instances.ts'
import { newSlots } from '../runtime/values.ts'
import { Op } from '../syntax/opcode.ts'
import { signatureOf, slotKinds } from './kinds.ts'
import { Lowerer } from './lower.ts'
import { Inner, type Lowered } from './lowered.ts'
import { at, F, I, Moved, prepare, R, state, type Target } from './machine.ts'

/** A function's register code, made at its first call. */
export function lower(target: Target): Lowered {
  target.lowered ??= new Lowerer(target.func.module!, target.func, target.tier).lower()
  return target.lowered
}

/** Moves the arguments of a tail call to where its frame begins. */
export function moveDown(to: number, from: number, slots: number): void {
  I.copyWithin(to, from, from + slots)
  F.copyWithin(to, from, from + slots)
  for (let k = 0; k < slots && from + k < R.length; k++) R[to + k] = R[from + k]
}

/** Makes the frame of a function called from outside, and has the loop begin there. */
export function enter(func: FuncInst, slots: readonly unknown[], base: number): void {
  const f = lower(func.engine as Target)
  prepare(f, base)
  const { paramKinds } = f
  for (let k = 0; k < paramKinds.length; k++) {
    if (paramKinds[k] === 0) I[base + k] = slots[k] as number
    else if (paramKinds[k] === 1) F[base + k] = slots[k] as number
    else R[base + k] = slots[k]
  }
  at.f = f
  at.pc = 0
  at.fp = base
}

/** Words of a call. */
export const callLength = (op: number): number => (op === Inner.call_indirect ? 5 : 3)

export const isTailCall = (op: number): boolean => op >= Inner.tail_call && op <= Inner.tail_call_indirect

/** The function that the call at `pc` calls. */
export function callee({ code, inst }: Lowered, pc: number, fp: number): FuncInst {
  switch (code[pc]) {
    case Op.call:
    case Inner.tail_call:
      return inst.funcs[code[pc + 2]!]!
    case Inner.call_ref:
    case Inner.tail_call_ref: {
      const func = R[fp + code[pc + 2]!]
      if (func === null) throw new Trap('null function reference')
      return func as FuncInst
    }
  }
  const table = inst.tables[code[pc + 2]!]!
  const register = fp + code[pc + 3]!
  const wide = table.type.limits.address === 'i64'
  const index = (wide ? (I[register + 1]! >>> 0) * 4294967296 : 0) + (I[register]! >>> 0)
  const func = table.elems[index] as FuncInst | null | undefined
  if (func === undefined) throw new Trap('undefined element', String(index))
  if (func === null) throw new Trap('uninitialized element', String(index))
  const id = code[pc + 4]!
  if (func.typeId !== id && func.def.supers[inst.store.registry.types[id]!.depth] !== id)
    throw new Trap('indirect call type mismatch')
  return func
}

/** Calls a function that is not the interpreter's, with arguments and results in registers from `base` on. */
export function callHost(func: FuncInst, base: number): void {
  if (func.engine instanceof Moved && func.engine.ints >= 0) {
    callInts(func, func.engine, base)
    return
  }
  const { params } = signatureOf(func)
  const args: unknown[] = ['']
  args.pop()
  params.forEach((kind, k) => {
    args.push(kind === 0 ? I[base + k] : kind === 1 ? F[base + k] : R[base + k])
  })
  // Only a host function that these frames call themselves may have them wait for it.
  suspension.allowed = state.pausable && func.module === undefined
  // The calling frame counts among those below a call back.
  state.depth++
  let first: unknown
  try {
    first = func.code(...args)
  } finally {
    state.depth--
  }
  takeResults(func, base, first)
}

/** The same for a function of a few int32s. */
function callInts(func: FuncInst, { ints, gives }: Moved, base: number): void {
  state.depth++
  let first: number
  try {
    switch (ints) {
      case 0:
        first = func.code()
        break
      case 1:
        first = func.code(I[base])
        break
      case 2:
        first = func.code(I[base], I[base + 1])
        break
      case 3:
        first = func.code(I[base], I[base + 1], I[base + 2])
        break
      default:
        first = func.code(I[base], I[base + 1], I[base + 2], I[base + 3])
    }
  } finally {
    state.depth--
  }
  if (gives) I[base] = first
}

/** Moves the results of a call by the calling convention into registers. */
export function takeResults(func: FuncInst, base: number, first: unknown): void {
  signatureOf(func).results.forEach((kind, k) => {
    if (kind === 0) I[base + k] = k === 0 ? (first as number) : k === 1 ? ret.hi : ret.i[k]!
    else if (kind === 1) F[base + k] = k === 0 ? (first as number) : ret.f[k]!
    else R[base + k] = k === 0 ? first : ret.r[k]
  })
}

/** Leaves results in registers as the calling convention has them; gives the first. */
export function leaveResults(func: FuncInst, base: number): unknown {
  const { results } = signatureOf(func)
  for (let k = results.length - 1; k >= 1; k--) {
    const kind = results[k]
    if (kind === 0) {
      if (k === 1) ret.hi = I[base + 1]!
      else ret.i[k] = I[base + k]!
    } else if (kind === 1) ret.f[k] = F[base + k]!
    else ret.r[k] = R[base + k]
  }
  return results.length === 0 ? undefined : results[0] === 0 ? I[base] : results[0] === 1 ? F[base] : R[base]
}

/** Throws a new exception with its payload in registers from `base` on. */
export function throwTag(f: Lowered, tag: number, base: number): never {
  const inst = f.inst.tags[tag]!
  const kinds = slotKinds(inst.type.params)
  const payload = newSlots(kinds.length)
  kinds.forEach((kind, k) => {
    if (kind === 0) payload.i[k] = I[base + k]!
    else if (kind === 1) payload.f[k] = F[base + k]!
    else payload.r[k] = R[base + k]
  })
  const made = new ExnInst(inst, payload)
  f.inst.store.census?.count(made, exceptionBytes(inst.type))
  throw made
}
