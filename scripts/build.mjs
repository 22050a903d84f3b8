// Builds dist/: one esbuild bundle with shared chunks (so that `enum Op` is inlined and `Trap` has one identity), then declarations.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'

const entries = ['index', 'js-api/index', 'polyfill', 'polyfill-force', 'wasi/index', 'wasi/thread-worker', 'cli/main']

/** @param {{ types: boolean }} options whether to emit declarations as well */
export async function build({ types }) {
  rmSync('dist', { recursive: true, force: true })
  mkdirSync('dist')
  const present = entries.filter((e) => existsSync(`src/${e}.ts`))
  await esbuild.build({
    entryPoints: present.map((e) => ({ in: `src/${e}.ts`, out: e })),
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    banner: { js: '// anywasm, MIT licence' },
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  })
  if (types) {
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
    const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { stdio: 'inherit' })
    if (run.status !== 0) process.exitCode = 1
  }
  writeFileSync('dist/.built', '')
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await build({ types: true })
