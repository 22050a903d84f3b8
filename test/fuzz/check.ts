// One generated module on all engines: the first difference, if there is one.
import { CompileError } from '../../src/errors.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { parseModule } from '../../src/text/parse.ts'
import { runHost, sameOutcome } from './host.ts'
import { runOurs, type Subject, subject } from './run.ts'

/**
 * What is not compared with the host: relaxed instructions, whose results are its choice; and memory.atomic.wait, since V8's baseline compiler (11.3) loses
 * operands that lie on its stack meanwhile: an access at an odd address behind it does not trap there, as it does under --no-liftoff.
 */
const NOT_ON_HOST = /memory\.atomic\.wait|relaxed_/

export interface Checked {
  subject: Subject
  /** Calls made on each engine. */
  calls: number
  /** Whether the host ran it too. */
  onHost: boolean
  /** What differs, or undefined. */
  difference: string | undefined
}

/** Runs a module's text on every engine, and on the host's WebAssembly where that can. */
export function check(text: string): Checked {
  const s = subject(parseModule(text))
  const runs = Object.entries(ENGINES).map(([name, engine]) => ({ name, lines: runOurs(engine, s) }))
  const [first, ...others] = runs as [(typeof runs)[0], ...typeof runs]
  const host = NOT_ON_HOST.test(text) ? undefined : runHost(s)
  const done = { subject: s, calls: first.lines.length, onHost: host !== undefined }
  for (const { name, lines } of others) {
    const k = lines.findIndex((line, i) => line !== first.lines[i])
    if (k >= 0) return { ...done, difference: `${first.name}: ${first.lines[k]}\n${name}: ${lines[k]}` }
  }
  if (host === undefined) return { ...done, difference: undefined }
  const k = host.findIndex((line, i) => !sameLine(first.lines[i]!, line))
  return { ...done, difference: k < 0 ? undefined : `${first.name}: ${first.lines[k]}\nhost: ${host[k]}` }
}

/** Compares the parts of a transcript's lines; the host words its traps otherwise. */
function sameLine(ours: string, host: string): boolean {
  const [a, b] = [ours, host].map((line) => /^(.*?\)) ([=!].*?) \| (.*)$/s.exec(line)!)
  return a![1] === b![1] && sameOutcome(a![2]!, b![2]!) && a![3] === b![3]
}

/** The same, with an error of the generator or the toolchain told as a difference. */
export function difference(text: string): string | undefined {
  try {
    return check(text).difference
  } catch (e) {
    return e instanceof CompileError ? `not valid: ${e.message}` : `failed: ${(e as Error).stack}`
  }
}
