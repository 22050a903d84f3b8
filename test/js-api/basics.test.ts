// The JavaScript API by small modules, on every engine: what the specification's suite reaches only in part - messages, identities, errors.
import { describe, expect, test } from 'vitest'
import { createWebAssembly } from '../../src/js-api/index.ts'
import { parseModule } from '../../src/text/parse.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a module exports has any shape
type Loose = any
const wat = (text: string) => parseModule(text) as Uint8Array<ArrayBuffer>

describe.each(['compiler', 'interpreter'])('%s', (engine) => {
  const W = createWebAssembly(engine)
  const run = (text: string, imports?: object) => new W.Instance(new W.Module(wat(text)), imports).exports as Loose

  test('calls convert arguments and results', () => {
    const x = run(`(module
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "mul") (param i64 i64) (result i64) (i64.mul (local.get 0) (local.get 1)))
      (func (export "half") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
      (func (export "pair") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0)))`)
    expect(x.add('2', 3.9)).toBe(5)
    expect(x.add(0x7fffffff, 1)).toBe(-0x80000000)
    expect(x.mul(-3n, 2n ** 62n)).toBe(BigInt.asIntN(64, -3n * 2n ** 62n))
    expect(() => x.mul(1, 2)).toThrow(TypeError)
    expect(x.half(0.1)).toBe(Math.fround(Math.fround(0.1) / 2))
    expect(x.pair(7, 1.5)).toEqual([1.5, 7])
    expect([x.add.name, x.mul.name, x.pair.length]).toEqual(['0', '1', 2])
  })

  test("JavaScript's undefined is a reference that is not null", () => {
    const x = run(`(module
      (func (export "is") (param externref) (result i32) (ref.is_null (local.get 0)))
      (func (export "as") (param externref) (result externref) (ref.as_non_null (local.get 0)))
      (func (export "br") (param externref) (result i32)
        (block (drop (br_on_null 0 (local.get 0))) (return (i32.const 1))) (i32.const 0)))`)
    expect([x.is(undefined), x.as(undefined), x.br(undefined)]).toEqual([0, undefined, 1])
    expect([x.is(null), x.br(null)]).toEqual([1, 0])
    expect(() => x.as(null)).toThrow(/null reference/)
  })

  test('an exported function keeps its identity through imports, exports and tables', () => {
    const a = run(
      '(module (func $f (export "f") (export "g") (result i32) (i32.const 7)) (table (export "t") funcref (elem $f)))',
    )
    expect(a.g).toBe(a.f)
    expect(a.t.get(0)).toBe(a.f)
    const b = run('(module (import "m" "f" (func (result i32))) (export "f" (func 0)))', { m: { f: a.f } })
    expect(b.f).toBe(a.f)
  })

  test('the exports object is frozen, has no prototype and keeps the order', () => {
    const x = run('(module (func (export "z")) (memory (export "a") 1) (global (export "m") i32 (i32.const 4)))')
    expect(Object.isFrozen(x)).toBe(true)
    expect(Object.getPrototypeOf(x)).toBe(null)
    expect(Object.keys(x)).toEqual(['z', 'a', 'm'])
    expect(x.m.value).toBe(4)
  })

  test('a buffer lives until its memory grows', () => {
    const x = run('(module (memory (export "m") 1 3) (func (export "grow") (result i32) (memory.grow (i32.const 1))))')
    const first = x.m.buffer
    new Uint8Array(first)[5] = 42
    expect(x.m.buffer).toBe(first)
    expect(x.grow()).toBe(1)
    expect(first.byteLength).toBe(0)
    expect(x.m.buffer.byteLength).toBe(131072)
    expect(new Uint8Array(x.m.buffer)[5]).toBe(42)
    expect(x.m.grow(1)).toBe(2)
    expect(() => x.m.grow(1)).toThrow(RangeError)
  })

  test('a buffer is of the size of its memory exactly, and growth by nothing detaches it too', () => {
    const x = run(
      '(module (memory (export "m") 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))',
    )
    expect([x.grow(3), x.grow(1), x.grow(1)]).toEqual([1, 4, 5])
    const { buffer } = x.m
    expect([buffer.byteLength, x.m.buffer === buffer]).toEqual([6 * 65536, true])
    new Uint8Array(buffer).fill(7)
    for (const grow of [x.grow, (n: number) => x.m.grow(n)]) {
      const before = x.m.buffer
      expect(grow(0)).toBe(6)
      expect([before.byteLength, x.m.buffer.byteLength]).toEqual([0, 6 * 65536])
    }
    expect(new Uint8Array(x.m.buffer).every((b) => b === 7)).toBe(true)
  })

  test('a resizable buffer grows with its memory', () => {
    const memory = new W.Memory({ initial: 1, maximum: 3 })
    const buffer = memory.toResizableBuffer() as ArrayBuffer & { resizable: boolean; resize(n: number): void }
    expect(buffer.resizable).toBe(true)
    memory.grow(1)
    expect(memory.buffer).toBe(buffer)
    expect(buffer.byteLength).toBe(131072)
    expect(() => buffer.resize(65536)).toThrow(RangeError)
    buffer.resize(3 * 65536)
    expect(memory.grow(0)).toBe(3)
    expect(memory.toFixedLengthBuffer()).not.toBe(buffer)
  })

  test('traps are RuntimeErrors, an exhausted stack is a RangeError', () => {
    const x = run(`(module
      (func (export "trap") unreachable)
      (func $f (export "deep") (result i32) (i32.add (call $f) (i32.const 1))))`)
    expect(() => x.trap()).toThrow(W.RuntimeError)
    expect(() => x.trap()).toThrow('unreachable')
    expect(() => x.deep()).toThrow(RangeError)
  })

  test('what JavaScript throws comes out as it went in, also where WebAssembly catches', () => {
    const error = new Error('mine')
    const imports = {
      m: {
        f: () => {
          throw error
        },
        tag: W.JSTag,
      },
    }
    const x = run(
      `(module (import "m" "f" (func $f)) (import "m" "tag" (tag $t (param externref)))
        (func (export "pass") (call $f))
        (func (export "catch") (result externref)
          (block $h (result externref) (try_table (catch $t $h) (call $f)) (ref.null extern))))`,
      imports,
    )
    const thrown = (() => {
      try {
        x.pass()
      } catch (e) {
        return e
      }
    })()
    expect(thrown).toBe(error)
    expect(x.catch()).toBe(error)
  })

  test('an exception of a tag crosses both ways', () => {
    const tag = new W.Tag({ parameters: ['i32', 'i64'] })
    const x = run(
      '(module (import "m" "t" (tag $t (param i32 i64))) (func (export "f") (throw $t (i32.const 1) (i64.const -2))))',
      { m: { t: tag } },
    )
    let caught: Loose
    try {
      x.f()
    } catch (e) {
      caught = e
    }
    expect(caught).toBeInstanceOf(W.Exception)
    expect(caught.is(tag)).toBe(true)
    expect([caught.getArg(tag, 0), caught.getArg(tag, 1)]).toEqual([1, -2n])
  })
})
