// The API's error classes, in the shape of the language's native errors (specification: JavaScript API, Error Objects), and what the runtime's
// own errors become for JavaScript.
import { CompileError as Compile, Exhaustion, LinkError as Link, type Trap, type TrapFrame } from '../errors.ts'

export interface ErrorClass {
  new (message?: string, options?: { cause?: unknown }): Error
  (message?: string, options?: { cause?: unknown }): Error
  prototype: Error
}

export interface ErrorClasses {
  readonly CompileError: ErrorClass
  readonly LinkError: ErrorClass
  readonly RuntimeError: ErrorClass
}

/** A class like the language's TypeError: callable without new, `name` and `message` on the prototype. */
function errorClass(name: string): ErrorClass {
  function NativeError(this: unknown, ...args: unknown[]): Error {
    return Reflect.construct(Error, args, new.target ?? NativeError) as Error
  }
  const hidden = (value: unknown) => ({ value, writable: true, configurable: true })
  Object.setPrototypeOf(NativeError, Error)
  Object.defineProperty(NativeError, 'name', { value: name, configurable: true })
  Object.defineProperty(NativeError, 'length', { value: 1, configurable: true })
  const prototype = Object.create(Error.prototype, {
    constructor: hidden(NativeError),
    message: hidden(''),
    name: hidden(name),
  }) as Error
  Object.defineProperty(NativeError, 'prototype', { value: prototype, writable: false })
  return NativeError as unknown as ErrorClass
}

export const errorClasses = (): ErrorClasses => ({
  CompileError: errorClass('CompileError'),
  LinkError: errorClass('LinkError'),
  RuntimeError: errorClass('RuntimeError'),
})

/** What JavaScript gets for a trap: a RuntimeError with the WebAssembly frames in its stack, or what engines throw for an exhausted stack. */
export function trapError(classes: ErrorClasses, trap: Trap): Error {
  const stackEnd = trap instanceof Exhaustion && trap.code === 'call stack exhausted'
  const error = stackEnd ? new RangeError('Maximum call stack size exceeded') : new classes.RuntimeError(trap.message)
  if (trap.frames.length > 0 && typeof error.stack === 'string') {
    const below = hostFrames(trap.stack ?? '')
    const value = [`${error.name}: ${error.message}`, ...trap.frames.map(frameLine), ...below].join('\n')
    Object.defineProperty(error, 'stack', { value, writable: true, configurable: true })
  }
  return error
}

/** A WebAssembly frame as V8 writes one. */
function frameLine(f: TrapFrame): string {
  const name = f.name === undefined ? '' : `${f.module === undefined ? '' : `${f.module}.`}${f.name} `
  const at = `wasm://wasm/${f.module ?? 'module'}:wasm-function[${f.func}]${f.offset >= 0 ? `:0x${f.offset.toString(16)}` : ''}`
  return name ? `    at ${name}(${at})` : `    at ${at}`
}

const MAX_HOST_FRAMES = 10

/** The JavaScript frames of a stack that are not generated code. */
const hostFrames = (stack: string): string[] =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/<anonymous>:\d+|\beval at\b/.test(line))
    .slice(0, MAX_HOST_FRAMES)

/** The API's error for one of the runtime's; anything else stays itself. */
export function apiError(classes: ErrorClasses, what: string, e: unknown): unknown {
  if (e instanceof Compile) return new classes.CompileError(`${what}: ${e.message}`)
  if (e instanceof Link) return new classes.LinkError(`${what}: ${e.message}`)
  return e
}
