// npm run test:ahead -- [PROGRAM…]: the kernels and three packages' modules, compiled ahead of time to ES5 by `anywasm compile`, on hosts that generate no
// code or have no WebAssembly: `node --jitless`, `node --disallow-code-generation-from-strings`, Hermes, QuickJS, and a page with a strict
// Content-Security-Policy in headless Chromium. Each must print what it prints with the module on Node's own WebAssembly. The packages' own JavaScript runs too, lowered to ES5 as an application's is that ships to Hermes.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import ts from 'typescript'
import { onPage } from './ahead/on-page.mjs'
import { install } from './install.mjs'
import { chromiumPath } from './page.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const require = createRequire(import.meta.url)
const TIMEOUT = 600_000

const kernels = readdirSync(`${root}bench/kernels`).flatMap((file) => /^(.*)\.wasm$/.exec(file)?.[1] ?? [])
const PROGRAMS = [
  ...kernels.map((name) => ({ name, program: 'kernel', wasm: () => `${root}bench/kernels/${name}.wasm` })),
  { name: 'source-map', program: 'source-map', wasm: () => inPackage('source-map', 'lib/mappings.wasm') },
  { name: 'brotli', program: 'brotli', wasm: () => inPackage('brotli-wasm', 'pkg.node/brotli_wasm_bg.wasm') },
  { name: 'quickjs', program: 'quickjs', wasm: () => quickjsFile('emscripten-module.wasm') },
]
const inPackage = (name, file) => `${here}node_modules/${name}/${file}`
const quickjsFile = (file) => inPackage('@jitl/quickjs-wasmfile-release-sync', `dist/${file}`)
const hermes = inPackage('hermes-engine-cli', 'linux64-bin/hermes')

/** Each gives what a script printed; `native` is the host's own WebAssembly. */
const HOSTS = {
  native: (script) => node([], script),
  jitless: (script) => node(['--jitless'], script),
  'no eval': (script) => node(['--disallow-code-generation-from-strings'], script),
  hermes: (script) => run(hermes, ['-w', '-O', script]),
  quickjs: (script) => node([], join(here, 'ahead/on-quickjs.mjs'), script),
  page: async (script) => {
    const chromium = chromiumPath()
    if (chromium === undefined) return { absent: true }
    const started = performance.now()
    return { out: await onPage(chromium, script, TIMEOUT), time: performance.now() - started }
  },
}

const node = (flags, ...args) => run(process.execPath, ['--no-warnings', ...flags, ...args])

function run(command, args) {
  const started = performance.now()
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: TIMEOUT })
  const time = performance.now() - started
  if (error?.code === 'ENOENT') return { absent: true }
  if (status === 0) return { out: stdout, time }
  return { out: `exit code ${status ?? signal}\n${stderr || stdout}`.slice(0, 3000), time }
}

const FILES = {
  'file-of-brotli': () => inPackage('brotli-wasm', 'pkg.node/brotli_wasm.js'),
  'file-of-quickjs/module': () => quickjsFile('emscripten-module.cloudflare.cjs'),
  'file-of-quickjs/ffi': () => quickjsFile('ffi.mjs'),
}

/** What a program's source needs besides its package. */
const parts = {
  name: 'parts',
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?(?:fs|path|util)$/ }, () => ({ path: `${here}ahead/node.cjs` }))
    // Files that the packages do not export.
    build.onResolve({ filter: /^file-of-/ }, ({ path }) => ({ path: FILES[path]() }))
    build.onResolve({ filter: /^mappings$/ }, () => ({ path: 'mappings', namespace: 'data' }))
    build.onLoad({ filter: /^mappings$/, namespace: 'data' }, () => {
      const map = require.resolve('web-tree-sitter').replace(/\.c?js$/, '.js.map')
      return { contents: JSON.stringify({ mappings: JSON.parse(readFileSync(map, 'utf8')).mappings }), loader: 'json' }
    })
  },
}

/** A program of ahead/ as one script in ES5. */
async function programScript(program) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [`${here}ahead/${program}.mjs`],
    inject: [`${here}ahead/prelude.mjs`],
    bundle: true,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2020',
    supported: { bigint: false },
    define: { __dirname: '""', 'globalThis.document': 'undefined' },
    plugins: [parts],
    write: false,
    logLevel: 'error',
  })
  const { outputText } = ts.transpileModule(outputFiles[0].text, {
    compilerOptions: { target: ts.ScriptTarget.ES5, downlevelIteration: true },
  })
  return outputText
}

/** Node has no `print`. */
const PRINT = 'if (typeof print === "undefined") globalThis.print = console.log;\n'

const native = (wasm) => `var output = (function () {
  var module = new WebAssembly.Module(process.getBuiltinModule("fs").readFileSync(${JSON.stringify(wasm)}));
  return {
    instantiateSync: function (imports) { return new WebAssembly.Instance(module, imports); },
    instantiate: function (imports) { return WebAssembly.instantiate(module, imports); },
    Memory: WebAssembly.Memory,
    RuntimeError: WebAssembly.RuntimeError
  };
})();
`

/** The scripts for the host's WebAssembly and for hosts without. */
async function scripts({ name, program, wasm }, dir) {
  const output = join(dir, 'output.js')
  const args = ['compile', wasm(), '-o', output, '--format', 'iife', '--target', 'es5']
  const { status, stderr } = spawnSync(process.execPath, [`${root}dist/cli/main.cjs`, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const source = await programScript(program)
  const paths = { own: join(dir, `${name}.js`), native: join(dir, `${name}-native.js`) }
  writeFileSync(paths.own, PRINT + readFileSync(output, 'utf8') + source)
  writeFileSync(paths.native, PRINT + native(wasm()) + source)
  return paths
}

install()
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !PROGRAMS.some((p) => p.name === name))
if (unknown.length > 0) {
  console.error(`no program ${unknown.join(', ')}; there are ${PROGRAMS.map((p) => p.name).join(', ')}`)
  process.exit(2)
}
const dir = mkdtempSync(join(tmpdir(), 'anywasm-ahead-'))
const counts = { passed: 0, failed: 0, skipped: 0 }
const others = Object.keys(HOSTS).slice(1)
console.log(`${'milliseconds'.padEnd(14)}${['native', ...others].map((h) => h.padStart(10)).join('')}`)
for (const program of PROGRAMS.filter((p) => wanted.length === 0 || wanted.includes(p.name))) {
  const paths = await scripts(program, dir)
  const want = await HOSTS.native(paths.native)
  const cells = [String(Math.round(want.time))]
  const wrong = []
  for (const host of others) {
    const got = await HOSTS[host](paths.own)
    const verdict = got.absent
      ? 'skipped'
      : got.out === want.out && want.out.length > 1 && !/^(?:exit code|failed)/.test(want.out)
        ? 'passed'
        : 'failed'
    counts[verdict]++
    cells.push(verdict === 'passed' ? String(Math.round(got.time)) : verdict)
    if (verdict === 'failed')
      wrong.push(`  ${host}: ${got.out.slice(0, 1000)}\n  instead of: ${want.out.slice(0, 300)}`)
  }
  console.log(program.name.padEnd(14) + cells.map((c) => c.padStart(10)).join(''))
  for (const line of wrong) console.log(line)
}
rmSync(dir, { recursive: true })
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0
