// Builds dist/: one esbuild bundle with shared chunks (so that `enum Op` is inlined and `Trap` has one identity), then declarations.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'

const library = [
  'index',
  'internals',
  'js-api/index',
  'polyfill',
  'polyfill-force',
  'wasi/index',
  'wasi/threads-node',
  'wasi/thread-worker',
  'wasi/sockets-node',
  'wasi/socket-worker',
]
/** The command line is a bundle of its own, for Node: what it bundles still calls require. */
const commands = ['cli/main', 'cli/thread-runtime', 'cli/script-worker']
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** Bundles the entries that exist, with chunks in common, so that a class has one identity. */
async function bundle(entries, banner, out) {
  const present = entries.filter((e) => existsSync(`src/${e}.ts`))
  if (present.length === 0) return
  await esbuild.build({
    entryPoints: present.map((e) => ({ in: `src/${e}.ts`, out: e })),
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    banner: { js: banner },
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  })
}

/** @param {{ types: boolean }} options whether to emit declarations as well */
export async function build({ types }) {
  // Into a folder of its own first: whoever runs dist/ meanwhile sees the old build or the new one, and a failed build leaves the old one.
  const out = `dist-${process.pid}`
  mkdirSync(out)
  try {
    await bundle(library, '// anywasm, MIT licence', out)
    await bundle(commands, `// anywasm, MIT licence\n${REQUIRE}`, out)
    if (types) declarations(`${out}/types`)
    writeFileSync(`${out}/.built`, '')
    rmSync('dist', { recursive: true, force: true })
    renameSync(out, 'dist')
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

function declarations(outDir) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.types.json', '--outDir', outDir], { stdio: 'inherit' })
  if (run.status !== 0) process.exitCode = 1
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await build({ types: true })
