// Backtraces: functions of WebAssembly and of the host between them, with names and offsets, the same on every engine.
import { describe, expect, test } from 'vitest'
import { Func } from '../../src/embedding/func.ts'
import { Instance } from '../../src/embedding/instance.ts'
import { Trap } from '../../src/errors.ts'
import { engines, setUp, thrown } from './engines.ts'

const NESTED = `(module $outer
  (import "h" "call" (func $call (param i32)))
  (memory 1)
  (func $load (export "load") (param i32) (result i32) (i32.load offset=4 (i32.add (local.get 0) (i32.const 1))))
  (func $div (param i32 i32) (result i32)
    (i32.add (local.get 0) (i32.div_s (local.get 0) (local.get 1))))
  (func $sum (export "sum") (param i32) (result i32)
    (i32.add (call $load (i32.const 0)) (i32.add (call $div (i32.const 1) (local.get 0)) (call $load (i32.const -9)))))
  (func $again (export "again") (param i32)
    (if (local.get 0) (then (call $call (i32.sub (local.get 0) (i32.const 1))))
      (else (drop (call $sum (i32.const 0)))))))`

const shown = (trap: Trap): string[] =>
  trap.frames.map((f) => (f.host ? `host ${f.name}` : `${f.module} ${f.func} ${f.name} ${f.offset > 0}`))

describe.each(engines)('%s', (_name, engine) => {
  const load = () => {
    const { store, compile } = setUp(engine)
    let instance: Instance | undefined
    const call = new Func(store, ['i32'], [], (n) => instance!.func('again', ['i32'], [])(n), { name: 'my.call' })
    instance = new Instance(store, compile(NESTED), { h: { call } })
    return instance
  }

  test('host functions stand between the functions of WebAssembly', () => {
    const trap = thrown(() => load().func('again').call(2)) as unknown as Trap
    expect(trap).toMatchObject({ code: 'integer divide by zero', byHost: false })
    expect(shown(trap)).toEqual([
      'outer 2 div true',
      'outer 3 sum true',
      'outer 4 again true',
      'host my.call',
      'outer 4 again true',
      'host my.call',
      'outer 4 again true',
    ])
  })

  test('native errors that stand for traps have the same frames', () => {
    const instance = load()
    const trap = thrown(() => instance.func('sum').call(1)) as unknown as Trap
    expect(trap.code).toBe('out of bounds memory access')
    expect(shown(trap)).toEqual(['outer 1 load true', 'outer 3 sum true'])
  })

  test('a trap that a host function raises or catches', () => {
    const { store, compile } = setUp(engine)
    const module = compile(
      `(module (import "h" "f" (func $f)) (func (export "run") (call $f)) (func (export "bad") unreachable))`,
    )
    const inner = new Instance(store, module, { h: { f: () => {} } })
    const seen: string[][] = []
    const f = () => {
      const trap = thrown(() => inner.func('bad').call()) as unknown as Trap
      seen.push(shown(trap))
      throw new Trap('unreachable', 'no more')
    }
    const outer = new Instance(store, module, { h: { f } })
    const trap = thrown(() => outer.func('run').call()) as unknown as Trap
    expect([trap.byHost, trap.message]).toEqual([true, 'unreachable: no more'])
    expect(shown(trap)).toEqual(['host h.f', 'undefined 1 run true'])
    expect(seen).toEqual([['undefined 2 bad true']])
  })

  test('a trap of the start function', () => {
    const { store, compile } = setUp(engine)
    const module = compile('(module $m (func $s (call $t)) (func $t unreachable) (start $s))')
    expect(shown(thrown(() => new Instance(store, module)) as unknown as Trap)).toEqual(['m 1 t true', 'm 0 s true'])
  })

  test('the end of the stack has the innermost frames', () => {
    const { store, compile } = setUp(engine)
    const instance = new Instance(store, compile('(module (func $f (export "f") (call $f)))'))
    const trap = thrown(() => instance.func('f').call()) as unknown as Trap
    expect(trap.frames.length).toBeGreaterThan(20)
    expect(trap.frames.length).toBeLessThanOrEqual(100)
    expect(new Set(shown(trap))).toEqual(new Set(['undefined 0 f true']))
  })
})

test('offsets are those of the instructions, on every engine', () => {
  const at = engines.map(([, engine]) => {
    const { store, compile } = setUp(engine)
    const module = compile(NESTED)
    const { bytes } = module.syntax
    const instance = new Instance(store, module, { h: { call: () => {} } })
    return [0, 1].map((n) =>
      (thrown(() => instance.func('sum').call(n)) as unknown as Trap).frames.map(
        (f) => `${f.func}: ${bytes[f.offset]!.toString(16)} at ${f.offset}`,
      ),
    )
  })
  // i32.div_s, call, i32.load, call
  expect(at[0]!.flat().map((f) => /: (\w+)/.exec(f)![1])).toEqual(['6d', '10', '28', '10'])
  for (const other of at) expect(other).toEqual(at[0])
})
