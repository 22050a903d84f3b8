// npm run fuzz -- [--seconds N] [--seed S] [--modules N] [--node PATH]: bundles test/fuzz/main.ts and runs it with the same Node, or with that at PATH.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import * as esbuild from 'esbuild'

const outfile = `node_modules/.cache/anywasm-fuzz-${process.pid}.mjs`
await esbuild.build({
  entryPoints: ['test/fuzz/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'es2022',
  packages: 'external',
  logLevel: 'warning',
})
const args = process.argv.slice(2)
const at = args.indexOf('--node')
const [, node] = at < 0 ? [undefined, process.execPath] : args.splice(at, 2)
const { status, error } = spawnSync(node ?? '', ['--expose-gc', outfile, ...args], { stdio: 'inherit' })
if (error) console.error(`--node ${node}: ${error.message}`)
rmSync(outfile, { force: true })
process.exit(status ?? 1)
