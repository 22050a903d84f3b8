// What goes wrong around a command: mistyped words, output that nobody takes, files that are something else. One clear line, and its exit code.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { anywasm, bin, cache } from './anywasm.ts'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-failures-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const path = (name: string) => join(dir, name)

describe('a mistyped word', () => {
  test.each([
    [['inpect'], 'inpect: no such file or command; did you mean anywasm inspect?'],
    [['frobnicate'], 'frobnicate: no such file or command; anywasm --help shows the commands'],
    [['run', '--engin', 'auto', 'x.wasm'], "unknown option '--engin'\n(Did you mean --engine?)"],
    [['run', '--invok', 'f', 'x.wasm'], '(Did you mean --invoke?)'],
    [['run', '--map-dir', 'f', 'x.wasm'], '(Did you mean --mapdir?)'],
    [['run', '--envinherit', 'x.wasm'], '(Did you mean --env-inherit?)'],
    [['run', '--stdn', 'x', 'x.wasm'], '(Did you mean --stdin?)'],
    [['run', '--arg0', 'x', 'x.wasm'], '(Did you mean --argv0?)'],
    [['run', '--tcp-listen', 'x', 'x.wasm'], '(Did you mean --tcplisten?)'],
    [['run', '--no-cach', 'x.wasm'], '(Did you mean --no-cache?)'],
    [['validate', '--jsn', 'x.wasm'], '(Did you mean --json?)'],
    [['inspect', '--jason', 'x.wasm'], '(Did you mean --json?)'],
    [['parse', '--out', 'x', 'x.wat'], '(Did you mean --output?)'],
    [['print', '--ouput', 'x', 'x.wat'], '(Did you mean --output?)'],
    [['wast', '--engines', 'x', 'x.wast'], '(Did you mean --engine?)'],
    [['features', '--jso'], '(Did you mean --json?)'],
    [['cache', 'clear'], "unknown command 'clear'\n(Did you mean clean?)"],
    [['completion', 'bahs'], 'Allowed choices are bash, zsh, fish.'],
    [['validate'], "missing required argument 'file'"],
    [['inspect', 'a', 'b'], 'too many arguments'],
    [[], 'Usage: anywasm [options] [command]'],
  ])('%j', (args, message) => {
    const r = anywasm(args)
    expect(r.stderr).toContain(message)
    expect([r.code, r.stdout]).toEqual([2, ''])
  })

  test('in an import', () => {
    const text = '(module (import "wasi_snapshot_preview1" "fd_wirte" (func (param i32 i32 i32 i32) (result i32))))'
    writeFileSync(path('import.wat'), text)
    const r = anywasm([path('import.wat')])
    expect(r.code).toBe(1)
    expect(r.stderr).toMatch(/^[^\n]*unknown import "wasi_snapshot_preview1" "fd_wirte".*; did you mean fd_write\?\n$/)
  })

  test("in an import's module", () => {
    writeFileSync(path('module.wat'), '(module (import "wasi_snapshot_preview2" "fd_write" (func)))')
    expect(anywasm([path('module.wat')]).stderr).toContain('; did you mean wasi_snapshot_preview1?')
  })
})

describe('files that are something else', () => {
  const commands = ['run', 'validate', 'inspect', 'parse', 'print', 'wast']
  test.each(commands)('%s of a folder', (command) => {
    expect(anywasm([command, 'src'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'anywasm: src: is a directory, not a file\n',
    })
  })

  test.runIf(process.getuid?.() !== 0)('one that may not be read', () => {
    writeFileSync(path('secret.wasm'), '')
    chmodSync(path('secret.wasm'), 0)
    expect(anywasm(['run', path('secret.wasm')]).stderr).toBe(`anywasm: ${path('secret.wasm')}: permission denied\n`)
  })

  test.each([
    ['an empty file', '', 'unexpected end'],
    ['a page instead of a module', '<!DOCTYPE html>', 'magic header not detected'],
    ['a component', '\0asm\r\0\x01\0', 'is a component, and anywasm runs core modules'],
    ['another version', '\0asm\x02\0\0\0', 'unknown binary version'],
  ])('%s', (_, content, message) => {
    writeFileSync(path('odd.wasm'), content)
    for (const command of ['run', 'validate', 'inspect', 'print']) {
      const r = anywasm([command, path('odd.wasm')])
      expect(r.stderr).toContain(message)
      expect(r.stderr.trim().split('\n')).toHaveLength(1)
      expect([r.code, r.stdout]).toEqual([1, ''])
    }
  })

  test('an output that cannot be written', () => {
    expect(anywasm(['parse', 'examples/hello.wat', '-o', '/no/such/out.wasm'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'anywasm: /no/such/out.wasm: no such folder\n',
    })
  })
})

test.each(['parse', 'print', 'compile'])('%s never writes over its input', (command) => {
  const input = path('input.wat')
  copyFileSync('examples/hello.wat', input)
  rmSync(path('link.wat'), { force: true })
  symlinkSync(input, path('link.wat'))
  for (const output of [input, path('link.wat')]) {
    const r = anywasm([command, input, '-o', output])
    const stderr = `anywasm: ${command}: ${output} is the module itself; name another file with -o\n`
    expect(r).toEqual({ code: 2, stdout: '', stderr })
  }
  expect(readFileSync(input, 'utf8')).toBe(readFileSync('examples/hello.wat', 'utf8'))
})

test.runIf(existsSync('/dev/null'))('compile writes nothing beside a device', () => {
  symlinkSync('/dev/null', path('null'))
  expect(anywasm(['compile', 'examples/hello.wat', '-o', path('null')]).code).toBe(0)
  expect(readdirSync(dir).filter((name) => name.startsWith('null'))).toEqual(['null'])
})

/** Runs a line of shell in which `anywasm` is the command. */
function shell(line: string): { code: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, ANYWASM_CACHE_DIR: cache }
  const script = `anywasm() { "${process.execPath}" "${bin}" "$@"; }\n${line}`
  const r = spawnSync('bash', ['-c', script], { encoding: 'utf8', timeout: 60_000, env })
  return { code: r.status, stdout: r.stdout, stderr: r.stderr }
}

describe.runIf(existsSync('/dev/full'))('a full disk', () => {
  test.each([
    'print examples/hello.wat',
    'inspect examples/hello.wat',
    'features',
    'validate examples/hello.wat',
    'help',
  ])('%s', (command) => {
    const { code, stderr } = shell(`anywasm ${command} > /dev/full`)
    expect([code, stderr]).toEqual([1, 'anywasm: standard output: no space left on the device\n'])
  })

  test('parse -o and print -o', () => {
    for (const command of ['parse', 'print']) {
      const r = anywasm([command, 'examples/hello.wat', '-o', '/dev/full'])
      expect([r.code, r.stderr]).toEqual([1, 'anywasm: /dev/full: no space left on the device\n'])
    }
  })

  test('leaves a device where it is', () => {
    // What would be deleted is the link.
    symlinkSync('/dev/full', path('full'))
    for (const command of ['parse', 'print', 'compile']) {
      const r = anywasm([command, 'examples/hello.wat', '-o', path('full')])
      expect([r.code, r.stderr]).toEqual([1, `anywasm: ${path('full')}: no space left on the device\n`])
      expect(existsSync(path('full'))).toBe(true)
    }
  })

  test('a program is told, and goes on', () => {
    writeFileSync(
      path('code.wat'),
      `(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\01\\00\\00\\00x")
        (func (export "_start") (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))`,
    )
    // ERRNO_NOSPC
    expect(shell(`anywasm ${path('code.wat')} > /dev/full`).code).toBe(51)
  })
})

describe('a pipe whose reader has gone', () => {
  test('ends the command without a word', () => {
    const many = Array.from({ length: 40_000 }, () => 'i32.const 123456789 drop').join(' ')
    writeFileSync(path('long.wat'), `(module (func ${many}))`)
    const r = shell(`anywasm print ${path('long.wat')} | head -n 1; echo "\${PIPESTATUS[0]}"`)
    expect(r.stdout).toBe('(module\n141\n')
    expect(r.stderr).toBe('')
  })

  test('is an error code for a program', () => {
    // ERRNO_PIPE
    const r = shell(`{ sleep 0.5; anywasm ${path('code.wat')}; echo $? >&2; } | true`)
    expect(r.stderr).toBe('64\n')
  })
})

describe('validate', () => {
  test('of several tells of each', () => {
    writeFileSync(path('invalid.wat'), '(module (func (result i32) (f32.const 1)))')
    const r = anywasm(['validate', 'examples/hello.wat', path('invalid.wat'), 'examples/factorial.wat'])
    expect(r.code).toBe(1)
    expect(r.stdout).toBe('examples/hello.wat: valid\nexamples/factorial.wat: valid\n')
    expect(r.stderr).toContain('type mismatch')
  })

  test('--json', () => {
    writeFileSync(path('bad.wat'), '(module\n (frob))')
    const r = anywasm(['validate', '--json', 'examples/hello.wat', path('bad.wat'), path('invalid.wat')])
    const [good, bad, invalid] = r.stdout
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l))
    expect(good).toEqual({ file: 'examples/hello.wat', valid: true })
    expect(bad).toMatchObject({ valid: false, error: { message: expect.any(String), line: 2, column: 3 } })
    expect(invalid).toMatchObject({
      valid: false,
      error: { message: expect.stringContaining('type mismatch'), offset: expect.any(Number) },
    })
    expect(r.code).toBe(1)
  })
})

test("names of a module don't command the terminal, nor fill the screen", () => {
  const long = 'x'.repeat(100_000)
  writeFileSync(
    path('names.wat'),
    `(module (import "m\\1b[2J" "${long}" (func)) (memory (export "memory") 1) (func (export "_start")))`,
  )
  const r = anywasm(['run', path('names.wat')])
  expect(r.code).toBe(1)
  expect(r.stderr).toContain('m\\1b[2J')
  expect(r.stderr).not.toContain('\u001b')
  expect(r.stderr.length).toBeLessThan(10_000)
})
