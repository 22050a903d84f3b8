// The interpreter as an executor: entries from JavaScript. No code is generated, so it runs where a
// Content-Security-Policy or the host forbids that.
import { Trap } from '../errors.ts'
import type { FuncInst } from '../runtime/instances.ts'
import type { Executor } from '../runtime/store.ts'
import { enter, leaveResults } from './calls.ts'
import { InterpreterExecution } from './execution.ts'
import { depthOf, forgetRefs, state, Target } from './machine.ts'
import { run } from './unwind.ts'

export const interpreter: Executor = {
  name: 'interpreter',
  link(inst) {
    for (let i = inst.importedFuncs; i < inst.funcs.length; i++) {
      const func = inst.funcs[i]!
      func.engine = new Target(func)
      func.code = (...slots) => call(func, slots)
    }
  },
  start: (func, slots) => (func.engine instanceof Target ? new InterpreterExecution(func, slots) : undefined),
  // Traps get their frames where they leave the loop.
  frames: (error) => (error instanceof Trap ? error.frames : []),
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
    Object.assign(state, { top: base, depth, pausable, maxDepth })
    forgetRefs()
  }
}
