// Runs the programs of wasi-threads by the command line on each engine that has threads. Standard input stays open and empty: some of the
// programs read from it in one thread to show that another's end does not wait for that.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anywasm, bin, cache } from './anywasm.ts'

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

/** A program whose threads do this, while the first does that. */
const program = (thread: string, first: string) =>
  `(module (import "env" "memory" (memory 1 1 shared)) (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (func $wait (param $ns i64) (drop (memory.atomic.wait32 (i32.const 64) (i32.const 0) (local.get $ns))))
    (func $inner (unreachable))
    (func (export "wasi_thread_start") (param i32 i32) ${thread})
    (func (export "_start") (drop (call $spawn (i32.const 0))) ${first}) (export "memory" (memory 0)))`
const FOREVER = '(call $wait (i64.const -1))'
const SPIN = '(loop $l (br $l))'

describe.each(['host', 'tiered', 'compiler', 'interpreter'])('ends on the %s:', (engine) => {
  const end = (thread: string, first: string, ...options: string[]) => {
    const dir = mkdtempSync(join(tmpdir(), 'anywasm-threads-'))
    try {
      const file = join(dir, 'program.wat')
      writeFileSync(file, program(thread, first))
      return anywasm(['run', '--engine', engine, ...options, file])
    } finally {
      rmSync(dir, { recursive: true })
    }
  }

  test.each([
    ['wait for ever', FOREVER, FOREVER],
    ['compute for ever', SPIN, SPIN],
  ])('the time is over while threads %s', (_, thread, first) => {
    const { code, stderr } = end(thread, first, '--timeout', '700ms')
    expect(stderr).toMatch(/^error: deadline exceeded\n[\s\S]*the limit --timeout 700ms was reached/)
    expect(code).toBe(124)
  })

  test('a thread traps while the first waits for ever', () => {
    const { code, stderr } = end('(call $inner)', FOREVER)
    expect(stderr).toMatch(/^error: unreachable\n {2}in function 2 .*\n {2}in function 3 "wasi_thread_start"/)
    expect(code).toBe(134)
  })

  test.each([
    ['waits', FOREVER],
    ['computes', SPIN],
  ])('_start returns while a thread %s', (_, thread) => {
    expect(end(thread, '(call $wait (i64.const 50000000))')).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})
