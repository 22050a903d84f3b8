// Installs the packages of this folder's manifest here, where that has not been done.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync, utimesSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

export function install() {
  const stamp = `${here}node_modules/.package-lock.json`
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(`${here}package.json`).mtimeMs) return
  // One binding is for the CPU wasm32 only.
  const args = [
    'install',
    '--ignore-scripts',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--force',
    '--cpu=wasm32',
    '--loglevel=error',
  ]
  const { status } = spawnSync('npm', args, { cwd: here, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
  utimesSync(stamp, new Date(), new Date())
}
