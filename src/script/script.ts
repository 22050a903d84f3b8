// The commands of the specification's test scripts (.wast), as data (specification: interpreter, Scripts).
// script/parse.ts makes them; who runs them is another's matter.
import { type ParseOptions, parseModule, parseModuleText } from '../text/parse.ts'
import type { Tokens } from '../text/tokens.ts'

/** A module as a script gives it. A text is parsed when it is asked for its bytes, so that one bad module fails one command. */
export type ModuleSource =
  | { form: 'text'; tokens: Tokens; at: number }
  | { form: 'binary'; bytes: Uint8Array }
  | { form: 'quote'; bytes: Uint8Array }

/** The binary of a module. Throws MalformedError where its text is malformed. */
export function moduleBytes(source: ModuleSource, options: ParseOptions = {}): Uint8Array {
  switch (source.form) {
    case 'text':
      return parseModuleText(source.tokens, source.at, options).bytes
    case 'binary':
      return source.bytes
    case 'quote':
      return parseModule(source.bytes, options)
  }
}

/** An argument or an expected value, by its bits. */
export type Const =
  | { type: 'i32' | 'f32'; bits: number }
  | { type: 'i64' | 'f64'; lo: number; hi: number }
  | { type: 'v128'; words: Int32Array }
  /** A null reference; `heap` is the heap type as written. */
  | { type: 'ref.null'; heap: string }
  /** A host value, as an externref or as an anyref. */
  | { type: 'ref.extern' | 'ref.host'; value: number }

export type Nan = 'canonical' | 'arithmetic'
export type RefKind = 'null' | 'any' | 'eq' | 'i31' | 'struct' | 'array' | 'func' | 'exn' | 'extern'

/** What a result must be like. */
export type Pattern =
  | { kind: 'const'; value: Const }
  | { kind: 'nan'; type: 'f32' | 'f64'; nan: Nan }
  /** A vector of floats with NaN patterns among its lanes. */
  | { kind: 'lanes'; shape: 'f32x4' | 'f64x2'; lanes: readonly (Nan | { lo: number; hi: number })[] }
  /** Any reference of a kind; 'null' is any null. */
  | { kind: 'ref'; ref: RefKind }
  | { kind: 'either'; of: readonly Pattern[] }

/** `module` is the identifier of an instance; without it the last one is meant. */
export type Action =
  | { kind: 'invoke'; module: string | undefined; name: string; args: readonly Const[] }
  | { kind: 'get'; module: string | undefined; name: string }

type Body =
  /** Defines a module, and instantiates it unless it is a `definition`. */
  | { kind: 'module'; id: string | undefined; source: ModuleSource; definition: boolean }
  /** Instantiates a defined module. */
  | { kind: 'instance'; id: string | undefined; module: string | undefined }
  | { kind: 'register'; name: string; module: string | undefined }
  | { kind: 'action'; action: Action }
  | { kind: 'assert_return'; action: Action; results: readonly Pattern[] }
  | { kind: 'assert_exception'; action: Action }
  | { kind: 'assert_exhaustion' | 'assert_suspension'; action: Action; message: string }
  /** The action traps, or the module traps while it is instantiated. */
  | { kind: 'assert_trap'; action: Action; message: string }
  | { kind: 'assert_uninstantiable'; source: ModuleSource; message: string }
  | {
      kind:
        | 'assert_malformed'
        | 'assert_invalid'
        | 'assert_unlinkable'
        | 'assert_malformed_custom'
        | 'assert_invalid_custom'
      source: ModuleSource
      message: string
    }
  /** Asserts about instances of a defined module. */
  | { kind: 'assert_instance'; module: string | undefined; fails: 'unlinkable' | 'trap'; message: string }
  /** Starts a thread that sees the `shared` instances and runs the commands. */
  | { kind: 'thread'; id: string | undefined; shared: readonly string[]; commands: readonly Command[] }
  | { kind: 'wait'; id: string | undefined }
  /** A command of a proposal that is not carried. */
  | { kind: 'unsupported'; what: string }

/** One command and the line that it begins in, from 1. */
export type Command = Body & { line: number }

/** Whether a message is what a script expects: the expectation begins it, as in the reference interpreter. */
export const matchesMessage = (message: string, expected: string): boolean => message.startsWith(expected)
