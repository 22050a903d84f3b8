// Runs the built command line as a user would.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

export const bin = resolve('dist/cli/main.cjs')
/** Not the user's own. */
export const cache = resolve('node_modules/.cache/anywasm-test')

interface Options {
  cwd?: string
  input?: string
  env?: Record<string, string>
  /** Options of node itself. */
  node?: readonly string[]
}

export function anywasm(args: readonly string[], { node = [], env, ...options }: Options = {}): Outcome {
  const all = {
    encoding: 'utf8',
    timeout: 60_000,
    input: '',
    env: { ...process.env, ANYWASM_CACHE_DIR: cache, ...env },
    ...options,
  } as const
  const r = spawnSync(process.execPath, [...node, bin, ...args], all)
  return { code: r.status, stdout: r.stdout, stderr: r.stderr }
}
