// Modules that would run for ever or take all there is: each is stopped by its limit, on every engine; the store says why, and the host lives on.
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { CompileError, LinkError } from '../../src/errors.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { type Executor, type Growth, Store, type StoreLimits } from '../../src/runtime/store.ts'
import { parseModule } from '../../src/text/parse.ts'
import { type Loaded, load, trapOf } from './load.ts'

/** What never ends, each in its own way. */
const ENDLESS: [string, string][] = [
  ['a loop without calls', '(func (export "f") (loop $l (br $l)))'],
  [
    'a loop that computes',
    '(func (export "f") (local f64) (loop $l (local.set 0 (f64.sqrt (f64.add (local.get 0) (f64.const 1)))) (br $l)))',
  ],
  ['a loop that calls', '(func $g) (func (export "f") (loop $l (call $g) (br $l)))'],
  [
    'short loops that are called for ever',
    `(func $g (local i32) (loop $l (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 900)))))
    (func (export "f") (loop $l (call $g) (br $l)))`,
  ],
  ['tail calls', '(func $f (export "f") (return_call $f))'],
  [
    'calls that double, twenty-nine deep',
    `${Array.from({ length: 60 }, (_, k) => `(func $f${k} ${k === 0 ? '' : `(call $f${k - 1}) (call $f${k - 1})`})`).join(' ')} (export "f" (func $f59))`,
  ],
  [
    'exceptions thrown and caught',
    '(tag $t) (func $g (throw $t)) (func (export "f") (loop $l (block $h (try_table (catch $t $h) (call $g))) (br $l)))',
  ],
  [
    'a gigabyte filled again and again',
    '(memory 16384) (func (export "f") (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x40000000)) (br $l)))',
  ],
  [
    'half a gigabyte copied again and again',
    '(memory 8193) (func (export "f") (loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x20000000)) (br $l)))',
  ],
  [
    'a table filled again and again',
    '(table 5000000 funcref) (func (export "f") (loop $l (table.fill (i32.const 0) (ref.null func) (i32.const 5000000)) (br $l)))',
  ],
  [
    'a table filled in short parts',
    '(table 100000 funcref) (func (export "f") (loop $l (table.fill (i32.const 0) (ref.null func) (i32.const 100000)) (br $l)))',
  ],
  [
    'an array filled and copied again and again',
    `(type $a (array (mut i64))) (func (export "f") (local (ref null $a)) (local.set 0 (array.new $a (i64.const 1) (i32.const 1000000)))
      (loop $l (array.fill $a (local.get 0) (i32.const 0) (i64.const 2) (i32.const 1000000))
        (array.copy $a $a (local.get 0) (i32.const 1) (local.get 0) (i32.const 0) (i32.const 999999)) (br $l)))`,
  ],
  [
    'memory that grows page by page',
    '(memory 1) (func (export "f") (loop $l (drop (memory.grow (i32.const 1))) (br $l)))',
  ],
  [
    'a list without an end',
    `(type $l (struct (field (ref null $l)))) (func (export "f") (local (ref null $l)) (loop $l (local.set 0 (struct.new $l (local.get 0))) (br $l)))`,
  ],
  [
    'arrays made and dropped',
    '(type $a (array (mut i64))) (func (export "f") (loop $l (drop (array.new $a (i64.const 1) (i32.const 10000))) (br $l)))',
  ],
  ['a start function', '(func $s (loop $l (br $l))) (start $s)'],
]

/** Calls down to a depth: calls nest as often as its argument says. */
const DOWN = `(module (func $f (export "f") (param i32) (result i32)
  (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))`

/** The host's engine runs what the host knows: Node 20 knows neither exception references nor GC. */
const known = (engine: Executor, wat: string): boolean =>
  engine.name !== 'host' || WebAssembly.validate(new Uint8Array(parseModule(wat)))

const failure = (run: () => unknown): unknown => {
  try {
    run()
  } catch (e) {
    return e
  }
  throw new Error('nothing was thrown')
}

describe.each(Object.entries(ENGINES))('%s', (_, engine) => {
  const endless = ENDLESS.filter(([, body]) => known(engine, `(module ${body})`))
  test.each(endless)('a deadline stops %s', (_name, body) => {
    const store = new Store(engine, { memoryPages: 20000 }, { deadline: Date.now() + 30 })
    const code = trapOf(() => load(engine, `(module ${body})`, { store }).call('f'))
    expect(code).toBe('deadline exceeded')
    expect(store.exceeded).toMatchObject({ limit: 'deadline' })
    // The store can go on when it gets more time.
    store.meter.deadline = Number.POSITIVE_INFINITY
    expect(load(engine, DOWN, { store }).call('f', 3)).toEqual([3])
  })

  test.each(endless)('fuel stops %s', (_name, body) => {
    // Bulk operations cost one unit each: these are stopped after few of them.
    const bulk = /fill|copy|grow/.test(body)
    const store = new Store(engine, { memoryPages: 20000 }, { fuel: bulk ? 9 : 5000 })
    expect(trapOf(() => load(engine, `(module ${body})`, { store }).call('f'))).toBe('out of fuel')
    expect(store.exceeded).toMatchObject({ limit: 'fuel' })
    expect(store.meter.fuel).toBeLessThan(10)
  })

  test('the time that host functions take counts, and their calls back are stopped too', () => {
    const store = new Store(engine, {}, { deadline: Date.now() + 30 })
    let calls = 0
    const wait = () => {
      calls++
      for (const end = Date.now() + 5; Date.now() < end; );
    }
    const wat = '(module (import "m" "f" (func $f)) (func (export "f") (loop $l (call $f) (br $l))))'
    const slow = load(engine, wat, { store, imports: { 'm.f': wait } })
    expect(trapOf(() => slow.call('f'))).toBe('deadline exceeded')
    expect(calls).toBeLessThanOrEqual(7)
    store.meter.deadline = Date.now() + 30
    const inner = load(engine, `(module ${ENDLESS[0]![1]})`, { store })
    const outer = load(engine, wat, { store, imports: { 'm.f': () => void inner.call('f') } })
    expect(trapOf(() => outer.call('f'))).toBe('deadline exceeded')
    // A host function that hides the trap does not keep the loop alive.
    store.meter.deadline = Date.now() + 30
    const hiding = load(engine, wat, { store, imports: { 'm.f': () => void failure(() => inner.call('f')) } })
    expect(trapOf(() => hiding.call('f'))).toBe('deadline exceeded')
  })

  test('a flag that another thread sets, and a signal that a host function aborts, stop what runs', async () => {
    const flag = new Int32Array(new SharedArrayBuffer(4))
    const store = new Store(engine, {}, { flag })
    const worker = new Worker(
      "const { workerData } = require('worker_threads'); setTimeout(() => Atomics.store(workerData, 0, 1), 30)",
      {
        eval: true,
        workerData: flag,
      },
    )
    await new Promise((done) => worker.once('online', done))
    const { call } = load(engine, `(module ${ENDLESS[0]![1]})`, { store })
    expect(trapOf(() => call('f'))).toBe('interrupted')
    expect(store.exceeded).toMatchObject({ limit: 'interrupt' })
    await worker.terminate()

    const abort = new AbortController()
    let calls = 0
    const m = load(engine, '(module (import "m" "f" (func $f)) (func (export "f") (loop $l (call $f) (br $l))))', {
      metering: { signal: abort.signal },
      imports: { 'm.f': () => void (++calls === 5 && abort.abort()) },
    })
    expect(trapOf(() => m.call('f'))).toBe('interrupted')
    expect(calls).toBe(5)
  })

  test('a recursion bomb ends at the depth that the store allows, exactly, also through tables, hosts and tail calls', () => {
    const { call, store } = load(engine, DOWN, { limits: { callDepth: 100 } })
    for (let k = 0; k < 2; k++) {
      expect(call('f', 100)).toEqual([100])
      expect(trapOf(() => call('f', 101))).toBe('call stack exhausted')
      expect(store.exceeded).toMatchObject({ limit: 'callDepth' })
    }
    let m: Loaded
    let deepest = 0
    const back = (n: number) => {
      deepest = Math.max(deepest, n)
      m.call('f', n + 1)
    }
    m = load(
      engine,
      `(module (import "m" "f" (func $host (param i32))) (table funcref (elem $f)) (type $t (func (param i32)))
        (func $f (export "f") (param i32) (call $g (local.get 0)))
        (func $g (param i32) (return_call $h (local.get 0)))
        (func $h (param i32) (call $host (local.get 0)))
        (func (export "g") (param i32) (call_indirect (type $t) (i32.const 0) (i32.const 0))))`,
      { limits: { callDepth: 100 }, imports: { 'm.f': (n) => back(n as number) } },
    )
    // Each round is two frames: f, and g or h.
    expect(trapOf(() => m.call('f', 0))).toBe('call stack exhausted')
    expect(deepest).toBe(49)
    deepest = 0
    expect(trapOf(() => m.call('f', 0))).toBe('call stack exhausted')
    expect(deepest).toBe(49)
    // What an exception passes over is off the stack.
    const throwing = `(module (tag $t) (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (throw $t))))
        (func $try (param i32) (block $h (try_table (catch $t $h) (call $deep (local.get 0)))))
        (func (export "f") (param i32) (call $try (local.get 0)) (call $try (local.get 0)) (call $try (local.get 0))))`
    if (!known(engine, throwing)) return
    const thrower = load(engine, throwing, { limits: { callDepth: 10 } })
    expect(thrower.call('f', 8)).toEqual([])
    expect(trapOf(() => thrower.call('f', 9))).toBe('call stack exhausted')
    expect(thrower.call('f', 8)).toEqual([])
  })

  test('growth beyond a limit fails as the specification says, and the store says why', () => {
    const asked: Growth[] = []
    const store = new Store(
      engine,
      { memoryPages: 10, tableElements: 100 },
      {},
      { mayGrow: (g) => asked.push(g) > 0 && g.wanted !== 7 },
    )
    const { call } = load(
      engine,
      `(module (memory 1 20) (table 1 200 funcref) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
        (func (export "bomb") (result i32) (loop $l (br_if $l (i32.ne (table.grow (ref.null func) (i32.const 1)) (i32.const -1)))) (table.size)))`,
      { store },
    )
    expect(call('grow', 4)).toEqual([1])
    expect(store.exceeded).toBeUndefined()
    expect(call('grow', 6)).toEqual([-1])
    expect(store.exceeded).toEqual({
      limit: 'memoryPages',
      message: 'growing a memory to 11 pages exceeds the limit of 10 (memoryPages)',
    })
    expect(call('grow', 2)).toEqual([-1])
    expect(store.exceeded).toMatchObject({ limit: 'mayGrow' })
    expect(call('grow', 3)).toEqual([5])
    expect(call('grow', 0)).toEqual([8])
    expect(call('table', 99)).toEqual([1])
    expect(call('table', 1)).toEqual([-1])
    expect(store.exceeded).toMatchObject({ limit: 'tableElements' })
    expect(call('bomb')).toEqual([100])
    expect(asked.map((g) => `${g.what} ${g.size} ${g.wanted}`)).toEqual([
      'memory 1 5',
      'memory 5 7',
      'memory 5 8',
      'table 1 100',
    ])
  })

  test('all tables of a store have a limit together', () => {
    const limits = { totalTableElements: 100 }
    const store = new Store(engine, limits)
    const two = `(module (table $a 10 funcref) (table $b 20 60 funcref)
      (func (export "a") (param i32) (result i32) (table.grow $a (ref.null func) (local.get 0)))
      (func (export "b") (param i32) (result i32) (table.grow $b (ref.null func) (local.get 0))))`
    const { call } = load(engine, two, { store })
    expect([call('a', 60), call('b', 11)]).toEqual([[10], [-1]])
    expect(store.exceeded).toEqual({
      limit: 'totalTableElements',
      message:
        'growing a table to 31 elements would make a total of 101, which exceeds the limit of 100 (totalTableElements)',
    })
    // What its own maximum forbids counts as nothing.
    expect([call('b', 41), call('b', 10), call('a', 1)]).toEqual([[-1], [20], [-1]])
    const e = failure(() => load(engine, '(module (table 1 funcref))', { store }))
    expect(e).toBeInstanceOf(LinkError)
    expect((e as Error).message).toBe('a total of 101 elements of tables exceeds the limit of 100 (totalTableElements)')
    load(engine, '(module (table 0 funcref))', { store })
    const many = `(module ${'(table 10000000 funcref)'.repeat(1000)})`
    expect(failure(() => load(engine, many, { limits: { totalTableElements: 5e7 } }))).toBeInstanceOf(LinkError)
  })

  test('who is asked before a growth sees the fuel as it is, and may set it', () => {
    const seen: number[] = []
    const store: Store = new Store(
      engine,
      {},
      { fuel: 1000 },
      { mayGrow: () => seen.push(store.meter.fuel) > 0 && (store.meter.fuel = 500) > 0 },
    )
    const { call } = load(
      engine,
      `(module (memory 1) (table 1 funcref)
        (func (export "leaf") (result i32) (nop) (memory.grow (i32.const 1)))
        (func (export "loop") (local i32)
          (loop $l (drop (memory.grow (i32.const 1))) (drop (table.grow (ref.null func) (i32.const 1)))
            (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3))))))`,
      { store },
    )
    call('leaf')
    // Three instructions in one region; then a region of one, and at each turn one of fourteen.
    expect(seen).toEqual([997])
    expect(store.meter.fuel).toBe(500)
    call('loop')
    expect(seen.slice(1)).toEqual([485, 500, 486, 500, 486, 500])
    expect(store.meter.fuel).toBe(500)
  })

  test('an array bomb', () => {
    const wat = `(module (type $b (array (mut i8))) (type $l (array (mut i64))) (type $f (array (mut f32))) (type $v (array (mut v128))) (type $r (array (mut anyref)))
      ${[...'blfvr'].map((t) => `(func (export "${t}") (param i32) (result i32) (array.len (array.new_default $${t} (local.get 0))))`).join(' ')}
      (func (export "list") (param i32) (result i32) (array.len (array.new $r (ref.i31 (i32.const 1)) (local.get 0))))
      (func (export "fixed") (result i32) (array.len (array.new_fixed $l 5 ${'(i64.const 7)'.repeat(5)})))
      (data $d "0123456789") (func (export "data") (param i32) (result i32) (array.len (array.new_data $b $d (i32.const 0) (local.get 0))))
      (elem $e anyref (ref.null any) (ref.null any) (ref.null any) (ref.null any) (ref.null any))
      (func (export "elem") (param i32) (result i32) (array.len (array.new_elem $r $e (i32.const 0) (local.get 0)))))`
    if (!known(engine, wat)) return
    const { call, store } = load(engine, wat, { store: new Store(engine, {}, {}, { deterministic: true }) })
    for (const name of [...'blfvr', 'list'])
      for (const length of [0x80000000 | 0, -1, 0x7fffffff, 2 ** 28 + 1]) {
        store.exceeded = undefined
        expect(
          trapOf(() => call(name, length)),
          `${name} ${length}`,
        ).toBe('array too large')
        expect(store.exceeded).toMatchObject({ limit: 'arrayElements' })
      }
    // References are the host's to keep: an array of that many would take it minutes, or all its memory.
    for (const [name, most] of [
      ['r', 2 ** 25],
      ['list', 2 ** 25],
      ['v', 2 ** 26],
      ['l', 2 ** 27],
      ['f', 2 ** 27],
    ] as const)
      expect(
        trapOf(() => call(name, most + 1)),
        name,
      ).toBe('array too large')
    expect(call('b', 2 ** 20)).toEqual([2 ** 20])

    const small = load(engine, wat, { limits: { arrayElements: 4 } })
    const timed = load(engine, wat, { limits: { arrayElements: 4 }, metering: { deadline: Date.now() + 60000 } })
    expect(timed.call('list', 4)).toEqual([4])
    expect(trapOf(() => timed.call('list', 5))).toBe('array too large')
    for (const name of [...'blfvr', 'list', 'data', 'elem']) {
      expect(small.call(name, 4), name).toEqual([4])
      expect(
        trapOf(() => small.call(name, 5)),
        name,
      ).toBe('array too large')
    }
    expect(trapOf(() => small.call('fixed'))).toBe('array too large')
    expect(small.store.exceeded).toEqual({
      limit: 'arrayElements',
      message: 'array too large: the length 5 exceeds the limit of 4 (arrayElements)',
    })
    expect(load(engine, wat, { limits: { arrayElements: 5 } }).call('fixed')).toEqual([5])
  })

  test('creation beyond a limit is an error that names it', () => {
    const make = (wat: string, limits: object) => failure(() => load(engine, wat, { limits }))
    const link: [string, Partial<StoreLimits>, RegExp][] = [
      ['(memory 11)', { memoryPages: 10 }, /memory of 11 pages exceeds the limit of 10 \(memoryPages\)/],
      ['(table 11 funcref)', { tableElements: 10 }, /table of 11 elements exceeds the limit of 10 \(tableElements\)/],
      ['(memory 1) (memory 1)', { memories: 1 }, /memory number 2 exceeds the limit of 1 \(memories\)/],
      ['(table 1 funcref) (table 1 funcref)', { tables: 1 }, /table number 2 exceeds the limit of 1 \(tables\)/],
    ]
    for (const [body, limits, message] of link) {
      const e = make(`(module ${body})`, limits)
      expect(e).toBeInstanceOf(LinkError)
      expect((e as Error).message).toMatch(message)
    }
    const compile: [string, Partial<StoreLimits>, RegExp][] = [
      ['(func) (func)', { functions: 1 }, /2 functions exceed the limit of 1 \(functions\)/],
      [
        '(func (param i32) (local i64 i64))',
        { locals: 2 },
        /function 0 has 3 locals, which exceeds the limit of 2 \(locals\)/,
      ],
      [
        '(memory 1) (data "0123456789")',
        { moduleSize: 20 },
        /module of \d+ bytes exceeds the limit of 20 \(moduleSize\)/,
      ],
    ]
    for (const [body, limits, message] of compile) {
      const e = make(`(module ${body})`, limits)
      expect(e).toBeInstanceOf(CompileError)
      expect((e as Error).message).toMatch(message)
    }
    const store = new Store(engine, { instances: 2 })
    load(engine, '(module)', { store })
    expect(trapOf(() => load(engine, '(module (func $s (unreachable)) (start $s))', { store }))).toBe('unreachable')
    load(engine, '(module)', { store })
    expect(failure(() => load(engine, '(module)', { store }))).toBeInstanceOf(LinkError)
    expect(store.exceeded).toMatchObject({ limit: 'instances' })
  })

  test('a br_table with all the labels that there may be, and blocks as deep as they go', () => {
    const { call } = load(
      engine,
      `(module (func (export "f") (param i32) (result i32) (block $a (block $b (br_table ${'$a $b '.repeat(32760)}(local.get 0))) (return (i32.const 1))) (i32.const 2)))`,
      { metering: { fuel: 1000 } },
    )
    expect([0, 1, 65518, 65519, -1].map((k) => call('f', k)[0])).toEqual([2, 1, 2, 1, 1])
    // Its size is the module's.
    const store = new Store(engine, { moduleSize: 65536 })
    const huge = `(module (func (export "f") (block $a (br_table ${'$a '.repeat(70000)}(i32.const 0)))))`
    expect(failure(() => load(engine, huge, { store }))).toBeInstanceOf(CompileError)
    expect(store.exceeded).toMatchObject({ limit: 'moduleSize' })
  })

  test('instructions that move a thousand values each', () => {
    const type = `(type $t (func (param ${'i32 '.repeat(1000)}) (result ${'i32 '.repeat(1000)})))`
    const values = 'i32.const 3 '.repeat(1000)
    const sum = 'i32.add '.repeat(999)
    const wat = (calls: number) => `(module ${type}
      (func $id (type $t) ${Array.from({ length: 1000 }, (_, k) => `local.get ${k}`).join(' ')})
      (func (export "calls") (result i32) ${values} ${'call $id '.repeat(calls)} ${sum})
      (func (export "table") (param i32) (result i32)
        ${values} block $b (type $t) block $a (type $t) local.get 0 br_table ${'$a $b '.repeat(5000)} end ${sum} return end ${sum} i32.const 1 i32.add))`
    const { call } = load(engine, wat(10))
    expect([call('calls'), call('table', 8), call('table', 9)]).toEqual([[3000], [3000], [3001]])
    const { call: callMany, store } = load(engine, wat(4000))
    if (engine.name === 'host' || engine.name === 'interpreter') expect(callMany('calls')).toEqual([3000])
    else {
      const e = failure(() => callMany('calls'))
      expect((e as Error).message).toBe('out of memory: a function is too large for the compiler')
      expect(store.exceeded).toMatchObject({ limit: 'host memory' })
      expect(callMany('table', 9)).toEqual([3001])
    }
  })

  test('hundreds of nested loops, conditions and blocks', () => {
    const n = 900
    const nest = (open: string, close: string, inner = '', times = n) =>
      `${`${open} `.repeat(times)} ${inner} ${`${close} `.repeat(times)}`
    const count = '(local.set 1 (i32.add (local.get 1) (i32.const 1)))'
    const again = `(br_if 0 (i32.lt_u (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 7)))`
    const { call } = load(
      engine,
      `(module (memory 1)
        (func (export "loops") (param i32) (result i32) (local i32) ${nest('loop', `${count} ${again} end`)} local.get 1)
        (func (export "ifs") (param i32) (result i32) (local i32)
          ${nest('local.get 1 local.get 0 i32.lt_u if', `${count} else local.get 1 i32.const 3 i32.mul local.set 1 end`, count)} local.get 1)
        (func (export "mixed") (param i32) (result i32) (local i32)
          ${nest(`block loop local.get 0 i32.eqz br_if 1 ${count} local.get 0 i32.const 1 i32.sub local.tee 0 if`, `end ${count} end end`, 'local.get 0 br_table 3 5 9 899', 300)} local.get 1)
        (func (export "trap") (result i32) ${nest('loop', 'end', '(drop (i32.load (i32.const -1)))')} i32.const 0))`,
    )
    expect(call('loops', 7)).toEqual([n + 7])
    expect(call('loops', 100)).toEqual([n + 100])
    expect(call('ifs', 0)).toEqual([0])
    expect(call('ifs', 1)).toEqual([n + 1])
    expect([0, 3, 200, 400].map((k) => call('mixed', k)[0])).toEqual([0, 6, 400, 300])
    expect(trapOf(() => call('trap'))).toBe('out of bounds memory access')
  })

  test('thousands of values on the operand stack, which calls and writes leave alone', () => {
    const n = 5000
    const many = (text: string, count = n) => `${text} `.repeat(count)
    const { call } = load(
      engine,
      `(module (func $id (param i32) (result i32) (local.get 0)) (memory 1)
        (func (export "f") (param i32) (result i32) ${many('local.get 0')} i32.const 1 local.set 0 ${many('i32.add', n - 1)})
        (func (export "g") (param i32) (result i32) ${many('local.get 0 call $id')} ${many('i32.sub', n - 1)})
        (func (export "h") (param i32) (result i32) ${many('local.get 0 i32.load')} i32.const 0 i32.const 9 i32.store ${many('i32.add', n - 1)})
        (func (export "k") (param i64 f64) (result f64) ${many('local.get 0 local.get 1')} i64.const 7 local.set 0 f64.const 3 local.set 1
          ${many('drop drop', n - 1)} (local.set 1) (f64.convert_i64_s) local.get 1 f64.add))`,
    )
    expect(call('f', 3)).toEqual([3 * n])
    expect(call('g', 1)).toEqual([0])
    expect(call('h', 0)).toEqual([0])
    expect(call('h', 0)).toEqual([9 * n])
    expect(call('k', 5n, 0.5)).toEqual([5.5])
  })

  test('the time for compiling a function counts', () => {
    // The host compiles when a module is made.
    if (engine.name === 'host') return
    const store = new Store(engine, {}, { deadline: Number.POSITIVE_INFINITY })
    const wat = `(module (func (export "f") (result i32) ${'(drop (i32.const 1)) '.repeat(2000)} (i32.const 7)))`
    const { call } = load(engine, wat, { store })
    store.meter.deadline = Date.now() - 1
    expect(trapOf(() => call('f'))).toBe('deadline exceeded')
    store.meter.deadline = Number.POSITIVE_INFINITY
    expect(call('f')).toEqual([7])
  })

  test('limits and options that mean nothing are refused', () => {
    expect(() => new Store(engine, { memoryPages: -1 })).toThrow(RangeError)
    expect(() => new Store(engine, { pages: 1 } as never)).toThrow(/there is no pages/)
    expect(() => new Store(engine, {}, { fuel: 0.5 })).toThrow(RangeError)
    expect(() => new Store(engine, {}, { fuel: 1, costs: { 'i32.plus': 1 } })).toThrow(/no instruction/)
    expect(() => {
      new Store(engine).meter.fuel = 1
    }).toThrow(/not metered/)
  })

  test("fuel is exact where the host reads and sets it, and costs are the embedder's", () => {
    const seen: number[] = []
    const costs = { call: 10, 'i32.const': 0, drop: 0 }
    const store = new Store(engine, {}, { fuel: 100, costs }, { exactTraps: true })
    const m = load(
      engine,
      `(module (import "m" "f" (func $f)) (func $g (i32.const 1) (drop) (call $f))
        (func (export "f") (call $f) (call $g) (call $f)) (func (export "trap") (drop (i32.div_u (i32.const 1) (i32.const 0))) (call $f)))`,
      { store, imports: { 'm.f': () => void seen.push(store.meter.fuel) } },
    )
    m.call('f')
    expect(seen).toEqual([70, 60, 60])
    expect(store.meter.fuel).toBe(60)
    // A region is paid for as a whole when it begins, whatever ends it.
    expect(trapOf(() => m.call('trap'))).toBe('integer divide by zero')
    expect(store.meter.fuel).toBe(49)
    const refill = load(engine, '(module (import "m" "f" (func $f)) (func (export "f") (loop $l (call $f) (br $l))))', {
      store,
      imports: { 'm.f': () => void (store.meter.fuel = seen.push(0) > 20 ? 5 : 1000) },
    })
    expect(trapOf(() => refill.call('f'))).toBe('out of fuel')
    expect(store.meter.fuel).toBe(5)
  })
})
