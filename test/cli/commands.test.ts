// What each command prints and returns, for good input and for bad: the file is missing, the module truncated, an import misspelt, an option mistyped.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ENGINE_NAMES } from '../../src/presets/engine-names.ts'
import { anywasm } from './anywasm.ts'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-cli-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}
const trap = file(
  'trap.wat',
  '(module $m (func $inner unreachable) (func $outer (export "_start") (call $inner)) (memory (export "memory") 1))',
)

describe('run', () => {
  test('prints what a program prints', () => {
    expect(anywasm(['run', 'examples/hello.wat'])).toEqual({
      code: 0,
      stdout: 'Hello from WebAssembly, on JavaScript!\n',
      stderr: '',
    })
  })

  test('is what a file alone means', () => {
    expect(anywasm(['examples/hello.wat']).stdout).toBe('Hello from WebAssembly, on JavaScript!\n')
  })

  test('calls an export with typed arguments', () => {
    const r = anywasm(['run', '--invoke', 'factorial', 'examples/factorial.wat', '20'])
    expect(r).toEqual({ code: 0, stdout: '2432902008176640000\n', stderr: '' })
  })

  test('a trap exits 134 with a backtrace of names and offsets', () => {
    const r = anywasm([trap])
    expect(r.code).toBe(134)
    expect(r.stdout).toBe('')
    const lines = r.stderr.trim().split('\n')
    expect(lines[0]).toBe('error: unreachable')
    expect(lines[1]).toMatch(/^ {2}in function 0 "inner" of .*trap\.wat at offset 0x[0-9a-f]+$/)
    expect(lines[2]).toMatch(/^ {2}in function 1 "outer" of .*trap\.wat at offset 0x[0-9a-f]+$/)
  })

  test.each(['compiler', 'interpreter'])(
    'a backtrace has places in the source, from DWARF and from a map (%s)',
    (engine) => {
      const r = anywasm(['run', '--engine', engine, '--invoke', 'run', 'test/debug/fixtures/lines-dwarf5.wasm', '3'])
      expect(r.code).toBe(134)
      expect(r.stderr).toMatch(/in function 0 "divide" of .* at offset 0x[0-9a-f]+ \(\/src\/lines\.c:7:12\)\n/)
      const map = { version: 3, sources: ['main.ts'], mappings: 'CAUI' }
      file('mapped.wasm.map', JSON.stringify(map))
      const url = 'mapped.wasm.map'
      const name = 'sourceMappingURL'
      const section = [name.length, ...Buffer.from(name), url.length, ...Buffer.from(url)]
      const code = '(module (func (export "f") unreachable))'
      const binary = file('plain.wat', code)
      anywasm(['parse', binary, '-o', join(dir, 'mapped.wasm')])
      writeFileSync(
        join(dir, 'mapped.wasm'),
        Buffer.concat([readFileSync(join(dir, 'mapped.wasm')), Buffer.from([0, section.length, ...section])]),
      )
      const mapped = anywasm(['run', '--engine', engine, '--invoke', 'f', join(dir, 'mapped.wasm')])
      expect(mapped.stderr).toMatch(/in function 0 "f" of .* at offset 0x[0-9a-f]+ \(main\.ts:11:5\)\n/)
    },
  )

  test.each(['compiler', 'interpreter'])('endless recursion is a trap that tells its frames once (%s)', (engine) => {
    const deep = file('deep.wat', '(module (func $down (export "down") (call $down)))')
    const r = anywasm(['run', '--engine', engine, '--invoke', 'down', deep])
    expect(r.code).toBe(134)
    const lines = r.stderr.trim().split('\n')
    expect(lines[0]).toBe('error: call stack exhausted')
    expect(lines.length).toBeLessThan(6)
    expect(lines.at(-1)).toMatch(/^ {2}… and \d+ more of the same$/)
  })

  test("a program's exit code is the command's", () => {
    const exit = file(
      'exit.wat',
      '(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 33))))',
    )
    expect(anywasm([exit])).toEqual({ code: 33, stdout: '', stderr: '' })
  })

  test('an unknown import is one line that names it and its type', () => {
    const path = file('import.wat', '(module (import "env" "frobnicate" (func (param i32) (result i64))))')
    const r = anywasm([path])
    expect(r.code).toBe(1)
    expect(r.stderr).toBe(
      `anywasm: ${path}: unknown import "env" "frobnicate": the module needs a func [i32] -> [i64]; anywasm run gives only wasi_snapshot_preview1 and wasi_unstable\n`,
    )
  })

  test('without _start it says what can be called', () => {
    const r = anywasm(['examples/factorial.wat'])
    expect(r.code).toBe(1)
    expect(r.stderr).toContain('--invoke NAME (factorial)')
  })

  test.each([
    [['--invoke', 'fact', 'examples/factorial.wat', '1'], 1, 'exports no such function; did you mean factorial?'],
    [['--invoke', 'x', 'examples/factorial.wat', '1'], 1, 'exports no such function (factorial)'],
    [['--invoke', 'factorial', 'examples/factorial.wat'], 2, 'takes 1 arguments of types [i64], got 0'],
    [['--invoke', 'factorial', 'examples/factorial.wat', 'ten'], 2, '"ten" is not an integer'],
    [['--env', 'X', 'examples/hello.wat'], 2, 'expected NAME=VALUE'],
    [['--engine', 'warp', 'examples/hello.wat'], 2, 'choose one of auto'],
    [['--engine', 'compilr', 'examples/hello.wat'], 2, 'did you mean compiler?'],
    [['--dri', '.', 'examples/hello.wat'], 2, 'Did you mean --dir?'],
    [['--dir', '/no/such/folder', 'examples/hello.wat'], 1, '--dir /no/such/folder: no such folder'],
    [['--dir', 'package.json', 'examples/hello.wat'], 1, 'is a file, not a folder'],
    [['--mapdir', 'x', 'examples/hello.wat'], 2, 'expected GUEST::HOST'],
    [['--volume', ':x', 'examples/hello.wat'], 2, 'expected HOST:GUEST'],
    [['--stdin', 'no.txt', 'examples/hello.wat'], 1, '--stdin no.txt: no such file'],
    [['--tcplisten', 'here', 'examples/hello.wat'], 2, 'expected HOST:PORT'],
    [['--tcplisten', '192.0.2.1:80', 'examples/hello.wat'], 1, '192.0.2.1:80: this host has no such address'],
    [['examples/factorial.wat', '--invoke', 'factorial', '3'], 1, 'write --invoke before the file'],
  ] as const)('run %j exits %i', (args, code, message) => {
    const r = anywasm(['run', ...args])
    expect(r.stderr).toContain(message)
    expect(r.code).toBe(code)
    expect(r.stderr).not.toMatch(/\n\s+at /)
  })
})

describe('what _start must be', () => {
  const WRITE = '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))'
  test.each([
    ['(global (export "_start") i32 (i32.const 3))', 'its _start is a global, not a function'],
    [
      '(func (export "_start") (param i32))',
      'its _start is a func [i32] -> [], but that of a command takes and gives nothing',
    ],
    ['(func (export "_start")) (func (export "_initialize"))', 'exports both _start and _initialize'],
    [`${WRITE} (func (export "_start"))`, 'exports no memory "memory", which the functions of WASI work on'],
  ])('%s', (fields, message) => {
    writeFileSync(join(dir, 'start.wat'), `(module ${fields})`)
    const r = anywasm([join(dir, 'start.wat')])
    expect(r.stderr).toContain(message)
    expect([r.code, r.stderr.trim().split('\n')]).toEqual([1, [expect.any(String)]])
  })

  test('who asks for nothing needs no memory', () => {
    writeFileSync(join(dir, 'start.wat'), '(module (func (export "_start")))')
    expect(anywasm([join(dir, 'start.wat')])).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

test.each(ENGINE_NAMES)('an exception that nobody catches, on %s', (engine) => {
  // Hosts without exceptions refuse the module.
  writeFileSync(join(dir, 'throw.wat'), '(module (tag $t (param i64)) (func (export "f") (throw $t (i64.const -7))))')
  const r = anywasm(['run', '--engine', engine, '--invoke', 'f', join(dir, 'throw.wat')])
  expect(r).toEqual({ code: 134, stdout: '', stderr: 'error: uncaught exception of a tag [i64], with -7\n' })
})

describe('files', () => {
  const commands = [['run'], ['validate'], ['inspect'], ['parse'], ['print']]
  test.each(commands)('%s of a missing file is one line and exit 1', (command) => {
    expect(anywasm([command, 'no.wasm'])).toEqual({ code: 1, stdout: '', stderr: 'anywasm: no.wasm: no such file\n' })
  })

  test('a truncated module says what is wrong and where', () => {
    const path = file('cut.wasm', readFileSync('bench/kernels/sha256.wasm').subarray(0, 300))
    const r = anywasm(['validate', path])
    expect(r.code).toBe(1)
    expect(r.stderr).toMatch(/^anywasm: .*cut\.wasm: .+ \(at offset 0x[0-9a-f]+\)\n$/)
  })

  test('a text that does not parse says line and column', () => {
    const path = file('bad.wat', '(module\n  (func (i32.frob)))\n')
    const r = anywasm(['validate', path])
    expect(r.code).toBe(1)
    expect(r.stderr).toMatch(/bad\.wat: 2:\d+: unknown operator/)
  })

  test('an invalid module says why', () => {
    const r = anywasm(['validate', file('invalid.wat', '(module (func (result i32) (f32.const 1)))')])
    expect(r.code).toBe(1)
    expect(r.stderr).toContain('type mismatch')
  })
})

test('validate', () => {
  expect(anywasm(['validate', 'examples/hello.wat']).stdout).toBe('examples/hello.wat: valid\n')
})

test('inspect --json gives imports, exports and sizes', () => {
  const report = JSON.parse(anywasm(['inspect', '--json', 'examples/hello.wat']).stdout)
  expect(report).toMatchObject({
    name: 'hello',
    functions: 1,
    imports: [{ module: 'wasi_snapshot_preview1', name: 'fd_write', type: 'func [i32 i32 i32 i32] -> [i32]' }],
    exports: [
      { name: 'memory', type: 'memory 1' },
      { name: '_start', type: 'func [] -> []' },
    ],
    features: ['mvp'],
  })
})

test('parse and print are inverses', () => {
  const [binary, text, again] = ['h.wasm', 'h.wat', 'h2.wasm'].map((n) => join(dir, n))
  expect(anywasm(['parse', 'examples/hello.wat', '-o', binary!]).code).toBe(0)
  expect(anywasm(['print', binary!, '-o', text!]).code).toBe(0)
  expect(anywasm(['parse', text!, '-o', again!]).code).toBe(0)
  expect(readFileSync(again!)).toEqual(readFileSync(binary!))
})

test('wast counts and its exit code says whether all passed', () => {
  const good = file(
    'good.wast',
    '(module (func (export "f") (result i32) (i32.const 7))) (assert_return (invoke "f") (i32.const 7))',
  )
  const bad = file(
    'bad.wast',
    '(module (func (export "f") (result i32) (i32.const 7))) (assert_return (invoke "f") (i32.const 8))',
  )
  expect(anywasm(['wast', good])).toMatchObject({ code: 0 })
  expect(anywasm(['wast', good]).stdout.trim().split('\n').at(-1)).toBe('2 passed, 0 failed, 0 skipped')
  const r = anywasm(['wast', '--json', good, bad])
  expect(r.code).toBe(1)
  expect(JSON.parse(r.stdout)).toMatchObject({ passed: 3, failed: 1, skipped: 0 })
})

describe('features', () => {
  test('says what the host has and which engine auto takes', () => {
    const { code, stdout } = anywasm(['features'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^engine of auto: +host, where it can run the module, then tiered\nhost: +yes\ntiered: +yes\ncompiler: +yes\ninterpreter: +yes\nanywasm runs: +mvp .* gc /,
    )
    expect(stdout).toMatch(/largest optimised: +61440 bytes .* run --raise-limit lifts it\n/)
    expect(stdout).toMatch(/host's WebAssembly: .*simd/)
  })

  test('--json where code generation is forbidden', () => {
    const { code, stdout } = anywasm(['features', '--json'], { node: ['--disallow-code-generation-from-strings'] })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      auto: 'host',
      engines: { host: true, tiered: false, compiler: false, interpreter: true },
      host: { codeGeneration: false, webAssembly: expect.arrayContaining(['simd', 'threads']) },
    })
  })
})
