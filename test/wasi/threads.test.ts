// Runs the programs of wasi-threads, each in a process of its own, on the host's WebAssembly: threads must work, and the end of one end all,
// whatever the others are doing.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const data = join(process.env.ANYWASM_WASI ?? resolve('../shared/wasi'), 'proposals/wasi-threads')
const runner = fileURLToPath(new URL('./run-threads.mjs', import.meta.url))
let bundle = ''

beforeAll(() => {
  bundle = mkdtempSync(join(tmpdir(), 'anywasm-threads-'))
  writeFileSync(join(bundle, 'package.json'), '{"type":"module"}')
  buildSync({
    entryPoints: ['src/wasi/threads-node.ts', 'src/wasi/thread-worker.ts'],
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outdir: bundle,
  })
})
afterAll(() => rmSync(bundle, { recursive: true, force: true }))

interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** @param input what stands on standard input; undefined leaves it open and empty */
function run(program: string, input?: string): Promise<Outcome> {
  return new Promise((done) => {
    // V8's baseline compiler in Node 20 loses a local over memory.atomic.wait32, which one of the programs shows.
    const child = spawn(process.execPath, ['--no-liftoff', runner, bundle, program])
    const outcome: Outcome = { code: null, stdout: '', stderr: '' }
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
    child.stdout.on('data', (d) => (outcome.stdout += d))
    child.stderr.on('data', (d) => (outcome.stderr += d))
    if (input !== undefined) child.stdin.end(input)
    child.on('close', (code) => {
      clearTimeout(timer)
      done({ ...outcome, code })
    })
  })
}

if (!existsSync(data)) test.skip(`wasi-threads: no test data at ${data} (set ANYWASM_WASI)`, () => {})
else {
  const names = readdirSync(data)
    .filter((f) => f.endsWith('.wasm'))
    .map((f) => f.slice(0, -5))
  describe('programs', () => {
    test.each(names)('%s', async (name) => {
      const specFile = join(data, `${name}.json`)
      const spec = existsSync(specFile) ? JSON.parse(readFileSync(specFile, 'utf8')) : {}
      const { code, stderr } = await run(join(data, `${name}.wasm`))
      expect([code, stderr]).toEqual([spec.exit_code ?? 0, ''])
    })
  })

  test('a trap in one thread ends all', async () => {
    // With standard input at its end the second thread goes on to its `unreachable`, while the first one would exit with 99 later.
    const { code, stderr } = await run(join(data, 'wasi_threads_exit_main_wasi_read.wasm'), '')
    expect(code).toBe(134)
    expect(stderr).toContain('unreachable')
  })
}
