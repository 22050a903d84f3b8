// What a kernel can run on: each column takes a module's bytes and gives its `run`.
import { decode, ENGINES, instantiate, invoke, Store, validate } from '../dist/internals.js'

function anywasm(engine) {
  return (bytes) => {
    const module = decode(bytes)
    validate(module)
    const store = new Store(engine)
    const run = instantiate(store, module, []).exports.get('run')
    return (n) => invoke(store, run, [n])[0]
  }
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
  polywasm: async (bytes) => {
    const { WebAssembly: polywasm } = await import('polywasm')
    return (await polywasm.instantiate(bytes)).instance.exports.run
  },
  wasm2js,
}

/** Sizes that take 5 to 100 ms natively. */
export const sizes = {
  sieve: 16,
  sha256: 48,
  fnv64: 64,
  xxh64: 256,
  mulmod64: 20000,
  nbody: 200000,
  matmul: 10,
  mandel: 320,
  f32dsp: 1600,
  unalign: 160,
  indirect: 8000000,
  vm: 1000000,
  fib: 32,
}
/** The kernels that are about 64-bit integers. */
export const i64 = new Set(['fnv64', 'xxh64', 'mulmod64'])
