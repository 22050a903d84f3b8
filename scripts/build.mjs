// Builds dist/: one esbuild bundle with shared chunks (so that `enum Op` is inlined and `Trap` has one identity), then declarations.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'
import { aheadRuntime } from './ahead-runtime.mjs'

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
  'cli/unplugin',
]
/** What the command line runs in workers. */
const workers = ['cli/thread-runtime', 'cli/script-worker', 'cli/progress-worker']

/** Commander looks for child processes at its start, which costs milliseconds and which only subcommands with files of their own need. */
const lateChildProcess = {
  name: 'late-child-process',
  setup(context) {
    context.onLoad({ filter: /commander[\\/]lib[\\/]command\.js$/ }, ({ path }) => {
      const eager = "require('node:child_process')"
      const source = readFileSync(path, 'utf8')
      if (!source.includes(eager)) throw new Error(`${path} no longer has ${eager}`)
      return { contents: source.replace(eager, `{ spawn: (...a) => ${eager}.spawn(...a) }`) }
    })
  },
}

/** Differs between builds of different sources, so that caches of one are not taken for those of another. */
function buildId() {
  const hash = createHash('sha256')
  for (const file of readdirSync('src', { recursive: true }).sort())
    if (file.endsWith('.ts')) hash.update(`${file}\0`).update(readFileSync(join('src', file)))
  return hash.digest('hex').slice(0, 16)
}

/** Bundles the entries that exist, with chunks in common, so that a class has one identity. */
async function bundle(entries, banner, out, more = {}) {
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
    ...more,
  })
}

const constants = () => ({
  ANYWASM_VERSION: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version),
  ANYWASM_BUILD: JSON.stringify(buildId()),
})

/**
 * The executable, and all of the command line in one file, which it compiles; parts that are imported late are also run late.
 * CommonJS, because Node starts that sooner than modules.
 */
async function commandLine(out, options) {
  await esbuild.build({
    ...options,
    entryPoints: ['src/cli/main.ts', 'src/cli/command-line.ts'],
    outdir: `${out}/cli`,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'es2022',
    define: { ...options.define, 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  })
}

/** How executables begin that `anywasm compile` makes: a script with a variable. */
async function executableMain(out) {
  await esbuild.build({
    entryPoints: [{ in: 'src/cli/executable-main.ts', out: 'executable-main' }],
    outdir: out,
    bundle: true,
    platform: 'node',
    format: 'iife',
    globalName: 'runner',
    target: 'es2022',
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
    // What has to be read at every start is kept short; names stay for backtraces.
    const short = { minifyWhitespace: true, minifySyntax: true, define: constants(), plugins: [lateChildProcess] }
    await bundle(workers, '// anywasm, MIT licence', out, short)
    await commandLine(out, short)
    await aheadRuntime(out)
    await executableMain(out)
    copyFileSync('src/cli/client.d.ts', `${out}/client.d.ts`)
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
