// Runs the built command line as a user would.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

const bin = resolve('dist/cli/main.js')

interface Options {
  cwd?: string
  input?: string
  /** Options of node itself. */
  node?: readonly string[]
}

export function anywasm(args: readonly string[], { node = [], ...options }: Options = {}): Outcome {
  const all = { encoding: 'utf8', timeout: 60_000, input: '', ...options } as const
  const r = spawnSync(process.execPath, [...node, bin, ...args], all)
  return { code: r.status, stdout: r.stdout, stderr: r.stderr }
}
