// The interpreter as an executor: entries from JavaScript. No code is generated, so it runs where a
// Content-Security-Policy or the host forbids that.
import { Trap } from '../errors.ts'
import { newCensus } from '../runtime/census.ts'
import { INTERPRETER_ENTRY } from '../runtime/frames.ts'
import type { Callable, FuncInst } from '../runtime/instances.ts'
import type { Executor } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'
import { enter, leaveResults, lower } from './calls.ts'
import { InterpreterExecution } from './execution.ts'
import { signatureOf } from './kinds.ts'
import { cooled, depthOf, forgetRefs, Moved, state, Target, type Tier } from './machine.ts'
import { train } from './training.ts'
import { run } from './unwind.ts'

export const interpreter: Executor = {
  name: 'interpreter',
  newCensus,
  expect,
  link(inst) {
    expect(inst.module)
    for (let i = inst.importedFuncs; i < inst.funcs.length; i++) interpret(inst.funcs[i]!)
  },
  start: (func, slots) => (func.engine instanceof Target ? new InterpreterExecution(func, slots) : undefined),
  // Traps get their frames where they leave the loop.
  frames: (error) => (error instanceof Trap ? error.frames : []),
}

/** Bytes of code from which on a module is large: its program runs long enough to have the loop trained. */
export const LARGE = 150_000

function expect(module: Module): void {
  if (codeBytes(module) >= LARGE) prepareLoop()
}

export function codeBytes({ funcs }: Module): number {
  let bytes = 0
  for (const { body } of funcs) bytes += body.end - body.start
  return bytes
}

/** Prepares the loop for large programs. */
export const prepareLoop = (): void => train(interpret)

/** Has the interpreter run a function, until `tier` takes it over. */
export function interpret(func: FuncInst, tier?: Tier): void {
  func.engine = new Target(func, tier)
  func.code = (...slots) => (isCold(func) ? call(func, slots) : func.code(...slots))
}

/** Whether the interpreter still runs a function that is called now. */
function isCold(func: FuncInst): boolean {
  if (!(func.engine instanceof Target)) return false
  const f = lower(func.engine)
  return --f.heat >= 0 || cooled(func, f) !== undefined
}

/** Has `code` run a function that the interpreter ran. */
export function takeAway(func: FuncInst, code: Callable): void {
  const { params, results } = signatureOf(func)
  func.engine = new Moved(params, results)
  func.code = code
}

/** Runs a function called from outside. */
function call(func: FuncInst, slots: readonly unknown[]): unknown {
  const base = state.top
  const { depth, pausable, maxDepth } = state
  state.pausable = false
  state.maxDepth = depthOf(func)
  try {
    enter(func, slots, base)
    run(depth)
    return leaveResults(func, base)
  } finally {
    state.top = base
    state.depth = depth
    state.pausable = pausable
    state.maxDepth = maxDepth
    forgetRefs()
  }
}
Object.defineProperty(call, 'name', { value: INTERPRETER_ENTRY })
