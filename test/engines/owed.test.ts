// What every engine owes beyond the specification's scripts: state after traps, calls back and forth, growth while a function runs, the end of the stack,
// start functions, and what stays of an instantiation that fails.
import { describe, expect, test } from 'vitest'
import { ENGINES } from '../../src/presets/engines.ts'
import type { MemInst } from '../../src/runtime/instances.ts'
import { Store } from '../../src/runtime/store.ts'
import { FUNCREF } from '../../src/syntax/types.ts'
import { type Loaded, load, ONE_PAGE, trapOf } from './load.ts'

describe.each(Object.entries(ENGINES))('%s', (_, engine) => {
  test('a trap leaves what was done before it, and the instance usable', () => {
    const { call } = load(
      engine,
      `(module (memory 1) (global $g (mut i32) (i32.const 0))
        (func (export "run") (param i32)
          (global.set $g (i32.const 5)) (i32.store (i32.const 8) (i32.const 7))
          (i64.store (local.get 0) (i64.const -1)))
        (func (export "state") (param i32) (result i32 i32 i32)
          (global.get $g) (i32.load (i32.const 8)) (i32.load8_u (local.get 0))))`,
    )
    // The last bytes of the memory are not written when the rest of the access lies beyond.
    expect(trapOf(() => call('run', 65532))).toBe('out of bounds memory access')
    expect(call('state', 65532)).toEqual([5, 7, 0])
    expect(trapOf(() => call('run', -8))).toBe('out of bounds memory access')
    expect(call('run', 65528)).toEqual([])
    expect(call('state', 65532)).toEqual([5, 7, 255])
  })

  test('halves of 64-bit values that read each other', () => {
    const { call } = load(
      engine,
      `(module (memory 1) (data (i32.const 0) "\\89\\ab\\cd\\ef\\12\\34\\56\\f8")
        (func (export "left") (result i64) (i64.store (i32.const 8) (i64.shl (i64.load (i32.const 0)) (i64.const 12))) (i64.load (i32.const 8)))
        (func (export "both") (result i64)
          (i64.store (i32.const 8) (i64.or (i64.shr_s (i64.load (i32.const 0)) (i64.const 20))
            (i64.shl (i64.load (i32.const 0)) (i64.const 44)))) (i64.load (i32.const 8))))`,
    )
    const x = BigInt.asIntN(64, 0xf8563412_efcdab89n)
    expect(call('left')).toEqual([BigInt.asIntN(64, x << 12n)])
    expect(call('both')).toEqual([BigInt.asIntN(64, (x >> 20n) | (x << 44n))])
  })

  test('host functions call back into the caller, to a depth, and see its state', () => {
    let m: Loaded
    const seen: number[] = []
    const back = (n: number): number => {
      seen.push(m.call('count')[0] as number)
      return n === 0 ? 0 : ((m.call('down', n - 1)[0] as number) + 1) | 0
    }
    m = load(
      engine,
      `(module (import "m" "back" (func $back (param i32) (result i32))) (global $n (mut i32) (i32.const 0))
        (func (export "count") (result i32) (global.get $n))
        (func (export "down") (param i32) (result i32) (local f64 i64 i32)
          (local.set 1 (f64.convert_i32_s (local.get 0))) (local.set 2 (i64.extend_i32_s (local.get 0)))
          (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (local.set 3 (call $back (local.get 0)))
          (if (i32.or (f64.ne (local.get 1) (f64.convert_i32_s (local.get 0)))
                      (i64.ne (local.get 2) (i64.extend_i32_s (local.get 0)))) (then (unreachable)))
          (local.get 3)))`,
      { imports: { 'm.back': (n) => back(n as number) } },
    )
    expect(m.call('down', 20)).toEqual([20])
    expect(seen).toEqual(Array.from({ length: 21 }, (_x, k) => k + 1))
  })

  test("a host function's own error comes out with its identity, through several instances", () => {
    const error = new Error('mine')
    const fail = () => {
      throw error
    }
    const inner = load(engine, '(module (import "m" "f" (func $f)) (func (export "f") (call $f)))', {
      imports: { 'm.f': fail },
    })
    const outer = load(engine, '(module (import "m" "f" (func $f)) (func (export "f") (call $f)))', {
      imports: { 'm.f': inner.inst.exports.get('f')! },
      store: inner.store,
    })
    expect(() => outer.call('f')).toThrow(error)
  })

  test('what a clause has caught is there after calls whose frames hold references', () => {
    const { call } = load(
      engine,
      `(module (tag $e (param i32))
        (func $many (param externref externref externref) (result externref) (local externref externref) (local.get 2))
        (func (export "run") (result i32)
          (try (result i32) (do
            (try (result i32) (do (throw $e (i32.const 7)))
              (catch_all (drop (call $many (ref.null extern) (ref.null extern) (ref.null extern))) (rethrow 0))))
            (catch $e))))`,
    )
    expect(call('run')).toEqual([7])
  })

  test('memory grown by a callee or by the host during a call is there when it returns', () => {
    let m: Loaded
    const grow = () => (m.inst.exports.get('memory') as MemInst).grow(1)
    m = load(
      engine,
      `(module (import "m" "grow" (func $host (result i32))) (memory (export "memory") 1 4)
        (func $own (result i32) (memory.grow (i32.const 1)))
        (func (export "run") (result i32 i32 i32)
          (i32.store (i32.const 65532) (i32.const 11))
          (drop (call $host)) (i32.store (i32.const 65536) (i32.const 22))
          (drop (call $own)) (i32.store (i32.const 131072) (i32.const 33))
          (i32.load (i32.const 65532)) (i32.load (i32.const 65536)) (i32.load (i32.const 131072))))`,
      { imports: { 'm.grow': grow } },
    )
    expect(m.call('run')).toEqual([11, 22, 33])
  })

  test('a table grown during an indirect call through it is there when it returns', () => {
    const { call } = load(
      engine,
      `(module (table $t 1 10 funcref) (elem (i32.const 0) $grow) (type $v (func (result i32)))
        (elem declare func $seven)
        (func $grow (result i32) (table.grow $t (ref.func $seven) (i32.const 3)))
        (func $seven (result i32) (i32.const 7))
        (func (export "run") (result i32 i32)
          (call_indirect $t (type $v) (i32.const 0)) (call_indirect $t (type $v) (i32.const 3))))`,
    )
    expect(call('run')).toEqual([1, 7])
  })

  test.each([
    ['a function that calls itself', '(func $f (export "f") (call $f))'],
    ['two that call each other', '(func $f (export "f") (call $g)) (func $g (param) (local f64 i64) (call $f))'],
    ['through a table', '(table funcref (elem $f)) (func $f (export "f") (call_indirect (i32.const 0)))'],
    ['with many locals', `(func $f (export "f") (local ${'i64 '.repeat(400)}) (call $f))`],
  ])('the stack ends with a trap, and the instance goes on: %s', (_name, code) => {
    const { call } = load(engine, `(module ${code} (func (export "ok") (result i32) (i32.const 1)))`)
    for (let k = 0; k < 3; k++) {
      expect(trapOf(() => call('f'))).toBe('call stack exhausted')
      expect(call('ok')).toEqual([1])
    }
  })

  test('the stack ends with a trap when the recursion goes through the host', () => {
    let m: Loaded
    m = load(engine, '(module (import "m" "f" (func $f)) (func (export "f") (call $f)))', {
      imports: { 'm.f': () => void m.call('f') },
    })
    // The end may be found in the host's own code, whose error passes as it is.
    expect(trapOf(() => m.call('f'))).toMatch(/call stack/)
  })

  test('a start function runs once, after the segments, and its trap ends the instantiation', () => {
    const store = new Store(engine)
    const memory = store.newMemory(ONE_PAGE)
    const wat = (body: string) => `(module (import "m" "memory" (memory 1)) (data (i32.const 0) "\\05")
      (func $s (i32.store8 (i32.const 1) (i32.add (i32.load8_u (i32.const 1)) (i32.load8_u (i32.const 0)))) ${body})
      (start $s))`
    load(engine, wat(''), { store, imports: { 'm.memory': memory } })
    expect(memory.views.u8[1]).toBe(5)
    expect(trapOf(() => load(engine, wat('(unreachable)'), { store, imports: { 'm.memory': memory } }))).toBe(
      'unreachable',
    )
    expect(memory.views.u8[1]).toBe(10)
  })

  test('segments that fit stay when a later one does not', () => {
    const store = new Store(engine)
    const memory = store.newMemory(ONE_PAGE)
    const table = store.newTable({ limits: { address: 'i32', min: 4n, max: undefined }, elem: FUNCREF })
    const wat = `(module (import "m" "memory" (memory 1)) (import "m" "table" (table 4 funcref))
      (func $seven (result i32) (i32.const 7)) (elem (i32.const 1) $seven)
      (data (i32.const 3) "abc") (data (i32.const 65535) "xy"))`
    const imports = { 'm.memory': memory, 'm.table': table }
    expect(trapOf(() => load(engine, wat, { store, imports }))).toBe('out of bounds memory access')
    expect([...memory.views.u8.slice(3, 6)]).toEqual([97, 98, 99])
    expect(memory.views.u8[65535]).toBe(0)
    // A function of an instance that failed lives on in the table.
    const user = load(
      engine,
      `(module (import "m" "table" (table 4 funcref))
      (func (export "f") (result i32) (call_indirect (result i32) (i32.const 1))))`,
      { store, imports },
    )
    expect(user.call('f')).toEqual([7])
  })
})
