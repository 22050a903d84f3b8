// The cache: what is kept, that it is used, and that nothing broken, foreign or half written is.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { readEntry, writeEntry } from '../../src/cli/cache-store.ts'
import { CodeCache } from '../../src/cli/code-cache.ts'
import { compiler } from '../../src/compiler/engine.ts'
import { keepers } from '../../src/compiler/kept.ts'
import { Trap } from '../../src/errors.ts'
import { invoke } from '../../src/runtime/boundary.ts'
import type { FuncInst } from '../../src/runtime/instances.ts'
import { instantiate } from '../../src/runtime/instantiate.ts'
import { Store } from '../../src/runtime/store.ts'
import { parseModule } from '../../src/text/parse.ts'
import { anywasm, bin } from './anywasm.ts'

const temp = mkdtempSync(join(tmpdir(), 'anywasm-cache-'))
afterAll(() => rmSync(temp, { recursive: true, force: true }))
let dir = ''
let count = 0
beforeEach(() => {
  dir = join(temp, `cache${count++}`)
  process.env['ANYWASM_CACHE_DIR'] = dir
})
afterEach(() => delete process.env['ANYWASM_CACHE_DIR'])

const FUNCS = 40
/** A chain of functions, of which the last traps for 0; large enough for every part of the cache. */
const text = `(module
  ${Array.from({ length: FUNCS }, (_, k) => `(func $f${k} (param i32) (result i32) (i32.add (i32.const ${k}) (call $f${k + 1} (local.get 0))))`).join('\n')}
  (func $f${FUNCS} (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
  (export "f" (func $f0)) (memory 5) (data (i32.const 0) "${'x'.repeat(300_000)}"))`
const SUM = (FUNCS * (FUNCS - 1)) / 2
const path = join(temp, 'chain.wasm')
writeFileSync(path, parseModule(text))

/** On the compiler, whose functions are kept, unless an engine is named after it. */
const run = (arg: string, ...more: string[]) =>
  anywasm(['run', '--engine', 'compiler', ...more, '--invoke', 'f', path, arg], { env: { ANYWASM_CACHE_DIR: dir } })
const kinds = () =>
  readdirSync(dir)
    .map((f) => f.replace(/-.*/, ''))
    .sort()
const entry = (kind: string) => join(dir, readdirSync(dir).find((f) => f.startsWith(`${kind}-`))!)

const nameOf = (file: string) => basename(file, '.bin')

describe('a second run', () => {
  test('does the same, with what the first one kept, in a folder of the user alone', () => {
    expect(run('5').stdout).toBe(`${SUM + 20}\n`)
    expect(kinds()).toEqual(['code', 'functions', 'valid'])
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    for (const f of readdirSync(dir)) expect(statSync(join(dir, f)).mode & 0o777).toBe(0o600)
    const before = readdirSync(dir).sort()
    expect(run('10').stdout).toBe(`${SUM + 10}\n`)
    expect(readdirSync(dir).sort()).toEqual(before)
  })

  test("has code of its own under a raised limit, and V8's cache of the command line stays good", () => {
    run('5')
    const before = readdirSync(dir).sort()
    for (const again of [1, 2]) {
      const { stdout, stderr } = run('10', '--raise-limit')
      expect([again, stdout, stderr]).toEqual([again, `${SUM + 10}\n`, ''])
    }
    const after = readdirSync(dir).sort()
    expect(after.length).toBe(before.length + 1)
    expect(after).toEqual(expect.arrayContaining(before))
  })

  test('traps with the same backtrace', () => {
    const first = run('0')
    expect(first.code).toBe(134)
    expect(first.stderr).toContain('integer divide by zero')
    expect(first.stderr).toMatch(/in function 40 "f40" .* at offset 0x[\da-f]+\n/)
    expect(kinds()).toContain('functions')
    expect(run('0')).toEqual(first)
  })

  test('is the same on the interpreter, which keeps no functions', () => {
    for (let k = 0; k < 2; k++) expect(run('5', '--engine', 'interpreter').stdout).toBe(`${SUM + 20}\n`)
    expect(kinds()).toEqual(['code', 'valid'])
  })
})

test('--no-cache neither reads nor writes', () => {
  expect(run('5', '--no-cache').stdout).toBe(`${SUM + 20}\n`)
  expect(existsSync(dir)).toBe(false)
})

describe('broken entries', () => {
  const breakages: [string, (bytes: Buffer) => Uint8Array][] = [
    ['empty', () => new Uint8Array(0)],
    ['truncated', (b) => b.subarray(0, b.length / 2)],
    ['changed', (b) => b.fill(b[b.length - 1]! ^ 1, b.length - 1)],
    ['other contents', (b) => Buffer.from('anywasm'.repeat(b.length))],
  ]
  function whole(kind: string, file: string): boolean {
    if (kind !== 'code') return readEntry(nameOf(file)) !== undefined
    const bytes = readFileSync(file)
    return bytes.length > 0 && bytes.subarray(0, bytes.length / 2).equals(bytes.subarray(bytes.length / 2))
  }
  test.each(breakages)('%s: not used, and replaced', (_, change) => {
    run('5')
    for (const kind of ['code', 'functions', 'valid']) {
      const file = entry(kind)
      writeFileSync(file, change(readFileSync(file)))
      const broken = readFileSync(file)
      expect(run('5')).toEqual({ code: 0, stdout: `${SUM + 20}\n`, stderr: '' })
      expect(readFileSync(file)).not.toEqual(broken)
      expect(whole(kind, file)).toBe(true)
    }
    expect(kinds()).toEqual(['code', 'functions', 'valid'])
  })
})

test('runs at the same time on an empty cache all succeed and leave no half files', async () => {
  const env = { ...process.env, ANYWASM_CACHE_DIR: dir }
  const outcomes = await Promise.all(
    Array.from(
      { length: 5 },
      () =>
        new Promise((done) => {
          const child = spawn(process.execPath, [bin, 'run', '--engine', 'compiler', '--invoke', 'f', path, '5'], {
            env,
          })
          let out = ''
          child.stdout.on('data', (d) => (out += d))
          child.stderr.on('data', (d) => (out += d))
          child.on('close', (code) => done([code, out]))
        }),
    ),
  )
  for (const o of outcomes) expect(o).toEqual([0, `${SUM + 20}\n`])
  expect(kinds()).toEqual(['code', 'functions', 'valid'])
  expect(readdirSync(dir).every((f) => f.endsWith('.bin'))).toBe(true)
})

describe.skipIf(process.platform === 'win32')('a folder that others may write', () => {
  test('is not used, and `cache dir` says so', () => {
    mkdirSync(dir)
    chmodSync(dir, 0o777)
    expect(run('5').stdout).toBe(`${SUM + 20}\n`)
    expect(readdirSync(dir)).toEqual([])
    const { stdout } = anywasm(['cache', 'dir'], { env: { ANYWASM_CACHE_DIR: dir } })
    expect(stdout).toBe(`${dir} (not used: it can be written by other users; chmod 700 it)\n`)
  })

  test('whose files are good is not read either', () => {
    run('5')
    expect(readEntry(nameOf(entry('valid')))).toBeDefined()
    chmodSync(dir, 0o770)
    expect(readEntry(nameOf(entry('valid')))).toBeUndefined()
  })
})

test('a folder that cannot be made is no obstacle', () => {
  dir = join(path, 'below-a-file')
  expect(run('5')).toEqual({ code: 0, stdout: `${SUM + 20}\n`, stderr: '' })
})

test('the size is bounded: what was not used for the longest goes', () => {
  writeEntry(`code-${'0'.repeat(40)}`, new Uint8Array(1))
  const [old, older] = [1, 2].map((k) => {
    const file = join(dir, `functions-${String(k).repeat(40)}.bin`)
    writeFileSync(file, '')
    truncateSync(file, 300 * 2 ** 20)
    utimesSync(file, 1_700_000_000 - k, 1_700_000_000 - k)
    return file
  })
  writeFileSync(join(dir, 'notes.txt'), 'not ours')
  writeEntry(`code-${'f'.repeat(40)}`, new Uint8Array(1000))
  expect(existsSync(older!)).toBe(false)
  expect(existsSync(old!)).toBe(true)
  expect(readEntry(`code-${'0'.repeat(40)}`)).toEqual(Buffer.alloc(1))
  expect(readFileSync(join(dir, 'notes.txt'), 'utf8')).toBe('not ours')
})

test('cache clean deletes what is ours', () => {
  run('5')
  writeFileSync(join(dir, 'notes.txt'), 'not ours')
  const env = { ANYWASM_CACHE_DIR: dir }
  expect(JSON.parse(anywasm(['cache', 'dir', '--json'], { env }).stdout)).toMatchObject({ dir, unused: null })
  expect(anywasm(['cache', 'clean'], { env }).stdout).toMatch(/^deleted \d files, [\d.]+ MiB\n$/)
  // The command's own code is kept at its end.
  expect(readdirSync(dir).filter((f) => !f.startsWith('code-'))).toEqual(['notes.txt'])
})

describe('kept functions', () => {
  const bytes = parseModule(text)
  /** Calls `f` in a store of its own with the code that is kept under a variant; tells what had to be compiled. */
  function call(cache: CodeCache, arg: number): { result: unknown; compiled: number } {
    const module = decode(bytes, true)
    let compiled = 0
    keepers.set(module, {
      // Numbers of instances are per process; here one process plays several.
      find: (index, id) => cache.find(index, id.replace(/^\$\d+/, '$0')),
      keep: (index, id, c) => {
        compiled++
        cache.keep(index, '$0'.concat(id.replace(/^\$\d+/, '')), {
          ...c,
          source: c.source.replaceAll(id, `$0_${index}`),
        })
      },
    })
    const store = new Store(compiler)
    const inst = instantiate(store, module, [])
    try {
      return { result: invoke(store, inst.exports.get('f') as FuncInst, [arg])[0], compiled }
    } catch (e) {
      if (e instanceof Trap) return { result: e, compiled }
      throw e
    }
  }

  test('are not compiled again', () => {
    const first = new CodeCache('content', '[]')
    expect(call(first, 5)).toEqual({ result: SUM + 20, compiled: FUNCS + 1 })
    first.save()
    expect(call(new CodeCache('content', '[]'), 50)).toEqual({ result: SUM + 2, compiled: 0 })
  })

  test('are those of the same contents and options only', () => {
    const first = new CodeCache('content', '[]')
    call(first, 5)
    first.save()
    expect(call(new CodeCache('other', '[]'), 5).compiled).toBe(FUNCS + 1)
    expect(call(new CodeCache('content', '[["fuel","1"]]'), 5).compiled).toBe(FUNCS + 1)
  })
})
