// One generated module on all engines: the first difference, if there is one.
import { sizes } from '../../src/compiler/split.ts'
import { CompileError } from '../../src/errors.ts'
import { losesBeneathWaits } from '../../src/host/detect.ts'
import { host } from '../../src/host/engine.ts'
import { interpreter } from '../../src/interpreter/engine.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import type { Executor } from '../../src/runtime/store.ts'
import { parseModule } from '../../src/text/parse.ts'
import { PIECES } from '../compiler/pieces.ts'
import { tierEarly } from '../tiered/early.ts'
import { DETERMINISTIC } from './generate.ts'
import { runHost, sameOutcome } from './host.ts'
import { runOurs, type Subject, subject, type Transcript, type Way } from './run.ts'

tierEarly()

/** Whether a module is compared with the host as it is, which may lose what lies beneath a wait. */
const fitsHost = (text: string): boolean => !(losesBeneathWaits() && /memory\.atomic\.wait/.test(text))

export interface Checked {
  subject: Subject
  /** Calls made on each engine. */
  calls: number
  /** Whether the host ran it too. */
  onHost: boolean
  /** What differs, or undefined. */
  difference: string | undefined
}

interface Run {
  name: string
  engine: Executor
  way: Way
  /** Sizes for which the compiler splits functions and makes them flat, where they are not the usual ones. */
  split?: Partial<typeof sizes>
}

const compiler = ENGINES.compiler!
/** Functions are flat as far as they can be. */
const FLAT = { depth: 0, deepest: 0, low: 1 }

/** Our engines as they are. */
const PLAIN: readonly Run[] = Object.entries(ENGINES)
  .reverse()
  .map(([name, engine]) => ({ name, engine, way: 'plain' }))
/** What every other module runs as too: with fuel, on the interpreter with pauses; or with large functions' code. */
const FUELLED: readonly Run[] = [
  { name: 'compiler with fuel', engine: compiler, way: 'metered' },
  { name: 'host with fuel', engine: host, way: 'metered' },
  { name: 'interpreter with pauses', engine: interpreter, way: 'sliced' },
]
const SPLIT: readonly Run[] = [
  { name: 'compiler in pieces', engine: compiler, way: 'plain', split: PIECES },
  { name: 'compiler in flat pieces', engine: compiler, way: 'plain', split: { ...PIECES, ...FLAT } },
  { name: 'flat compiler with fuel', engine: compiler, way: 'metered', split: FLAT },
  { name: 'interpreter with fuel', engine: interpreter, way: 'metered' },
]

/** Runs it by the given sizes; code that instances of a module have in common would not have them, so it runs a module of its own. */
function runBy({ engine, way, split }: Run, s: Subject, text: string, deterministic: boolean): Transcript {
  if (split === undefined) return runOurs(engine, s, way, deterministic)
  const usual = { ...sizes }
  Object.assign(sizes, split)
  try {
    return runOurs(engine, subject(parseModule(text)), way, deterministic)
  } finally {
    Object.assign(sizes, usual)
  }
}

/** Runs a module's text on every engine, and on the host's WebAssembly where that can. */
export function check(text: string): Checked {
  const s = subject(parseModule(text))
  const deterministic = text.includes(DETERMINISTIC)
  const runs = [...PLAIN, ...(text.length % 2 === 0 ? FUELLED : SPLIT)].filter(
    ({ engine }) => engine !== host || engine.refuses!(s.module) === undefined,
  )
  const [first, ...others] = runs.map((run) => ({ ...run, ...runBy(run, s, text, deterministic) }))
  const native = deterministic || !fitsHost(text) ? undefined : runHost(s)
  const told = (name: string, lines: readonly string[], same = (a: string, b: string) => a === b) => {
    const k = lines.findIndex((line, i) => !same(first!.lines[i]!, line))
    return k < 0 ? undefined : `${first!.name}: ${first!.lines[k]}\n${name}: ${lines[k]}`
  }
  let difference: string | undefined
  for (const { name, engine, lines } of others)
    difference ??= told(name, lines, engine === host ? sameTraps : undefined)
  difference ??= fuelDifference(others.filter((r) => r.way !== 'plain'))
  if (native !== undefined) difference ??= told('native', native, sameLine)
  return { subject: s, calls: first!.lines.length, onHost: native !== undefined, difference }
}

/** Metered runs must consume the same. */
function fuelDifference(runs: readonly (Transcript & { name: string })[]): string | undefined {
  for (const { name, fuel } of runs.slice(1)) {
    const k = fuel.findIndex((units, i) => units !== runs[0]!.fuel[i])
    if (k >= 0) return `call ${k} consumes ${runs[0]!.fuel[k]} units on the ${runs[0]!.name}, ${fuel[k]} on the ${name}`
  }
  return undefined
}

/**
 * Compares lines of the host engine, where an instruction that traps for two reasons may tell the other one: an atomic access that is both unaligned and out
 * of bounds, an array.copy that is out of bounds and has no array to copy from.
 */
function sameTraps(a: string, b: string): boolean {
  const [x, y] = [a, b].map((line) =>
    line
      .replace('! unaligned atomic', '! out of bounds memory access')
      .replace('! null array reference', '! out of bounds array access'),
  )
  return x === y
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
