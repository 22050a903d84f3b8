// What an instance owes to its users, duty by duty, on every engine. The names of the tests are the rows of that list.

import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { BUILTINS, BUILTINS_VERSION, builtin } from '../../src/compiler/builtins.ts'
import { type Environment, EnvironmentError } from '../../src/embedding/environment.ts'
import { Exception } from '../../src/embedding/exception.ts'
import { Func } from '../../src/embedding/func.ts'
import { Global } from '../../src/embedding/global.ts'
import { ClosedError, Instance } from '../../src/embedding/instance.ts'
import { Linker } from '../../src/embedding/linker.ts'
import { Memory } from '../../src/embedding/memory.ts'
import { Module } from '../../src/embedding/module.ts'
import { Store, type StoreOptions } from '../../src/embedding/store.ts'
import { Table } from '../../src/embedding/table.ts'
import { LinkError, Trap, type TrapCode } from '../../src/errors.ts'
import { instanceLayout } from '../../src/runtime/layout.ts'
import type { Feature } from '../../src/syntax/features.ts'
import { engines, lacks, setUp, thrown } from './engines.ts'

const gc = (): void => {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}
const codeOf = (run: () => unknown): string => (thrown(run) as unknown as Trap).code
const turn = () => new Promise((done) => setTimeout(done, 0))
/** Collects garbage until something holds. Looking at a weak reference keeps its target for the rest of the turn. */
async function collected(holds: () => boolean): Promise<void> {
  for (let k = 0; k < 20; k++) {
    await turn()
    gc()
    await turn()
    if (holds()) return
  }
}

/** An environment that notes what happens to it. */
class Noted implements Environment {
  instance: Instance | undefined
  constructor(
    readonly name: string,
    readonly log: string[],
    public fails = 0,
  ) {}
  initialize(instance: Instance): void {
    if (this.fails-- > 0) throw new Error(`${this.name} is not ready`)
    this.log.push(`initialize ${this.name}`)
    this.instance = instance
  }
  clone(): Noted {
    this.log.push(`clone ${this.name}`)
    return new Noted(`${this.name}'`, this.log)
  }
  release(): void {
    this.log.push(`release ${this.name}`)
  }
}

describe.each(engines)('%s', (engineName, engine) => {
  const needs = (...features: Feature[]) => features.some((f) => lacks(engineName, f))
  const make = (wat: string, imports = {}, options: StoreOptions = {}) => {
    const { store, compile } = setUp(engine, options)
    const module = compile(wat)
    const instance = new Instance(store, module, imports)
    const call = (name: string, ...args: unknown[]) => instance.func(name).call(...args)
    return { store, compile, module, instance, call }
  }

  describe('state', () => {
    test('module: one decoded module is shared by all its instances, and none changes it', () => {
      const { store, module, instance } = make(
        '(module (memory (export "m") 1) (data (i32.const 0) "abc") (data $p "xyz") (func (export "drop") (data.drop $p)))',
      )
      const before = module.serialize()
      const other = new Instance(store, module)
      instance.func('drop').call()
      instance.memory('m').bytes.fill(9)
      expect(other.module).toBe(instance.module)
      expect([...other.memory('m').read(0, 3)]).toEqual([97, 98, 99])
      expect(module.serialize()).toEqual(before)
    })

    test('offsets: one layout, computed from the module alone, in the documented order', () => {
      const { module } = make('(module (type (func)) (table 1 funcref) (memory 1) (global i32 (i32.const 0)) (func))')
      const layout = instanceLayout(module.syntax)
      expect(layout.fields.map((f) => f.name)).toEqual([
        'signature ids',
        'imported functions',
        'imported tables',
        'imported memories',
        'imported globals',
        'local tables',
        'local memories',
        'local globals',
        'builtins',
      ])
      let end = 0
      for (const f of layout.fields) {
        expect(f.offset).toBeGreaterThanOrEqual(end)
        end = f.offset + f.size * f.count
      }
      expect(layout.size).toBe(end)
      expect(layout.fields.find((f) => f.name === 'local globals')!.offset % 16).toBe(0)
      expect(() => instanceLayout({ ...module.syntax, globals: { length: 2 ** 29 } as never })).toThrow(/too large/)
    })

    test.skipIf(needs('multi-memory'))('memories, tables, globals: imported ones are shared by identity', () => {
      const { store, compile } = setUp(engine)
      const memory = new Memory(store, { minimum: 1 })
      const table = new Table(store, { element: 'externref', minimum: 1 })
      const global = new Global(store, { type: 'i32', mutable: true }, 0)
      const module =
        compile(`(module (import "h" "m" (memory 1)) (import "h" "t" (table 1 externref)) (import "h" "g" (global $g (mut i32)))
        (memory $own 1) (export "m" (memory 0)) (export "t" (table 0)) (export "g" (global 0)) (export "own" (memory $own))
        (func (export "set") (param externref) (i32.store8 (i32.const 5) (i32.const 7)) (table.set 0 (i32.const 0) (local.get 0)) (global.set $g (i32.const 3))))`)
      const [a, b] = [1, 2].map(() => new Instance(store, module, { h: { m: memory, t: table, g: global } }))
      a!.func('set').call('x')
      expect([b!.memory('m'), b!.table('t'), b!.global('g')]).toEqual([memory, table, global])
      expect(b!.memory('m')).toBe(memory)
      expect([memory.bytes[5], table.get(0), global.value]).toEqual([7, 'x', 3])
      expect(a!.memory('own')).not.toBe(b!.memory('own'))
    })

    test('functions, trampolines: one adapter per signature converts by ToInt32, BigInt.asIntN(64), fround, v128 and references', () => {
      const { call } =
        make(`(module (func (export "i") (param i32) (result i32) (local.get 0)) (func (export "l") (param i64) (result i64) (local.get 0))
        (func (export "f") (param f32) (result f32) (local.get 0)) (func (export "r") (param externref) (result externref) (local.get 0)))`)
      expect([call('i', 2 ** 32 + 5), call('i', -1.9), call('i', Number.NaN)]).toEqual([5, -1, 0])
      expect(call('l', 2n ** 63n)).toBe(-(2n ** 63n))
      expect(call('f', 0.1)).toBe(Math.fround(0.1))
      expect(call('r', call)).toBe(call)
    })

    test('funcrefs: exactly one per function, across tables, globals, exports and re-exports', () => {
      const { store, compile, instance } =
        make(`(module (func $f (export "f") (export "again")) (table (export "t") funcref (elem $f $f))
        (global (export "g") funcref (ref.func $f)) (func (export "get") (result funcref) (ref.func $f)))`)
      const f = instance.func('f')
      expect(instance.func('again')).toBe(f)
      expect(
        [
          instance.table('t').get(0),
          instance.table('t').get(1),
          instance.global('g').value,
          instance.func('get').call(),
        ].every((x) => x === f),
      ).toBe(true)
      const outer = new Instance(store, compile('(module (import "a" "f" (func)) (export "f" (func 0)))'), {
        a: instance,
      })
      expect(outer.func('f')).toBe(f)
    })

    test.skipIf(needs('gc'))('signature ids: canonical per store, subtyping included', () => {
      const { store, compile } = setUp(engine)
      const a = new Instance(
        store,
        compile(
          '(module (type (func)) (type $t (func (param i32) (result i32))) (func (export "f") (type $t) (local.get 0)))',
        ),
      )
      const b = new Instance(
        store,
        compile(`(module (type $mine (func (param i32) (result i32))) (import "a" "f" (func $f (type $mine))) (table funcref (elem $f))
          (func (export "go") (result i32) (call_indirect (type $mine) (i32.const 42) (i32.const 0)))
          (func (export "bad") (call_indirect (i32.const 0))))`),
        { a },
      )
      expect(b.func('go').call()).toBe(42)
      expect(codeOf(() => b.func('bad').call())).toBe('indirect call type mismatch')
      const sub =
        make(`(module (type $s (sub (func))) (type $t (sub $s (func))) (func $f (type $t)) (table funcref (elem $f)) (elem declare func $f)
        (func (export "go") (call_indirect (type $s) (i32.const 0))) (func (export "no") (call_indirect (i32.const 0))))`)
      expect(sub.call('go')).toBe(undefined)
      expect(codeOf(() => sub.call('no'))).toBe('indirect call type mismatch')
    })

    test('passive elements, passive data: dropped per instance, over shared bytes; active ones count as dropped', () => {
      const { store, module, call } =
        make(`(module (memory 1) (table 4 funcref) (data $p "abc") (data $a (i32.const 0) "x") (elem $e func 0) (elem $ae (i32.const 0) func 0)
        (func (export "p") (param i32) (memory.init $p (i32.const 0) (i32.const 0) (local.get 0))) (func (export "drop") (data.drop $p) (elem.drop $e))
        (func (export "a") (param i32) (memory.init $a (i32.const 0) (i32.const 0) (local.get 0)))
        (func (export "e") (param i32) (table.init $e (i32.const 0) (i32.const 0) (local.get 0)))
        (func (export "ae") (param i32) (table.init $ae (i32.const 0) (i32.const 0) (local.get 0))))`)
      const other = new Instance(store, module)
      call('p', 3)
      call('e', 1)
      call('drop')
      expect([codeOf(() => call('p', 1)), codeOf(() => call('e', 1))]).toEqual([
        'out of bounds memory access',
        'out of bounds table access',
      ])
      expect([call('p', 0), call('e', 0), call('a', 0), call('ae', 0)]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ])
      expect([codeOf(() => call('a', 1)), codeOf(() => call('ae', 1))]).toEqual([
        'out of bounds memory access',
        'out of bounds table access',
      ])
      expect(other.func('p').call(3)).toBe(undefined)
    })

    test('host state: one slot of the embedder’s own', () => {
      const { instance } = make('(module)')
      const typed = instance as Instance<{ n: number }>
      expect(typed.hostState).toBe(undefined)
      typed.hostState = { n: 5 }
      expect(typed.hostState.n).toBe(5)
      const store = new Store(engine, { data: { user: 'ann' } })
      expect(store.data.user).toBe('ann')
    })

    test('host environments: per imported function, none or one with initialize, clone and release', () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const seen: unknown[] = []
      const f = Func.withCaller(store, [], [], (caller) => void seen.push(caller.environment.name, caller.instance), {
        environment: new Noted('e', log),
      })
      const instance = new Instance(
        store,
        compile('(module (import "h" "f" (func $f)) (import "h" "plain" (func)) (func (export "go") (call $f)))'),
        { h: { f, plain: () => {} } },
      )
      instance.func('go').call()
      instance.dispose()
      expect(seen).toEqual(['e', instance])
      expect(log).toEqual(['initialize e', 'release e'])
    })

    test('builtins: one frozen, versioned table of what generated code may call', () => {
      expect(Object.isFrozen(BUILTINS)).toBe(true)
      expect(BUILTINS_VERSION).toBeGreaterThan(0)
      expect([typeof builtin('i32_div_s'), typeof builtin('unreachable'), builtin('constructor')]).toEqual([
        'function',
        'function',
        undefined,
      ])
    })
  })

  describe('instantiation', () => {
    test('1. imports are checked by kind and type before anything is written; the error names module, field, expected and given', () => {
      const { store, compile } = setUp(engine)
      const memory = new Memory(store, { minimum: 1 })
      const module = compile(
        '(module (import "env" "memory" (memory 1)) (import "env" "print" (func (param i32))) (data (i32.const 0) "abc"))',
      )
      const e = thrown(() => new Instance(store, module, { env: { memory, print: memory } })) as unknown as LinkError
      expect(e).toBeInstanceOf(LinkError)
      expect(e.import).toEqual({ module: 'env', name: 'print', expected: 'func [i32] -> []', given: 'memory 1' })
      expect(e.message).toBe('incompatible import type for "env" "print": expected func [i32] -> [], got memory 1')
      const f = new Func(store, ['i64'], [], () => {})
      expect(thrown(() => new Instance(store, module, { env: { memory, print: f } })).message).toContain(
        'expected func [i32] -> [], got func [i64] -> []',
      )
      expect(thrown(() => new Instance(store, module, { env: { memory, prnt: f } })).message).toBe(
        'unknown import "env" "print": the module needs a func [i32] -> []; did you mean "prnt"?',
      )
      expect(thrown(() => new Instance(store, module, { enf: {} })).message).toContain('did you mean "enf"?')
      expect(memory.bytes[0]).toBe(0)
    })

    test.skipIf(needs('gc', 'extended-const'))(
      '2. memories, tables and globals within the limits; constants of every kind, raw bits and the current value of other globals',
      () => {
        const { store, compile } = setUp(engine, { limits: { memoryPages: 1, tableElements: 10, instances: 2 } })
        const source = new Global(store, { type: 'i32', mutable: false }, 41)
        const instance = new Instance(
          store,
          compile(`(module (import "h" "g" (global $g i32)) (func $f) (global (export "nan") f32 (f32.const nan:0x200001)) (global (export "l") i64 (i64.const -2))
          (global (export "v") v128 (v128.const i32x4 1 2 3 4)) (global (export "sum") i32 (i32.add (global.get $g) (i32.const 1)))
          (global (export "null") externref (ref.null extern)) (global (export "f") funcref (ref.func $f)) (global $i (export "i") i31ref (ref.i31 (i32.const -1)))
          (func (export "bits") (result i32) (i32.reinterpret_f32 (global.get 1))))`),
          { h: { g: source } },
        )
        expect(instance.func('bits').call()).toBe(0x7fa00001)
        expect(['l', 'sum', 'null', 'i'].map((n) => instance.global(n).value)).toEqual([-2n, 42, null, -1])
        expect([...instance.global('v').value.lanes]).toEqual([1, 2, 3, 4])
        expect(instance.global('f').value).toBeInstanceOf(Func)
        for (const [wat, limit] of [
          ['(module (memory 2))', 'memoryPages'],
          ['(module (table 11 funcref))', 'tableElements'],
        ]) {
          expect(thrown(() => new Instance(store, compile(wat!)))).toMatchObject({
            name: 'LinkError',
            message: expect.stringContaining(limit!),
          })
          expect(store.exceeded?.limit).toBe(limit)
        }
        const second = new Instance(store, compile('(module)'))
        expect(thrown(() => new Instance(store, compile('(module)'))).message).toBe(
          'instance number 3 exceeds the limit of 2 (instances)',
        )
        second.dispose()
        expect(new Instance(store, compile('(module)')).closed).toBe(false)
      },
    )

    test('tables of an instance that is disposed of no longer count', () => {
      const { store, compile } = setUp(engine, { limits: { totalTableElements: 10 } })
      const table = new Table(store, { element: 'funcref', minimum: 3 })
      const module = compile(
        '(module (table 6 funcref) (func (export "grow") (result i32) (table.grow (ref.null func) (i32.const 1))))',
      )
      const first = new Instance(store, module)
      expect([first.func('grow').call(), first.func('grow').call()]).toEqual([6, -1])
      expect(store.exceeded?.limit).toBe('totalTableElements')
      expect(thrown(() => new Table(store, { element: 'funcref', minimum: 1 }))).toMatchObject({ name: 'LinkError' })
      first.dispose()
      expect(new Instance(store, module).func('grow').call()).toBe(6)
      expect(table.size).toBe(3)
    })

    test('3. element segments, then data segments, in order; the first failure traps, and what was written before it stays', () => {
      const { store, compile } = setUp(engine)
      const memory = new Memory(store, { minimum: 1 })
      const table = new Table(store, { element: 'funcref', minimum: 2 })
      const module =
        compile(`(module (import "h" "m" (memory 1)) (import "h" "t" (table 2 funcref)) (func $f (result i32) (i32.const 8))
        (elem (i32.const 0) func $f) (data (i32.const 0) "ab") (data (i32.const 65536) "") (data (i32.const 65535) "xy") (data (i32.const 4) "never"))`)
      expect(codeOf(() => new Instance(store, module, { h: { m: memory, t: table } }))).toBe(
        'out of bounds memory access',
      )
      expect([...memory.read(0, 6)]).toEqual([97, 98, 0, 0, 0, 0])
      expect((table.get(0) as Func).call()).toBe(8)
      const empty = compile('(module (import "h" "m" (memory 1)) (data (i32.const 65537) ""))')
      expect(codeOf(() => new Instance(store, empty, { h: { m: memory } }))).toBe('out of bounds memory access')
    })

    test('4. the start function: none, a local one, or an imported one with its own environment, under the trap handler', () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const env = new Noted('e', log)
      const f = Func.withCaller(store, [], [], (caller) => void log.push(`start ${caller.environment.name}`), {
        environment: env,
      })
      new Instance(store, compile('(module (import "h" "f" (func $f)) (start $f))'), { h: { f } })
      expect(log).toEqual(['start e', 'initialize e'])
      const traps: string[] = []
      const handled = new Store(engine, { onTrap: (trap) => traps.push(`${trap.code} ${trap.frames.length}`) })
      expect(codeOf(() => new Instance(handled, compile('(module (func $s unreachable) (start $s))')))).toBe(
        'unreachable',
      )
      expect(traps).toEqual(['unreachable 1'])
    })

    test('5. host environments: initialised once, in function-index order; after an error a retry resumes there', () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const environments = [new Noted('a', log), new Noted('b', log, 2), new Noted('c', log)]
      const funcs = environments.map((environment) => Func.withCaller(store, [], [], () => {}, { environment }))
      const module = compile(
        '(module (import "h" "a" (func)) (import "h" "b" (func)) (import "h" "c" (func)) (func (export "x")))',
      )
      const h = { c: funcs[2]!, b: funcs[1]!, a: funcs[0]! }
      const e = thrown(() => new Instance(store, module, { h })) as unknown as EnvironmentError
      expect(e).toBeInstanceOf(EnvironmentError)
      expect((e.cause as Error).message).toBe('b is not ready')
      expect(log).toEqual(['initialize a'])
      expect(() => e.retry()).toThrow(EnvironmentError)
      const instance = e.retry()
      expect(log).toEqual(['initialize a', 'initialize b', 'initialize c'])
      expect(environments.every((x) => x.instance === instance)).toBe(true)
      expect(instance.func('x').call()).toBe(undefined)
    })
  })

  describe('operations', () => {
    test.skipIf(needs('multi-memory'))(
      'memory.grow gives the old page count or −1; every sharer sees it at once; size, fill, copy, init',
      () => {
        const { instance, store, compile, call } =
          make(`(module (memory $a (export "m") 1 3) (memory $b 1) (data $d "hello")
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))) (func (export "size") (result i32) (memory.size))
        (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
        (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "across") (memory.copy $b $a (i32.const 0) (i32.const 0) (i32.const 4)) (memory.copy $a $b (i32.const 100) (i32.const 0) (i32.const 4)))
        (func (export "init") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 5))))`)
        const memory = instance.memory('m')
        const sharer = new Instance(
          store,
          compile('(module (import "h" "m" (memory 1)) (func (export "size") (result i32) (memory.size)))'),
          { h: { m: memory } },
        )
        expect([call('grow', 1), memory.size, sharer.func('size').call(), memory.bytes.length]).toEqual([
          1, 2, 2, 131072,
        ])
        expect([memory.grow(1), call('size'), call('grow', 1), call('grow', -1)]).toEqual([2, 3, -1, -1])
        call('fill', 10, 0x1ff, 3)
        expect([...memory.read(9, 5)]).toEqual([0, 255, 255, 255, 0])
        call('init')
        call('copy', 1, 0, 5)
        expect(memory.readString(0, 6)).toBe('hhello')
        call('across')
        expect(memory.readString(100, 4)).toBe('hhel')
      },
    )

    test('table.grow gives the old size or −1; get, set, fill, copy, init', () => {
      const { instance, call } =
        make(`(module (table $t (export "t") 2 4 externref) (table $f 3 funcref) (elem $e func 0 0)
        (func $x (export "grow") (param i32 externref) (result i32) (table.grow $t (local.get 1) (local.get 0)))
        (func (export "fill") (param externref) (table.fill $t (i32.const 0) (local.get 0) (i32.const 3)))
        (func (export "copy") (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 2)))
        (func (export "init") (result i32) (table.init $f $e (i32.const 1) (i32.const 0) (i32.const 2)) (ref.is_null (table.get $f (i32.const 0)))))`)
      const table = instance.table('t')
      const shown = () => Array.from({ length: table.size }, (_, k) => table.get(k))
      expect([call('grow', 1, 'a'), table.grow(1, 'b'), table.grow(1), call('grow', 1, null)]).toEqual([2, 3, -1, -1])
      expect(shown()).toEqual([null, null, 'a', 'b'])
      const one = {}
      call('fill', one)
      expect(
        shown()
          .slice(0, 3)
          .every((x) => x === one),
      ).toBe(true)
      table.set(0, 'first')
      call('copy')
      expect(shown()).toEqual(['first', 'first', one, 'b'])
      expect(call('init')).toBe(1)
    })

    test('bulk operations check the whole range first and write nothing when they trap; length zero is checked; addresses never wrap', () => {
      const { instance, call } = make(`(module (memory (export "m") 1) (table (export "t") 3 externref)
        (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
        (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "tfill") (param i32 i32) (table.fill (local.get 0) (ref.null extern) (local.get 1))))`)
      for (const [at, n] of [
        [65530, 7],
        [65537, 0],
        [-1, 2],
        [4, -1],
      ])
        expect(codeOf(() => call('fill', at, n))).toBe('out of bounds memory access')
      for (const args of [
        [0, 65530, 7],
        [65537, 0, 0],
        [0, -1, 2],
      ])
        expect(codeOf(() => call('copy', ...args))).toBe('out of bounds memory access')
      expect(call('fill', 65536, 0)).toBe(undefined)
      expect(instance.memory('m').bytes.every((b) => b === 0)).toBe(true)
      for (const [at, n] of [
        [2, 2],
        [4, 0],
        [-1, 1],
      ])
        expect(codeOf(() => call('tfill', at, n))).toBe('out of bounds table access')
    })

    test('elem.drop and data.drop never trap, twice is once', () => {
      const { call } = make(
        '(module (data $d "x") (elem $e func 0) (func (export "drop") (data.drop $d) (elem.drop $e)))',
      )
      expect([call('drop'), call('drop'), call('drop')]).toEqual([undefined, undefined, undefined])
    })

    test('func_ref(i): null for the null value, else the one reference', () => {
      const { instance } = make(
        '(module (func $f (export "f")) (table (export "t") 2 funcref) (elem (i32.const 0) func $f))',
      )
      expect([instance.table('t').get(0), instance.table('t').get(1)]).toEqual([instance.func('f'), null])
    })
  })

  describe('exports', () => {
    test('lookup gives a typed extern or nothing; iteration is in the order of declaration', () => {
      const { instance } = make(
        '(module (func $f) (memory 1) (export "b" (func $f)) (export "10" (memory 0)) (export "" (func $f)) (export "9" (func $f)) (export "a" (func $f)))',
      )
      expect([...instance.exports.keys()]).toEqual(['b', '10', '', '9', 'a'])
      expect(instance.lookup('10')?.kind).toBe('memory')
      expect([instance.lookup('nothing'), instance.lookup('toString')]).toEqual([undefined, undefined])
    })

    test('a re-exported import is the original, with its environment', () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const f = Func.withCaller(store, [], ['externref'], (caller) => caller.environment.name, {
        environment: new Noted('e', log),
      })
      const plain = new Func(store, [], [], () => {})
      const module = compile(
        '(module (import "h" "f" (func (result externref))) (import "h" "p" (func)) (export "f" (func 0)) (export "p" (func 1)))',
      )
      const instance = new Instance(store, module, { h: { f, p: plain } })
      expect([instance.func('f'), instance.func('p')]).toEqual([f, plain])
      expect(instance.func('f')).toBe(f)
      expect(instance.func('p')).toBe(plain)
      expect(instance.func('f').call()).toBe('e')
      // A second importer has a clone, and its export is that function.
      const second = new Instance(store, module, { h: { f, p: plain } })
      expect([second.func('f').call(), f.call()]).toEqual(["e'", 'e'])
      expect(second.func('f')).toBe(second.func('f'))
    })

    test('an export keeps its instance alive; a weak reference does not, and reports a closed instance after dispose', async () => {
      const { store, compile } = setUp(engine)
      const module = compile('(module (memory (export "m") 1) (func (export "f") (result i32) (i32.const 6)))')
      const weak = (() => new Instance(store, module).weak())()
      const [memory, kept] = (() => {
        const instance = new Instance(store, module)
        return [instance.memory('m'), instance.weak()]
      })()
      await collected(() => weak.closed)
      expect(weak.closed).toBe(true)
      expect(() => weak.get()).toThrow(ClosedError)
      expect(kept.closed).toBe(false)
      expect(kept.get().memory('m')).toBe(memory)
      const f = kept.get().func('f')
      kept.get().dispose()
      expect([kept.closed, f.call()]).toEqual([true, 6])
      expect(() => kept.get()).toThrow('the instance is closed')
    })

    test('two handles are equal when they are the same instance; printing shows name and shape, never memory', () => {
      const { store, module, instance } = make(
        '(module $tool (memory (export "m") 1) (table 3 funcref) (global i32 (i32.const 5)) (data (i32.const 0) "secret") (func (export "f")))',
      )
      const other = new Instance(store, module)
      expect([
        instance.equals(instance.weak().get()),
        instance.equals(other),
        instance.weak().get() === instance,
      ]).toEqual([true, false, true])
      const shown = inspect(instance)
      expect(shown).toBe('Instance "tool" { 1 functions, memory of 1 pages, table of 3 entries, 1 globals, 2 exports }')
      for (const x of [...instance.exports.values(), module, store]) expect(inspect(x)).not.toContain('secret')
      expect(inspect(instance.memory('m'))).toBe('Memory { 1 page of 65536 bytes }')
      expect(inspect(instance.func('f'))).toBe('Func { function 0 [] -> [] }')
    })
  })

  describe('traps', () => {
    const TRAPS: [TrapCode, string][] = [
      ['call stack exhausted', '(func $f (export "f") (call $f))'],
      ['out of bounds memory access', '(func (export "f") (drop (i32.load (i32.const -1))))'],
      ['unaligned atomic', '(func (export "f") (drop (i32.atomic.load (i32.const 1))))'],
      ['out of bounds table access', '(func (export "f") (drop (table.get (i32.const 9))))'],
      ['uninitialized element', '(func (export "f") (call_indirect (i32.const 0)))'],
      ['undefined element', '(func (export "f") (call_indirect (i32.const 99)))'],
      [
        'indirect call type mismatch',
        '(func $g (param i32)) (func (export "f") (table.set (i32.const 0) (ref.func $g)) (call_indirect (i32.const 0))) (elem declare func $g)',
      ],
      ['integer overflow', '(func (export "f") (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))'],
      ['integer divide by zero', '(func (export "f") (drop (i64.rem_u (i64.const 1) (i64.const 0))))'],
      ['invalid conversion to integer', '(func (export "f") (drop (i32.trunc_f32_s (f32.const nan))))'],
      ['unreachable', '(func (export "f") unreachable)'],
      ['null reference', '(func (export "f") (drop (ref.as_non_null (ref.null func))))'],
      ['null function reference', '(type $v (func)) (func (export "f") (call_ref $v (ref.null $v)))'],
      ['cast failure', '(func (export "f") (drop (ref.cast (ref i31) (ref.null any))))'],
      [
        'out of bounds array access',
        '(type $a (array i8)) (func (export "f") (drop (array.get_s $a (array.new $a (i32.const 0) (i32.const 1)) (i32.const 1))))',
      ],
    ]
    /** V8 says the same of two traps; the engine takes the one that modules meet more often. */
    const HOST_SAYS: Partial<Record<TrapCode, TrapCode>> = {
      'uninitialized element': 'indirect call type mismatch',
      'invalid conversion to integer': 'integer overflow',
    }
    const NEEDS: Partial<Record<TrapCode, Feature>> = {
      'null reference': 'function-references',
      'null function reference': 'function-references',
      'cast failure': 'gc',
      'out of bounds array access': 'gc',
    }
    for (const [code, body] of TRAPS) {
      const feature = NEEDS[code]
      test.skipIf(feature !== undefined && needs(feature))(`a closed set: ${code}`, () => {
        const { call } = make(`(module (memory 1) (table 1 funcref) ${body})`)
        const trap = thrown(() => call('f'))
        expect(trap).toBeInstanceOf(Trap)
        expect(trap['code']).toBe(engineName === 'host' ? (HOST_SAYS[code] ?? code) : code)
      })
    }

    test('a closed set: out of fuel, interrupted (deadline, signal)', () => {
      const loop = '(module (func (export "f") (loop (br 0))))'
      const fuel = make(loop, {}, { fuel: 1000 })
      expect([codeOf(() => fuel.call('f')), fuel.store.exceeded?.limit]).toEqual(['out of fuel', 'fuel'])
      const deadline = make(loop, {}, { timeout: 5 })
      expect([codeOf(() => deadline.call('f')), deadline.store.exceeded?.limit]).toEqual([
        'deadline exceeded',
        'deadline',
      ])
      const controller = new AbortController()
      const signal = make(
        '(module (import "h" "stop" (func $s)) (func (export "f") (call $s) (loop (br 0))))',
        { h: { stop: () => controller.abort() } },
        { signal: controller.signal },
      )
      expect([codeOf(() => signal.call('f')), signal.store.exceeded?.limit]).toEqual(['interrupted', 'interrupt'])
    })

    test.skipIf(needs('exceptions'))('uncaught exceptions come out with tag and payload', () => {
      const { instance, call } = make(
        '(module (tag $t (export "t") (param i32)) (func (export "f") (throw $t (i32.const 5))))',
      )
      const e = thrown(() => call('f')) as unknown as Exception
      expect([e instanceof Exception, e.tag === instance.tag('t'), e.payload]).toEqual([true, true, [5]])
    })

    test('a trap of the library and one of a host function are told apart; a host’s own error keeps its identity', () => {
      const mine = new Error('mine')
      let raise: unknown = new Trap('unreachable', 'the host says no')
      const fail = () => {
        throw raise
      }
      const { call } = make(
        '(module (import "h" "f" (func $f)) (func (export "host") (call $f)) (func (export "own") unreachable))',
        { h: { f: fail } },
      )
      expect(thrown(() => call('host'))).toMatchObject({ byHost: true, message: 'unreachable: the host says no' })
      expect(thrown(() => call('own'))).toMatchObject({ byHost: false })
      raise = mine
      expect(thrown(() => call('host'))).toBe(mine)
    })

    test('an embedder’s trap handler sees each trap with its frames first, once', () => {
      const seen: string[] = []
      let inner: Instance | undefined
      const store = new Store(engine, {
        onTrap: (trap) => void seen.push(`${trap.code}: ${trap.frames.map((f) => f.name).join(' ')}`),
      })
      const module = new Module(
        engine,
        '(module (import "h" "f" (func $f)) (func (export "outer") (call $f)) (func (export "bad") unreachable))',
      )
      inner = new Instance(store, module, { h: { f: () => {} } })
      const outer = new Instance(store, module, { h: { f: () => inner.func('bad').call() } })
      expect(codeOf(() => outer.func('outer').call())).toBe('unreachable')
      expect(seen).toEqual(['unreachable: bad'])
    })
  })

  describe('life', () => {
    test('environments are released exactly once, on dispose', () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const f = Func.withCaller(store, [], ['externref'], (caller) => caller.environment.name, {
        environment: new Noted('e', log),
      })
      const instance = new Instance(
        store,
        compile(
          '(module (import "h" "f" (func $f (result externref))) (import "h" "f" (func (result externref))) (func (export "go") (result externref) (call $f)))',
        ),
        { h: { f } },
      )
      const go = instance.func('go')
      expect(go.call()).toBe('e')
      instance.dispose()
      instance.dispose()
      expect(log).toEqual(['initialize e', 'release e'])
      expect(instance.closed).toBe(true)
      expect(() => instance.func('go')).toThrow(ClosedError)
      expect(() => go.call()).toThrow('the environment of this host function has been released')
    })

    test('Symbol.dispose, where the language has it, is dispose', () => {
      const { instance } = make('(module)')
      const dispose = (Symbol as { dispose?: symbol }).dispose
      if (dispose !== undefined)
        expect((instance as unknown as Record<symbol, unknown>)[dispose]).toBe(Instance.prototype.dispose)
      instance.dispose()
      expect(instance.closed).toBe(true)
    })

    test('environments are released by a finalizer as a backstop', async () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const module = compile('(module (import "h" "f" (func)))')
      const environment: Environment = { release: () => void log.push('released') }
      ;(() =>
        void new Instance(store, module, { h: { f: Func.withCaller(store, [], [], () => {}, { environment }) } }))()
      await collected(() => log.length > 0)
      expect(log).toEqual(['released'])
    })

    test('a clone of an environment that is not initialised yet is not initialised either', () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const f = Func.withCaller(store, [], [], () => {}, { environment: new Noted('e', log, 1) })
      const module = compile('(module (import "h" "f" (func)))')
      const failed = thrown(() => new Instance(store, module, { h: { f } })) as unknown as EnvironmentError
      const second = new Instance(store, module, { h: { f } })
      expect(log).toEqual(['clone e', "initialize e'"])
      const first = failed.retry()
      first.dispose()
      second.dispose()
      expect(log).toEqual(['clone e', "initialize e'", 'initialize e', 'release e', "release e'"])
    })

    test('an environment without clone is shared, and released when its last instance is', () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const environment: Environment = {
        initialize: () => void log.push('initialize'),
        release: () => void log.push('release'),
      }
      const f = Func.withCaller(store, [], [], () => {}, { environment })
      const module = compile('(module (import "h" "f" (func)))')
      const [a, b] = [1, 2].map(() => new Instance(store, module, { h: { f } }))
      a!.dispose()
      expect(log).toEqual(['initialize'])
      b!.dispose()
      expect(log).toEqual(['initialize', 'release'])
      expect(() => new Instance(store, module, { h: { f } })).toThrow('has been released')
    })

    test('an instance that could not be linked has taken no environment', () => {
      const { store, compile } = setUp(engine)
      const log: string[] = []
      const f = Func.withCaller(store, [], [], () => {}, { environment: new Noted('e', log) })
      const module = compile('(module (import "h" "f" (func)) (import "h" "g" (func)))')
      expect(() => new Instance(store, module, { h: { f } })).toThrow(LinkError)
      new Instance(store, module, { h: { f, g: () => {} } }).dispose()
      expect(log).toEqual(['initialize e', 'release e'])
    })

    test.skipIf(needs('multi-memory'))(
      'memoryUsage of store, module and instance counts every shared object once',
      () => {
        const { store, compile } = setUp(engine)
        const memory = new Memory(store, { minimum: 2 })
        const module = compile(
          '(module (import "h" "m" (memory 1)) (memory 1) (table 10 funcref) (global i32 (i32.const 0)) (func))',
        )
        const a = new Instance(store, module, { h: { m: memory } })
        const one = a.memoryUsage()
        expect([one.memories, one.tables, one.modules]).toEqual([3 * 65536, 80, module.memoryUsage().total])
        expect(one.total).toBe(one.memories + one.tables + one.globals + one.functions + one.modules)
        const b = new Instance(store, module, { h: { m: memory } })
        const both = store.memoryUsage()
        expect([both.memories, both.tables, both.modules]).toEqual([4 * 65536, 160, one.modules])
        memory.grow(1)
        expect(store.memoryUsage().memories).toBe(5 * 65536)
        b.dispose()
        expect(store.memoryUsage().memories).toBe(4 * 65536)
      },
    )

    test('memories, tables and globals are made by a factory that the embedder may replace', () => {
      const made: string[] = []
      const pool: Memory[] = []
      const store = new Store(engine, {
        factory: {
          memory(type, next) {
            made.push(`memory ${type.minimum}`)
            return pool.pop() ?? next()
          },
          table(type, next) {
            made.push(`table ${type.minimum} ${type.element}`)
            return next()
          },
          global(type, next) {
            made.push(`global ${type.type}`)
            return next()
          },
        },
      })
      const buffer = new ArrayBuffer(65536)
      // The host's memories have buffers of their own.
      const reused = new Memory(store, { minimum: 1, maximum: 1 }, engineName === 'host' ? {} : { buffer })
      pool.push(reused)
      const module = new Module(
        engine,
        '(module (memory (export "m") 1 1) (table (export "t") 2 externref) (global (export "g") i64 (i64.const 4)) (func (export "f") (i32.store8 (i32.const 3) (i32.const 9))))',
      )
      const instance = new Instance(store, module)
      expect(made).toEqual(['memory 1', 'global i64', 'table 2 externref'])
      instance.func('f').call()
      expect([
        instance.memory('m') === reused,
        engineName === 'host' ? reused.bytes[3] : new Uint8Array(buffer)[3],
        instance.global('g').value,
        instance.table('t').size,
      ]).toEqual([true, 9, 4n, 2])
      expect(new Instance(store, module).memory('m')).not.toBe(reused)
      pool.push(new Memory(store, { minimum: 5 }))
      expect(thrown(() => new Instance(store, module))).toMatchObject({
        name: 'LinkError',
        message: expect.stringContaining('factory'),
      })
    })
  })

  test('linkers: names, instances, shadowing', () => {
    const { store, compile } = setUp(engine)
    const linker = new Linker(store)
    linker.func('env', 'double', ['i32'], ['i32'], (x) => 2 * x).define('env', 'k', 5)
    linker.instantiate(
      compile('(module (func (export "one") (result i32) (i32.const 1)) (memory (export "memory") 1))'),
      'lib',
    )
    const module =
      compile(`(module (import "env" "double" (func $d (param i32) (result i32))) (import "env" "k" (global $k i32)) (import "lib" "one" (func $o (result i32)))
      (import "lib" "memory" (memory 1)) (func (export "go") (result i32) (i32.add (call $d (global.get $k)) (call $o))))`)
    expect(linker.instantiate(module).func('go').call()).toBe(11)
    expect(() => linker.define('env', 'k', 6)).toThrow(
      '"env" "k" is defined already: allow shadowing, or choose another name',
    )
    expect((linker.lookup('lib', 'memory') as Memory).size).toBe(1)
    const shadowing = new Linker(store, { shadowing: true }).define('env', 'k', 1).define('env', 'k', 2)
    expect(shadowing.lookup('env', 'k')).toBe(2)
    expect(thrown(() => shadowing.instantiate(module)).message).toContain('unknown import "env" "double"')
    shadowing.all({
      env: { double: (x: number) => x },
      lib: { one: () => 1, memory: new Memory(store, { minimum: 1 }) },
    })
    expect(shadowing.instantiate(module).func('go').call()).toBe(3)
  })

  test('growth: a hook sees and refuses it', () => {
    const seen: unknown[] = []
    const { call } = make(
      '(module (memory 1) (table 1 funcref) (func (export "m") (param i32) (result i32) (memory.grow (local.get 0))) (func (export "t") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))',
      {},
      { mayGrow: (growth) => seen.push(growth) < 3 },
    )
    expect([call('m', 1), call('t', 2), call('m', 1)]).toEqual([1, 1, -1])
    expect(seen).toEqual([
      { what: 'memory', size: 1, wanted: 2 },
      { what: 'table', size: 1, wanted: 3 },
      { what: 'memory', size: 2, wanted: 3 },
    ])
  })
})
