// Engine: what runs code, and what it may use. It has no state of its own that modules or stores could change, so one serves a whole process.
import type { Executor } from '../runtime/store.ts'
import { ALL_FEATURES, type Feature } from '../syntax/features.ts'

/** Choices of an engine. */
export interface EngineOptions {
  /** Features that modules may use: all that anywasm knows unless given. A module that uses another one is a CompileError. */
  readonly features?: readonly Feature[]
  /** Fixes freedoms of the specification: the depth of calls, failures of growth, relaxed vectors; not yet the bits of NaNs that arithmetic makes. */
  readonly deterministic?: boolean
}

/** What runs modules, and with which rules (specification: Appendix, Embedding). */
export class EngineBase {
  /** Its executor: `compiler`, `interpreter` … */
  readonly name: string
  readonly features: ReadonlySet<Feature>
  readonly deterministic: boolean

  /**
   * @param executor what runs code
   * @throws {TypeError} for a feature that does not exist
   */
  constructor(
    readonly executor: Executor,
    options: EngineOptions = {},
  ) {
    const unknown = options.features?.find((f) => !ALL_FEATURES.includes(f))
    if (unknown !== undefined)
      throw new TypeError(`unknown feature '${String(unknown)}'; there are ${ALL_FEATURES.join(', ')}`)
    this.name = executor.name
    this.features = new Set(options.features ?? ALL_FEATURES)
    this.deterministic = options.deterministic ?? false
  }
}
