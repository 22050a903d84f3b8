// Loads the engine that an option names, and only that one: the others' code is not even read.
import { mayGenerateCode } from '../compiler/emit.ts'
import { native } from '../host/native.ts'
import { ENGINE_NAMES } from '../presets/engine-names.ts'
import type { Executor } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'
import { EXIT, Failure } from './failure.ts'
import { didYouMean } from './suggest.ts'

/** The engine for a module, and why it is not the host's where that was preferred. `auto` is the host, then compiler and interpreter in tiers, then the interpreter. */
export async function engineFor(
  name: string,
  module: Module,
): Promise<{ engine: Executor; refused: string | undefined }> {
  if (name !== 'auto' || native() === undefined) return { engine: await loadEngine(name), refused: undefined }
  const { host } = await import('../host/engine.ts')
  const refused = host.refuses!(module) ?? host.slow!(module)
  return { engine: refused === undefined ? host : await loadEngine(name), refused }
}

/** @throws Failure when there is no such engine, or this host forbids what it needs */
export async function loadEngine(name: string): Promise<Executor> {
  if (mayGenerateCode()) {
    if (name === 'compiler') return (await import('../compiler/engine.ts')).compiler
    if (name === 'auto' || name === 'tiered') return (await import('../tiered/engine.ts')).tiered
  }
  const { engineByName } = await import('../presets/engines.ts')
  const found = engineByName(name)
  if (found !== undefined) return found
  if (!ENGINE_NAMES.some((n) => n === name))
    throw new Failure(
      `--engine ${name}: there is no such engine; choose one of ${ENGINE_NAMES.join(', ')}${didYouMean(name, ENGINE_NAMES)}`,
      EXIT.usage,
    )
  throw new Failure(
    `--engine ${name}: not available here, see anywasm features; choose auto or interpreter`,
    EXIT.usage,
  )
}
