// @jsquash/jxl: an image encoded by the build with SIMD and threads, lossy and lossless, and decoded again. That build is for browsers, so Node's worker
// threads stand in for a browser's workers.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker as NodeWorker } from 'node:worker_threads'
import decode, { init } from '@jsquash/jxl/decode.js'
import { defaultOptions } from '@jsquash/jxl/meta.js'

const file = (name) => createRequire(import.meta.url).resolve(`@jsquash/jxl/codec/${name}`)

/** A browser's worker, as far as Emscripten's threads ask for one. */
class Worker extends NodeWorker {
  constructor(url) {
    super(new URL('../browser-worker.mjs', import.meta.url), { workerData: url.href })
    this.on('message', (data) => this.onmessage({ data }))
    this.on('error', (error) => this.onerror(error))
  }
}

export async function load() {
  Object.assign(globalThis, { Worker })
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 2 }, configurable: true })
  await init(new WebAssembly.Module(readFileSync(file('dec/jxl_dec.wasm'))))
  const { default: encoder } = await import(pathToFileURL(file('enc/jxl_enc_mt_simd.js')))
  return encoder({ wasmBinary: readFileSync(file('enc/jxl_enc_mt_simd.wasm')) })
}

const WIDTH = 160
const HEIGHT = 120
const pixels = Uint8ClampedArray.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => {
  const [x, y, c] = [(i >> 2) % WIDTH, Math.floor((i >> 2) / WIDTH), i & 3]
  return c === 3 ? 255 : 128 + 90 * Math.sin(x / (7 + c)) * Math.cos(y / (9 - c)) + ((x * 7 + y * 13) % 11)
})

export async function task(encoder) {
  const results = []
  for (const options of [{ quality: 75 }, { quality: 100, lossless: true }, { effort: 3, quality: 40 }]) {
    const encoded = encoder.encode(pixels, WIDTH, HEIGHT, { ...defaultOptions, ...options }).slice()
    const { data, width, height } = await decode(encoded.buffer)
    results.push({ encoded, width, height, data })
  }
  return { results, exact: Buffer.compare(Buffer.from(results[1].data), Buffer.from(pixels)) }
}

export const unload = (encoder) => encoder.PThread.terminateAllThreads()
