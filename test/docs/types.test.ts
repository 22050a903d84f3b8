// The declarations of every entry, as a project with TypeScript's strictest options sees them: on Node, without the library of browsers.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }

const dir = mkdtempSync(join(tmpdir(), 'anywasm-types-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
mkdirSync(join(dir, 'node_modules'))
for (const [name, to] of [
  ['anywasm', '.'],
  ['@types', 'node_modules/@types'],
  ['undici-types', 'node_modules/undici-types'],
] as const)
  symlinkSync(resolve(to), join(dir, 'node_modules', name))
writeFileSync(join(dir, 'package.json'), '{"type":"module"}')

const entries = Object.entries(packageJson.exports)
  .filter(([, to]) => typeof to === 'object' && 'default' in to)
  .map(([entry]) => entry.replace('.', 'anywasm'))

writeFileSync(
  join(dir, 'use.ts'),
  `/// <reference types="anywasm/client" />
${entries.map((entry, k) => `import * as entry${k} from '${entry}'`).join('\n')}
import { Engine, Func, Instance, Module, Store } from 'anywasm'
import { createWebAssembly, storeOf } from 'anywasm/js-api'
import { WASI } from 'anywasm/wasi'
import init from './tool.wasm'

const engine = new Engine({ executor: 'interpreter', features: ['mvp'] })
const store = new Store(engine, { fuel: 5, limits: { memoryPages: 1 }, signal: AbortSignal.timeout(5) })
const instance = new Instance(store, new Module(engine, '(module)'), { env: { f: new Func(store, ['i32'], ['i64'], (x) => BigInt(x)) } })
export const next: bigint = instance.func('next', ['i64'], ['i64'])(41n)
// @ts-expect-error an i64 is a bigint
instance.func('next', ['i64'], ['i64'])(41)
// @ts-expect-error there is no such option
new Store(engine, { fule: 5 })

const W = createWebAssembly('auto', { fuel: 1000, deterministic: true })
const made = new W.Instance(new W.Module(new Uint8Array()), {})
export const wasi: number = new WASI({ args: ['tool'], stdin: 0 }).start({ exports: {} })
export const all = [made, storeOf(W)?.meter.fuel, init, ${entries.map((_, k) => `entry${k}`).join(', ')}]
`,
)

test.each([
  ['node16', 'node16'],
  ['esnext', 'bundler'],
])('module %s, resolved as by %s', (module, moduleResolution) => {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    module,
    moduleResolution,
  }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }))
  const tsc = resolve('node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8', timeout: 120_000 })
  expect(stdout).toBe('')
})
