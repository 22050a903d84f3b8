// Real programs as users call them: each loads its package, with whatever stands in globalThis.WebAssembly, and gives a task that can be run again.
// A task gives a string or bytes that every column must give alike.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const file = (path) => new Uint8Array(readFileSync(new URL(`./node_modules/${path}`, import.meta.url)))
const text = (path) => readFileSync(new URL(path, import.meta.url), 'utf8')
/** JavaScript for what compresses and transforms. */
const source = () => text('./node_modules/esbuild-wasm/lib/main.js')

async function quickjs() {
  const { newQuickJSWASMModuleFromVariant } = await import('quickjs-emscripten-core')
  const variant = await import('@jitl/quickjs-wasmfile-release-sync')
  const vm = (await newQuickJSWASMModuleFromVariant(variant.default?.default ?? variant.default)).newContext()
  const script = text('./quickjs-script.js')
  return () => {
    const result = vm.unwrapResult(vm.evalCode(script))
    const out = vm.getString(result)
    result.dispose()
    return out
  }
}

/** @param {string} build the build of SQLite: `sql-wasm`, or the package's own JavaScript `sql-asm` */
const sqlite = (build) => async () => {
  const { Database } = await require(`sql.js/dist/${build}.js`)()
  return () => {
    const db = new Database()
    db.run('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL, kind INTEGER); BEGIN')
    const insert = db.prepare('INSERT INTO item (name, price, kind) VALUES (?, ?, ?)')
    for (let k = 0; k < 4000; k++) insert.run([`item ${(k * 7919) % 4000}`, (k % 97) * 1.25, k % 13])
    insert.free()
    db.run('COMMIT; CREATE INDEX by_name ON item (name)')
    const rows = [
      'SELECT kind, count(*), sum(price), max(name) FROM item GROUP BY kind ORDER BY kind',
      "SELECT count(*) FROM item WHERE name LIKE '%7%' AND price > 40",
      'SELECT a.name, b.price FROM item a JOIN item b ON a.name = b.name WHERE a.kind = 3 ORDER BY b.price, a.name LIMIT 50',
    ].map((query) => db.exec(query)[0].values)
    db.close()
    return JSON.stringify(rows)
  }
}

async function esbuild() {
  // The browser's build asks for these where there is no worker.
  globalThis.self ??= globalThis
  const { initialize, transform } = await import('esbuild-wasm/esm/browser.js')
  const wasmModule = await globalThis.WebAssembly.compile(file('esbuild-wasm/esbuild.wasm'))
  await initialize({ wasmModule, worker: false })
  const input = source()
  return async () => (await transform(input, { minify: true, target: 'es2016', loader: 'js' })).code
}

async function brotli() {
  const { compress, decompress } = require('brotli-wasm')
  const input = new TextEncoder().encode(source().slice(0, 60_000))
  return () => {
    const packed = compress(input, { quality: 9 })
    let out = 0
    for (let k = 0; k < 8; k++) out = decompress(packed).length
    return `${packed.length} ${packed[100]} ${out}`
  }
}

async function zstd() {
  const { init, compress, decompress } = require('@bokuweb/zstd-wasm')
  await init()
  const input = new TextEncoder().encode(source().slice(0, 90_000))
  return () => {
    const packed = compress(input, 10)
    return `${packed.length} ${packed[100]} ${decompress(packed).length}`
  }
}

async function resvg() {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm')
  await initWasm(file('@resvg/resvg-wasm/index_bg.wasm'))
  const shapes = Array.from({ length: 30 }, (_, k) => {
    const [x, y] = [(k * 53) % 160, (k * 97) % 100]
    return `<path d="M${x} ${y}q40 ${k} 80 10t-30 40z" fill="url(#g)" stroke="#${((k * 4099) % 4096).toString(16).padStart(3, '0')}" opacity=".7"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="100"><defs><linearGradient id="g"><stop stop-color="#f80"/><stop
    offset="1" stop-color="#08f"/></linearGradient><filter id="b"><feGaussianBlur stdDeviation="3"/></filter></defs><g filter="url(#b)">${shapes.slice(0, 9).join('')}</g>${shapes.join('')}</svg>`
  return () => {
    const image = new Resvg(svg).render()
    const png = image.asPng()
    image.free()
    return png
  }
}

async function argon2() {
  const { argon2id } = await import('hash-wasm')
  const options = { password: 'correct horse', salt: new Uint8Array(16).fill(7), parallelism: 1, hashLength: 32 }
  return () => argon2id({ ...options, iterations: 2, memorySize: 512, outputType: 'hex' })
}

async function blake3() {
  const { createBLAKE3 } = await import('hash-wasm')
  const hash = await createBLAKE3()
  const input = new Uint8Array(1 << 19).map((_, k) => k * 31)
  return () => hash.init().update(input).digest('hex')
}

async function sourceMap() {
  const { SourceMapConsumer, SourceMapGenerator } = require('source-map')
  const map = new SourceMapGenerator({ file: 'out.js' })
  for (let k = 0; k < 20_000; k++)
    map.addMapping({
      generated: { line: 1 + (k >> 5), column: (k & 31) * 4 },
      original: { line: 1 + ((k * 7) % 3000), column: k % 80 },
      source: `file${k % 40}.js`,
      name: `name${k % 100}`,
    })
  const json = map.toJSON()
  return async () => {
    const consumer = await new SourceMapConsumer(json)
    let sum = 0
    for (let k = 0; k < 600; k++) sum += consumer.originalPositionFor({ line: 1 + k, column: (k * 13) % 120 }).line ?? 0
    consumer.eachMapping((m) => {
      sum += m.originalColumn ?? 0
    })
    consumer.destroy()
    return String(sum)
  }
}

export const programs = {
  quickjs,
  sqlite: sqlite('sql-wasm'),
  esbuild,
  brotli,
  zstd,
  resvg,
  argon2,
  blake3,
  'source-map': sourceMap,
}
/** Seconds of warm tasks, of which the second half counts; a program that takes V8 longer to optimise has its own. */
export const SECONDS = 6
export const secondsOf = { esbuild: 45 }
/** A program's own translation to JavaScript, which stands in the column of wasm2js. */
export const translated = { sqlite: sqlite('sql-asm') }
