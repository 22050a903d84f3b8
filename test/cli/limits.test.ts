// The options of `anywasm run` that control a program: exit codes, and messages that name the limit.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ENGINE_NAMES } from '../../src/presets/engine-names.ts'
import { anywasm, bin, cache } from './anywasm.ts'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-limits-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
function program(name: string, text: string): string {
  const path = join(dir, `${name}.wat`)
  writeFileSync(path, `(module ${text})`)
  return path
}
const loop = program('loop', '(memory (export "memory") 1) (func (export "_start") (loop $l (br $l)))')
const sleep = program(
  'sleep',
  `(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 16) "\\01") (data (i32.const 24) "\\00\\00\\00\\00\\00\\01\\00\\00")
  (func (export "_start") (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))`,
)
const deep = program('deep', '(memory (export "memory") 1) (func $f (export "_start") (call $f))')
const grow = program(
  'grow',
  '(memory (export "memory") 1) (func (export "_start") (if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable)))',
)
const large = program('large', '(memory (export "memory") 100) (func (export "_start"))')
const list = program(
  'list',
  `(type $l (struct (field (ref null $l)))) (func $make (param (ref null $l)) (result (ref $l)) (struct.new $l (local.get 0)))
  (memory (export "memory") 1) (func (export "_start") (local (ref null $l)) (loop $l (local.set 0 (call $make (local.get 0))) (br $l)))`,
)

describe.each(['compiler', 'interpreter'])('%s', (engine) => {
  test.each([
    [loop, ['--timeout', '50ms'], 124, /^error: deadline exceeded\n[\s\S]*the limit --timeout 50ms was reached/],
    [sleep, ['--timeout', '0.05s'], 124, /^error: deadline exceeded\n[\s\S]*the limit --timeout 0\.05s was reached/],
    [loop, ['--fuel', '1000'], 134, /^error: out of fuel\n[\s\S]*the limit --fuel 1000 was reached/],
    [deep, ['--max-stack', '50'], 134, /^error: call stack exhausted\n[\s\S]*the limit --max-stack 50 was reached/],
    [
      grow,
      ['--max-memory', '6MiB'],
      134,
      /^error: unreachable\n[\s\S]*the limit --max-memory 6MiB was reached \(growing a memory to 101 pages exceeds the limit of 96 \(memoryPages\)\)/,
    ],
    [
      list,
      ['--max-gc', '8MiB'],
      134,
      /^error: out of memory: structs, arrays and exceptions that are alive take about \d+ MiB[\s\S]*"make"[\s\S]*the limit --max-gc 8MiB was reached/,
    ],
    [large, ['--max-memory', '64KiB'], 1, /memory of 100 pages exceeds the limit of 1 \(memoryPages\)/],
    [grow, ['--max-memory', '64MiB', '--timeout', '1m', '--fuel', '1000', '--max-stack', '10'], 0, /^$/],
  ] as const)('%s %j', (file, options, code, stderr) => {
    const r = anywasm(['run', '--engine', engine, ...options, file])
    expect(r.stderr).toMatch(stderr)
    expect(r.code).toBe(code)
  })
})

test.each(['auto', 'compiler', 'interpreter'])('the heap of Node is no end of the process on the %s', (engine) => {
  const r = anywasm(['run', '--engine', engine, list], { node: ['--max-old-space-size=100'] })
  expect(r.stderr).toMatch(
    /^error: out of memory: [\s\S]*the limit --max-gc was reached, which is about half of what Node's heap/,
  )
  expect(r.code).toBe(134)
})

const tables = program(
  'tables',
  `${'(table 10000000 funcref)'.repeat(100)} (memory (export "memory") 1) (func (export "_start"))`,
)

test.each(['auto', 'compiler', 'interpreter', 'host'])('nor do its tables end it on the %s', (engine) => {
  const r = anywasm(['run', '--engine', engine, tables], { node: ['--max-old-space-size=100'] })
  expect(r.stderr).toMatch(/a total of 1000000000 elements of tables exceeds the limit of \d+ \(totalTableElements\)/)
  expect(r.code).toBe(1)
})

const nan = program(
  'nan',
  '(func (export "bits") (param f64) (result i64) (i64.reinterpret_f64 (f64.sqrt (local.get 0))))',
)

test.each(['compiler', 'interpreter', 'host'])(
  '--deterministic makes NaNs canonical and bounds the stack on the %s',
  (engine) => {
    const run = (...args: string[]) => anywasm(['run', '--engine', engine, '--deterministic', ...args])
    expect(run('--invoke', 'bits', nan, '-1')).toMatchObject({ code: 0, stdout: '9221120237041090560\n' })
    expect(run('--timeout', '1m', deep).stderr).toMatch(/^error: call stack exhausted/)
  },
)

test.each([
  ['--timeout', 'soon', /--timeout soon: expected a time such as 500ms, 2s or 1m/],
  ['--max-memory', '3 apples', /--max-memory 3 apples: expected a size such as 64MiB or 1GiB/],
  ['--max-gc', '-1', /--max-gc -1: expected a size such as 64MiB or 1GiB/],
  ['--fuel', '1.5', /--fuel 1\.5: expected an integer/],
  ['--max-stack', '-1', /--max-stack -1: expected an integer/],
])('%s %s is wrong usage', (option, value, message) => {
  const r = anywasm(['run', `${option}=${value}`, loop])
  expect(r.code).toBe(2)
  expect(r.stderr).toMatch(message)
})

describe.runIf(existsSync('/proc/self/fd'))('a read from a pipe whose writer is silent', () => {
  const read = program(
    'read',
    `(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "\\40\\00\\00\\00\\10")
    (func (export "_start") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
      (if (i32.ne (i32.load8_u (i32.const 64)) (i32.const 97)) (then unreachable)))`,
  )
  /** The pipe stays open, with these bytes in it, for as long as the program runs. */
  const run = (bytes: string, timeout: string, engine: string) => {
    const line =
      'p="$0.$1$2"; mkfifo "$p"; exec 3<>"$p"; printf "$1" >&3; "$3" "$4" run --timeout "$2" --engine "$5" "$0" < "$p"'
    const args = ['-c', line, read, bytes, timeout, process.execPath, bin, engine]
    const env = { ...process.env, ANYWASM_CACHE_DIR: cache }
    return spawnSync('bash', args, { encoding: 'utf8', timeout: 60_000, env })
  }

  test.each(ENGINE_NAMES)('ends with the time, on %s', (engine) => {
    const r = run('', `${100 + ENGINE_NAMES.indexOf(engine)}ms`, engine)
    expect([r.status, r.stderr]).toEqual([124, expect.stringMatching(/^error: deadline exceeded\n/)])
  })

  test('gives what is there', () => {
    const r = run('a', '30s', 'auto')
    expect([r.status, r.stderr]).toEqual([0, ''])
  })
})
