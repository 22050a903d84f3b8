// How a command ends when it can't do what it was asked: one clear line, and the exit code that its kind has.
import { CompileError, LinkError, type SourceLocation, Trap, type TrapFrame } from '../errors.ts'
import type { Names } from '../syntax/module.ts'

/** Exit codes, as shells and wasmtime's users know them. */
export const EXIT = { failure: 1, usage: 2, timeout: 124, trap: 134, pipe: 141 } as const

/** Ends the command with an exit code and a message, which is empty where nothing is to be said. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly code: number = EXIT.failure,
  ) {
    super(message)
  }
}

const SYSTEM: Record<string, string> = {
  ENOENT: 'no such file',
  EISDIR: 'is a directory, not a file',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this host has no such address',
  ENOTFOUND: 'no such host',
  EMFILE: 'too many open files',
}

/** Why a system call failed, in words. */
export function systemReason(e: unknown): string {
  const { code = '', message = String(e) } = e as NodeJS.ErrnoException
  // Node's texts are "ECODE: reason, call 'path'".
  return SYSTEM[code] ?? /^E\w+: ([^,]+)/.exec(message)?.[1] ?? message
}

/** A failed system call on `path` as a message. */
export const systemFailure = (path: string, e: unknown): Failure => new Failure(`${path}: ${systemReason(e)}`)

/** A trap with its backtrace, innermost function first; what recurs is told once. */
export function trapText(trap: Trap, file: string, names: Names | undefined): string {
  const lines: string[] = []
  let again = 0
  const flush = () => {
    if (again > 0) lines.push(`  … and ${again} more of the same`)
    again = 0
  }
  for (const f of trap.frames) {
    const line = `  ${frameText(f, file, names)}`
    if (line === lines[lines.length - 1]) again++
    else {
      flush()
      lines.push(line)
    }
  }
  flush()
  return [`error: ${trap.message}`, ...lines].join('\n')
}

function frameText(f: TrapFrame, file: string, names: Names | undefined): string {
  const name = f.name ?? names?.funcs.get(f.func)
  const called = name === undefined ? '' : ` ${JSON.stringify(name)}`
  if (f.host) return `in the host function${called}`
  const offset = f.offset < 0 ? '' : ` at offset 0x${f.offset.toString(16)}`
  const source = f.source === undefined ? '' : ` (${sourceText(f.source)})`
  return `in function ${f.func}${called} of ${f.module ?? file}${offset}${source}`
}

const sourceText = ({ file, line, column }: SourceLocation): string =>
  `${file}:${line}${column > 0 ? `:${column}` : ''}`

/** What anything thrown means to the user: the message and the exit code. */
export function explain(e: unknown, file: string, names?: Names): Failure {
  if (e instanceof Failure) return e
  if (e instanceof CompileError) return new Failure(`${file}: ${e.message}`)
  if (e instanceof LinkError) return new Failure(`${file}: ${e.message}`)
  if (e instanceof Trap)
    return new Failure(trapText(e, file, names), e.code === 'deadline exceeded' ? EXIT.timeout : EXIT.trap)
  return new Failure(`${file}: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`)
}
