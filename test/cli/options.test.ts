// The options of `run` as users of wasmtime and wasmer type them, and typed arguments for --invoke.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { anywasm } from './anywasm.ts'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-options-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
function file(name: string, content: string): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

/** Prints what a pair of calls, `X_sizes_get` and `X_get`, gives: strings, each ended by a NUL. */
const strings = (what: string) => `(module
  (import "wasi_snapshot_preview1" "${what}_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "${what}_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 12)))
    (drop (call $get (i32.const 100) (i32.const 65536)))
    (i32.store (i32.const 8) (i32.const 65536))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 20)))))`
const args = file('args.wat', strings('args'))
const environ = file('environ.wat', strings('environ'))
const shown = (...argv: string[]) =>
  anywasm(argv, { env: { SECRET: 's' } })
    .stdout.split('\0')
    .slice(0, -1)

describe('arguments', () => {
  test.each([
    [[args], ['args.wat']],
    [
      [args, '-v', '--dir', 'x'],
      ['args.wat', '-v', '--dir', 'x'],
    ],
    [
      [args, '--', '-v'],
      ['args.wat', '-v'],
    ],
    [
      [args, '--', '--', '-v'],
      ['args.wat', '--', '-v'],
    ],
    [
      [args, '--help', '-h', '-V'],
      ['args.wat', '--help', '-h', '-V'],
    ],
    [
      ['run', '--argv0', 'tool', args, '', 'ä b'],
      ['tool', '', 'ä b'],
    ],
  ])('%j', (argv, want) => {
    expect(shown(...argv)).toEqual(want)
  })
})

describe('variables', () => {
  test('none by default', () => expect(shown(environ)).toEqual([]))
  test('set, passed on, and the last one wins', () => {
    expect(shown('run', '--env', 'A=1', '--env', 'B==', '--env', 'SECRET', '--env', 'A=', environ)).toEqual([
      'A=',
      'B==',
      'SECRET=s',
    ])
  })
  test.each(['--env-inherit', '--forward-host-env'])('%s passes on all, and --env changes one', (option) => {
    const all = shown('run', option, '--env', 'A=1', environ)
    expect(all).toContain('SECRET=s')
    expect(all).toContain('A=1')
    expect(all.some((v) => v.startsWith('PATH='))).toBe(true)
  })
})

const readFile = file(
  'cat.wat',
  `(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\64\\00\\00\\00\\e8\\03\\00\\00")
  (data (i32.const 16) "in.txt")
  (func $copy (param $from i32)
    (drop (call $read (local.get $from) (i32.const 0) (i32.const 1) (i32.const 4)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "folder")
    (drop (call $name (i32.const 3) (i32.const 100) (i32.const 5)))
    (i32.store (i32.const 4) (i32.const 5))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
    (call $copy (i32.load (i32.const 32))))
  (func (export "_start") (call $copy (i32.const 0))))`,
)
file('in.txt', 'contents')

describe('folders', () => {
  test.each([
    ['--dir', `${dir}::/work`],
    ['--mapdir', `/work::${dir}`],
    ['--mapdir', `/work:${dir}`],
    ['--volume', `${dir}:/work`],
  ])('%s %s', (option, value) => {
    const r = anywasm(['run', option, value, '--invoke', 'folder', readFile])
    expect(r.stderr).toBe('')
    expect(r.stdout.replaceAll('\0', '')).toBe('/workcontents')
  })
})

describe('standard input', () => {
  test('of the command', () => expect(anywasm([readFile], { input: 'typed' }).stdout).toContain('typed'))
  test('from a file', () => {
    const r = anywasm(['run', '--stdin', join(dir, 'in.txt'), readFile], { input: 'typed' })
    expect(r.stdout.replaceAll('\0', '')).toBe('contents')
  })
  test('as the module', () => {
    const r = anywasm(['run', '--invoke', 'f', '-'], {
      input: '(module (func (export "f") (result i32) i32.const 7))',
    })
    expect(r).toEqual({ code: 0, stdout: '7\n', stderr: '' })
  })
})

const echo = file(
  'echo.wat',
  `(module ${['i32', 'i64', 'f32', 'f64', 'v128', 'externref', 'funcref']
    .map((t) => `(func (export "${t}") (param ${t}) (result ${t}) (local.get 0))`)
    .join('\n')}
  (func (export "two") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0)))`,
)

describe('typed arguments', () => {
  test.each([
    ['i32', '-1', '-1'],
    ['i32', '4294967295', '-1'],
    ['i32', '0x7fff_ffff', '2147483647'],
    ['i64', '18446744073709551615', '-1'],
    ['i64', '-0x8000000000000000', '-9223372036854775808'],
    ['f32', '0.1', '0.1'],
    ['f32', '16777217', '16777216'],
    ['f32', '0x1.8p3', '12'],
    ['f32', 'nan:0x200001', 'nan:0x200001'],
    ['f32', '-NaN', '-nan'],
    ['f64', '1e3', '1000'],
    ['f64', '.5', '0.5'],
    ['f64', '-Infinity', '-inf'],
    ['f64', 'inf', 'inf'],
    ['f64', 'nan', 'nan'],
    ['f64', 'nan:0x4000000000001', 'nan:0x4000000000001'],
    ['f64', '-0', '-0'],
    ['v128', 'i32x4 1 2 3 -1', 'i32x4 0x00000001 0x00000002 0x00000003 0xffffffff'],
    ['v128', 'f32x4:1,2,3,4', 'i32x4 0x3f800000 0x40000000 0x40400000 0x40800000'],
    ['v128', '0x00000004000000030000000200000001', 'i32x4 0x00000001 0x00000002 0x00000003 0x00000004'],
    ['externref', 'null', 'null'],
    ['funcref', 'null', 'null'],
  ])('%s %s', (type, text, want) => {
    // An argument that begins with a dash needs none of the dashes before it: options end at the file.
    expect(anywasm(['run', '--invoke', type, echo, text])).toEqual({ code: 0, stdout: `${want}\n`, stderr: '' })
  })

  test('several, and several results', () => {
    expect(anywasm(['run', '-i', 'two', echo, '1', '2']).stdout).toBe('2 1\n')
  })

  test.each([
    ['i32', '4294967296', 'type i32: "4294967296" is not an integer from -2147483648 to 4294967295'],
    ['i32', '1.5', '"1.5" is not an integer'],
    ['i32', '', '"" is not an integer'],
    ['i64', '0x1ffffffffffffffff', 'is not an integer from -2^63'],
    ['f32', '1e39', 'is not a number that f32 can hold'],
    ['f64', 'ten', 'is not a number that f64 can hold'],
    ['f64', '1,5', 'is not a number that f64 can hold'],
    ['v128', 'i32x4 1 2 3', 'is not a shape and its lanes'],
    ['v128', 'i8x16', 'is not a shape and its lanes'],
    ['externref', '5', 'is not null, the only reference'],
  ])('%s %j is refused', (type, text, message) => {
    const r = anywasm(['run', '--invoke', type, echo, text])
    expect(r.stderr).toContain(`anywasm: --invoke ${type}: argument 1 must be of`)
    expect(r.stderr).toContain(message)
    expect([r.code, r.stdout]).toEqual([2, ''])
  })
})

describe('--invoke', () => {
  test('initialises a library first, and gives WASI its memory', () => {
    const library = file(
      'library.wat',
      `(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 1) (global $ready (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $ready (i32.const 5)))
        (func (export "f") (result i32 i32) (call $random (i32.const 0) (i32.const 8)) (global.get $ready)))`,
    )
    expect(anywasm(['run', '--invoke', 'f', library]).stdout).toBe('0 5\n')
  })

  test('of a function that exits gives its code', () => {
    const exit = file(
      'exit.wat',
      `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (func (export "f") (call $exit (i32.const 9))))`,
    )
    expect(anywasm(['run', '--invoke', 'f', exit])).toEqual({ code: 9, stdout: '', stderr: '' })
  })

  test('of what is no function says what it is', () => {
    const r = anywasm(['run', '--invoke', 'memory', 'examples/hello.wat'])
    expect([r.code, r.stderr]).toEqual([1, 'anywasm: --invoke memory: is a memory, not a function\n'])
  })
})
