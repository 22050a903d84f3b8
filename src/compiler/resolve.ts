// What generated code refers to, by name: the parts of an instance, and what it is given; and how it becomes a function's code and is found in stack
// traces. Generates nothing itself, so that code which was compiled ahead of time runs with it alone.
import { Trap, type TrapFrame } from '../errors.ts'
import { ret } from '../numeric/ret.ts'
import { HOST_ENTRY, hostFrame, INTERPRETER_ENTRY, runsOf, wasmFrame } from '../runtime/frames.ts'
import type { FuncInst, ModuleInst } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import type { DefType } from '../syntax/type-registry.ts'
import type { Generated } from './emit.ts'

/** What names in generated code mean that are no parts of an instance. */
export interface Makers {
  /** In every instance; undefined for a name that has no meaning. */
  builtin(name: string): unknown
  /** In one instance alone. */
  own(inst: ModuleInst): Readonly<Record<string, unknown>>
  /** The function by which calls of type `id` go through a fixed table. */
  dispatcher(inst: ModuleInst, table: number, id: number): Generated
  /** A function's code for calls that go on where an earlier one has been left. */
  resumed(func: FuncInst): { code: Generated }
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
    ...makers.own(inst),
    checkCallee: (f: FuncInst | null | undefined, at: number, id: number) => checkFunc(inst.store, f, at, id),
  }
  return (name) => {
    const call = /^C(\d+)_(\d+)$/.exec(name)
    if (call !== null) return makers.dispatcher(inst, Number(call[1]), Number(call[2]))
    const part = /^(F|R|M|MI|T|TI|G|D|E|TAG|TYPE|make)(\d+)$/.exec(name)
    if (part === null) return own[name] ?? makers.builtin(name)
    const index = Number(part[2])
    switch (part[1]) {
      case 'F':
        return inst.funcs[index]
      case 'R':
        return makers.resumed(inst.funcs[index]!)
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

/** Marks code for calls that go on where an earlier one has been left. */
export const RESUMED = 'r'

/** A function's name in a stack trace: `$instance_function`, with `oOffset` for a loop of it alone, RESUMED, and `pNumber` for a piece. */
const NAME = /\$(?:(\d+)_(\d+)(?:o(\d+)|(r))?(p\d+)?\b|host\b|interpreter\b)/

/**
 * Frames of generated functions, of host functions, and of the interpreter where it runs functions of the same instances.
 * @param find the instance of a number
 * @param offsetAt the offset of an instruction by row and column, or -1
 */
export function framesOf(
  error: Error,
  find: (number: number) => ModuleInst | undefined,
  offsetAt?: (inst: ModuleInst, index: number, row: number, column: number, loop: string) => number,
): TrapFrame[] {
  const out: TrapFrame[] = []
  const interpreted = [...runsOf(error)]
  /** The function whose piece came before: what called the piece is the same frame. */
  let within = ''
  /** Whether a loop came before that the interpreter had taken over: its function's frame is the same. */
  let taken = false
  for (const line of (error.stack ?? '').split('\n')) {
    const at = NAME.exec(line)
    if (at?.[0] === HOST_ENTRY) out.push(hostFrame(''))
    if (at?.[0] === INTERPRETER_ENTRY) {
      out.push(...(interpreted.shift() ?? []).slice(taken ? 1 : 0))
      taken = false
    }
    const inst = at && find(Number(at[1]))
    if (!inst) continue
    const name = `${at[1]}_${at[2]}`
    const known = within === name
    within = at[4] === undefined && at[5] === undefined ? '' : name
    taken = at[3] !== undefined
    if (known) continue
    const index = Number(at[2])
    const place = offsetAt && /<anonymous>:(\d+):(\d+)/.exec(line)
    const offset = place ? offsetAt!(inst, index, Number(place[1]), Number(place[2]), at[3] ?? at[4] ?? '') : -1
    // A function that begins nowhere yet has not been called: there was no room for it on the stack.
    if (place && offset < 0 && out.length === 0) continue
    out.push(wasmFrame(inst, index, offset))
  }
  // What a limit on the length of stack traces has cut off.
  for (const frames of interpreted) {
    out.push(...frames.slice(taken ? 1 : 0))
    taken = false
  }
  return out
}
