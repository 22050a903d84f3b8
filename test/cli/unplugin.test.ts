// Plugins for bundlers: what they make runs where no code may be generated, and errors name the file.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { build as viteBuild } from 'vite'
import { afterAll, expect, test } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-unplugin-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const at = (name: string) => join(dir, name)
// What users import.
const { esbuildPlugin, rollupPlugin } = (await import(
  'anywasm/unplugin' as string
)) as typeof import('../../src/cli/unplugin.ts')

writeFileSync(
  at('add.wat'),
  `(module (import "env" "base" (global i32)) (memory (export "memory") 1)
    (func $add (export "add") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (unreachable)))
      (i32.add (local.get 0) (global.get 0))))`,
)
writeFileSync(at('fib.wasm'), readFileSync('bench/kernels/fib.wasm'))
const ENTRY = (fib: string) => `import init, { instantiateSync, Global, Memory, RuntimeError } from './add.wat'
import fib from '${fib}'
const env = { base: new Global({ value: 'i32' }, 40) }
const { exports } = await init({ env })
let trapped
try { instantiateSync({ env }).exports.add(0) } catch (e) { trapped = e instanceof RuntimeError }
const { exports: { run } } = await fib()
console.log(JSON.stringify([exports.add(2), exports.memory instanceof Memory, trapped, run(10)]))
`
const WANT = '[42,true,true,55]\n'

function runWithoutCode(file: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['--jitless', file], { encoding: 'utf8' })
  return stdout || stderr
}

test.each(['es2020', 'es5'] as const)('esbuild bundles .wasm and .wat (%s)', async (target) => {
  writeFileSync(at('main.mjs'), ENTRY('./fib.wasm'))
  await esbuild.build({
    entryPoints: [at('main.mjs')],
    outfile: at('bundle.mjs'),
    bundle: true,
    format: 'esm',
    sourcemap: true,
    plugins: [esbuildPlugin({ target })],
  })
  expect(runWithoutCode(at('bundle.mjs'))).toBe(WANT)
  const map = new SourceMap(JSON.parse(readFileSync(at('bundle.mjs.map'), 'utf8')) as SourceMapPayload)
  const lines = readFileSync(at('bundle.mjs'), 'utf8').split('\n')
  const line = lines.findIndex((text) => /^\s*unreachable\d*\(\);/.test(text))
  expect((map.findEntry(line, lines[line]!.indexOf('u')) as SourceMapping).originalSource).toMatch(/add\.wat$/)
})

test('Vite does, as modules and with ?init', async () => {
  writeFileSync(at('main.js'), ENTRY('./fib.wasm?init'))
  const lib = { entry: at('main.js'), formats: ['es' as const], fileName: 'bundle' }
  await viteBuild({
    root: dir,
    configFile: false,
    logLevel: 'error',
    plugins: [rollupPlugin()],
    build: { outDir: at('out'), lib, target: 'es2022' },
  })
  const [made] = readdirSync(at('out'))
  expect(runWithoutCode(join(at('out'), made!))).toBe(WANT)
})

test('errors name the file', async () => {
  writeFileSync(at('bad.wat'), '(module (func (result i32)))')
  writeFileSync(at('bad.mjs'), "import './bad.wat'")
  const failed = esbuild.build({
    entryPoints: [at('bad.mjs')],
    bundle: true,
    write: false,
    logLevel: 'silent',
    plugins: [esbuildPlugin()],
  })
  await expect(failed).rejects.toThrow(/bad\.wat: type mismatch/)
  expect(() => rollupPlugin().load.call(undefined, at('bad.wat'))).toThrow(/bad\.wat: type mismatch/)
  expect(() => rollupPlugin().load.call(undefined, at('absent.wasm'))).toThrow(/absent\.wasm/)
})

test('other files are left to others', () => {
  expect(rollupPlugin().load.call(undefined, at('main.js'))).toBeUndefined()
  expect(rollupPlugin({ include: /\.wat$/ }).load.call(undefined, at('fib.wasm'))).toBeUndefined()
})

test('it is imported by its name', () => {
  const body = `import('anywasm/unplugin').then((m) => console.log(Object.keys(m).sort().join()))`
  expect(spawnSync(process.execPath, ['-e', body], { encoding: 'utf8' }).stdout).toBe('esbuildPlugin,rollupPlugin\n')
})

test('options that are none', () => {
  expect(() => esbuildPlugin({ target: 'es3' as never })).toThrow(
    'esbuildPlugin: target must be one of es2020, es5, got the string "es3"',
  )
  expect(() => rollupPlugin({ include: '*.wasm' as never })).toThrow(
    'include must be a RegExp, got the string "*.wasm"',
  )
  expect(() => rollupPlugin({ includes: /x/ } as never)).toThrow('no option "includes"; did you mean "include"?')
})
