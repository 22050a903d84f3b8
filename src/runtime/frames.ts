// The frames of backtraces. Names and places in the source are looked up when somebody asks for them.
import { decodeNames } from '../binary/name-section.ts'
import type { Trap, TrapFrame } from '../errors.ts'
import type { Module, Names } from '../syntax/module.ts'
import type { ModuleInst } from './instances.ts'

/** Most frames that a backtrace has: the innermost. */
export const MAX_FRAMES = 100

const names = new WeakMap<Module, Names>()

/** A function's name: from the name section, or that of its first export. */
export function functionName(module: Module, func: number): string | undefined {
  let known = names.get(module)
  if (known === undefined) {
    known = decodeNames(module)
    names.set(module, known)
  }
  return known.funcs.get(func) ?? module.exports.find((x) => x.kind === 'func' && x.index === func)?.name
}

/** @param offset of the instruction in the module's binary, or -1 */
export function wasmFrame(inst: ModuleInst, func: number, offset: number): TrapFrame {
  return {
    host: false,
    module: inst.name,
    func,
    get name() {
      return functionName(inst.module, func)
    },
    offset,
    get source() {
      return offset < 0 ? undefined : inst.store.locate?.(inst.module, offset)
    },
  }
}

export const hostFrame = (name: string): TrapFrame => ({
  host: true,
  module: undefined,
  func: -1,
  name: name === '' ? undefined : name,
  offset: -1,
  source: undefined,
})

/**
 * The name of the JavaScript functions that stand between WebAssembly and a host function's own code; engines that read backtraces out of stack traces
 * find host functions by it.
 */
export const HOST_ENTRY = '$host'

/** The same where calls enter the interpreter, whose frames are not the host's. */
export const INTERPRETER_ENTRY = '$interpreter'

const runs = new WeakMap<Error, TrapFrame[][]>()

/** Notes the interpreter's frames of one entry, which the stack of `error` has passed; inner entries come first. */
export function keepRun(error: Error, frames: TrapFrame[]): void {
  const known = runs.get(error)
  if (known === undefined) runs.set(error, [frames])
  else known.push(frames)
}

export const runsOf = (error: Error): readonly TrapFrame[][] => runs.get(error) ?? []

/** Adds the frames of the call that a trap leaves now: those that follow the frames it has, up to the host function that made the call. */
export function addFrames(trap: Trap, all: readonly TrapFrame[]): void {
  for (let k = trap.frames.length; k < all.length && k < MAX_FRAMES; k++) {
    const frame = all[k]!
    if (frame.host) return
    trap.frames.push(frame)
  }
}

const natives = new WeakMap<Trap, Error>()

/** Notes the native error that a trap stands for, whose stack began in WebAssembly. */
export const keepNative = (trap: Trap, error: Error): void => void natives.set(trap, error)

/** The error whose stack has a trap's frames. */
export const errorOf = (trap: Trap): Error => natives.get(trap) ?? trap
