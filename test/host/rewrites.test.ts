// What the host engine rewrites where its host lacks a feature: several memories, exceptions as values, constant expressions. Each must do as the
// interpreter does, also with controls; on a host that has the feature the same holds.
import { describe, expect, test } from 'vitest'
import { LinkError, type Trap, UnsupportedError } from '../../src/errors.ts'
import { losesBeneathWaits } from '../../src/host/detect.ts'
import { exceptionsAreObjects } from '../../src/host/erase.ts'
import { preparedOf } from '../../src/host/prepare.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { ExnInst, HostThrow } from '../../src/runtime/instances.ts'
import { Store } from '../../src/runtime/store.ts'
import { I32, I64 } from '../../src/syntax/types.ts'
import { type Loaded, type LoadOptions, load, ONE_PAGE, trapOf } from '../engines/load.ts'

const stores = {
  plain: () => new Store(ENGINES.host!),
  controlled: () =>
    new Store(ENGINES.host!, { callDepth: 500 }, { fuel: 1e9, interruptible: true }, { mayGrow: () => true }),
  'with exact traps': () => new Store(ENGINES.host!, {}, { fuel: 1e9 }, { exactTraps: true }),
}

describe.each(Object.entries(stores))('%s', (_, store) => {
  /** Instances of a module on the interpreter and on the host. */
  const both = (wat: string, imports?: (store: Store) => LoadOptions['imports']): Loaded[] =>
    [new Store(ENGINES.interpreter!, {}, { fuel: 1e9 }), store()].map((s) =>
      load(s.executor, wat, { store: s, ...(imports && { imports: imports(s) }) }),
    )
  /** What a call does, and the fuel that it takes where it is counted. */
  const outcome = ({ store: s, call }: Loaded, name: string, ...args: unknown[]) => {
    const before = s.meter.fuel
    const counts = s.meter.metered && store().meter.metered
    try {
      return { results: [...call(name, ...(args as number[]))], used: counts && before - s.meter.fuel }
    } catch (e) {
      return { error: e instanceof ExnInst ? 'exception' : (e as Error).message }
    }
  }
  const expectSame = (made: Loaded[], name: string, ...args: unknown[]) => {
    const [a, b] = made.map((one) => outcome(one, name, ...args))
    expect(b, `${name}(${args.join()})`).toEqual(a)
    return b!
  }

  test('several memories, imported, defined and exported', () => {
    const made = both(
      `(module (import "m" "first" (memory $a 1)) (import "m" "second" (memory $b 1 3)) (memory $c (export "c") 2)
        (data $d "abcdefgh") (data (memory $c) (i32.const 3) "xyz") (data (memory $a) (i32.const 1) "0") (data (memory $b) (i32.const 9) "9")
        (func (export "load") (param i32) (result i32 i64 f32 f64)
          (i32.load $a (local.get 0)) (i64.load $b offset=4 (local.get 0)) (f32.load $c (local.get 0)) (f64.load $c offset=1 align=1 (local.get 0)))
        (func (export "store") (param i32 i64 f64)
          (i64.store $b offset=4 (local.get 0) (local.get 1)) (f64.store $c (local.get 0) (local.get 2)) (i32.store8 $a (local.get 0) (i32.const 255)))
        (func (export "vector") (param i32) (result i64)
          (v128.store $c (local.get 0) (v128.load8_lane $b offset=2 3 (local.get 0) (v128.load32_splat $a (local.get 0))))
          (i64x2.extract_lane 0 (v128.load $c (local.get 0))))
        (func (export "grow") (param i32) (result i32 i32 i32)
          (memory.grow $b (local.get 0)) (memory.size $b) (memory.size $c))
        (func (export "bulk") (param i32 i32)
          (memory.init $b $d (local.get 0) (i32.const 2) (local.get 1)) (memory.copy $c $b (local.get 0) (local.get 0) (local.get 1))
          (memory.copy $b $b (i32.const 40) (local.get 0) (local.get 1)) (memory.fill $c (local.get 1) (i32.const 7) (local.get 1)))
        (func (export "drop") (data.drop $d))
        (func (export "loop") (param i32) (result i32) (local i32)
          (loop $l (i32.store8 $b (local.get 0) (i32.add (i32.load8_u $c (local.get 0)) (local.get 1)))
            (local.set 1 (i32.add (local.get 1) (i32.load8_u $b (local.get 0)))) (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br_if $l (i32.gt_s (local.get 0) (i32.const 0)))) (local.get 1)))`,
      (s) => ({
        'm.first': s.newMemory(ONE_PAGE),
        'm.second': s.newMemory({ limits: { address: 'i32', min: 1n, max: 3n }, shared: false, pageSizeLog2: 16 }),
      }),
    )
    const memories = () =>
      made.map(({ inst }) => inst.memories.map((m) => Buffer.from(m.views.u8.slice(0, 64)).toString('hex')))
    const check = (name: string, ...args: unknown[]) => {
      expectSame(made, name, ...args)
      expect(memories()[1]).toEqual(memories()[0])
    }
    check('load', 0)
    check('store', 8, 0x123456789abcdef0n, 1.5)
    check('load', 8)
    check('vector', 16)
    for (const at of [65532, 65533, 131068, 131069, -1, -4]) check('load', at)
    check('grow', 1)
    check('grow', 5)
    check('load', 65533)
    check('bulk', 10, 5)
    check('bulk', 10, 7)
    check('bulk', 131070, 4)
    check('drop')
    check('bulk', 10, 1)
    check('loop', 60)
    for (const { inst } of made) expect(inst.exports.get('c')).toBe(inst.memories[2])
  })

  test('what lies beneath the operands of a wait stays', () => {
    const made = both(
      `(module (memory 1 1 shared) (memory $b 1)
        (func (export "operand") (param i32) (result i32 i32)
          (i32.add (local.get 0) (i32.const 1)) (memory.atomic.wait32 offset=4 (i32.const 8) (i32.const 5) (i64.const 9)))
        (func (export "local") (param i32) (result i32 i32) (local i32)
          (local.set 1 (i32.mul (local.get 0) (i32.const 3)))
          (memory.atomic.wait64 (local.get 0) (i64.const 0) (i64.const 9)) (local.get 1))
        (func (export "loop") (param i32) (result i32) (local i32)
          (loop $l
            (local.set 1 (i32.add (local.get 1) (memory.atomic.wait32 offset=4 (i32.const 8) (i32.const 0) (i64.const 1))))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (i32.add (local.get 1) (i32.load $b (i32.const 0))))
        (func (export "unshared") (result i32) (memory.atomic.wait32 $b (i32.const 0) (i32.const 0) (i64.const 1))))`,
    )
    expect(expectSame(made, 'operand', 76).results).toEqual([77, 1])
    expect(expectSame(made, 'local', 16).results).toEqual([2, 48])
    expect(expectSame(made, 'loop', 5).results).toEqual([10])
    expectSame(made, 'local', 12)
    expectSame(made, 'local', 65536)
    expectSame(made, 'unshared')
    const frames = made.map(({ call }) => {
      try {
        return call('local', 65536)
      } catch (e) {
        return (e as Trap).frames
      }
    })
    expect(frames[1]).toEqual(frames[0])
  })

  test('segments are written in order, and those before a trap stay', () => {
    const s = store()
    const [a, b] = [s.newMemory(ONE_PAGE), s.newMemory(ONE_PAGE)]
    const wat = `(module (import "m" "a" (memory 1)) (import "m" "b" (memory 1))
      (data (memory 1) (i32.const 0) "one") (data (i32.const 0) "two") (data (memory 1) (i32.const 65535) "no") (data (i32.const 8) "never"))`
    expect(trapOf(() => load(s.executor, wat, { store: s, imports: { 'm.a': a!, 'm.b': b! } }))).toBe(
      'out of bounds memory access',
    )
    const text = (m: typeof a) => Buffer.from(m!.views.u8.slice(0, 12)).toString('latin1').replaceAll('\0', '.')
    expect([text(a), text(b)]).toEqual(['two.........', 'one.........'])
  })

  test('constants that compute with what is imported', () => {
    const made = both(
      `(module (import "m" "base" (global $base i32)) (import "m" "wide" (global $wide i64))
        (global $at (export "at") i32 (i32.add (global.get $base) (i32.const 3))) (global $again i32 (i32.mul (global.get $at) (i32.const 2)))
        (global (export "w") i64 (i64.sub (global.get $wide) (i64.const 1))) (global $var (mut i32) (i32.sub (global.get $again) (global.get $at)))
        (memory (export "m") 1) (table 20 funcref) (func $one (result i32) (i32.const 1))
        (elem (i32.add (global.get $base) (i32.const 1)) $one) (data (i32.mul (global.get $at) (i32.const 2)) "here")
        (func $start (global.set $var (i32.add (global.get $var) (i32.load8_u (i32.const 26))))) (start $start)
        (func (export "go") (param i32) (result i32 i32) (call_indirect (result i32) (local.get 0)) (global.get $var)))`,
      (s) => ({
        'm.base': s.newGlobal({ type: I32, mutable: false }, 10),
        'm.wide': s.newGlobal({ type: I64, mutable: false }, 0n),
      }),
    )
    expect(expectSame(made, 'go', 11)).toMatchObject({ results: [1, 13 + 'h'.charCodeAt(0)] })
    for (const { inst } of made) {
      expect(['at', 'w'].map((name) => (inst.exports.get(name) as { value?: unknown }).value)).toEqual([13, -1n])
      expect(Buffer.from(inst.memories[0]!.views.u8.slice(26, 30)).toString()).toBe('here')
    }
  })

  const EXCEPTIONS = `(module (import "m" "f" (func $f (param i32)))
    (tag $i (export "i") (param i32)) (tag $all (export "all") (param i32 i64 f32 f64)) (tag $v (param v128))
    (global $kept (mut exnref) (ref.null exn))
    (func $thrower (param i32)
      (if (i32.eq (local.get 0) (i32.const 0)) (then (throw $i (i32.const 5))))
      (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $all (i32.const 1) (i64.const -2) (f32.const nan:0x200001) (f64.const 4))))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $v (v128.const i32x4 1 2 3 4))))
      (if (i32.eq (local.get 0) (i32.const 3)) (then (unreachable)))
      (call $f (local.get 0)))
    (func (export "which") (param i32) (result i32)
      (block $c (result exnref)
        (block $b (result i32 i64 f32 f64 exnref)
          (block $a (result i32)
            (try_table (catch $i $a) (catch_ref $all $b) (catch_all_ref $c) (call $thrower (local.get 0)))
            (return (i32.const -1)))
          (return))
        (global.set $kept) (drop) (i32.reinterpret_f32) (drop) (drop) (return))
      (global.set $kept) (i32.const 1000))
    (func (export "again") (throw_ref (global.get $kept)))
    (func (export "give") (result exnref) (global.get $kept))
    (func (export "take") (param exnref) (throw_ref (local.get 0)))
    (func (export "bits") (result i32 i64)
      (block $h (result i32 i64 f32 f64) (try_table (catch $all $h) (call $thrower (i32.const 1))) (unreachable))
      (drop) (i32.reinterpret_f32) (i64.extend_i32_u) (i64.add))
    (func (export "lanes") (result i32)
      (i32x4.extract_lane 2 (block $h (result v128) (try_table (catch $v $h) (call $thrower (i32.const 2))) (unreachable))))
    (func (export "nested") (param i32) (result i32) (local $first exnref)
      (local.set $first (block $h (result exnref) (try_table (catch_all_ref $h) (call $thrower (local.get 0))) (return (i32.const -1))))
      (drop (block $h (result exnref) (try_table (catch_all_ref $h) (throw $i (i32.const 77))) (unreachable)))
      (block $h (result i32) (try_table (catch $i $h) (throw_ref (local.get $first))) (unreachable)))
    (func (export "loop") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (block $h (result i32) (try_table (catch $i $h) (throw $i (local.get 0))) (unreachable))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1)))`

  test('exceptions as values', () => {
    const thrown = new Error('of the host')
    const made = both(EXCEPTIONS, () => ({
      'm.f': () => {
        throw thrown
      },
    }))
    for (const k of [0, 1, 2, 4]) {
      expectSame(made, 'which', k)
      if (k > 0) expectSame(made, 'again')
      expectSame(made, 'nested', k)
    }
    // A trap is caught by nothing.
    expect(made.map((one) => trapOf(() => one.call('which', 3)))).toEqual(['unreachable', 'unreachable'])
    expectSame(made, 'bits')
    expectSame(made, 'lanes')
    expect(expectSame(made, 'loop', 5)).toMatchObject({ results: [15] })
    expect(made.map((one) => trapOf(() => one.call('take', null)))).toEqual(
      new Array(2).fill('null exception reference'),
    )
    for (const { call, inst } of made) {
      // The host's error is the same one wherever it comes out.
      call('which', 4)
      expect(caught(() => call('again'))).toBe(thrown)
      // So is an exception, and its payload is exact.
      call('which', 1)
      const exn = caught(() => call('again')) as ExnInst
      expect(exn.tag).toBe(inst.exports.get('all'))
      expect(call('give')[0]).toBe(exn)
      expect(caught(() => call('take', exn))).toBe(exn)
    }
  })

  test('an exception that a host function throws is the same as a value', () => {
    const made = both(
      `(module (import "m" "f" (func $f)) (tag $t (export "t"))
        (func (export "raise") (throw $t))
        (func (export "go") (result exnref) (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (unreachable))))`,
      () => ({ 'm.f': () => throws() }),
    )
    let throws = (): undefined => undefined
    for (const { call } of made) {
      const exn = caught(() => call('raise'))
      expect(exn).toBeInstanceOf(ExnInst)
      throws = () => {
        throw exn
      }
      expect(call('go')[0]).toBe(exn)
      const error = new Error('other')
      throws = () => {
        throw error
      }
      const given = call('go')[0]
      expect(given instanceof HostThrow ? given.error : given).toBe(error)
    }
  })
})

function caught(run: () => unknown): unknown {
  try {
    run()
  } catch (e) {
    return e instanceof HostThrow ? e.error : e
  }
  throw new Error('nothing was thrown')
}

const LEGACY = '(module (tag $t) (func (export "f") (try (do (throw $t)) (catch $t))))'
const VALUES =
  '(module (tag $t) (func (export "f") (drop (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t)) (unreachable)))))'
const MIXED = `(module (tag $t) (func (try (do (throw $t)) (catch $t)))
  (func (export "f") (drop (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t)) (unreachable)))))`

test.runIf(exceptionsAreObjects())('where exceptions are no values, legacy handlers and values do not meet', () => {
  const host = ENGINES.host!
  load(host, LEGACY).call('f')
  load(host, VALUES).call('f')
  const store = new Store(host)
  load(host, LEGACY, { store }).call('f')
  expect(() => load(host, VALUES, { store })).toThrow(LinkError)
  expect(() => load(host, MIXED)).toThrow(UnsupportedError)
})

test('a module that does not wait is as it was, and one that does too where the host has waits right', () => {
  const store = new Store(ENGINES.host!)
  const wat = (code: string) => `(module (memory 1 1 shared) (func (result i32) ${code}))`
  const rewritten = (code: string) => {
    const { inst } = load(store.executor, wat(code), { store })
    return preparedOf(store, inst.module)!.rewritten !== undefined
  }
  expect(rewritten('(memory.atomic.notify (i32.const 0) (i32.const 1))')).toBe(false)
  expect(rewritten('(memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0))')).toBe(losesBeneathWaits())
})
