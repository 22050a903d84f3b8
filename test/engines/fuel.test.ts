// The benchmark's kernels consume the same fuel on every engine, to the unit, and stop at the same place when it ends. They run on the build, where the
// interpreter is fast.
import { expect, test } from 'vitest'
// @ts-expect-error built from src/internals.ts
import * as built from '../../dist/internals.js'
import type * as Internals from '../../src/internals.ts'

// biome-ignore lint/suspicious/noExplicitAny: the benchmark is plain JavaScript
const { kernelBytes, sizes }: any = await import('../../bench/columns.mjs' as string)
const { decode, ENGINES, instantiate, invoke, Store } = built as typeof Internals
const kernels = Object.entries(sizes as Record<string, number>).map(([name, size]) => ({ name, size }))

test.each(kernels)('$name', ({ name, size }) => {
  const bytes = kernelBytes(name)
  const module = decode(bytes)
  // The host's engine runs what the host knows.
  const engines = Object.values(ENGINES).filter((e) => e.name !== 'host' || WebAssembly.validate(bytes))
  /** What one call leaves of `fuel`, and how it ends, on each engine: all the same. */
  const run = (fuel: number) => {
    const ends = engines.map((engine) => {
      const store = new Store(engine, {}, { fuel })
      const func = instantiate(store, module, []).exports.get('run') as Internals.FuncInst
      try {
        return { result: invoke(store, func, [Math.ceil(size / 1000)])[0], left: store.meter.fuel }
      } catch (e) {
        return { trap: (e as Internals.Trap).code, left: store.meter.fuel, why: store.exceeded?.limit }
      }
    })
    for (const end of ends) expect(end, `with ${fuel} units`).toEqual(ends[0])
    return ends[0]!
  }
  const plenty = 2 ** 50
  const used = plenty - run(plenty).left
  expect(run(used).left).toBe(0)
  for (const fuel of [used - 1, Math.floor(used / 7), Math.min(100, used - 1), 0])
    expect(run(fuel)).toMatchObject({ trap: 'out of fuel', why: 'fuel' })
})
