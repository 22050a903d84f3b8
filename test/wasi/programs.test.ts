// Runs the prebuilt programs of the WASI test suite on the host's WebAssembly with our WASI. The ledger lists the ones that cannot pass
// and why; a program that passes although it stands there is a failure too.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  emptyStream,
  type FileSystem,
  MemoryFileSystem,
  type MemoryTree,
  mounts,
  NodeFileSystem,
  overlay,
  readOnly,
  type Stream,
  WASI,
} from '../../src/wasi/index.ts'

interface Spec {
  args?: string[]
  env?: Record<string, string>
  root?: string | null
  exit_code?: number
  stdout?: string
}

const data = process.env.ANYWASM_WASI ?? resolve('../shared/wasi')
const sets = ['c/wasm32-wasip1', 'rust/wasm32-wasip1', 'assemblyscript/wasm32-wasip1']
const ledger = JSON.parse(readFileSync(new URL('./ledger.json', import.meta.url), 'utf8')) as Record<string, string>

function collector(): Stream & { text(): string } {
  const chunks: Uint8Array[] = []
  return {
    write: (from) => void chunks.push(from.slice()),
    text: () => Buffer.concat(chunks).toString(),
  }
}

/** A fresh copy of the program's folder, for programs write into it. */
function prepareRoot(temp: string, folder: string, root: string): string {
  const to = join(temp, 'root')
  const from = join(folder, root)
  if (existsSync(from)) cpSync(from, to, { recursive: true })
  else mkdirSync(to)
  return to
}

/** The folder's contents in memory. */
function load(folder: string): MemoryTree {
  const tree: Record<string, MemoryTree | Uint8Array> = {}
  if (!existsSync(folder)) return tree
  for (const e of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, e.name)
    tree[e.name] = e.isDirectory() ? load(path) : readFileSync(path)
  }
  return tree
}

type Prepare = (temp: string, folder: string, root: string) => string | FileSystem

/** Empty when the program does what its specification says. */
async function run(folder: string, name: string, prepare: Prepare): Promise<string> {
  const specFile = join(folder, `${name}.json`)
  const spec: Spec = existsSync(specFile) ? JSON.parse(readFileSync(specFile, 'utf8')) : {}
  const temp = mkdtempSync(join(tmpdir(), 'anywasm-wasi-'))
  try {
    const stdout = collector()
    const stderr = collector()
    const wasi = new WASI({
      version: 'preview1',
      args: [`${name}.wasm`, ...(spec.args ?? [])],
      env: spec.env ?? {},
      preopens: spec.root ? { '/': prepare(temp, folder, spec.root) } : {},
      stdin: emptyStream(),
      stdout,
      stderr,
    })
    const module = await WebAssembly.compile(readFileSync(join(folder, `${name}.wasm`)))
    const code = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()))
    if (code !== (spec.exit_code ?? 0)) return `exit code ${code}, not ${spec.exit_code ?? 0}: ${stderr.text()}`
    if (spec.stdout !== undefined && stdout.text() !== spec.stdout) return `another stdout: ${stdout.text()}`
    return ''
  } catch (e) {
    return String(e)
  } finally {
    rmSync(temp, { recursive: true, force: true })
  }
}

if (!existsSync(data)) {
  test.skip(`WASI programs: no test data at ${data} (set ANYWASM_WASI)`, () => {})
}
const systems: Record<string, Prepare> = {
  node: prepareRoot,
  memory: (_, folder, root) => new MemoryFileSystem(load(join(folder, root))),
  overlay(_, folder, root) {
    const from = join(folder, root)
    const lower = existsSync(from) ? new NodeFileSystem(from) : new MemoryFileSystem()
    return overlay(readOnly(lower), new MemoryFileSystem())
  },
  mounts: (_, folder, root) => mounts({ '/': new MemoryFileSystem(load(join(folder, root))) }),
}
for (const set of existsSync(data) ? sets : []) {
  const folder = join(data, set)
  const names = readdirSync(folder)
    .filter((f) => f.endsWith('.wasm'))
    .map((f) => f.slice(0, -5))
  describe.each(Object.keys(systems))(`${set} on the file system %s`, (system) => {
    test.each(names)('%s', async (name) => {
      const wrong = await run(folder, name, systems[system]!)
      const reason = ledger[`${system}: ${set}/${name}`]
      if (reason === undefined) expect(wrong).toBe('')
      else expect(wrong, `passes, so take it from the ledger (${reason})`).not.toBe('')
    })
  })
}
