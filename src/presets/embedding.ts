// Engine as the default bundle has it: executors by name.
import { type EngineOptions as BaseOptions, EngineBase } from '../embedding/engine.ts'
import type { Executor } from '../runtime/store.ts'
import { describeValue, isObject } from '../util/options.ts'
import { executorOf } from './engines.ts'

/** Choices of an engine. */
export interface EngineOptions extends BaseOptions {
  /** `auto` (the default): the fastest that this host allows; or the name of one, or one of one's own. */
  readonly executor?: string | Executor
}

/** What runs modules, and with which rules (specification: Appendix, Embedding). One serves a whole process. */
export class Engine extends EngineBase {
  /** @throws {TypeError} for an executor that does not exist or that this host forbids, an unknown feature, or an unknown option */
  constructor(options: EngineOptions = {}) {
    if (!isObject(options))
      throw new TypeError(`an engine: the options must be an object, got ${describeValue(options)}`)
    const { executor, ...others } = options
    super(executorOf(executor), others)
  }
}
