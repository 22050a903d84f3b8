// npm run fuzz -- [--seconds N] [--seed S] [--modules N]: bundles test/fuzz/main.ts and runs it with the same Node.
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
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' })
rmSync(outfile, { force: true })
process.exit(status ?? 1)
