// The engines that the command line and the default bundle carry, by name.
import { mayGenerateCode } from '../compiler/emit.ts'
import { compiler } from '../compiler/engine.ts'
import { host } from '../host/engine.ts'
import { native } from '../host/native.ts'
import { interpreter } from '../interpreter/engine.ts'
import type { Executor } from '../runtime/store.ts'
import { tiered } from '../tiered/engine.ts'
import { nearest } from '../util/near.ts'
import { describeValue, isObject } from '../util/options.ts'
import { ENGINE_NAMES } from './engine-names.ts'

export const ENGINES: Readonly<Record<string, Executor>> = { host, tiered, compiler, interpreter } satisfies Record<
  Exclude<(typeof ENGINE_NAMES)[number], 'auto'>,
  Executor
>

/** The engine of that name; `auto` is the fastest that this host allows. undefined where there is none, or the host forbids what it needs. */
export function engineByName(name: string): Executor | undefined {
  const generates = mayGenerateCode()
  if (name === 'auto') return generates ? tiered : interpreter
  if (((name === 'compiler' || name === 'tiered') && !generates) || (name === 'host' && native() === undefined))
    return undefined
  return Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined
}

/**
 * The engine of a name, or the one that is given itself.
 * @throws {TypeError} where there is none, or the host forbids what it needs
 */
export function executorOf(engine: Executor | string = 'auto'): Executor {
  if (typeof engine !== 'string') {
    if (isObject(engine) && typeof engine.link === 'function') return engine
    throw new TypeError(`an executor must be the name of one, or one itself, got ${describeValue(engine)}`)
  }
  const found = engineByName(engine)
  if (found !== undefined) return found
  const quoted = JSON.stringify(engine)
  if (Object.hasOwn(ENGINES, engine)) throw new TypeError(`this host does not allow the executor ${quoted}`)
  throw new TypeError(`there is no executor ${quoted}${nearest('executor', engine, ENGINE_NAMES)}`)
}
