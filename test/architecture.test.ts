// Holds the import rules between the rooms of src/ (docs/design.md explains them): who may import whom, no cycles, no barrels, and where
// node:, code generation and the host's WebAssembly may stand.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const RULES: Record<string, readonly string[]> = {
  errors: [],
  util: [],
  syntax: ['errors', 'util'],
  numeric: ['errors'],
  binary: ['syntax', 'util', 'errors'],
  text: ['syntax', 'util', 'errors', 'binary'],
  valid: ['syntax', 'binary', 'errors'],
  runtime: ['syntax', 'numeric', 'binary', 'errors'],
  interpreter: ['syntax', 'binary', 'numeric', 'runtime', 'errors'],
  compiler: ['syntax', 'binary', 'numeric', 'runtime', 'errors'],
  tiered: ['interpreter', 'compiler', 'syntax', 'runtime', 'errors'],
  host: ['syntax', 'binary', 'valid', 'runtime', 'numeric', 'util', 'errors'],
  'js-api': ['runtime', 'binary', 'valid', 'syntax', 'errors', 'numeric', 'util'],
  wasi: ['errors', 'util'],
  embedding: ['runtime', 'binary', 'text', 'valid', 'syntax', 'numeric', 'debug', 'util', 'errors'],
  script: ['text', 'binary', 'valid', 'runtime', 'syntax', 'numeric', 'errors', 'util'],
  debug: ['syntax', 'binary', 'errors'],
}
/** Rooms that wire the others together. */
const FREE = new Set(['presets', 'cli', 'index', 'internals', 'polyfill', 'polyfill-force', 'polyfill-node'])
/** Files that may be longer than 700 lines: the table and flat dispatch functions. */
const LONG = new Set(['syntax/instructions.ts', 'syntax/opcode.ts', 'interpreter/dispatch.ts'])

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.ts'))
  .map((f) => f.replaceAll('\\', '/'))
const source = new Map(files.map((f) => [f, readFileSync(join('src', f), 'utf8')]))
const room = (file: string) => file.split('/')[0]!.replace(/\.ts$/, '')
const code = (file: string) =>
  source
    .get(file)!
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')

function imports(file: string, withTypes = true): string[] {
  const found = [...code(file).matchAll(/^(?:import|export)\s+(type\s+)?[^'"]*?from\s*['"]([^'"]+)['"]/gm)]
  const dynamic = [...code(file).matchAll(/import\(\s*['"]([^'"]+)['"]\s*\)/g)].map((m) => m[1]!)
  const fixed = found.filter((m) => withTypes || !m[1]).map((m) => m[2]!)
  return [...fixed, ...dynamic]
}
const local = (file: string, withTypes = true) =>
  imports(file, withTypes)
    .filter((i) => i.startsWith('.'))
    .map((i) => normalize(join(dirname(file), i)).replaceAll('\\', '/'))

describe('rooms', () => {
  test.each(files)('%s imports only what its room may', (file) => {
    const from = room(file)
    if (FREE.has(from)) return
    const allowed = RULES[from]
    expect(allowed, `src/${from} has no row in the import rules`).toBeDefined()
    // js-api/index.ts is the package entry: it wires the engines in.
    const entry = file === 'js-api/index.ts' || file === 'wasi/index.ts'
    const bad = local(file).filter(
      (to) => room(to) !== from && !allowed!.includes(room(to)) && !(entry && room(to) === 'presets'),
    )
    expect(bad).toEqual([])
  })

  test('have no import cycles', () => {
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, path: string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') throw new Error(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
      state.set(file, 'open')
      for (const to of local(file, false)) if (source.has(to)) visit(to, [...path, file])
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
  })
})

describe('host access', () => {
  test('node: stands only in the command line and in files named for Node', () => {
    const bad = files.filter(
      (f) => imports(f).some((i) => i.startsWith('node:')) && !/^cli\/|^wasi\/.*(node|worker)[^/]*\.ts$/.test(f),
    )
    expect(bad).toEqual([])
  })

  test('code is generated only in compiler/emit.ts', () => {
    expect(files.filter((f) => /new Function\b|\beval\(/.test(code(f)) && f !== 'compiler/emit.ts')).toEqual([])
  })

  test("the host's WebAssembly is used only in host/ and the polyfill", () => {
    expect(files.filter((f) => /globalThis\.WebAssembly/.test(code(f)) && !/^host\/|^polyfill/.test(f))).toEqual([])
  })
})

test('index.ts files are package entries, not barrels', () => {
  expect(
    files.filter((f) => /(^|\/)index\.ts$/.test(f) && !['index.ts', 'js-api/index.ts', 'wasi/index.ts'].includes(f)),
  ).toEqual([])
})

test('no file is longer than 700 lines but the exempt ones', () => {
  const long = files.filter((f) => source.get(f)!.split('\n').length > 700 && !LONG.has(f))
  expect(long).toEqual([])
})

test('the library has no runtime dependencies', () => {
  const pkg = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies?: object }
  expect(Object.keys(pkg.dependencies ?? {})).toEqual([])
})
