// A deadline for the host's WebAssembly as it is: V8 ends what runs when the time is over, so that the module needs no checks, and so no rewriting. Only
// a time-out can be had this way, and no backtrace; whatever else is to be controlled, the host engine rewrites the module for.
import { createContext, Script } from 'node:vm'
import { Exhaustion } from '../errors.ts'
import type { MeterOptions } from '../runtime/metering.ts'
import type { Store } from '../runtime/store.ts'
import type { Control } from './limits.ts'

/** Runs something within the time that is left. */
export type Within = <T>(task: () => T) => T

/** Whether a deadline is all that is asked for. */
export const onlyDeadline = ({ limits, metering, options }: Control): boolean =>
  metering.deadline !== undefined &&
  Object.keys(metering).length === 1 &&
  limits.callDepth === undefined &&
  options.deterministic !== true

/** The rest of the options, for a store that is watched from outside. */
export const unwatched = ({ deadline: _, ...rest }: MeterOptions): MeterOptions => rest

/**
 * @param deadline milliseconds since the epoch
 * @param store is told of the limit when it is met
 * @returns what throws an Exhaustion when the time is over
 */
export function watchdog(deadline: number, store: Store): Within {
  return <T>(task: () => T): T => {
    const left = Math.ceil(deadline - Date.now())
    const over = () => {
      const e = new Exhaustion('deadline exceeded')
      store.exceed('deadline', e.message)
      return e
    }
    if (left <= 0) throw over()
    try {
      return new Script('task()').runInContext(createContext({ task }), { timeout: left }) as T
    } catch (e) {
      throw (e as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? over() : e
    }
  }
}
