// `anywasm compile`: its output, run by itself where no code may be generated, does what the host's WebAssembly does.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'acorn'
import { afterAll, describe, expect, test } from 'vitest'
import { anywasm } from './anywasm.ts'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-compile-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const at = (name: string) => join(dir, name)
const FLAGS = ['--jitless', '--disallow-code-generation-from-strings'] as const
const FORMATS = [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
  ['iife', 'js'],
] as const
const ES5 = ['--target', 'es5'] as const

function compile(file: string, output: string, ...options: string[]): void {
  expect(anywasm(['compile', file, '-o', output, ...options])).toEqual({ code: 0, stdout: '', stderr: '' })
}

/** Loads outputs in a process with a flag and gives what the body of an async function over them returns. */
function inChild(flag: string, outputs: readonly string[], body: string): unknown {
  const wasi = pathToFileURL(resolve('dist/wasi/index.js')).href
  const script = at(`child-${outputs.length}-${Math.random()}.mjs`)
  writeFileSync(
    script,
    `import { createRequire } from 'node:module'
import { openSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { runInThisContext } from 'node:vm'
import { WASI } from ${JSON.stringify(wasi)}
let generated = true
try { new Function('return 1')() } catch { generated = false }
if (process.execArgv.includes('--jitless') ? globalThis.WebAssembly !== undefined : generated) throw new Error('the flag does nothing')
const load = async (path) => {
  if (path.endsWith('.mjs')) return import(pathToFileURL(path))
  if (path.endsWith('.cjs')) return createRequire(import.meta.url)(path)
  const name = path.replace(/^.*[/]|[.]js$/g, '')
  runInThisContext(readFileSync(path, 'utf8'))
  return runInThisContext(name)
}
const outputs = await Promise.all(${JSON.stringify(outputs)}.map(load))
const result = await (async () => {${body}})()
console.log(JSON.stringify(result, (_, v) => typeof v === 'bigint' ? String(v) + 'n' : Object.is(v, -0) ? '-0' : v))
`,
  )
  const r = spawnSync(process.execPath, [flag, script], { encoding: 'utf8', timeout: 60_000 })
  expect(r.stderr.replace(/^Warning: disabling flag --expose_wasm.*\n/, '')).toBe('')
  return JSON.parse(r.stdout)
}

const KERNELS = readdirSync('bench/kernels').flatMap((f) => /^(.*)\.wasm$/.exec(f)?.[1] ?? [])
/** The host here has neither, and SIMD is not that of every host. */
const OURS = ['gc_tree', 'gc_map', 'f32x4_mandel', 'i8x16_text']
const SIZE = 3

describe.each([
  ['esm', 'mjs', 'es2020'],
  ['cjs', 'cjs', 'es2020'],
  ['iife', 'js', 'es5'],
] as const)('as %s (.%s, %s)', (format, ext, target) => {
  const options = ['--format', format, '--target', target]
  const outputs = [...KERNELS, ...OURS].map((k) => at(`${k}.${ext}`))
  const expected = async () => {
    const out: unknown[] = []
    for (const k of KERNELS) {
      const { instance } = await WebAssembly.instantiate(readFileSync(`bench/kernels/${k}.wasm`))
      out.push((instance.exports.run as (n: number) => unknown)(SIZE))
    }
    for (const k of OURS) {
      const args = ['run', '--engine', 'interpreter', '--invoke', 'run', `bench/kernels/${k}.wat`, String(SIZE)]
      out.push(Number(anywasm(args).stdout))
    }
    return out
  }

  test('kernels give the same results', async () => {
    for (const k of KERNELS) compile(`bench/kernels/${k}.wasm`, at(`${k}.${ext}`), ...options)
    for (const k of OURS) compile(`bench/kernels/${k}.wat`, at(`${k}.${ext}`), ...options)
    if (target === 'es5') for (const path of outputs) parse(readFileSync(path, 'utf8'), { ecmaVersion: 5 })
    const body = `const out = []
for (const { instantiate, instantiateSync } of outputs) {
  const results = [instantiateSync(), await instantiate({})].map(({ exports }) => exports.run(${SIZE}))
  if (!Object.is(results[0], results[1])) throw new Error('instances differ')
  out.push(results[0])
}
return out`
    const want = JSON.parse(JSON.stringify(await expected())) as unknown[]
    expect(want.filter((v) => typeof v === 'number')).toHaveLength(outputs.length)
    for (const flag of FLAGS) expect(inChild(flag, outputs, body)).toEqual(want)
  }, 120_000)

  test('a WASI program runs', () => {
    compile('examples/hello.wat', at(`hello.${ext}`), ...options)
    const printed = at('printed.txt')
    const body = `const wasi = new WASI({ returnOnExit: true, stdout: openSync(${JSON.stringify(printed)}, 'w') })
const code = wasi.start(await outputs[0].instantiate(wasi.getImportObject()))
return [code, readFileSync(${JSON.stringify(printed)}, 'utf8')]`
    for (const flag of FLAGS)
      expect(inChild(flag, [at(`hello.${ext}`)], body)).toEqual([0, 'Hello from WebAssembly, on JavaScript!\n'])
  })
})

const ALL = `(module $all
  (type $pair (struct (field (mut i32)) (field f64)))
  (type $fn (func (param i32) (result i32)))
  (import "env" "double" (func $double (type $fn)))
  (import "env" "big" (func $big (param i64) (result i64)))
  (import "env" "memory" (memory 1))
  (import "env" "table" (table 4 funcref))
  (import "env" "base" (global $base i32))
  (import "env" "count" (global $count (mut i64)))
  (import "env" "tag" (tag $tag (param i32)))
  (memory $own (export "own") 1 3)
  (table $refs (export "refs") 2 externref)
  (global (export "pi") f64 (f64.const 3.5))
  (global $state (export "state") (mut i32) (i32.const -1))
  (tag $mine (export "mine") (param i64))
  (elem (table 1) (i32.const 0) externref (ref.null extern))
  (elem (table 0) (i32.const 1) func $inc $double)
  (data (memory 0) (i32.const 8) "given")
  (data (memory $own) (i32.const 3) "own")
  (func $inc (type $fn) (i32.add (local.get 0) (global.get $base)))
  (func (export "call") (param i32 i32) (result i32) (call_indirect 0 (type $fn) (local.get 1) (local.get 0)))
  (func (export "add") (param i64) (result i64)
    (global.set $count (i64.add (global.get $count) (local.get 0)))
    (call $big (global.get $count)))
  (func (export "two") (result i64 f32) (i64.const -5) (f32.const 0.5))
  (func (export "struct") (param i32) (result f64)
    (local $p (ref null $pair))
    (local.set $p (struct.new $pair (local.get 0) (f64.const 0.25)))
    (struct.set $pair 0 (local.get $p) (i32.const 7))
    (f64.add (struct.get $pair 1 (local.get $p)) (f64.convert_i32_s (struct.get $pair 0 (local.get $p)))))
  (func (export "catch") (result i32) (block $h (result i32) (try_table (catch $tag $h) (throw $tag (i32.const 41))) (i32.const 0)))
  (func (export "throw") (throw $mine (i64.const 6)))
  (func $loop (param i32 i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (local.get 1))
      (else (return_call $loop (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 2))))))
  (func (export "loop") (param i32) (result i32) (call $loop (local.get 0) (i32.const 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "div") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "grow") (result i32) (memory.grow $own (i32.const 1)))
  (export "double" (func $double))
  (export "memory" (memory 0)) (export "table" (table 0)) (export "count" (global $count)) (export "tag" (tag $tag)))`

test.each([
  ['all.mjs', 'all.d.mts', []],
  ['all.cjs', 'all.d.cts', ES5],
] as const)('every kind of import and export (%s)', (output, declared, options) => {
  writeFileSync(at('all.wat'), ALL)
  compile(at('all.wat'), at(output), ...options)
  const body = `const { instantiate, Memory, Table, Global, Tag, Exception, RuntimeError, LinkError } = outputs[0]
const other = new Tag({ parameters: ['f32', 'f32', 'i64'] })
const env = {
  double: (n) => 2 * n, big: (n) => n * 10n, memory: new Memory({ initial: 1 }), table: new Table({ initial: 4, element: 'anyfunc' }),
  base: 100, count: new Global({ value: 'i64', mutable: true }, 5n), tag: new Tag({ parameters: ['i32'] }),
}
const { exports: x } = await instantiate({ env })
const failure = (f) => { try { f(); return 'nothing' } catch (e) { return [e instanceof RuntimeError, String(e.message)] } }
const thrown = () => { try { x.throw() } catch (e) { return e instanceof Exception && e.is(x.mine) && !e.is(other) && e.getArg(x.mine, 0) } }
const text = (memory, at, n) => String.fromCharCode(...new Uint8Array(memory.buffer, at, n))
const refused = await instantiate({ env: { ...env, memory: {} } }).catch((e) => [e instanceof LinkError, e.message])
x.refs.set(1, 'anything')
x.state.value = 9
return {
  calls: [x.call(1, 1), x.call(2, 1), x.add(2n), x.count.value, x.two(), x.struct(1), x.catch(), x.loop(100000), x.double(4)],
  same: [x.memory === env.memory, x.table === env.table, x.count === env.count, x.tag === env.tag, x.table.get(1)(1)],
  contents: [text(x.memory, 8, 5), text(x.own, 3, 3), x.grow(), x.own.buffer.byteLength, x.pi.value, x.state.value, x.refs.get(1), x.refs.length],
  failures: [failure(() => x.load(65536)), failure(() => x.div(0)), failure(() => x.call(0, 1)), failure(() => x.call(9, 1))],
  thrown: thrown(), refused, names: Object.keys(x).length,
}`
  const want = {
    calls: [101, 2, '70n', '7n', ['-5n', 0.5], 7.25, 41, 200000, 8],
    same: [true, true, true, true, 101],
    contents: ['given', 'own', 1, 131072, 3.5, 9, 'anything', 2],
    failures: [
      [true, expect.stringContaining('out of bounds memory access')],
      [true, expect.stringContaining('divide by zero')],
      [true, expect.stringContaining('uninitialized element')],
      [true, expect.stringContaining('undefined element')],
    ],
    thrown: '6n',
    refused: [true, expect.stringMatching(/import "env" "memory": expected a memory/)],
    names: 20,
  }
  for (const flag of FLAGS) expect(inChild(flag, [at(output)], body)).toEqual(want)
  const types = readFileSync(at(declared), 'utf8')
  expect(types).toContain('readonly "call": (p0: number, p1: number) => number\n')
  expect(types).toContain('readonly "two": () => [bigint, number]\n')
  expect(types).toContain('readonly "pi": { readonly value: number }\n')
  expect(types).toContain('    readonly "big": (p0: bigint) => bigint\n')
})

describe('names of a module', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a name like any other
  const NAMES = ['a\'"b\\', '</script><!--', 'new\nline', '\u2028\u2029', '__proto__', '`${x}`', '']
  const literal = (s: string) => `"${[...Buffer.from(s)].map((b) => `\\${b.toString(16).padStart(2, '0')}`).join('')}"`
  const imports = NAMES.map((n) => `(import ${literal(n)} ${literal(n)} (func (result i32)))`).join('')
  const exports = NAMES.map((n, k) => `(export ${literal(n)} (func ${k}))`).join('')

  test.each(FORMATS)('mean nothing in the script (%s)', (format, ext) => {
    writeFileSync(at('names.wat'), `(module ${imports} ${exports})`)
    compile(at('names.wat'), at(`names.${ext}`), '--format', format)
    const body = `const names = ${JSON.stringify(NAMES)}
const imports = Object.create(null)
names.forEach((n, k) => { imports[n] = Object.create(null); imports[n][n] = () => k })
const { exports } = await outputs[0].instantiate(imports)
return names.map((n) => exports[n]())`
    for (const flag of FLAGS) expect(inChild(flag, [at(`names.${ext}`)], body)).toEqual(NAMES.map((_, k) => k))
    const text = readFileSync(at(`names.${ext}`), 'utf8')
    expect(text).not.toMatch(/<\/script|<!--|\u2028|\u2029/)
    const types = readFileSync(at(`names.d.${ext.replace('js', 'ts')}`), 'utf8')
    for (const n of NAMES)
      expect(types).toContain(
        JSON.stringify(n).replace(/[<\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
      )
    expect(types).not.toMatch(/<\/script|\u2028|\u2029/)
  })

  test('of files neither', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a name like any other
    const name = 'it\'s a ${name} "\u2028.mjs'
    compile('bench/kernels/fib.wasm', at(name), '--external')
    expect(existsSync(at(`${name}.wasm`))).toBe(true)
    expect(inChild('--jitless', [at(name)], 'return (await outputs[0].instantiate()).exports.run(10)')).toBe(55)
  })
})

describe('--external', () => {
  test.each(['mjs', 'cjs'])('reads the file beside the script (.%s)', (ext) => {
    compile('bench/kernels/sha256.wasm', at(`apart.${ext}`), '--external')
    const body = 'return (await outputs[0].instantiate()).exports.run(1)'
    const whole = at(`whole.${ext}`)
    compile('bench/kernels/sha256.wasm', whole)
    for (const flag of FLAGS) expect(inChild(flag, [at(`apart.${ext}`)], body)).toBe(inChild(flag, [whole], body))
  })

  test('can be instantiated at once where the file can be read at once, or has been', () => {
    compile('bench/kernels/fib.wasm', at('later.mjs'), '--external')
    compile('bench/kernels/fib.wasm', at('now.cjs'), '--external', ...ES5)
    const body = `const [later, now] = outputs
let refused
try { later.instantiateSync() } catch (e) { refused = e.message }
await later.instantiate()
return [refused, later.instantiateSync().exports.run(10), now.instantiateSync().exports.run(10)]`
    const refused = expect.stringMatching(/^instantiateSync\(\): the module's data is in a file of its own/)
    expect(inChild('--jitless', [at('later.mjs'), at('now.cjs')], body)).toEqual([refused, 55, 55])
    parse(readFileSync(at('now.cjs'), 'utf8'), { ecmaVersion: 5 })
  })

  test('tells when the file is of another module', () => {
    compile('bench/kernels/sha256.wasm', at('mixed.mjs'), '--external')
    compile('examples/factorial.wat', at('two.mjs'), '--external')
    writeFileSync(at('mixed.mjs.wasm'), new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
    const body = 'return outputs[0].instantiate().catch((e) => e.message)'
    expect(inChild('--jitless', [at('mixed.mjs')], body)).toMatch(/not the one that this code was compiled with/)
  })
})

test('the output has nothing that generates code', () => {
  compile('examples/factorial.wat', at('f.mjs'))
  expect(readFileSync(at('f.mjs'), 'utf8')).not.toMatch(
    /new Function|\beval\(|WebAssembly\.(compile|instantiate|Module)\(/,
  )
})

describe('the source map', () => {
  const TRAPS = '(module (func $inner (nop) (unreachable)) (func (export "outer") (call $inner)))'
  const entries = (path: string) => {
    const lines = readFileSync(path, 'utf8').split('\n')
    const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload)
    return { lines, at: (line: number) => map.findEntry(line, 0) as SourceMapping }
  }

  test('tells offsets in the module, and names', () => {
    writeFileSync(at('traps.wat'), TRAPS)
    expect(anywasm(['parse', at('traps.wat')]).code).toBe(0)
    compile(at('traps.wasm'), at('traps.mjs'))
    const { lines, at: entry } = entries(at('traps.mjs'))
    expect(lines.at(-2)).toBe('//# sourceMappingURL=traps.mjs.map')
    const line = lines.findIndex((l) => l.startsWith('unreachable()'))
    const { originalSource, originalLine, originalColumn } = entry(line)
    expect([originalSource, originalLine]).toEqual(['traps.wasm', 0])
    const frame = /offset 0x([0-9a-f]+)/.exec(anywasm(['run', '--invoke', 'outer', at('traps.wasm')]).stderr)
    expect(originalColumn).toBe(Number.parseInt(frame![1]!, 16))
    const map = JSON.parse(readFileSync(at('traps.mjs.map'), 'utf8')) as { names: string[]; file: string }
    expect([map.file, map.names]).toEqual(['traps.mjs', ['inner', 'outer']])
    expect(lines.filter((l) => l.startsWith('// '))).toEqual(expect.arrayContaining(['// 0 inner', '// 1 outer']))
  })

  test('tells files and lines where the module does', () => {
    compile('test/debug/fixtures/lines-dwarf5.wasm', at('lines.cjs'))
    const map = JSON.parse(readFileSync(at('lines.cjs.map'), 'utf8')) as { sources: string[] }
    expect(map.sources.some((s) => /\.c$/.test(s))).toBe(true)
    const { lines, at: entry } = entries(at('lines.cjs'))
    const places = lines.map((_, k) => entry(k)).filter((e) => e.originalSource?.endsWith('.c'))
    expect(new Set(places.map((e) => e.originalLine)).size).toBeGreaterThan(3)
  })

  test('is not written where nobody wants it', () => {
    compile('examples/factorial.wat', at('bare.mjs'), '--no-source-map')
    expect(existsSync(at('bare.mjs.map'))).toBe(false)
    expect(readFileSync(at('bare.mjs'), 'utf8')).not.toContain('sourceMappingURL')
  })
})

describe('the runtime in the output', () => {
  /** Names of the runtime, and a function that needs them. */
  const PARTS = [
    ['(param v128) (result v128) (i8x16.swizzle (local.get 0) (local.get 0))', /\bLanes = class\b/],
    ['(param eqref) (result i32) (ref.test (ref i31) (local.get 0))', /\bcastRef\b/],
    ['(param i64) (result i64) (i64.rem_u (i64.const 9) (local.get 0))', /function i64_rem_u\b/],
  ] as const
  const output = (func: string) => {
    writeFileSync(at('part.wat'), `(module (func (export "f") ${func}))`)
    compile(at('part.wat'), at('part.mjs'))
    return readFileSync(at('part.mjs'), 'utf8')
  }

  test('is what the module needs', () => {
    const text = output('')
    expect(text.length).toBeLessThan(107_000)
    expect(text.match(/TextDecoder|\bdefine(?:Memory|Tag|Table)\b|\bplanOf\b|"table\.grow"/)).toBeNull()
    for (const [func, part] of PARTS) {
      expect(part.test(text)).toBe(false)
      expect(part.test(output(func))).toBe(true)
    }
  })
})

describe('what goes wrong is one line', () => {
  const line = (args: string[]) => {
    const { code, stdout, stderr } = anywasm(['compile', ...args])
    return [code, stdout, stderr.replaceAll(dir, 'DIR')]
  }

  test('files', () => {
    expect(line([at('absent.wasm')])).toEqual([1, '', 'anywasm: DIR/absent.wasm: no such file\n'])
    expect(line(['examples/hello.wat', '-o', at('no/such.mjs')])).toEqual([
      1,
      '',
      'anywasm: DIR/no/such.mjs: no such folder\n',
    ])
    expect(line(['examples/hello.wat', '-o', dir])).toEqual([1, '', 'anywasm: DIR: is a directory, not a file\n'])
    writeFileSync(at('bad.wat'), '(module (func (result i32) (f32.const 1)))')
    expect(line([at('bad.wat')])).toEqual([1, '', expect.stringMatching(/^anywasm: DIR\/bad\.wat: type mismatch.*\n$/)])
    expect(existsSync(at('bad.mjs'))).toBe(false)
  })

  test('options', () => {
    const format = 'anywasm: --format ems: there is no such format; choose one of esm, cjs, iife; did you mean esm?\n'
    expect(line(['examples/hello.wat', '--format', 'ems'])).toEqual([2, '', format])
    expect(line(['examples/hello.wat', '--target', 'es3'])).toEqual([
      2,
      '',
      'anywasm: --target es3: there is no such target; choose one of es2020, es5; did you mean es5?\n',
    ])
    expect(line(['examples/hello.wat', '--external', ...ES5])[2]).toMatch(
      /^anywasm: compile: --external needs --format/,
    )
    expect(line(['examples/hello.wat', '--embed', '--external'])[2]).toBe(
      'anywasm: compile: --embed and --external exclude each other\n',
    )
    expect(line(['examples/hello.wat', '-o', '-', '--external'])[0]).toBe(2)
    const before = readFileSync('bench/kernels/fib.wasm')
    writeFileSync(at('own.wasm'), before)
    expect(line([at('own.wasm'), '-o', at('own.wasm')])[0]).toBe(2)
    expect(readFileSync(at('own.wasm'))).toEqual(before)
  })
})

test('without -o it stands beside the module', () => {
  writeFileSync(at('beside.wat'), '(module (func (export "f")))')
  expect(anywasm(['compile', at('beside.wat'), '--format', 'cjs']).code).toBe(0)
  expect(existsSync(at('beside.cjs')) && existsSync(at('beside.d.cts'))).toBe(true)
})
