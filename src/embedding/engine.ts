// Engine: what runs code, and what it may use. It has no state of its own that modules or stores could change, so one serves a whole process.
import type { Executor } from '../runtime/store.ts'
import { ALL_FEATURES, type Feature } from '../syntax/features.ts'
import { nearest } from '../util/near.ts'
import { ARRAY, BOOLEAN, checkOptions, type Kinds } from '../util/options.ts'

/** Choices of an engine. */
export interface EngineOptions {
  /** Features that modules may use: all that anywasm knows unless given. A module that uses another one is a CompileError. */
  readonly features?: readonly Feature[]
  /** Fixes freedoms of the specification, so that all executors give the same bits: NaNs, relaxed vectors, the depth of calls, failures of growth. */
  readonly deterministic?: boolean
}

/** What its options must be. */
const KINDS: Kinds<EngineOptions> = { features: ARRAY, deterministic: BOOLEAN }

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
    checkOptions('an engine', options, KINDS)
    const unknown = options.features?.find((f) => !ALL_FEATURES.includes(f))
    if (unknown !== undefined)
      throw new TypeError(`unknown feature '${String(unknown)}'${nearest('feature', String(unknown), ALL_FEATURES)}`)
    this.name = executor.name
    this.features = new Set(options.features ?? ALL_FEATURES)
    this.deterministic = options.deterministic ?? false
  }
}
