// What a kernel can run on: each column takes a module's bytes and gives its `run`.
import { existsSync, readFileSync } from 'node:fs'
import { decode, ENGINES, instantiate, invoke, parseModule, Store, validate } from '../dist/internals.js'

/** The binary of a kernel, which stands in kernels/ as a binary or in the text format. */
export function kernelBytes(name) {
  const text = new URL(`./kernels/${name}.wat`, import.meta.url)
  if (existsSync(text)) return parseModule(readFileSync(text))
  return new Uint8Array(readFileSync(new URL(`./kernels/${name}.wasm`, import.meta.url)))
}

function anywasm(engine, { deterministic, ...metering } = {}) {
  return (bytes) => {
    const module = decode(bytes)
    validate(module)
    const store = new Store(engine, {}, metering, { deterministic })
    const run = instantiate(store, module, []).exports.get('run')
    return (n) => invoke(store, run, [n])[0]
  }
}

/** How running code is controlled, by the name behind a column's `+`: a deadline that never comes, fuel that never ends, no freedom left. */
const CONTROLS = {
  deadline: { deadline: Number.MAX_SAFE_INTEGER },
  fuel: { fuel: 2 ** 50 },
  deterministic: { deterministic: true },
}

async function wasm2js(bytes) {
  const { default: binaryen } = await import('binaryen')
  binaryen.setOptimizeLevel(2)
  const module = binaryen.readBinary(bytes)
  module.optimize()
  const source = module.emitAsmjs()
  module.dispose()
  return (await import(`data:text/javascript,${encodeURIComponent(source)}`)).run
}

export const columns = {
  native: async (bytes) => (await WebAssembly.instantiate(bytes)).instance.exports.run,
  ...Object.fromEntries(Object.entries(ENGINES).map(([name, engine]) => [name, anywasm(engine)])),
  ...Object.fromEntries(
    Object.entries(ENGINES).flatMap(([name, engine]) =>
      Object.entries(CONTROLS).map(([control, metering]) => [`${name}+${control}`, anywasm(engine, metering)]),
    ),
  ),
  polywasm: async (bytes) => {
    const { WebAssembly: polywasm } = await import('polywasm')
    return (await polywasm.instantiate(bytes)).instance.exports.run
  },
  wasm2js,
}

/**
 * The kernels and their sizes, which take 5 to 100 ms natively, by what they are about: the thirteen of C by their integers, those in the text format by
 * what they use. Those of gc need a host with WasmGC (Node 22 or later) to be compared with.
 */
export const groups = {
  other: {
    sieve: 16,
    sha256: 48,
    nbody: 200000,
    matmul: 10,
    mandel: 320,
    f32dsp: 1600,
    unalign: 160,
    indirect: 8000000,
    vm: 1000000,
    fib: 32,
  },
  i64: { fnv64: 64, xxh64: 256, mulmod64: 20000 },
  i32x4: { i32x4_chacha: 40000, i32x4_hash: 400 },
  f32x4: { f32x4_mandel: 256, f32x4_particles: 400 },
  i8x16: { i8x16_search: 3000, i8x16_text: 1500, i8x16_image: 1500 },
  gc: { gc_list: 20000, gc_tree: 30000, gc_map: 300000 },
}
export const sizes = Object.assign({}, ...Object.values(groups))
