// brotli-wasm: both directions, at several qualities, and streaming.
import { createRequire } from 'node:module'
import { brotliDecompressSync } from 'node:zlib'

const text = new TextEncoder().encode(
  Array.from(
    { length: 6000 },
    (_, i) => `line ${i} of ${(i * 2654435761) % 1009} things, ${i % 7 ? 'again' : 'once'}\n`,
  ).join(''),
)

export const load = () => createRequire(import.meta.url)('brotli-wasm')

export function task(brotli) {
  const packed = [1, 5, 9].map((quality) => brotli.compress(text, { quality }))
  const stream = new brotli.CompressStream(4)
  const parts = []
  for (let at = 0; at < text.length; at += 65536) {
    const result = stream.compress(text.subarray(at, at + 65536), 1 << 20)
    parts.push(result.buf)
  }
  parts.push(stream.compress(undefined, 1 << 20).buf)
  const whole = Buffer.concat(parts)
  const same = [...packed, whole].map((p) => Buffer.compare(brotliDecompressSync(p), text) === 0)
  return { packed, whole, same, back: packed.map((p) => brotli.decompress(p)) }
}
