// @bokuweb/zstd-wasm: compresses and decompresses, also with a dictionary.
import { createRequire } from 'node:module'

const text = Buffer.from(
  Array.from(
    { length: 9000 },
    (_, i) => `{"id":${i},"name":"n${(i * 2654435761) % 977}","tags":["a","b${i % 5}"]}`,
  ).join('\n'),
)

export async function load() {
  const zstd = createRequire(import.meta.url)('@bokuweb/zstd-wasm')
  await zstd.init()
  return zstd
}

export function task(zstd) {
  const packed = [1, 6, 15].map((level) => zstd.compress(text, level))
  const dict = text.subarray(0, 8192)
  const small = text.subarray(100_000, 101_000)
  const withDict = zstd.compressUsingDict(zstd.createCCtx(), small, dict, 9)
  const back = zstd.decompressUsingDict(zstd.createDCtx(), withDict, dict)
  return {
    packed,
    back: packed.map((p) => zstd.decompress(p)),
    withDict,
    same: Buffer.compare(Buffer.from(back), small),
  }
}
