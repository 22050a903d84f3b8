// DWARF lines and source maps: where instructions come from. The fixtures are clang's, of the same source in every version of DWARF.
import { readFileSync } from 'node:fs'
import binaryen from 'binaryen'
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { encode } from '../../src/binary/encode.ts'
import { readLines } from '../../src/debug/dwarf-line.ts'
import { locate, sourceMapUrl, useSourceMap } from '../../src/debug/locate.ts'
import { readSourceMap } from '../../src/debug/source-map.ts'
import { Instance } from '../../src/embedding/instance.ts'
import { Module } from '../../src/embedding/module.ts'
import { Store } from '../../src/embedding/store.ts'
import type { Trap } from '../../src/errors.ts'
import { parseModule } from '../../src/text/parse.ts'
import { engines, thrown } from '../embedding/engines.ts'

const fixture = (version: number) => new Uint8Array(readFileSync(`test/debug/fixtures/lines-dwarf${version}.wasm`))
const places = (trap: Trap) =>
  trap.frames.map(({ name, source }) => `${name} ${source?.file}:${source?.line}:${source?.column}`)

describe.each(engines)('%s', (_name, engine) => {
  test.each([2, 3, 4, 5])('a trap of C code tells file and line, DWARF %s', (version) => {
    const instance = new Instance(new Store(engine), new Module(engine, fixture(version)))
    // Version 5 names the folder too.
    const folder = version === 5 ? '/src/' : ''
    expect(places(thrown(() => instance.func('run').call(3)) as unknown as Trap)).toEqual([
      `divide ${folder}lines.c:7:12`,
      `sum ${folder}lines.c:13:14`,
      `run ${folder}lines.c:22:10`,
    ])
    // A function of another file, inlined.
    expect(places(thrown(() => instance.func('load').call(0)) as unknown as Trap)).toEqual([
      `load ${folder}lines.h:3:5`,
    ])
    expect(places(thrown(() => instance.func('load').call(-4)) as unknown as Trap)).toEqual([
      `load ${folder}lines.h:4:10`,
    ])
  })

  test('a trap of a module with a source map tells the place in its source', () => {
    const m = new binaryen.Module()
    const file = m.addDebugInfoFileName('main.ts')
    const trap = m.unreachable()
    const f = m.addFunction('f', binaryen.none, binaryen.none, [], m.block(null, [m.nop(), trap]))
    m.setDebugLocation(f, trap, file, 12, 4)
    m.addFunctionExport('f', 'f')
    const { binary, sourceMap } = m.emitBinary('main.wasm.map')
    const module = new Module(engine, binary)
    expect(module.sourceMapUrl).toBe('main.wasm.map')
    module.useSourceMap(sourceMap!)
    const instance = new Instance(new Store(engine), module)
    const { frames } = thrown(() => instance.func('f').call()) as unknown as Trap
    expect(frames[0]!.source).toEqual({ file: 'main.ts', line: 12, column: 5 })
  })
})

test('the lines of a whole module, in order', () => {
  const module = decode(fixture(5))
  const section = (name: string) => module.customs.find((c) => c.name === name)?.bytes
  const { rows, files } = readLines({
    line: section('.debug_line')!,
    lineStr: section('.debug_line_str'),
    str: undefined,
  })
  expect(files).toEqual(['/src/lines.c', '/src/lines.h'])
  // As llvm-dwarfdump --debug-line prints them; line 0 and the end of a sequence are nothing.
  const shown = rows.map((r) => `${r.address.toString(16)} ${r.file < 0 ? '-' : `${r.line}:${r.column}`}`)
  expect(shown.slice(0, 12)).toEqual([
    '2 4:0',
    '3 7:12',
    'c 5:16',
    'd 6:15',
    'e 6:3',
    'f -',
    '10 10:0',
    '1b 12:21',
    '1c 12:3',
    '1e -',
    '29 12:3',
    '34 13:14',
  ])
})

test('debug information that is cut off or changed says less, or nothing, and is no error', () => {
  const bytes = fixture(4)
  const at = new TextDecoder('latin1').decode(bytes).indexOf('.debug_line')
  const broken = decode(bytes)
  const section = broken.customs.find((c) => c.name === '.debug_line')!
  for (let n = 0; n <= section.bytes.length; n++) {
    const { rows } = readLines({ line: section.bytes.subarray(0, n), lineStr: undefined, str: undefined })
    expect(rows.length).toBeLessThan(100)
  }
  for (let k = 0; k < section.bytes.length; k++) {
    const copy = section.bytes.slice()
    copy[k]! ^= 0xff
    expect(Array.isArray(readLines({ line: copy, lineStr: undefined, str: undefined }).rows)).toBe(true)
  }
  expect(at).toBeGreaterThan(0)
  expect(locate(decode(parseModule('(module (func nop))')), 20)).toBe(undefined)
})

test('line tables that would have more entries or longer names than bytes say less', () => {
  const unit = (...body: number[]) => [body.length & 255, body.length >> 8, 0, 0, ...body]
  // Version 5; entries without content, 2^42 of them.
  const header = [5, 0, 4, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1]
  const endless = unit(...header, 0, 128, 128, 128, 128, 128, 128, 1)
  // A file of version 5 whose folder and name are a long text of another section.
  const named = unit(...header, 1, 1, 0x1f, 1, 0, 0, 0, 0, 1, 1, 0x1f, 1, 0, 0, 0, 0)
  const good = [...unit(2, 0, 8, 0, 0, 0, 1, 1, 1, 1, 1, 0, 97, 0, 0, 0, 0, 0)]
  for (const size of [4000, 5000]) {
    const lineStr = new Uint8Array(size + 1).fill(98, 0, size)
    const { files } = readLines({ line: Uint8Array.from([...endless, ...named, ...good]), lineStr, str: undefined })
    expect(files.map((f) => f.length)).toEqual(size < 4096 ? [2 * size + 1, 1] : [1])
  }
})

describe('source maps', () => {
  const map = { version: 3, sourceRoot: 'src/', sources: ['a.ts', '/b.ts', null], mappings: 'UAAA,IACC,E,ECDD,EDAA' }

  test('give the last mapping at or before an offset', () => {
    const find = readSourceMap(JSON.stringify(map))
    expect(
      [9, 10, 13, 14, 15, 16, 17, 18, 19, 20, 99].map((n) => {
        const place = find(n)
        return place === undefined ? '-' : `${place.file}:${place.line}:${place.column}`
      }),
    ).toEqual([
      '-',
      'src/a.ts:1:1',
      'src/a.ts:1:1',
      'src/a.ts:2:2',
      'src/a.ts:2:2',
      '-',
      '-',
      '/b.ts:1:1',
      '/b.ts:1:1',
      'src/a.ts:1:1',
      'src/a.ts:1:1',
    ])
  })

  test('may be in the module itself', () => {
    const url = `data:application/json;base64,${btoa(JSON.stringify({ ...map, mappings: 'AAAA' }))}`
    const name = [(url.length & 0x7f) | 0x80, url.length >> 7]
    const bytes = new Uint8Array([...name, ...new TextEncoder().encode(url)])
    const module = decode(
      encode({ ...decode(parseModule('(module)')), customs: [{ name: 'sourceMappingURL', bytes, after: 0 }] }),
    )
    expect(sourceMapUrl(module)).toBe(url)
    expect(locate(module, 50)).toEqual({ file: 'src/a.ts', line: 1, column: 1 })
  })

  test('that are none are refused', () => {
    const module = decode(parseModule('(module)'))
    for (const bad of [
      'x',
      '{}',
      'null',
      '{"version":3,"sources":[],"mappings":"!"}',
      '{"version":2,"sources":[],"mappings":""}',
    ])
      expect(() => useSourceMap(module, bad)).toThrow(SyntaxError)
  })
})
