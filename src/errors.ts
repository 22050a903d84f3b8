// The error classes of the whole runtime, and the one closed set of traps with the specification's texts.
// CompileError: a malformed or invalid module. LinkError: imports that do not fit, or a limit at creation. Trap: execution ended.
// Exhaustion: a trap caused by a finite resource. Crash: our own bug; it never looks like any of the others.

/** Every way in which a WebAssembly execution can end abnormally. The texts are those of the specification's test suite. */
export type TrapCode =
  | 'unreachable'
  | 'integer divide by zero'
  | 'integer overflow'
  | 'invalid conversion to integer'
  | 'out of bounds memory access'
  | 'unaligned atomic'
  | 'expected shared memory'
  | 'out of bounds table access'
  | 'undefined element'
  | 'uninitialized element'
  | 'indirect call type mismatch'
  | 'null reference'
  | 'null function reference'
  | 'null structure reference'
  | 'null array reference'
  | 'null i31 reference'
  | 'null exception reference'
  | 'cast failure'
  | 'out of bounds array access'
  | 'array too large'
  | 'uncaught exception'
  | 'atomic wait not allowed'
  | 'call stack exhausted'
  | 'out of fuel'
  | 'interrupted'
  | 'deadline exceeded'
  | 'out of memory'

/** A place in the source that a module was made from. */
export interface SourceLocation {
  /** The file, as the debug information names it. */
  file: string
  /** From 1. */
  line: number
  /** From 1; 0 where it is not known. */
  column: number
}

/** One frame of a backtrace: a function of WebAssembly, or a host function between two of them. */
export interface TrapFrame {
  /** Whether it is a host function. */
  host: boolean
  /** The module's name (name section or the embedder's), or undefined. */
  module: string | undefined
  /** The function's index in its module's function index space, or -1 for a host function. */
  func: number
  /** The function's name from the name section or an export; a host function's own; or undefined. */
  name: string | undefined
  /** Byte offset of the instruction in the module, or -1 when it is not known. */
  offset: number
  /** Where the instruction comes from, by the module's debug information; or undefined. */
  source: SourceLocation | undefined
}

/** An error of ours. As ES5, where `Error` makes an object of its own, it is of the class that was called all the same. */
abstract class OwnError extends Error {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options)
    Object.setPrototypeOf(this, new.target.prototype)
  }
}

/** A module is malformed or invalid. */
export class CompileError extends OwnError {
  override name = 'CompileError'
  /**
   * @param reason what is wrong, in the specification's words
   * @param offset byte offset in the binary, or -1 when there is none
   * @param line line in the text (from 1), or 0 when there is none
   * @param column column in the text (from 1), or 0 when there is none
   */
  constructor(
    readonly reason: string,
    readonly offset = -1,
    readonly line = 0,
    readonly column = 0,
  ) {
    super(
      line > 0
        ? `${line}:${column}: ${reason}`
        : offset >= 0
          ? `${reason} (at offset 0x${offset.toString(16)})`
          : reason,
    )
  }
}

/** The binary or text does not parse; `reason` is the specification's wording for `assert_malformed`. */
export class MalformedError extends CompileError {}

/** The module parses but does not validate. */
export class InvalidError extends CompileError {}

/** The module is valid, but an engine can't run it for want of features, which it names. */
export class UnsupportedError extends CompileError {
  constructor(
    reason: string,
    readonly features: readonly string[],
  ) {
    super(reason)
  }
}

/** What a LinkError about an import is about. */
export interface ImportProblem {
  module: string
  name: string
  /** The import's type, in words. */
  expected: string
  /** What stands there, in words; undefined where nothing does. */
  given: string | undefined
}

/** An import is missing or does not fit, or an instance would exceed a limit of its store. */
export class LinkError extends OwnError {
  override name = 'LinkError'
  /** The import; undefined where it is about a limit. */
  import: ImportProblem | undefined = undefined
}

/** Execution ended by a trap. `code` is one of a closed set. */
export class Trap extends OwnError {
  override name = 'Trap'
  /** The calls that led to it, innermost first, at most 100; filled as the trap leaves WebAssembly. */
  frames: TrapFrame[] = []
  /** True when a host function raised the trap. */
  byHost = false
  constructor(
    readonly code: TrapCode,
    detail = '',
  ) {
    // A number follows the text directly, as the suite has it: "uninitialized element 2".
    super(detail === '' ? code : /^\d/.test(detail) ? `${code} ${detail}` : `${code}: ${detail}`)
  }
}

/** A trap caused by a finite resource: the call stack, fuel, time or memory. */
export class Exhaustion extends Trap {
  override name = 'Exhaustion'
}

/** A broken invariant of the runtime itself; please report it. */
export class Crash extends OwnError {
  override name = 'Crash'
}
