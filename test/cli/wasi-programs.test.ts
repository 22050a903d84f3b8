// The WASI test suite's programs through the command line, on every engine. What an engine can't run yet stands in wasi-ledger.json with the
// reason; an unexpected pass fails too.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ENGINES } from '../../src/presets/engines.ts'
import { anywasm } from './anywasm.ts'

interface Spec {
  args?: string[]
  env?: Record<string, string>
  root?: string
  exit_code?: number
  stdout?: string
}

const data = process.env.ANYWASM_WASI ?? resolve('../shared/wasi')
const sets = ['c/wasm32-wasip1', 'rust/wasm32-wasip1', 'assemblyscript/wasm32-wasip1']
const ledger = JSON.parse(readFileSync(new URL('./wasi-ledger.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, string>
>

/** Empty when the program does what its description says. */
function run(engine: string, folder: string, name: string): string {
  const file = join(folder, `${name}.json`)
  const spec: Spec = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const args = ['run', '--engine', engine]
  const temp = mkdtempSync(join(tmpdir(), 'anywasm-wasi-'))
  try {
    if (spec.root) {
      const root = join(temp, spec.root)
      if (existsSync(join(folder, spec.root))) cpSync(join(folder, spec.root), root, { recursive: true })
      else mkdirSync(root)
      args.push('--dir', `${root}::/`)
    }
    for (const [k, v] of Object.entries(spec.env ?? {})) args.push('--env', `${k}=${v}`)
    const r = anywasm([...args, join(folder, `${name}.wasm`), ...(spec.args ?? [])])
    if (r.code !== (spec.exit_code ?? 0)) return `exit code ${r.code}: ${r.stderr}`
    return spec.stdout !== undefined && r.stdout !== spec.stdout ? `printed ${JSON.stringify(r.stdout)}` : ''
  } finally {
    rmSync(temp, { recursive: true, force: true })
  }
}

describe.skipIf(!existsSync(data))('WASI programs (../shared/wasi or ANYWASM_WASI)', () => {
  const programs = existsSync(data)
    ? sets.flatMap((set) =>
        readdirSync(join(data, set))
          .filter((f) => f.endsWith('.wasm'))
          .map((f) => ({ set, name: f.slice(0, -5) })),
      )
    : []
  for (const engine of Object.keys(ENGINES))
    test.each(programs)(`${engine}: $set/$name`, ({ set, name }) => {
      const reason = ledger[engine]?.[name]
      const bad = run(engine, join(data, set), name)
      if (reason === undefined) expect(bad).toBe('')
      else expect(bad, `${name} passes; take it out of the ledger`).not.toBe('')
    })
})
