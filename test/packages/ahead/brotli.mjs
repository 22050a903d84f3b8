// brotli-wasm: both directions, at several qualities, and streaming.
import brotli from 'file-of-brotli'

const lines = Array.from({ length: 300 }, (_, i) => `line ${i} of ${(i * 2654435761) % 1009} things\n`)
const text = new TextEncoder().encode(lines.join(''))
const packed = [1, 5, 9].map((quality) => brotli.compress(text, { quality }))
const stream = new brotli.CompressStream(4)
const parts = [text.subarray(0, 3000), text.subarray(3000), undefined].map((part) => stream.compress(part, 1 << 16).buf)
const back = packed.map((p) => new TextDecoder().decode(brotli.decompress(p)) === lines.join(''))
let refused
try {
  brotli.decompress(text)
} catch (e) {
  refused = String(e)
}
print(JSON.stringify([[...packed, ...parts].map((p) => Array.from(p).join()), back, refused]))
