// Runs the built command line as a user would.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

const bin = resolve('dist/cli/main.js')

export function anywasm(args: readonly string[], options: { cwd?: string; input?: string } = {}): Outcome {
  const r = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', timeout: 60_000, input: '', ...options })
  return { code: r.status, stdout: r.stdout, stderr: r.stderr }
}
