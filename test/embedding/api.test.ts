// The embedding API: modules, stores, instances, functions, memories, tables, globals, tags and exceptions, on every engine.
import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { Exception } from '../../src/embedding/exception.ts'
import { Func } from '../../src/embedding/func.ts'
import { Global } from '../../src/embedding/global.ts'
import { Instance } from '../../src/embedding/instance.ts'
import { Memory } from '../../src/embedding/memory.ts'
import { Module } from '../../src/embedding/module.ts'
import { Store } from '../../src/embedding/store.ts'
import { Table } from '../../src/embedding/table.ts'
import { Tag } from '../../src/embedding/tag.ts'
import { V128 } from '../../src/embedding/values.ts'
import { VERSION } from '../../src/embedding/version.ts'
import { CompileError, LinkError, Trap } from '../../src/errors.ts'
import { Engine } from '../../src/presets/embedding.ts'
import { engines, lacks, setUp, thrown } from './engines.ts'

const ADD = `(module $sums
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f32) (result f32 i64) (local.get 1) (local.get 0))
  (func (export "ref") (param externref) (result externref) (local.get 0))
  (func (export "none")))`

describe.each(engines)('%s', (name, engine) => {
  test('a module, an instance, a call', () => {
    const { store, compile } = setUp(engine)
    const instance = new Instance(store, compile(ADD))
    expect(instance.func('add').call(2, 3)).toBe(5)
    expect(instance.func('add').call(0x7fffffff, 1)).toBe(-0x80000000)
    expect(instance.func('swap').call(7n, 1.1)).toEqual([Math.fround(1.1), 7n])
    expect(instance.func('none').call()).toBe(undefined)
    const thing = { a: 1 }
    for (const v of [thing, null, undefined, 'x', 5, 1.5, Symbol.iterator]) expect(instance.func('ref').call(v)).toBe(v)
  })

  test('stated types give JavaScript functions, checked', () => {
    const { store, compile } = setUp(engine)
    const instance = new Instance(store, compile(ADD))
    const add = instance.func('add', ['i32', 'i32'], ['i32'])
    expectTypeOf(add).toEqualTypeOf<(a: number, b: number) => number>()
    const swap = instance.func('swap', ['i64', 'f32'], ['f32', 'i64'])
    expectTypeOf(swap).toEqualTypeOf<(a: bigint, b: number) => [number, bigint]>()
    const none = instance.func('none', [], [])
    expectTypeOf(none).toEqualTypeOf<() => void>()
    expect([add(1, 2), swap(-1n, 2), none()]).toEqual([3, [2, -1n], undefined])
    expect(thrown(() => instance.func('add', ['i32', 'i64'], ['i32'])).message).toBe(
      'the export "add": function 0: expected [i32 i64] -> [i32], it is [i32 i32] -> [i32]',
    )
    expect(thrown(() => add(1, '2' as never)).message).toMatch(
      /argument 1 of function 0: expected a number for an i32, got the string "2"/,
    )
    expect(thrown(() => (add as (a: number) => number)(1)).message).toBe(
      'function 0 takes 2 arguments [i32 i32], got 1',
    )
    expect(thrown(() => instance.func('swap').call(1, 2)).message).toMatch(
      /argument 0 of function 1: expected a bigint for an i64, got the number 1/,
    )
    expect(thrown(() => instance.func('ad')).message).toBe('the instance exports no func "ad"; did you mean "add"?')
    expect(thrown(() => instance.memory('add')).message).toBe('the export "add" is a func, not a memory')
  })

  test('host functions: typed, dynamic, with several results, with references', () => {
    const { store, compile } = setUp(engine)
    const module = compile(`(module
      (import "h" "div" (func $div (param i64 i64) (result i64 i64)))
      (import "h" "log" (func $log (param f64 externref)))
      (import "h" "pick" (func $pick (param funcref) (result funcref)))
      (func (export "div") (param i64 i64) (result i64 i64) (call $div (local.get 0) (local.get 1)))
      (func $log2 (export "log") (param f64 externref) (call $log (local.get 0) (local.get 1)))
      (func (export "pick") (result funcref) (call $pick (ref.func $log2))))`)
    const seen: unknown[] = []
    const div = new Func(store, ['i64', 'i64'], ['i64', 'i64'], (a, b) => {
      expectTypeOf(a).toEqualTypeOf<bigint>()
      return [a / b, a % b]
    })
    const instance = new Instance(store, module, {
      h: new Map<string, unknown>([
        ['div', div],
        ['log', (...args: unknown[]) => seen.push(args)],
        ['pick', (f: Func | null) => f],
      ]),
    })
    expect(instance.func('div').call(17n, 5n)).toEqual([3n, 2n])
    instance.func('log').call(0.5, 'text')
    expect(seen).toEqual([[0.5, 'text']])
    expect(instance.func('pick').call()).toBe(instance.func('log'))
    const bad = new Instance(store, module, { h: { div: () => 1n, log: () => {}, pick: () => null } })
    expect(thrown(() => bad.func('div').call(1n, 1n)).message).toBe(
      'the host function h.div must give an array of 2 values, got the bigint 1n',
    )
    // A host function can be called as any other.
    expect(div.call(9n, 2n)).toEqual([4n, 1n])
    expectTypeOf(div.call).returns.toEqualTypeOf<[bigint, bigint]>()
  })

  test('memories, tables and globals of the host and of instances', () => {
    const { store, compile } = setUp(engine)
    const memory = new Memory(store, { minimum: 1, maximum: 3 })
    const table = new Table(store, { element: 'funcref', minimum: 2 })
    const counter = new Global(store, { type: 'i64', mutable: true }, 5n)
    const instance = new Instance(
      store,
      compile(`(module (import "h" "memory" (memory 1 3)) (import "h" "table" (table 2 funcref)) (import "h" "n" (global $n (mut i64)))
        (import "h" "k" (global $k f64))
        (export "again" (memory 0)) (elem (i32.const 1) $f) (data (i32.const 8) "hello")
        (func $f (export "f") (result f64) (global.set $n (i64.add (global.get $n) (i64.const 1))) (global.get $k)))`),
      { h: { memory, table, n: counter, k: 0.25 } },
    )
    expect(instance.memory('again')).toBe(memory)
    expect(memory.readString(8, 5)).toBe('hello')
    expect(memory.grow(1)).toBe(1)
    expect([memory.size, memory.byteLength, memory.bytes.length, memory.type]).toEqual([
      2,
      131072,
      131072,
      { minimum: 2, maximum: 3 },
    ])
    expect(memory.grow(2)).toBe(-1)
    expect(memory.writeString(131070, 'ab')).toBe(2)
    expect(() => memory.write(131071, new Uint8Array(2))).toThrow(RangeError)
    expect(table.get(0)).toBe(null)
    expect((table.get(1) as Func).call()).toBe(0.25)
    expect(counter.value).toBe(6n)
    counter.value = 41n
    instance.func('f').call()
    expect(counter.value).toBe(42n)
    expectTypeOf(counter.value).toEqualTypeOf<bigint>()
    expect(() => table.get(2)).toThrow('entry 2 is not inside the table of 2 entries')
    expect(() => table.set(0, 'x')).toThrow('the entry: expected a value of type funcref, got the string "x"')
    expect(table.grow(2, instance.func('f'))).toBe(2)
    expect(table.get(3)).toBe(instance.func('f'))
    expect(() => {
      new Global(store, { type: 'i32' }, 1).value = 2
    }).toThrow('the global is immutable')
  })

  test.skipIf(lacks(name, 'exceptions'))('exceptions cross in both directions with tag and payload', () => {
    const { store, compile } = setUp(engine)
    const tag = new Tag(store, ['i32', 'i64'])
    const instance = new Instance(
      store,
      compile(`(module (import "h" "tag" (tag $t (param i32 i64))) (import "h" "f" (func $f))
        (func (export "throw") (throw $t (i32.const 7) (i64.const -1)))
        (func (export "catch") (result i32 i64) (block $b (result i32 i64) (try_table (catch $t $b) (call $f)) (unreachable))))`),
      {
        h: {
          tag,
          f: () => {
            throw new Exception(tag, [3, 4n])
          },
        },
      },
    )
    expect(instance.func('catch').call()).toEqual([3, 4n])
    const e = thrown(() => instance.func('throw').call()) as unknown as Exception
    expect(e).toBeInstanceOf(Exception)
    expect([e.is(tag), e.tag === tag, e.payload, e.is(new Tag(store, ['i32', 'i64']))]).toEqual([
      true,
      true,
      [7, -1n],
      false,
    ])
    if (e.is(tag)) expectTypeOf(e.payload).toEqualTypeOf<[number, bigint]>()
    expect(() => new Exception(tag, [1, 2] as never)).toThrow('value 1 of the payload: expected a bigint')
  })

  test.skipIf(lacks(name, 'gc'))('vectors, structs, arrays and i31 references', () => {
    const { store, compile } = setUp(engine)
    const instance = new Instance(
      store,
      compile(`(module (type $s (struct (field i8) (field (mut i64)) (field externref))) (type $a (array (mut i16)))
        (func (export "v") (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0)))
        (func (export "s") (param externref) (result structref) (struct.new $s (i32.const 255) (i64.const 1000000000000) (local.get 0)))
        (func (export "a") (result arrayref) (array.new_fixed $a 3 (i32.const 1) (i32.const 2) (i32.const 65535)))
        (func (export "id") (param anyref) (result anyref) (local.get 0))
        (func (export "ext") (param anyref) (result externref) (extern.convert_any (local.get 0))))`),
    )
    const v = instance.func('v', ['v128'], ['v128'])(new V128(Int32Array.of(1, 2, 3, 4)))
    expect([...v.lanes]).toEqual([2, 4, 6, 8])
    const s = instance.func('s', ['externref'], ['structref'])('x')!
    expect([s.kind, s.length, s.get(0), s.get(1), s.get(2)]).toEqual(['struct', 3, -1, 1000000000000n, 'x'])
    const a = instance.func('a', [], ['arrayref'])()!
    expect([a.length, a.get(0), a.get(2)]).toEqual([3, 1, -1])
    expect(() => a.get(3)).toThrow('element 3 is not one of 3')
    const id = instance.func('id').call.bind(instance.func('id'))
    expect([id(s) === s, id(a) === a, id(5), id(null)]).toEqual([true, true, 5, null])
    expect(instance.func('ext').call(s)).toBe(s)
    const thing = {}
    expect(id(thing)).toBe(thing)
    expect(() => instance.func('s', ['externref'], ['structref'])).not.toThrow()
  })

  test('handles of another store are refused', () => {
    const { store, compile } = setUp(engine)
    const other = new Store(engine)
    const module = compile('(module (import "h" "m" (memory 1)))')
    expect(thrown(() => new Instance(store, module, { h: { m: new Memory(other, { minimum: 1 }) } })).message).toBe(
      'import "h" "m": what is given belongs to another store',
    )
    const table = new Table(store, { element: 'funcref', minimum: 1 })
    expect(() => table.set(0, new Func(other, [], [], () => {}))).toThrow('the func belongs to another store')
  })
})

describe('modules', () => {
  const engine = new Engine({ executor: 'interpreter' })

  test('say what they import and export', () => {
    const module = new Module(
      engine,
      `(module $m (import "a" "f" (func (param i32) (result f64))) (import "a" "g" (global (mut externref)))
        (memory (export "mem") 1 2) (table (export "tab") i64 3 funcref) (tag (export "tag") (param i64)) (export "10" (func 0)))`,
    )
    expect(module.name).toBe('m')
    expect(module.imports).toEqual([
      { module: 'a', name: 'f', type: { kind: 'func', params: ['i32'], results: ['f64'] } },
      { module: 'a', name: 'g', type: { kind: 'global', type: 'externref', mutable: true } },
    ])
    expect(module.exports).toEqual([
      { name: 'mem', type: { kind: 'memory', minimum: 1, maximum: 2 } },
      { name: 'tab', type: { kind: 'table', element: 'funcref', minimum: 3, address: 'i64' } },
      { name: 'tag', type: { kind: 'tag', params: ['i64'] } },
      { name: '10', type: { kind: 'func', params: ['i32'], results: ['f64'] } },
    ])
    expect(inspect(module)).toMatch(/^Module "m" { \d+ bytes, 0 functions, 2 imports, 4 exports }$/)
  })

  test('have custom sections, as copies', () => {
    const module = new Module(engine, '(module (@custom "x" "one") (@custom "y" "two") (@custom "x" "three"))')
    const [first, second] = module.customSections('x')
    expect([first, second].map((b) => new TextDecoder().decode(b))).toEqual(['one', 'three'])
    first!.fill(0)
    expect(module.customSections('x')[0]![0]).toBe('o'.charCodeAt(0))
    expect(module.customSections('z')).toEqual([])
  })

  test('are copied from their buffers', () => {
    const bytes = new Module(engine, ADD).serialize().slice(12 + VERSION.length)
    const whole = new Uint8Array(bytes.length + 8)
    whole.set(bytes, 4)
    const module = new Module(engine, whole.subarray(4, 4 + bytes.length))
    whole.fill(0)
    expect(new Instance(new Store(engine), module).func('add').call(1, 1)).toBe(2)
    expect(() => new Module(engine, 5 as never)).toThrow(TypeError)
  })

  test('compile from responses, streams and promises', async () => {
    const bytes = new Module(engine, ADD).serialize().slice(12 + VERSION.length)
    const stream = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 10) controller.enqueue(bytes.slice(at, at + 10))
          controller.close()
        },
      })
    async function* pieces() {
      yield bytes.slice(0, 5)
      yield bytes.slice(5)
    }
    const sources = [
      new Response(bytes),
      Promise.resolve(new Response(stream())),
      stream(),
      pieces(),
      bytes.buffer,
      Promise.resolve(ADD),
    ]
    for (const source of sources)
      expect((await Module.compile(engine, source as Response)).exports.map((x) => x.name)).toEqual([
        'add',
        'swap',
        'ref',
        'none',
      ])
    await expect(Module.compile(engine, new Response('', { status: 404 }))).rejects.toThrow(
      'the response has the status 404',
    )
    await expect(Module.compile(engine, new Uint8Array(3))).rejects.toThrow(CompileError)
  })

  test('validate says why not', () => {
    expect(Module.validate(engine, ADD)).toBe(undefined)
    expect(Module.validate(engine, '(module (func (result i32)))')).toBeInstanceOf(CompileError)
    expect(Module.validate(engine, Uint8Array.of(0, 97, 115, 109))).toMatchObject({
      message: expect.stringContaining('unexpected end'),
    })
  })

  test('are kept as bytes with a version', () => {
    const bytes = new Module(engine, ADD).serialize()
    expect(Module.deserialize(engine, bytes).exports.length).toBe(4)
    const other = bytes.slice()
    other[13]! ^= 3
    expect(() => Module.deserialize(engine, other)).toThrow(/was serialised by anywasm .*: compile it again/)
    const damaged = bytes.slice()
    damaged[damaged.length - 1]! ^= 1
    expect(() => Module.deserialize(engine, damaged)).toThrow('the serialised module is damaged')
    expect(() => Module.deserialize(engine, new Uint8Array(50))).toThrow('no serialised module')
    expect(() => Module.deserialize(engine, bytes.subarray(0, 6))).toThrow(CompileError)
  })

  test.each([
    ['threads', '(module (memory 1 1 shared))'],
    ['simd', '(module (func (param v128)))'],
    ['gc', '(module (type (struct)))'],
    ['memory64', '(module (memory i64 1))'],
    ['multi-memory', '(module (memory 1) (memory 1))'],
    ['exceptions', '(module (tag))'],
    ['tail-call', '(module (func $f (return_call $f)))'],
    ['bulk-memory', '(module (memory 1) (data "x"))'],
    ['multi-value', '(module (type (func (result i32 i32))))'],
    ['extended-const', '(module (global i32 (i32.add (i32.const 1) (i32.const 2))))'],
    ['reference-types', '(module (func (param externref)))'],
  ])('that use %s are refused where the engine does not have it', (feature, wat) => {
    expect(new Module(engine, wat).imports).toEqual([])
    const old = new Engine({ features: ['mvp'] })
    expect(thrown(() => new Module(old, wat))).toMatchObject({
      name: 'CompileError',
      message: expect.stringContaining(feature),
    })
  })
})

test('engines: by name, with an executor of one’s own, or not at all', () => {
  expect(new Engine().name).toBe('tiered')
  expect(() => new Engine({ executor: 'jit' })).toThrow(
    'there is no executor "jit"; there are "auto", "host", "tiered", "compiler", "interpreter"',
  )
  expect(() => new Engine({ features: ['warp' as never] })).toThrow("unknown feature 'warp'")
})

test('what belongs to types that do not exist is said', () => {
  const store = new Store(new Engine())
  expect(() => new Func(store, ['int' as never], [], () => {})).toThrow('"int" is no value type')
  expect(() => new Func(store, ['(ref 900)'], [], () => {})).toThrow('(ref 900): the store has no type 900')
  expect(() => new Table(store, { element: 'i32' as never, minimum: 1 })).toThrow('i32 is no reference type')
  expect(() => new Memory(store, { minimum: -1 })).toThrow(
    'minimum: expected an integer from 0 to 65536, got the number -1',
  )
  expect(() => new Memory(store, { minimum: 2, maximum: 1 })).toThrow('maximum 1 is less than minimum 2')
  expect(() => new Memory(store, { minimum: 1, shared: true })).toThrow('a shared memory needs a maximum')
  for (const t of ['funcref', 'nullexternref', '(ref null any)', '(ref extern)', 'nullref'] as const)
    expect(new Func(store, [t], [t], (x) => x).type).toMatchObject({ params: [t === '(ref null any)' ? 'anyref' : t] })
})

test('the version is the package’s', () => expect(VERSION).toBe(packageJson.version))

test('errors have their classes', () => {
  const engine = new Engine()
  const store = new Store(engine, { limits: { memoryPages: 2 } })
  expect(thrown(() => new Module(engine, '(module'))).toBeInstanceOf(CompileError)
  expect(thrown(() => new Memory(store, { minimum: 3 }))).toMatchObject({
    name: 'LinkError',
    message: 'memory of 3 pages exceeds the limit of 2 (memoryPages)',
  })
  expect(store.exceeded?.limit).toBe('memoryPages')
  expect(thrown(() => new Instance(store, new Module(engine, '(module (memory 3))')))).toBeInstanceOf(LinkError)
  expect(
    thrown(() => new Instance(store, new Module(engine, '(module (func $f (unreachable)) (start $f))'))),
  ).toBeInstanceOf(Trap)
})
