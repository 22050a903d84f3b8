// Functions in pieces: they do what the interpreter does, keep the kinds and bits of what lives across a cut, tell their frames once, and no piece is
// over V8's limit.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Liveness } from '../../src/compiler/liveness.ts'
import { pieceOf } from '../../src/compiler/outline.ts'
import { sizes } from '../../src/compiler/split.ts'
import { parse, Variables } from '../../src/compiler/tree.ts'
import { Trap } from '../../src/errors.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import type { MeterOptions } from '../../src/runtime/metering.ts'
import { bin } from '../cli/anywasm.ts'
import { load } from '../engines/load.ts'
import { PIECES } from './pieces.ts'

const { compiler, interpreter } = ENGINES as {
  compiler: (typeof ENGINES)[string]
  interpreter: (typeof ENGINES)[string]
}
const usual = { ...sizes }
afterEach(() => {
  Object.assign(sizes, usual)
})

/** An interpreter loop of `cases` operations over bytes in memory, each of a few statements; the last one ends it. */
function machine(cases: number, repeat = 1): string {
  const bodies = Array.from({ length: cases - 1 }, (_, k) => {
    const work = [
      `(local.set $a (i32.add (local.get $a) (i32.mul (local.get $b) (i32.const ${2 * k + 3}))))`,
      `(local.set $q (i64.add (i64.xor (local.get $q) (i64.extend_i32_u (local.get $a))) (i64.const ${k})))`,
      `(if (i32.and (local.get $a) (i32.const ${1 << (k % 9)})) (then (local.set $x (f64.add (local.get $x) (f64.const ${k}.5)))
         (i64.store offset=${2048 + 8 * k} (i32.const 0) (local.get $q)))
       (else (local.set $b (i32.xor (local.get $b) (i32.load offset=${2048 + 8 * k} (i32.const 0))))))`,
      `(local.set $a (i32.rotl (local.get $a) (i32.const ${k % 31})))`,
      k % 5 === 4 ? `(br_if $last (i32.eq (local.get $a) (i32.const ${k})))` : '',
      '(br $next)',
    ]
    return `(block $c${k} BODY) ${work.slice(0, 4).join('\n').repeat(repeat)} ${work.slice(4).join('\n')}`
  })
  const table = `(br_table ${bodies.map((_, k) => `$c${k}`).join(' ')} $last
    (i32.rem_u (i32.load8_u (local.get $pc)) (i32.const ${cases})))`
  const ladder = bodies.reduce((inner, body) => body.replace('BODY', inner), table)
  return `(module (memory (export "m") 1)
    (func (export "run") (param $steps i32) (result i32 i64 f64) (local $pc i32) (local $a i32) (local $b i32) (local $q i64) (local $x f64)
      (loop $fill (i32.store8 (local.get $pc) (i32.rem_u (i32.mul (local.get $pc) (i32.const 7919)) (i32.const ${cases - 1})))
        (br_if $fill (i32.lt_u (local.tee $pc (i32.add (local.get $pc) (i32.const 1))) (i32.const 1999))))
      (local.set $pc (i32.const 0)) (local.set $b (i32.const 77))
      (loop $loop
        (block $last (block $next ${ladder}))
        (local.set $pc (i32.rem_u (i32.add (local.get $pc) (i32.const 1)) (i32.const 1999)))
        (br_if $loop (i32.gt_s (local.tee $steps (i32.sub (local.get $steps) (i32.const 1))) (i32.const 0))))
      (local.get $a) (local.get $q) (local.get $x)))`
}

/** A function as Go's compiler makes them: a loop around a ladder of `blocks`, entered by the number in a local, which some blocks also read if `told`. */
function goLike(blocks: number, told = false): string {
  const ends = Array.from({ length: blocks }, (_, k) => {
    const target = (k * 37 + 11) % blocks
    const go = `(then (local.set $pc (i32.const ${target})) (br $loop))`
    return [
      'end',
      `(br_if $out (i32.eqz (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))`,
      `(local.set $a (i32.add (i32.mul (local.get $a) (i32.const ${2 * k + 3})) (i32.const ${k % 13})))`,
      `(local.set $q (i64.add (i64.rotl (local.get $q) (i64.const ${k % 61})) (i64.extend_i32_s (local.get $a))))`,
      `(i64.store offset=${8 * k} (i32.const 0) (local.get $q))`,
      `(local.set $x (f64.add (f64.mul (local.get $x) (f64.const 0.5)) (f64.convert_i32_u (i32.load (i32.const ${8 * k})))))`,
      k % 3 === 0 ? `(if (i32.and (local.get $a) (i32.const ${1 << (k % 11)})) ${go})` : '',
      k % 17 === 5 ? `(local.set $pc (i32.const ${target})) (br $loop)` : '',
      k % 29 === 7
        ? `(if (i32.eq (i32.and (local.get $a) (i32.const 255)) (i32.const 3)) (then (return (local.get $a) (local.get $q) (f64.const 7))))`
        : '',
      told && k % 5 === 0 ? '(local.set $a (i32.xor (local.get $a) (local.get $pc)))' : '',
    ].join('\n')
  })
  const table = `local.get $pc br_table ${ends.map((_, k) => `$b${k} $b${k}`).join(' ')} $last`
  return `(module (memory (export "m") 1) (func (export "run") (param $steps i32) (result i32 i64 f64) (local $pc i32) (local $a i32) (local $q i64) (local $x f64)
    block $out loop $loop block $last ${ends.map((_, k) => `block $b${blocks - 1 - k}`).join(' ')}
    ${table} ${ends.join('\n')} (local.set $pc (i32.const 3)) (br $loop) end $last (br_if $loop (i32.const 0)) (local.set $a (i32.const 99)) end $loop end $out
    local.get $a local.get $q local.get $x))`
}

describe('a function in pieces', () => {
  test.each([
    [70, false],
    [70, true],
    [400, false],
    [400, true],
  ])('a loop of %d blocks that name the next one (%s)', (blocks, told) => {
    if (blocks < 100) Object.assign(sizes, PIECES, { chunk: 900, piece: 1100 })
    const wat = goLike(blocks, told)
    const [mine, other] = [load(compiler, wat), load(interpreter, wat)]
    for (const steps of [1, 2, 77, 3000, 20_000]) expect(mine.call('run', steps)).toEqual(other.call('run', steps))
  })

  test.each([12, 120, 260])('an interpreter loop of %d operations', (cases) => {
    if (cases < 100) Object.assign(sizes, PIECES)
    const wat = machine(cases)
    expect(load(compiler, wat).call('run', 5000)).toEqual(load(interpreter, wat).call('run', 5000))
  })

  test.each([
    [12, 'fuel'],
    [120, 'fuel'],
    [12, 'deadline'],
    [120, 'deadline'],
  ])('an interpreter loop of %d operations under a %s', (cases, control) => {
    if (cases < 100) Object.assign(sizes, PIECES)
    const wat = machine(cases)
    const run = (engine: typeof compiler, metering: MeterOptions, steps: number) => {
      const { call, store } = load(engine, wat, { metering })
      try {
        return [call('run', steps), store.meter.fuel]
      } catch (e) {
        return [(e as Trap).code, store.meter.fuel]
      }
    }
    const limits = control === 'fuel' ? [1e9, 123_456, 40_000, 0].map((fuel) => ({ fuel })) : [{ deadline: 2 ** 50 }]
    for (const metering of limits) expect(run(compiler, metering, 5000)).toEqual(run(interpreter, metering, 5000))
    // It is in pieces, whose frames are one.
    const { call } = load(compiler, wat, { metering: { fuel: 123_456 } })
    let frames: unknown[] = []
    try {
      call('run', 5000)
    } catch (e) {
      frames = (e as Trap).frames.map((f) => f.func)
    }
    expect(frames).toEqual([0])
  })

  test.each([0, 1, 3])('what is more than %d levels high becomes flat, in pieces too', (low) => {
    for (const wat of [machine(12), goLike(70, true)]) {
      const expected = load(interpreter, wat).call('run', 2000)
      for (const more of [{}, { ...PIECES, chunk: 900, piece: 1100 }]) {
        Object.assign(sizes, usual, more, { depth: 0, deepest: 0, low })
        expect(load(compiler, wat).call('run', 2000)).toEqual(expected)
        // Fuel and the clock are looked at in its loops as in others.
        const { call, store } = load(compiler, wat, { metering: { fuel: 5000, deadline: 2 ** 50 } })
        expect(() => call('run', 2000)).toThrow('out of fuel')
        const other = load(interpreter, wat, { metering: { fuel: 5000, deadline: 2 ** 50 } })
        expect(() => other.call('run', 2000)).toThrow('out of fuel')
        expect(store.meter.fuel).toBe(other.store.meter.fuel)
      }
    }
  })

  test('handlers keep their braces where what they stand in, and what stands in them, becomes flat', () => {
    const wat = `(module (tag $t (param i32)) (func (export "run") (param i32) (result i32) (local $n i32)
      (loop $more
        (block $caught (result i32)
          (try_table (catch $t $caught)
            (loop $in
              (if (i32.eq (i32.rem_u (local.get 0) (i32.const 7)) (i32.const 3)) (then (throw $t (local.get 0)))
                (else (if (i32.eqz (local.get 0)) (then (return (local.get $n))))))
              (local.set $n (i32.add (local.get $n) (i32.const 1)))
              (br_if $in (i32.rem_u (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 5)))))
          (br $more))
        (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 3))))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br $more)) (unreachable)))`
    for (const low of [0, 1, 2, 3, 4]) {
      Object.assign(sizes, { depth: 0, deepest: 0, low })
      for (const n of [0, 3, 4, 100])
        expect(load(compiler, wat).call('run', n)).toEqual(load(interpreter, wat).call('run', n))
    }
    Object.assign(sizes, usual)
    const nest = (n: number) =>
      load(
        compiler,
        `(module (func (export "f") (result i32) ${'try_table '.repeat(n)} ${'end '.repeat(n)} i32.const 1))`,
      )
    expect(nest(700).call('f')).toEqual([1])
    expect(() => nest(900).call('f')).toThrow('call stack exhausted: a function nests try too deep for the compiler')
  })

  test('a deep ladder of blocks, which becomes flat', () => {
    const deep = 900
    const numbers = Array.from({ length: deep }, (_, k) => k)
    const ends = numbers.map(
      (k) => `end local.get 1 i32.const ${k} i32.add local.set 1
        ${k % 50 === 7 && k + 20 < deep ? `local.get 0 i32.const 1 i32.and br_if $b${k + 20}` : ''}`,
    )
    const wat = `(module (func (export "f") (param i32) (result i32) (local i32) block $out
      ${numbers.map((k) => `block $b${deep - 1 - k}`).join(' ')}
      local.get 0 br_table ${numbers.map((k) => `$b${k}`).join(' ')} $out ${ends.join(' ')} end local.get 1))`
    const [mine, other] = [load(compiler, wat), load(interpreter, wat)]
    for (const n of [0, 1, 7, 450, 881, 899, 900, 5000]) expect(mine.call('f', n)).toEqual(other.call('f', n))
  })

  test('what lives across cuts keeps its kind and its bits', () => {
    Object.assign(sizes, PIECES)
    const blow = (n: number) =>
      Array.from({ length: n }, (_, k) => `(local.set $k (i32.xor (local.get $k) (i32.const ${k * 77})))`).join('\n')
    const wat = `(module (memory 1) (data (i32.const 0) "\\01\\00\\a0\\7f\\01\\00\\00\\00\\00\\00\\f4\\ff") (table 1 externref)
      (func (export "f") (param $r externref) (param $go i32) (result i32 i64 externref i32) (local $k i32) (local $s f32) (local $d f64) (local $q externref)
        (block $a (block $b ${blow(20)}
          (local.set $s (f32.load (i32.const 0))) (local.set $d (f64.load (i32.const 4))) (local.set $q (local.get $r))
          (br_if $a (local.get $go)) ${blow(20)} (br_if $b (i32.eqz (local.get $go))) ${blow(9)})
          ${blow(20)} (local.set $k (i32.const 5)))
        ${blow(30)}
        (i32.reinterpret_f32 (local.get $s)) (i64.reinterpret_f64 (local.get $d)) (local.get $q) (local.get $k)))`
    const mine = load(compiler, wat)
    const other = load(interpreter, wat)
    for (const go of [0, 1]) {
      const r = { go }
      const got = mine.call('f', r, go)
      expect(got.slice(0, 2)).toEqual([0x7fa00001, BigInt.asIntN(64, 0xfff40000_00000001n)])
      expect(got).toEqual(other.call('f', r, go))
      expect(got[2]).toBe(r)
    }
  })

  test('what a loop leaves behind when it ends by itself, whatever other loops do', () => {
    const variables = new Variables()
    for (const v of ['a', 'b']) variables.add(v, 'i', '0')
    const loop = 'while(true){ if(a){ b=1; } a=(a-1|0); break; }'
    const source = `${loop} b=0; ${loop} return b;`
    const lines = source
      .split(' ')
      .flatMap((t, k, all) => (t === 'b;' ? [] : [{ text: t === 'return' ? `${t} ${all[k + 1]}` : t, offset: k }]))
    const nodes = parse(lines, variables)
    const liveness = new Liveness(variables, () => {})
    liveness.list(nodes, liveness.nothing)
    const bodies = [nodes[0]!, nodes[2]!].map((n) => n.arms[0]!.body)
    const pieces = bodies.map((list) =>
      pieceOf({ name: 'f', variables, liveness, result: 'i', pieces: [] }, { list, from: 0, to: 3 }),
    )
    expect(pieces.map(({ args, exits }) => ({ args, exits }))).toEqual([
      { args: [0], exits: [{ jump: 'break', outs: [0] }] },
      { args: [0, 1], exits: [{ jump: 'break', outs: [1] }] },
    ])
  })

  test('a backtrace has its frame once, at the instruction', () => {
    const lines = Array.from({ length: 60 }, (_, k) => `(global.set 0 (i32.add (global.get 0) (i32.const ${k})))`).join(
      '\n',
    )
    const wat = `(module (global (mut i32) (i32.const 0)) (func $inner (unreachable))
      (func (export "f") (param i32) (if (local.get 0) (then ${lines} (call $inner) ${lines})) ${lines}))`
    const frames = (): unknown => {
      try {
        load(compiler, wat).call('f', 1)
      } catch (e) {
        if (e instanceof Trap) return e.frames.map((f) => [f.func, f.offset])
        throw e
      }
      throw new Error('no trap')
    }
    const whole = frames()
    Object.assign(sizes, PIECES)
    expect(frames()).toEqual(whole)
    expect(whole).toHaveLength(2)
  })
})

test('no piece of a huge function is over the limit of V8', () => {
  const straight = Array.from(
    { length: 2500 },
    (_, k) =>
      `(local.set 0 (i32.xor (i32.mul (local.get 0) (i32.const ${k + 2})) (i32.load offset=${4 * k} (local.get 1))))`,
  )
  const dir = mkdtempSync(join(tmpdir(), 'anywasm-split-'))
  try {
    const wats = [
      machine(120, 4),
      goLike(500),
      `(module (memory 1) (func (export "run") (param i32) (result i32) (local i32) ${straight.join('\n')} (local.get 0)))`,
    ]
    for (const wat of wats) {
      const file = join(dir, 'big.wat')
      writeFileSync(file, wat)
      const flags = ['--print-bytecode', '--print-bytecode-filter=$*']
      const args = [...flags, bin, 'run', '--no-cache', '--engine', 'compiler', '--invoke', 'run', file, '4000']
      const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
      expect(status).toBe(0)
      const lengths = new Map<string, number>()
      for (const m of stdout.matchAll(/^\[generated bytecode for function: (\$\S+) [\s\S]*?^Bytecode length: (\d+)/gm))
        lengths.set(m[1]!, Number(m[2]))
      expect(lengths.size).toBeGreaterThan(2)
      expect(lengths.has('$0_0')).toBe(true)
      for (const [name, length] of lengths) expect(length, name).toBeLessThan(52_000)
      // Unsplit it would be over it.
      expect([...lengths.values()].reduce((sum, n) => sum + n)).toBeGreaterThan(61_440)
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 120_000)
