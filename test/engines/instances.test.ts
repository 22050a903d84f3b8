// Several instances of one module, which may have code in common, and calls through tables that nothing changes.
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { Trap } from '../../src/errors.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { hostFunc, invoke } from '../../src/runtime/boundary.ts'
import type { FuncInst, MemInst } from '../../src/runtime/instances.ts'
import { instantiate } from '../../src/runtime/instantiate.ts'
import { Store } from '../../src/runtime/store.ts'
import { I32 } from '../../src/syntax/types.ts'
import { parseModule } from '../../src/text/parse.ts'
import { validate } from '../../src/valid/module.ts'
import { load, trapOf } from './load.ts'

describe.each(Object.entries(ENGINES))('%s', (_, engine) => {
  test('instances of one module have their own state, whichever came first', () => {
    const module = decode(
      parseModule(`(module (memory 1) (global $n (mut i32) (i32.const 0)) (table 2 funcref) (elem (i32.const 0) $one)
        (func $one (result i32) (i32.const 1))
        (func (export "grow") (result i32) (memory.grow (i32.const 1)))
        (func (export "fill") (param i32) (local i32)
          (loop $l (i32.store8 (local.get 1) (local.get 0)) (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get 1) (i32.shl (memory.size) (i32.const 16))))))
        (func (export "sum") (result i32) (local i32 i32)
          (loop $l (local.set 1 (i32.add (local.get 1) (i32.load8_u (local.get 0))))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get 0) (i32.shl (memory.size) (i32.const 16)))))
          (local.get 1))
        (func (export "count") (result i32)
          (global.set $n (i32.add (global.get $n) (call_indirect (result i32) (i32.const 0)))) (global.get $n))
        (func (export "beyond") (result i32) (i32.load (i32.shl (memory.size) (i32.const 16)))))`),
    )
    validate(module)
    const store = new Store(engine)
    const instances = [0, 1, 2, 3].map(() => instantiate(store, module, []))
    const call = (k: number, name: string, ...args: number[]) =>
      invoke(store, instances[k]!.exports.get(name) as FuncInst, args)[0]
    for (const k of [0, 1, 2, 3]) {
      for (let n = 0; n <= k; n++) expect(call(k, 'count')).toBe(n + 1)
      call(k, 'fill', k + 1)
    }
    for (const k of [3, 2, 1, 0]) expect(call(k, 'sum')).toBe(65536 * (k + 1))
    expect(call(2, 'grow')).toBe(1)
    expect(call(2, 'sum')).toBe(65536 * 3)
    call(2, 'fill', 1)
    for (const [k, pages] of [1, 2, 2, 4].entries()) expect(call(k, 'sum')).toBe(65536 * pages)
    for (const k of [0, 1, 2, 3]) {
      let caught: unknown
      try {
        call(k, 'beyond')
      } catch (e) {
        caught = e
      }
      expect(caught).toBeInstanceOf(Trap)
      expect((caught as Trap).message).toMatch(/out of bounds memory access/)
    }
  })

  test('call_indirect through a table that nothing changes', () => {
    const { call } = load(
      engine,
      `(module (type $f (func (param i32 i64) (result i64))) (table 6 funcref)
        (elem (i32.const 1) $add $sub $other $add)
        (func $add (type $f) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
        (func $sub (type $f) (i64.sub (local.get 1) (i64.extend_i32_s (local.get 0))))
        (func $other (result i32) (i32.const 9))
        (func (export "go") (param i32 i32 i64) (result i64)
          (call_indirect (type $f) (local.get 1) (local.get 2) (local.get 0)))
        (func (export "other") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))`,
      // The host has one text for an empty entry and one of another type.
      { store: new Store(engine, {}, {}, { exactTraps: true }) },
    )
    const big = 2n ** 40n
    expect(call('go', 1, -3, big)).toEqual([big - 3n])
    expect(call('go', 4, -3, big)).toEqual([big - 3n])
    expect(call('go', 2, -3, big)).toEqual([big + 3n])
    expect(call('other', 3)).toEqual([9])
    expect(trapOf(() => call('go', 3, 0, 0n))).toBe('indirect call type mismatch')
    expect(trapOf(() => call('other', 1))).toBe('indirect call type mismatch')
    expect(trapOf(() => call('go', 0, 0, 0n))).toBe('uninitialized element')
    expect(trapOf(() => call('go', 5, 0, 0n))).toBe('uninitialized element')
    expect(trapOf(() => call('go', 6, 0, 0n))).toBe('undefined element')
    expect(trapOf(() => call('go', -1, 0, 0n))).toBe('undefined element')
  })

  test('growth page by page moves a memory now and then only, and its buffer is of its size whenever one looks', () => {
    const seen: number[] = []
    const { inst, call } = load(
      engine,
      `(module (import "m" "look" (func $look (result i32))) (memory (export "m") 1 3000)
        (func (export "grow") (param $n i32)
          (loop $l
            (i32.store (i32.shl (memory.size) (i32.const 4)) (memory.size))
            (drop (memory.grow (i32.const 1)))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "wrong") (param $to i32) (result i32) (local $k i32)
          (local.set $k (i32.const 1))
          (loop $l
            (if (i32.ne (i32.load (i32.shl (local.get $k) (i32.const 4))) (local.get $k)) (then (return (local.get $k))))
            (br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $to))))
          (i32.const 0))
        (func (export "looked") (result i32)
          (i32.store (i32.const 0) (i32.const 7)) (drop (call $look)) (i32.store (i32.const 4) (i32.const 9))
          (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 4))))
        (func (export "last") (i32.store8 (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 1)) (i32.const 5)))
        (func (export "beyond") (i32.store8 (i32.shl (memory.size) (i32.const 16)) (i32.const 5))))`,
      { imports: { 'm.look': () => seen.push(mem.buffer.byteLength) } },
    )
    const mem = inst.exports.get('m') as MemInst
    const homes = new Set<unknown>()
    for (let k = 0; k < 100; k++) {
      call('grow', 20)
      homes.add(mem.views.u8.buffer)
    }
    if (!mem.detaches) expect(homes.size).toBeLessThan(20)
    expect(call('wrong', 2001)).toEqual([0])
    expect(mem.pages).toBe(2001)
    call('last')
    expect(trapOf(() => call('beyond'))).toBe('out of bounds memory access')
    expect(call('looked')).toEqual([16])
    expect(seen).toEqual([2001 * 65536])
    const bytes = new Uint8Array(mem.buffer)
    expect([bytes.length, bytes[0], bytes[4], bytes.at(-1)]).toEqual([2001 * 65536, 7, 9, 5])
    expect(call('wrong', 2001)).toEqual([0])
    expect(mem.grow(998)).toBe(2001)
    expect(mem.grow(2)).toBe(-1)
    expect(mem.buffer.byteLength).toBe(2999 * 65536)
  })

  test('two imports of one name may be given different things', () => {
    const module = decode(
      parseModule(`(module (import "m" "f" (func $a (result i32))) (import "m" "g" (global i32)) (import "m" "f" (func $b (result i64)))
        (import "m" "f" (func $c (result i32)))
        (func (export "go") (result i32 i64 i32) (call $a) (call $b) (call $c)))`),
    )
    validate(module)
    const store = new Store(engine)
    const ids = store.registry.add(module.recTypes)
    const given = module.imports.map(({ desc }, k) =>
      desc.kind === 'func'
        ? hostFunc(store.registry.types[ids[desc.type]!]!, () => [k === 2 ? 20n : 10 * k])
        : store.newGlobal({ type: I32, mutable: false }, 0),
    )
    const inst = instantiate(store, module, given)
    expect([...invoke(store, inst.exports.get('go') as FuncInst, [])]).toEqual([0, 20n, 30])
  })
})
