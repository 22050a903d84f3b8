// `anywasm compile --executable`: the file runs by itself, and what can't be one is told in a line. Node before 25.5 needs postject for it, which is a
// package of test/packages (npm run test:packages installs them).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { anywasm } from './anywasm.ts'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-executable-test-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const at = (name: string) => join(dir, name)
const CLI = resolve('dist/cli/main.cjs')

const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
const alone = major > 25 || (major === 25 && minor >= 5)
const postject = resolve('test/packages/node_modules/postject')
const possible = alone || existsSync(postject)

describe.skipIf(!possible)('a program in a file of its own', () => {
  test('has its arguments, the folders that it was given, and its exit code', () => {
    const packages = at('node_modules')
    if (!alone) symlinkSync(resolve('test/packages/node_modules'), packages)
    writeFileSync(at('in.txt'), 'contents\n')
    const options = ['--executable', '--dir', '.', '-o', at('cat')]
    const made = spawnSync(process.execPath, [CLI, 'compile', resolve('examples/cat.wat'), ...options], {
      cwd: dir,
      encoding: 'utf8',
    })
    expect([made.status, made.stdout, made.stderr]).toEqual([0, '', ''])
    const run = (...args: string[]) => {
      const { status, stdout } = spawnSync(at('cat'), args, { cwd: dir, env: {}, encoding: 'utf8' })
      return [status, stdout]
    }
    expect(run('in.txt', 'in.txt')).toEqual([0, 'contents\ncontents\n'])
    expect(run('../in.txt')).toEqual([76, ''])
  }, 120_000)
})

test.skipIf(alone)('without postject Node 20 to 25 is told what to do', () => {
  const r = spawnSync(
    process.execPath,
    [CLI, 'compile', resolve('examples/hello.wat'), '--executable', '-o', at('hello')],
    {
      cwd: tmpdir(),
      encoding: 'utf8',
    },
  )
  expect(r.stderr).toMatch(
    /^anywasm: compile: --executable needs the package postject on Node .*npm install --save-dev postject/,
  )
  expect([r.status, existsSync(at('hello'))]).toEqual([1, false])
})

describe('what can not be one is told', () => {
  const failure = (...args: string[]) => {
    const { code, stderr } = anywasm(['compile', ...args])
    return [code, stderr.replaceAll(dir, 'DIR')]
  }

  test('modules', () => {
    writeFileSync(at('f.wat'), '(module (func (export "f")))')
    writeFileSync(at('env.wat'), '(module (import "env" "f" (func)) (func (export "_start")))')
    expect(failure(at('f.wat'), '--executable')).toEqual([
      1,
      'anywasm: DIR/f.wat: exports no _start, so it is no command; --executable is for WASI programs\n',
    ])
    expect(failure(at('env.wat'), '--executable')).toEqual([
      1,
      'anywasm: DIR/env.wat: imports "env" "f", and an executable has nothing but WASI to give\n',
    ])
  })

  test('options', () => {
    const of = (...options: string[]) => failure('examples/hello.wat', ...options)
    expect(of('--executable', '--format', 'cjs')).toEqual([2, 'anywasm: compile: --format is not for --executable\n'])
    expect(of('--env-inherit')).toEqual([2, 'anywasm: compile: --env-inherit is only for --executable\n'])
    expect(of('--executable', '-o', '-')[0]).toBe(2)
  })
})
