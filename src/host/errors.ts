// The traps of the host's WebAssembly as ours, by their texts: V8's, SpiderMonkey's and JavaScriptCore's. Where one text stands for several traps, the
// instruction decides, or a reason that rewritten code has left. A trap of ours passes native frames as one of the host's, which no handler catches.
import { Exhaustion, Trap, type TrapCode } from '../errors.ts'
import { Op } from '../syntax/opcode.ts'
import type { TypeRegistry } from '../syntax/type-registry.ts'
import type { NativeFunction } from './native.ts'
import { Body, host, plain, run, Synth } from './synth.ts'

/** In this order; `op` is the instruction that trapped, where that is known. */
const TEXTS: readonly (readonly [text: RegExp, code: TrapCode | ((op: Op | undefined) => TrapCode)])[] = [
  // A null reference too, where references have no types.
  [/unreachable/i, (op) => (op === Op.ref_as_non_null ? 'null reference' : 'unreachable')],
  [/divide by zero|remainder by zero|division by zero|divided by zero/i, 'integer divide by zero'],
  [
    /divide result unrepresentable|signed division overflow|integer overflow|out of range.*division/i,
    'integer overflow',
  ],
  [/float unrepresentable|out of bounds trunc|invalid conversion|trunc/i, 'integer overflow'],
  [/unaligned/i, 'unaligned atomic'],
  [
    /null function or function signature|signature mismatch|signature that does not match/i,
    (op) =>
      op === Op.call_ref || op === Op.return_call_ref ? 'null function reference' : 'indirect call type mismatch',
  ],
  [/^null function$/i, (op) => (isCallIndirect(op) ? 'uninitialized element' : 'null function reference')],
  [/indirect call to null|call_indirect to a null/i, 'uninitialized element'],
  [/undefined element|out of bounds call_indirect/i, 'undefined element'],
  [/array.*(too large|too big)|too large/i, 'array too large'],
  [/array.*out of bounds|out of bounds.*array/i, 'out of bounds array access'],
  [/data segment/i, 'out of bounds memory access'],
  [/table|element segment/i, table],
  [/memory|out of bounds/i, 'out of bounds memory access'],
  [/dereferencing a null|null (pointer|reference|value)|null/i, dereference],
  [/illegal cast|cast/i, 'cast failure'],
  [/Atomics\.wait/i, 'atomic wait not allowed'],
  [/shared/i, 'expected shared memory'],
]

const isCallIndirect = (op: Op | undefined) => op === Op.call_indirect || op === Op.return_call_indirect

function table(op: Op | undefined): TrapCode {
  return isCallIndirect(op) ? 'undefined element' : 'out of bounds table access'
}

function dereference(op: Op | undefined): TrapCode {
  switch (op) {
    case Op.call_ref:
    case Op.return_call_ref:
      return 'null function reference'
    case Op.struct_get:
    case Op.struct_get_s:
    case Op.struct_get_u:
    case Op.struct_set:
      return 'null structure reference'
    case Op.i31_get_s:
    case Op.i31_get_u:
      return 'null i31 reference'
    case Op.throw_ref:
      return 'null exception reference'
    case Op.array_get:
    case Op.array_get_s:
    case Op.array_get_u:
    case Op.array_set:
    case Op.array_len:
    case Op.array_fill:
    case Op.array_copy:
    case Op.array_init_data:
    case Op.array_init_elem:
      return 'null array reference'
    default:
      return 'null reference'
  }
}

/** The trap that a RuntimeError of the host stands for; undefined where its text is unknown. */
export function trapOfText(text: string, op: Op | undefined): Trap | undefined {
  const found = TEXTS.find(([pattern]) => pattern.test(text))
  if (found === undefined) return undefined
  const code = typeof found[1] === 'function' ? found[1](op) : found[1]
  return new Trap(code)
}

export const isStackEnd = (e: unknown): boolean =>
  e instanceof Error && /call stack|recursion|stack overflow/i.test(e.message) && e.name !== 'Trap'

export const stackEnd = (): Trap => new Exhaustion('call stack exhausted')

const ours = new WeakMap<object, Trap>()
const natives = new WeakMap<Trap, object>()
let trapping: NativeFunction | undefined

/** An error of the host's that stands for a trap: one that a trap of its own has made, so that handlers of WebAssembly let it pass. */
export function nativeTrap(trap: Trap): unknown {
  const known = natives.get(trap)
  if (known !== undefined) return known
  if (trapping === undefined) {
    const synth = new Synth({ types: [] } as unknown as TypeRegistry)
    synth.export('f', 'func', synth.func(synth.type(plain([], [])), [], new Body().op(Op.unreachable).end()))
    trapping = run(synth.compile())['f'] as NativeFunction
  }
  try {
    trapping()
  } catch (e) {
    ours.set(e as object, trap)
    natives.set(trap, e as object)
    return e
  }
  return trap
}

/** The trap of ours that an error stands for. */
export const knownTrap = (e: object): Trap | undefined => ours.get(e)
/** Keeps the trap of a native error, so that the same error gives the same trap. */
export function keepTrap(e: object, trap: Trap): Trap {
  ours.set(e, trap)
  natives.set(trap, e)
  return trap
}
export const isNativeTrap = (e: unknown): e is Error => e instanceof host().RuntimeError
