// Runs the programs of wasi-threads by the command line on each engine that has threads. Standard input stays open and empty: some of the
// programs read from it in one thread to show that another's end does not wait for that.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bin, cache } from './anywasm.ts'

const data = join(process.env['ANYWASM_WASI'] ?? resolve('../shared/wasi'), 'proposals/wasi-threads')

function run(engine: string, file: string): Promise<[code: number | null, stderr: string]> {
  return new Promise((done) => {
    const env = { ...process.env, ANYWASM_CACHE_DIR: cache }
    const child = spawn(process.execPath, [bin, 'run', '--engine', engine, file], { env, timeout: 60_000 })
    let stderr = ''
    child.stderr.on('data', (d) => (stderr += d))
    child.on('close', (code) => done([code, stderr]))
  })
}

if (!existsSync(data)) test.skip(`wasi-threads: no test data at ${data} (set ANYWASM_WASI)`, () => {})
else
  describe.each(['host', 'tiered', 'compiler', 'interpreter'])('on the %s', (engine) => {
    const files = readdirSync(data).filter((f) => f.endsWith('.wasm'))
    // The programs themselves give other threads half a second, which a busy machine may not.
    test.each(files)('%s', { retry: 3 }, async (file) => {
      const specFile = join(data, file.replace(/\.wasm$/, '.json'))
      const spec = existsSync(specFile) ? JSON.parse(readFileSync(specFile, 'utf8')) : {}
      expect(await run(engine, join(data, file))).toEqual([spec.exit_code ?? 0, ''])
    })
  })
