// Modules that keep structs, arrays and exceptions for ever: `gcBytes` ends them with a trap that names it, on every engine, and ends no module that makes
// much and keeps little.
import { describe, expect, test } from 'vitest'
import { Exhaustion, LinkError } from '../../src/errors.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { type Executor, Store } from '../../src/runtime/store.ts'
import { parseModule } from '../../src/text/parse.ts'
import { load, trapOf } from './load.ts'

const MIB = 2 ** 20
const loop = (body: string) => `(loop $l ${body} (br $l))`

/** What keeps all it makes. */
const BOMBS: [string, string][] = [
  [
    'a list of structs',
    `(type $l (struct (field (ref null $l)))) (func (export "f") (local $x (ref null $l)) ${loop('(local.set $x (struct.new $l (local.get $x)))')})`,
  ],
  [
    'a list that default values are hung into',
    `(type $l (struct (field (mut (ref null $l))) (field f64) (field i8) (field v128)))
      (func (export "f") (local $x (ref null $l)) (local $y (ref null $l)) ${loop(`
        (local.set $y (struct.new_default $l)) (struct.set $l 0 (local.get $y) (local.get $x)) (local.set $x (local.get $y))`)})`,
  ],
  [
    'arrays in arrays',
    `(type $a (array (mut anyref))) (func (export "f") (local $x (ref null $a)) ${loop('(local.set $x (array.new $a (local.get $x) (i32.const 500)))')})`,
  ],
  [
    'short arrays',
    `(type $a (array anyref)) (func (export "f") (local $x (ref null $a)) ${loop('(local.set $x (array.new_fixed $a 2 (local.get $x) (ref.null any)))')})`,
  ],
  [
    'arrays of numbers in an array',
    `(type $n (array (mut i64))) (type $a (array (mut (ref null $n)))) (global $a (ref $a) (array.new_default $a (i32.const 1000))) (global $n (mut i32) (i32.const 0))
      (func (export "f") ${loop(`
        (array.set $a (global.get $a) (global.get $n) (array.new_default $n (i32.const 10000))) (global.set $n (i32.add (global.get $n) (i32.const 1)))`)})`,
  ],
  [
    'arrays from segments',
    `(type $b (array i8)) (type $l (struct (field (ref null $l)) (field (ref $b)))) (data $d "${'x'.repeat(1000)}")
      (func (export "f") (local $x (ref null $l)) ${loop('(local.set $x (struct.new $l (local.get $x) (array.new_data $b $d (i32.const 0) (i32.const 1000))))')})`,
  ],
  [
    'exceptions that carry the one before',
    `(tag $t (param i64 exnref)) (func (export "f") (local $x exnref) ${loop(`
      (local.set $x (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t (i64.const 1) (local.get $x))) (unreachable)))`)})`,
  ],
  [
    'exceptions in a table',
    `(tag $t (param i32)) (table $e 100000 exnref) (global $n (mut i32) (i32.const 0)) (func $throw (throw $t (i32.const 1))) (func (export "f") ${loop(`
      (table.set $e (global.get $n) (block $h (result exnref) (try_table (catch_all_ref $h) (call $throw)) (unreachable)))
      (global.set $n (i32.add (global.get $n) (i32.const 1)))`)})`,
  ],
  [
    'an array that alone is too large',
    '(type $n (array (mut i64))) (func (export "f") (drop (array.new_default $n (i32.const 3000000))))',
  ],
]

/** What makes 64 MiB and more and keeps little. */
const FRUGAL: [string, string][] = [
  [
    'structs made and dropped',
    `(type $l (struct (field (ref null $l)))) (func (export "f") (local $n i32) (loop $l (drop (struct.new $l (ref.null $l)))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2000000)))))`,
  ],
  [
    'a queue whose end goes along',
    `(type $l (struct (field (mut (ref null $l))))) (func (export "f") (local $n i32) (local $x (ref null $l)) (local $y (ref null $l))
      (local.set $x (struct.new_default $l)) (loop $l (local.set $y (struct.new_default $l)) (struct.set $l 0 (local.get $x) (local.get $y)) (local.set $x (local.get $y))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2000000)))))`,
  ],
  [
    'arrays made and dropped',
    `(type $a (array (mut i64))) (func (export "f") (local $n i32) (loop $l (drop (array.new_default $a (i32.const 10000)))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000)))))`,
  ],
  [
    'exceptions thrown and caught',
    `(tag $t (param exnref)) (func (export "f") (local $n i32) (loop $l (drop (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t (ref.null exn))) (unreachable)))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 150000)))))`,
  ],
]

/** The host's engine runs what the host knows. */
const known = (engine: Executor, wat: string): boolean =>
  engine.name !== 'host' || WebAssembly.validate(new Uint8Array(parseModule(wat)))

describe.each(Object.entries(ENGINES))('%s', (_, engine) => {
  const on = (cases: [string, string][]) => cases.filter(([, body]) => known(engine, `(module ${body})`))

  test.each([...on(BOMBS), ['nothing to run', '']])('gcBytes stops %s', (_name, body) => {
    if (body === '') return
    const store = new Store(engine, { gcBytes: 16 * MIB })
    const { call } = load(engine, `(module ${body})`, { store })
    let trap: unknown
    try {
      call('f')
    } catch (e) {
      trap = e
    }
    expect(trap).toBeInstanceOf(Exhaustion)
    expect(trap).toMatchObject({
      code: 'out of memory',
      message: expect.stringMatching(/exceeds the limit of 16777216 bytes \(gcBytes\)$/),
    })
    expect((trap as Exhaustion).frames.length).toBeGreaterThan(0)
    expect(store.exceeded).toEqual({ limit: 'gcBytes', message: (trap as Exhaustion).message })
    // What the call kept is garbage, and the store goes on.
    expect(load(engine, '(module (func (export "f") (result i32) (i32.const 7)))', { store }).call('f')).toEqual([7])
  })

  test.each([...on(FRUGAL), ['nothing to run', '']])('gcBytes lets pass %s', (_name, body) => {
    if (body === '') return
    const store = new Store(engine, { gcBytes: 16 * MIB })
    expect(load(engine, `(module ${body})`, { store }).call('f')).toEqual([])
    expect(store.exceeded).toBeUndefined()
  })

  test('what constant expressions make counts', () => {
    const wat = `(module (type $a (array (mut anyref))) ${'(global (ref $a) (array.new_default $a (i32.const 1000000)))'.repeat(20)})`
    if (!known(engine, wat)) return
    const store = new Store(engine, { gcBytes: 64 * MIB })
    expect(() => load(engine, wat, { store })).toThrow(LinkError)
    expect(store.exceeded).toMatchObject({ limit: 'gcBytes' })
  })

  test('fuel is exact beside it', () => {
    const wat = `(module (type $l (struct (field (ref null $l)))) (func (export "f") (local $x (ref null $l)) (local $n i32)
      (loop $l (local.set $x (struct.new $l (local.get $x))) (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000))))))`
    if (!known(engine, wat)) return
    const store = new Store(engine, { gcBytes: 64 * MIB }, { fuel: 1000000, deadline: Date.now() + 600000 })
    load(engine, wat, { store }).call('f')
    expect(store.meter.fuel).toBe(1000000 - 100001)
    const throwing = `(module (tag $t (param exnref)) (func (export "f") (local $n i32) (loop $l
      (drop (block $h (result exnref) (try_table (catch_all_ref $h) (call $throw)) (unreachable)))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000)))))
      (func $throw (loop (throw $t (ref.null exn)))))`
    if (!known(engine, throwing)) return
    const left = [Number.POSITIVE_INFINITY, MIB].map((gcBytes) => {
      const own = new Store(engine, { gcBytes }, { fuel: 1000000 })
      load(engine, throwing, { store: own }).call('f')
      return own.meter.fuel
    })
    expect(left[1]).toBe(left[0])
  })
})

test('where the host can not be asked for garbage, what a call makes counts as living, and no longer once it is over', async () => {
  const { interpreter } = ENGINES
  const collect = () => {}
  let used = 0
  const store = new Store(
    interpreter!,
    { gcBytes: 4 * MIB },
    {},
    { heap: { collect, release: collect, used: () => ++used } },
  )
  const wat = `(module (type $l (struct (field (ref null $l)))) (func (export "f") (param $n i32)
    (loop $l (drop (struct.new $l (ref.null $l))) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`
  const { call } = load(interpreter!, wat, { store })
  expect(trapOf(() => call('f', 1000000))).toBe('out of memory')
  expect(used).toBe(0)
})

test('gcBytes is a number of bytes', () => {
  expect(() => new Store(ENGINES['interpreter']!, { gcBytes: -1 })).toThrow(/gcBytes must be an integer/)
  const store = new Store(ENGINES['interpreter']!, { gcBytes: 0 })
  const wat = '(module (type $s (struct)) (func (export "f") (loop $l (drop (struct.new $s)) (br $l))))'
  expect(trapOf(() => load(ENGINES['interpreter']!, wat, { store }).call('f'))).toBe('out of memory')
})
