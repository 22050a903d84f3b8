// One engine per executor of the default bundle, for tests that all of them pass, and modules from text.
import { Module } from '../../src/embedding/module.ts'
import { Store, type StoreOptions } from '../../src/embedding/store.ts'
import { hostFeatures } from '../../src/host/detect.ts'
import { Engine } from '../../src/presets/embedding.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import type { Feature } from '../../src/syntax/features.ts'
import { tierEarly } from '../tiered/early.ts'

tierEarly()

export const engines: readonly [string, Engine][] = Object.keys(ENGINES).map((name) => [
  name,
  new Engine({ executor: name }),
])

/** A store, and a function that compiles texts for it. */
export function setUp(engine: Engine, options: StoreOptions = {}): { store: Store; compile: (wat: string) => Module } {
  return { store: new Store(engine, options), compile: (wat) => new Module(engine, wat) }
}

/** What a function throws; fails when it throws nothing. */
export function thrown(run: () => unknown): Error & Record<string, unknown> {
  try {
    run()
  } catch (e) {
    return e as Error & Record<string, unknown>
  }
  throw new Error('nothing was thrown')
}

/** Whether an engine is the host's WebAssembly and that lacks a feature. */
export const lacks = (engine: string, feature: Feature): boolean =>
  engine === 'host' && !hostFeatures()!.includes(feature)
