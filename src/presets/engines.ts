// The engines that the command line and the default bundle carry, by name.
import { mayGenerateCode } from '../compiler/emit.ts'
import { compiler } from '../compiler/engine.ts'
import { host } from '../host/engine.ts'
import { native } from '../host/native.ts'
import { interpreter } from '../interpreter/engine.ts'
import type { Executor } from '../runtime/store.ts'
import { tiered } from '../tiered/engine.ts'
import type { ENGINE_NAMES } from './engine-names.ts'

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
  return ENGINES[name]
}
