// The specification's test/js-api on every engine. Subtests that are wrong in the suite itself stand in ledger.json, one by one with the reason; a
// failure that is not there and a pass that is there both fail. The suite is not in this repository: ANYWASM_SPEC_REPO names a clone of
// https://github.com/WebAssembly/spec.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'

interface Report {
  /** 0 where the harness itself had no trouble. */
  status: number
  message: string | null
  subtests: { name: string; status: number; message: string | null }[]
}
interface Entry {
  file: string
  reason: string
  subtests: string[]
}

const repo = process.env['ANYWASM_SPEC_REPO'] ?? ''
const suite = join(repo, 'test/js-api')
const present = repo !== '' && existsSync(join(repo, 'test/harness/testharness.js'))
const files = present
  ? readdirSync(suite, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.any.js'))
      .map((file) => file.replaceAll('\\', '/'))
      .sort()
  : []
const ledger = JSON.parse(readFileSync(new URL('./ledger.json', import.meta.url), 'utf8')) as Entry[]
const listed = (file: string) => ledger.filter((entry) => entry.file === file).flatMap((entry) => entry.subtests)
/** limits.any.js makes modules of a gigabyte and of ten million segments, several at a time. */
const TIMEOUT = 600_000
const HEAP_MB = 8192

function run(file: string, engine: string): Promise<Report> {
  const worker = new Worker(new URL('./suite-worker.mjs', import.meta.url), {
    workerData: { repo, file, engine },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  })
  return new Promise<Report>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`${file} ended with ${code} and without a report`)))
  }).finally(() => worker.terminate())
}

describe.skipIf(!present)(`the suite in ${suite}`, () => {
  test('has files, also those of the ledger', () => {
    expect(files.length).toBeGreaterThan(0)
    expect(ledger.filter((entry) => entry.reason === '' || !files.includes(entry.file))).toEqual([])
  })

  describe.each(['compiler', 'interpreter'])('on the %s', (engine) => {
    test.each(files)(
      '%s',
      async (file) => {
        const report = await run(file, engine)
        expect([report.status, report.message]).toEqual([0, null])
        expect(report.subtests.length).toBeGreaterThan(0)
        const wrong = listed(file)
        const failed = report.subtests.filter((t) => t.status !== 0)
        const unexpected = failed.filter((t) => !wrong.includes(t.name))
        const fixed = wrong.filter((name) => failed.every((t) => t.name !== name))
        expect({ unexpected, fixed }).toEqual({ unexpected: [], fixed: [] })
      },
      TIMEOUT,
    )
  })
})

test.skipIf(present)(
  `no JavaScript API suite: set ANYWASM_SPEC_REPO to a clone of the specification (is '${repo}')`,
  () => {},
)
