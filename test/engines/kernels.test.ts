// The benchmark's kernels, small, give the host's results on every engine.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// @ts-expect-error plain JavaScript
import { columns, sizes } from '../../bench/columns.mjs'
import { ENGINES } from '../../src/presets/engines.ts'

const kernels = Object.entries(sizes as Record<string, number>).map(([name, size]) => ({
  name,
  size: Math.max(2, Math.ceil(size / 40)),
}))

for (const engine of Object.keys(ENGINES))
  test.each(kernels)(`${engine}: $name`, async ({ name, size }) => {
    const bytes = new Uint8Array(readFileSync(`bench/kernels/${name}.wasm`))
    const [native, ours] = await Promise.all([columns.native(bytes), columns[engine](bytes)])
    for (const n of [1, 2, size]) expect(ours(n), `run(${n})`).toBe(native(n))
  })
