// Engine as the default bundle has it: executors by name.
import { type EngineOptions as BaseOptions, EngineBase } from '../embedding/engine.ts'
import type { Executor } from '../runtime/store.ts'
import { ENGINE_NAMES } from './engine-names.ts'
import { engineByName } from './engines.ts'

/** Choices of an engine. */
export interface EngineOptions extends BaseOptions {
  /** `auto` (the default): the fastest that this host allows; or the name of one, or one of one's own. */
  readonly executor?: string | Executor
}

/** What runs modules, and with which rules (specification: Appendix, Embedding). One serves a whole process. */
export class Engine extends EngineBase {
  /** @throws {TypeError} for an executor that does not exist or that this host forbids, or an unknown feature */
  constructor(options: EngineOptions = {}) {
    const { executor = 'auto' } = options
    const found = typeof executor === 'string' ? engineByName(executor) : executor
    if (found === undefined)
      throw new TypeError(`no executor '${String(executor)}' here; there are ${ENGINE_NAMES.join(', ')}`)
    super(found, options)
  }
}
