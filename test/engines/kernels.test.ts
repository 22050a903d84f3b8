// The benchmark's kernels, small, give the host's results on every engine; those of GC the same on all engines where the host has none.
import { expect, test } from 'vitest'

// biome-ignore lint/suspicious/noExplicitAny: the benchmark is plain JavaScript
const { columns, groups, kernelBytes }: any = await import('../../bench/columns.mjs' as string)

import { decode } from '../../src/binary/decode.ts'
import { ENGINES } from '../../src/presets/engines.ts'

type Run = (n: number) => number
const kernels = Object.entries(groups as Record<string, Record<string, number>>).flatMap(([group, sizes]) =>
  Object.entries(sizes).map(([name, size]) => ({ name, group, size: Math.max(2, Math.ceil(size / 40)) })),
)

test.each(kernels)('$name', async ({ name, group, size }) => {
  const bytes = kernelBytes(name)
  const runs = new Map<string, Run>()
  for (const [name, engine] of Object.entries(ENGINES))
    if (engine.refuses?.(decode(bytes)) === undefined) runs.set(name, await columns[name](bytes))
  if (group !== 'gc' || WebAssembly.validate(bytes)) runs.set('native', await columns.native(bytes))
  for (const n of [1, 2, size]) {
    const [[first, run], ...rest] = [...runs] as [[string, Run], ...[string, Run][]]
    const expected = run(n)
    for (const [engine, other] of rest) expect(other(n), `run(${n}): ${engine} and ${first}`).toBe(expected)
  }
})
