// The specification's scripts on every engine. What an engine can't do yet stands in its ledger with the reason; a failure that is not there and
// a pass that is there both fail. A feature in a ledger excuses the commands whose module the engine refuses for want of it, and what builds upon those. The data is not in this repository: ANYWASM_SPEC names its directory, or ../shared/spec is taken.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { threadStarter } from '../../src/cli/script-threads.ts'
import { lackingFeatures } from '../../src/host/detect.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { runScript, type ScriptFailure } from '../../src/script/run.ts'
import type { Feature } from '../../src/syntax/features.ts'
import { tierEarly } from '../tiered/early.ts'

tierEarly()

interface Entry {
  /**
   * Lines of the commands that fail; 'any' for what is not run, a whole folder (its name ends with a slash); 'refused' for a feature that the host lacks
   * and nothing is rewritten for.
   */
  failed: number[] | 'any' | 'refused'
  /** A feature of the host's WebAssembly: the entry is only about hosts that lack it. */
  lacks?: Feature
  /** How many commands are skipped. */
  skipped?: number
  reason: string
}
type Ledger = Record<string, Entry>

const root = resolve(process.env['ANYWASM_SPEC'] ?? '../shared/spec')
const present = existsSync(root)
const scripts = present
  ? readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.wast'))
      .map((file) => file.replaceAll('\\', '/'))
      .sort()
  : []

function ledgerOf(engine: string): Ledger {
  const file = new URL(`./ledger-${engine}.json`, import.meta.url)
  if (!existsSync(file)) return {}
  const lacking: readonly string[] = lackingFeatures()
  return Object.fromEntries(
    Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Ledger).filter(
      ([key, { failed, lacks }]) => lacking.includes(lacks ?? key) || (failed !== 'refused' && lacks === undefined),
    ),
  )
}

describe.skipIf(!present)(`the suite in ${root}`, () => {
  test('has scripts', () => expect(scripts.length).toBeGreaterThan(0))

  describe.each(Object.keys(ENGINES))('on the %s', (name) => {
    const ledger = ledgerOf(name)
    const unrun = Object.keys(ledger).filter((key) => ledger[key]!.failed === 'any')
    const refused = Object.keys(ledger).filter((key) => ledger[key]!.failed === 'refused')
    const isExcused = (failure: ScriptFailure) => failure.lacks?.every((f) => refused.includes(f)) ?? false
    const excused = new Map(refused.map((f) => [f, 0]))

    test('every line of the ledger is about something that exists, and gives a reason', () => {
      const stale = Object.entries(ledger).filter(
        ([key, { reason }]) =>
          reason === '' ||
          !(
            refused.includes(key) || scripts.some((file) => file === key || (key.endsWith('/') && file.startsWith(key)))
          ),
      )
      expect(stale).toEqual([])
    })

    // Workers run built code.
    const startThread = threadStarter(pathToFileURL('dist/cli/script-worker.js'), name)
    const isListed = (file: string) => unrun.some((key) => file === key || (key.endsWith('/') && file.startsWith(key)))
    test.skip.each(scripts.filter(isListed))('%s', () => {})
    test.each(scripts.filter((file) => !isListed(file)))('%s', (file) => {
      const path = join(root, file)
      const result = runScript(readFileSync(path), path, ENGINES[name]!, { startThread })
      expect(result.passed + result.failed + result.skipped).toBeGreaterThan(0)
      const expected = ledger[file] ?? { failed: [], skipped: 0 }
      const lines = expected.failed as number[]
      for (const { lacks } of result.failures.filter(isExcused))
        for (const f of lacks!) excused.set(f, excused.get(f)! + 1)
      const unexpected = result.failures.filter((failure) => !isExcused(failure) && !lines.includes(failure.line))
      const fixed = lines.filter((line) => result.failures.every((failure) => failure.line !== line))
      expect({ unexpected, fixed, skipped: result.skipped }).toEqual({
        unexpected: [],
        fixed: [],
        skipped: expected.skipped ?? 0,
      })
      expect(result.failures.length).toBe(result.failed)
    })

    test.runIf(refused.length > 0)('every feature of the ledger excuses commands', () => {
      console.log(`excused on the ${name}:`, Object.fromEntries(excused))
      expect([...excused].filter(([, count]) => count === 0)).toEqual([])
    })
  })
})

test.skipIf(present)(`no specification suite: set ANYWASM_SPEC to its directory (looked in ${root})`, () => {})
