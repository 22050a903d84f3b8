// What depends on the shell or the terminal around: completion as bash does it, and colours.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ENGINE_NAMES } from '../../src/presets/engine-names.ts'
import { anywasm, bin, cache } from './anywasm.ts'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-terminal-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
writeFileSync(join(dir, 'tool.wasm'), '')
const has = (command: string) => spawnSync('bash', ['-c', `command -v ${command}`]).status === 0

describe('completion', () => {
  writeFileSync(join(dir, 'bash'), anywasm(['completion', 'bash']).stdout)
  /** What bash offers for the last word. */
  function offered(...words: string[]): string[] {
    const line = `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _anywasm; printf '%s\\n' "\${COMPREPLY[@]}"`
    const r = spawnSync('bash', ['-c', line, 'bash', 'anywasm', ...words], { cwd: dir, encoding: 'utf8' })
    expect(r.stderr).toBe('')
    return r.stdout.split('\n').filter((w) => w !== '')
  }

  test.each([
    [['va'], ['validate']],
    [['c'], ['compile', 'cache', 'completion']],
    [['t'], ['tool.wasm']],
    [['run', '--i'], ['--invoke']],
    [['--i'], ['--invoke']],
    [['run', '--engine', ''], [...ENGINE_NAMES]],
    [['run', '--engine', 'c'], ['compiler']],
    [['run', 'to'], ['tool.wasm']],
    [
      ['inspect', '--'],
      ['--json', '--layout', '--help'],
    ],
    [
      ['cache', ''],
      ['dir', 'clean'],
    ],
    [['completion', 'z'], ['zsh']],
    [['print', '-o', 'to'], ['tool.wasm']],
  ])('%j', (words, want) => {
    expect(offered(...words)).toEqual(want)
  })

  test.each(['zsh', 'fish'])('%s names every command and option', (shell) => {
    const script = anywasm(['completion', shell]).stdout
    for (const word of ['run', 'validate', 'inspect', 'parse', 'print', 'wast', 'features', 'cache', 'completion'])
      expect(script).toMatch(new RegExp(`\\b${word}\\b`))
    for (const option of ['dir', 'mapdir', 'env-inherit', 'invoke', 'no-cache']) expect(script).toContain(option)
    if (has(shell)) {
      writeFileSync(join(dir, shell), script)
      expect(spawnSync(shell, ['-n', join(dir, shell)], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    }
  })
})

describe.runIf(has('script'))('on a terminal', () => {
  function typed(command: string, env: Record<string, string> = {}): string {
    const line = `"${process.execPath}" "${bin}" ${command}`
    return spawnSync('script', ['-qec', line, '/dev/null'], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, NO_COLOR: '', TERM: 'xterm', ANYWASM_CACHE_DIR: cache, ...env },
    }).stdout
  }

  test('errors and help have colours', () => {
    expect(typed('no.wasm')).toContain('\x1b[1;31manywasm:\x1b[0m no.wasm: no such file')
    expect(typed('help')).toContain('\x1b[1mCommands:\x1b[0m')
  })

  test.each<Record<string, string>>([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('but not with %j', (env) => {
    expect(typed('no.wasm', env)).not.toContain('\x1b')
    expect(typed('help', env)).not.toContain('\x1b')
  })

  test('a binary is not written to it', () => {
    expect(typed('parse examples/hello.wat -o -')).toContain('a binary is nothing for a terminal; name a file with -o')
  })

  test('the program sees one', () => {
    writeFileSync(
      join(dir, 'tty.wat'),
      `(module (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $get (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "type") (result i32) (drop (call $get (i32.const 1) (i32.const 0))) (i32.load8_u (i32.const 0))))`,
    )
    expect(typed(`run --invoke type ${join(dir, 'tty.wat')}`)).toBe('2\r\n')
  })
})

test('elsewhere nothing has colours', () => {
  expect(anywasm(['help'], { env: { FORCE_COLOR: '1' } }).stdout).not.toContain('\x1b')
  expect(anywasm(['no.wasm']).stderr).not.toContain('\x1b')
})
