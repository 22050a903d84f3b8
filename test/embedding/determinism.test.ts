// NaNs of JavaScript have any bits: where they come into deterministic stores they become canonical, whichever way they take.
import { describe, expect, test } from 'vitest'
import { Exception } from '../../src/embedding/exception.ts'
import { Func } from '../../src/embedding/func.ts'
import { Global } from '../../src/embedding/global.ts'
import { Instance } from '../../src/embedding/instance.ts'
import { Module } from '../../src/embedding/module.ts'
import { Store } from '../../src/embedding/store.ts'
import { Tag } from '../../src/embedding/tag.ts'
import { createWebAssembly } from '../../src/js-api/index.ts'
import { Engine } from '../../src/presets/embedding.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { parseModule } from '../../src/text/parse.ts'

const WAT = `(module (import "m" "f" (func $f (result f64))) (import "m" "g" (global $g (mut f64)))
  (func (export "arguments") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  (func (export "single") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
  (func (export "host") (result i64) (i64.reinterpret_f64 (call $f)))
  (func (export "indirect") (param funcref) (result i64) (table.set $t (i32.const 0) (local.get 0)) (i64.reinterpret_f64 (call_indirect $t (result f64) (i32.const 0))))
  (table $t 1 funcref)
  (func (export "global") (result i64) (i64.reinterpret_f64 (global.get $g))))`
const CAUGHT = `(module (import "m" "t" (tag $t (param f64))) (import "m" "f" (func $f))
  (func (export "caught") (result i64) (i64.reinterpret_f64 (try (result f64) (do (call $f) (f64.const 0)) (catch $t)))))`

const odd = new Float64Array(BigUint64Array.of(0xfff8000000000001n).buffer)[0] as number
const CANONICAL = 0x7ff8000000000000n

describe.each(Object.keys(ENGINES))('on the %s', (executor) => {
  test('through the embedding API', () => {
    const engine = new Engine({ executor, deterministic: true })
    const store = new Store(engine)
    const g = new Global(store, { type: 'f64', mutable: true }, odd)
    const f = () => odd
    const instance = new Instance(store, new Module(engine, WAT), { m: { f, g } })
    expect(instance.func('arguments').call(odd)).toBe(CANONICAL)
    expect(instance.func('arguments', ['f64'], ['i64'])(odd)).toBe(CANONICAL)
    expect(instance.func('single').call(odd)).toBe(0x7fc00000)
    expect(instance.func('host').call()).toBe(CANONICAL)
    expect(instance.func('indirect').call(new Func(store, [], ['f64'], f))).toBe(CANONICAL)
    expect(instance.func('global').call()).toBe(CANONICAL)
    g.value = 1
    g.value = odd
    expect(instance.func('global').call()).toBe(CANONICAL)
    const tag = new Tag(store, ['f64'])
    const throws = () => {
      throw new Exception(tag, [odd])
    }
    const catching = new Instance(store, new Module(engine, CAUGHT), { m: { t: tag, f: throws } })
    expect(catching.func('caught').call()).toBe(CANONICAL)
  })

  test('through the JavaScript API', () => {
    const W = createWebAssembly(executor, { deterministic: true })
    const g = new W.Global({ value: 'f64', mutable: true }, odd)
    const module = new W.Module(parseModule(WAT) as Uint8Array<ArrayBuffer>)
    // biome-ignore lint/suspicious/noExplicitAny: what a module exports has any shape
    const x = new W.Instance(module, { m: { f: () => odd, g } }).exports as any
    expect(x.arguments(odd)).toBe(CANONICAL)
    expect(x.single(odd)).toBe(0x7fc00000)
    expect(x.host()).toBe(CANONICAL)
    expect(x.global()).toBe(CANONICAL)
    g.value = odd
    expect(x.global()).toBe(CANONICAL)
  })
})
