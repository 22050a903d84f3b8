// What createWebAssembly takes besides an engine: fuel, a deadline, a signal, limits. All engines tell the same errors.
import { describe, expect, test } from 'vitest'
import { createWebAssembly, storeOf } from '../../src/js-api/index.ts'
import type { Options } from '../../src/js-api/realm.ts'
import { parseModule } from '../../src/text/parse.ts'

const LOOP = `(module (import "m" "f" (func $f)) (memory (export "memory") 1 10) (table (export "table") 1 funcref)
  (func (export "forever") (loop $l (br $l)))
  (func (export "count") (param i32) (result i32) (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0))) (local.get 0))
  (func (export "call") (loop $l (call $f) (br $l)))
  (func (export "grow") (result i32) (memory.grow (i32.const 4))))`
const bytes = (text: string) => parseModule(text) as Uint8Array<ArrayBuffer>

describe.each(['compiler', 'interpreter'])('on the %s', (engine) => {
  function run(options: Options, f = () => {}) {
    const W = createWebAssembly(engine, options)
    const { exports } = new W.Instance(new W.Module(bytes(LOOP)), { m: { f } })
    // biome-ignore lint/suspicious/noExplicitAny: what a module exports has any shape
    return { W, x: exports as any, store: storeOf(W)! }
  }

  test('fuel runs out, and can be added', () => {
    const { W, x, store } = run({ fuel: 10_000 })
    expect(x.count(10)).toBe(0)
    const { fuel } = store.meter
    expect(fuel).toBeLessThan(10_000)
    expect(() => x.forever()).toThrow(W.RuntimeError)
    expect(() => x.count(100_000)).toThrow('out of fuel')
    expect(store.exceeded?.limit).toBe('fuel')
    store.meter.fuel = 1e9
    expect(x.count(100_000)).toBe(0)
  })

  test('costs are by mnemonic', () => {
    const used = (options: Options) => {
      const { x, store } = run({ fuel: 1e6, ...options })
      x.count(5)
      return 1e6 - store.meter.fuel
    }
    expect(used({ costs: { 'i32.sub': 101 } }) - used({})).toBe(500)
  })

  test('a deadline ends a loop', () => {
    const { W, x, store } = run({ deadline: Date.now() + 50 })
    expect(() => x.forever()).toThrow(W.RuntimeError)
    expect(() => x.forever()).toThrow('deadline')
    store.meter.deadline = Number.POSITIVE_INFINITY
    expect(x.count(1000)).toBe(0)
  })

  test('a signal that a host function aborts ends a loop', () => {
    const controller = new AbortController()
    let calls = 0
    const { W, x } = run({ signal: controller.signal }, () => {
      if (++calls === 100) controller.abort()
    })
    expect(() => x.call()).toThrow(W.RuntimeError)
    expect(calls).toBeGreaterThanOrEqual(100)
  })

  test('limits on modules, memories and tables', () => {
    const { W, x } = run({ limits: { memoryPages: 4, tableElements: 8, functions: 5 } })
    expect(x.grow()).toBe(-1)
    expect(x.memory.grow(3)).toBe(1)
    expect(() => x.memory.grow(1)).toThrow(RangeError)
    expect(() => new W.Memory({ initial: 5 })).toThrow(RangeError)
    expect(() => new W.Table({ element: 'anyfunc', initial: 9 })).toThrow(RangeError)
    expect(() => x.table.grow(8)).toThrow(RangeError)
    expect(() => new W.Module(bytes(`(module ${'(func)'.repeat(6)})`))).toThrow(W.CompileError)
    expect(W.validate(bytes('(module (func))'))).toBe(true)
    const large = new W.Module(bytes('(module (memory 5))'))
    expect(() => new W.Instance(large)).toThrow(W.LinkError)
    expect(() => new W.Instance(large)).toThrow('memoryPages')
  })

  test('a limit on all tables', () => {
    const { W, x } = run({ limits: { totalTableElements: 20 } })
    const size = x.table.length
    const table = new W.Table({ element: 'anyfunc', initial: 19 - size })
    expect(() => new W.Table({ element: 'anyfunc', initial: 2 })).toThrow(RangeError)
    expect(table.grow(1)).toBe(19 - size)
    expect(() => x.table.grow(1)).toThrow(RangeError)
  })

  test('the embedder is asked for each growth', () => {
    const asked: number[] = []
    const { W, x } = run({ mayGrow: ({ wanted }) => asked.push(wanted) < 2 })
    expect([x.grow(), x.grow()]).toEqual([1, -1])
    const memory = new W.Memory({ initial: 1 })
    expect(() => memory.grow(7)).toThrow(RangeError)
    expect(asked).toEqual([5, 9, 8])
  })

  test('without fuel nothing is metered', () => {
    expect(run({}).store.meter.fuel).toBe(Number.POSITIVE_INFINITY)
  })
})

test.each([
  [{ fule: 1 }, 'there is no option "fule"; did you mean "fuel"?'],
  [{ timeout: 1 }, 'there is no option "timeout"; there are "fuel"'],
  [{ deadline: 'soon' }, 'deadline must be a number, got the string "soon"'],
  [{ flag: new Int8Array(4) }, 'flag must be an Int32Array, got an Int8Array'],
  [{ signal: {} }, 'signal must be an AbortSignal, got an object'],
  [{ limits: 1 }, 'limits must be an object, got the number 1'],
  [{ deterministic: 'yes' }, 'deterministic must be true or false, got the string "yes"'],
  [{ mayGrow: true }, 'mayGrow must be a function, got the boolean true'],
  [{ heap: { used: 1 } }, 'heap must be an object with the functions collect, release, used'],
  [null, 'the options must be an object, got null'],
])('the options %j are refused in words', (options, message) => {
  const make = () => createWebAssembly('compiler', options as never)
  expect(make).toThrow(TypeError)
  expect(make).toThrow(`createWebAssembly: ${message}`)
})

test('an engine that is none', () => {
  expect(() => createWebAssembly('compilr')).toThrow('there is no executor "compilr"; did you mean "compiler"?')
  expect(() => createWebAssembly({ fuel: 1 } as never)).toThrow("the engine comes first, such as 'auto'")
  expect(() => createWebAssembly(5 as never)).toThrow(TypeError)
})

test('options of wrong types, and what is no namespace', () => {
  expect(() => createWebAssembly('compiler', { fuel: -1 })).toThrow(RangeError)
  expect(() => createWebAssembly('compiler', { limits: { memoryPages: 0.5 } })).toThrow(RangeError)
  expect(() => createWebAssembly('no such engine')).toThrow(TypeError)
  expect(storeOf({})).toBe(undefined)
})
