// The loop's size in bytecode: V8 slows down by an order of magnitude as a function nears 60 KB, so it stays below 45 KB.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the dispatch loop is at most 45 KB of bytecode', () => {
  // The bundler numbers names that more than one file has.
  const flags = ['--print-bytecode', '--print-bytecode-filter=loop*']
  const command = [
    'dist/cli/main.cjs',
    'run',
    '--engine',
    'interpreter',
    '--invoke',
    'run',
    'bench/kernels/fib.wasm',
    '5',
  ]
  // V8 prints nothing of what it takes from a cache, so this one is empty.
  const cache = mkdtempSync(join(tmpdir(), 'anywasm-dispatch-'))
  const env = { ...process.env, ANYWASM_CACHE_DIR: cache }
  const r = spawnSync(process.execPath, [...flags, ...command], { encoding: 'utf8', maxBuffer: 1 << 28, env })
  rmSync(cache, { recursive: true, force: true })
  const lengths = [...r.stdout.matchAll(/^Bytecode length: (\d+)$/gm)].map((m) => Number(m[1]))
  expect(lengths.length).toBeGreaterThan(0)
  expect(Math.max(...lengths)).toBeGreaterThan(5000)
  expect(Math.max(...lengths)).toBeLessThan(45 * 1024)
})

test.each([['--jitless'], ['--disallow-code-generation-from-strings']])(
  'auto is the interpreter under node %s',
  (flag) => {
    const run = (engine: string) =>
      spawnSync(
        process.execPath,
        [flag, 'dist/cli/main.cjs', 'run', '--engine', engine, '--invoke', 'run', 'bench/kernels/fib.wasm', '10'],
        { encoding: 'utf8' },
      )
    expect(run('auto')).toMatchObject({ status: 0, stdout: '55\n' })
    if (flag === '--jitless') return
    const refused = run('compiler')
    expect(refused.status).toBe(2)
    expect(refused.stderr).toContain('--engine compiler: not available here')
  },
)
