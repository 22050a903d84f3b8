// Calls that stop and go on: at the end of the fuel, and in host functions that give promises.
import { expect, test } from 'vitest'
import { compiler } from '../../src/compiler/engine.ts'
import { interpreter } from '../../src/interpreter/engine.ts'
import { load, trapOf } from '../engines/load.ts'

const FIB = `(module (func $fib (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`

test('a call goes on where its fuel ran out, as often as it is refilled', async () => {
  const whole = load(interpreter, FIB, { metering: { fuel: 1e9 } })
  expect(whole.call('fib', 15)).toEqual([610])
  const used = 1e9 - whole.store.meter.fuel
  const { store, later } = load(interpreter, FIB, { metering: { fuel: 0 } })
  let pauses = 0
  const result = await later('fib', [15], {
    refuel: () => {
      pauses++
      return 7
    },
  })
  expect(result).toEqual([610])
  // The fuel that paid for it is the same, however often it stopped.
  expect(pauses * 7 - store.meter.fuel).toBe(used)
  expect(pauses).toBe(Math.ceil(used / 7))
})

test('without a refill the call ends with a trap that has its frames', async () => {
  const { later, store } = load(interpreter, FIB, { metering: { fuel: 100 } })
  await expect(later('fib', [20])).rejects.toMatchObject({
    code: 'out of fuel',
    frames: { length: expect.any(Number) },
  })
  await later('fib', [20]).catch((e) => expect(e.frames.length).toBeGreaterThan(0))
  store.meter.fuel = 1e6
  expect(await later('fib', [10])).toEqual([55])
})

test('calls that are paused do not disturb each other', async () => {
  const { store, later } = load(interpreter, FIB, { metering: { fuel: 0 } })
  const slice = () => new Promise<number>((done) => setTimeout(() => done(53), 0))
  const results = await Promise.all([10, 12, 8, 11].map((n) => later('fib', [n], { refuel: slice })))
  expect(results).toEqual([[55], [144], [21], [89]])
  expect(store.meter.fuel).toBeGreaterThanOrEqual(0)
})

const HOST = `(module
  (import "m" "get" (func $get (param i32) (result i64)))
  (import "m" "ref" (func $ref (result externref)))
  (memory (export "memory") 1)
  (global $depth (mut i32) (i32.const 0))
  (func (export "sum") (param $n i32) (result i64) (local $s i64) (local $f f64)
    (local.set $f (f64.const 0.5))
    (loop $l
      (local.set $s (i64.add (local.get $s) (call $get (local.get $n))))
      (local.set $f (f64.mul (local.get $f) (f64.const 2)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.add (local.get $s) (i64.trunc_f64_s (local.get $f))))
  (func $deep (param i32) (result i64)
    (if (result i64) (local.get 0) (then (i64.add (i64.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $get (i32.const 100)))))
  (func (export "deep") (param i32) (result i64) (call $deep (local.get 0)))
  (func (export "tail") (param i32) (result i64) (return_call $get (local.get 0)))
  (func (export "held") (result externref externref)
    (local $r externref) (local.set $r (call $ref)) (drop (call $get (i32.const 1))) (local.get $r) (call $ref))
  (tag $t (param i32))
  (func (export "caught") (result i32)
    (block $h (try_table (catch_all $h) (drop (call $get (i32.const -1))) (return (i32.const 0)))) (i32.const 1)))`

const pause = <T>(value: T) => new Promise<T>((done) => setTimeout(() => done(value), 1))

test('a host function may give a promise', async () => {
  const thing = { name: 'thing' }
  const { later } = load(interpreter, HOST, {
    imports: { 'm.get': (n) => pause(BigInt(n as number)), 'm.ref': () => pause(thing) },
  })
  expect(await later('sum', [10])).toEqual([55n + 512n])
  expect(await later('deep', [1000])).toEqual([1100n])
  expect(await later('tail', [7])).toEqual([7n])
  expect(await later('held')).toEqual([thing, thing])
  const all = await Promise.all([3, 20, 5].map((n) => later('sum', [n])))
  expect(all).toEqual([[6n + 4n], [210n + 524288n], [15n + 16n]])
})

test('a promise that rejects throws into the module, which may catch it', async () => {
  const error = new Error('refused')
  const { later } = load(interpreter, HOST, { imports: { 'm.get': () => Promise.reject(error), 'm.ref': () => null } })
  expect(await later('caught')).toEqual([1])
  await expect(later('deep', [3])).rejects.toBe(error)
})

test('results of the wrong kind from a promise are an error of the call', async () => {
  const { later } = load(interpreter, HOST, { imports: { 'm.get': () => pause('x' as never), 'm.ref': () => null } })
  await expect(later('tail', [1])).rejects.toThrow()
})

test('a promise in an ordinary call is an error that says what to do', () => {
  const { call } = load(interpreter, HOST, { imports: { 'm.get': () => pause(1n), 'm.ref': () => null } })
  expect(() => call('tail', 1)).toThrow(/asynchronously/)
})

test('the host may call back while a call is paused, and from a host function', async () => {
  const m = load(interpreter, HOST, {
    imports: {
      'm.get': (n) => (n === 100 ? pause(1n).then(() => m.call('sum', 2)[0]) : BigInt(n as number)),
      'm.ref': () => null,
    },
  })
  expect(await m.later('deep', [5])).toEqual([5n + 3n + 2n])
})

test('the compiler says that it cannot pause', async () => {
  const { later } = load(compiler, FIB)
  await expect(later('fib', [3])).rejects.toThrow('the compiler cannot pause a call')
})

test('the depth of calls is a limit of the store, exact', () => {
  const wat = `(module (func $f (export "f") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))`
  const { call } = load(interpreter, wat, { limits: { callDepth: 100 } })
  expect(call('f', 100)).toEqual([100])
  expect(trapOf(() => call('f', 101))).toBe('call stack exhausted')
  expect(load(interpreter, wat).call('f', 65536)).toEqual([65536])
})
