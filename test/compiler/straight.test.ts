// Functions that can be resumed, as Go's compiler makes them: calls that begin at the start run code without a switch, others code with one, and both do
// what the interpreter does, with the same frames where they trap.
import { describe, expect, test } from 'vitest'
import { FuncCompiler } from '../../src/compiler/func.ts'
import { sizes } from '../../src/compiler/split.ts'
import { structure } from '../../src/compiler/structure.ts'
import { Trap } from '../../src/errors.ts'
import { ENGINES } from '../../src/presets/engines.ts'
import { load } from '../engines/load.ts'

const { compiler, interpreter } = ENGINES as Record<'compiler' | 'interpreter', (typeof ENGINES)[string]>

/** Numbers from 0 to before `most`, the same for the same seed. */
const random = (seed: number) => {
  let state = seed
  return (most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 8) % most
  }
}

/** A loop around a ladder of `size` blocks, entered by a parameter; `back` of 16 jumps go anywhere, the others forward. */
function machine(size: number, seed: number, back: number): string {
  const pick = random(seed)
  const go = (k: number) => {
    const to = k + 1 === size ? size : pick(16) < back ? pick(size) : k + 1 + pick(Math.min(6, size - k - 1))
    return `(local.set $pc (i32.const ${to + (pick(9) === 0 ? size : 0)})) (br $loop)`
  }
  const parts = Array.from({ length: size }, (_, k) => {
    const test = `(i32.and (i32.shr_u (local.get $a) (i32.const ${pick(8)})) (i32.const ${1 + pick(3)}))`
    return [
      'end',
      `(br_if $out (i32.eqz (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))`,
      `(local.set $a (i32.add (i32.mul (local.get $a) (i32.const ${2 * k + 3})) (i32.const ${pick(99)})))`,
      `(local.set $q (i64.add (i64.rotl (local.get $q) (i64.const ${k % 61})) (i64.extend_i32_s (local.get $a))))`,
      pick(3) === 0 ? `(i64.store offset=${8 * k} (i32.const 0) (local.get $q))` : '',
      pick(3) === 0 ? `(local.set $a (i32.add (local.get $a) (i32.load (i32.const ${8 * pick(size)}))))` : '',
      pick(4) === 0 ? `(local.set $a (i32.div_s (local.get $a) (i32.and (local.get $a) (i32.const 31))))` : '',
      pick(5) === 0
        ? `(local.set $a (call $f (i32.const ${pick(3)}) (i32.shr_s (local.get $steps) (i32.const 2)) (local.get $a)))`
        : '',
      pick(2) === 0 ? `(if ${test} (then ${go(k)}))` : '',
      pick(6) === 0
        ? `(if ${test} (then (local.set $a (i32.const ${k})) (if ${test} (then ${go(k)}))) (else ${go(k)}))`
        : '',
      pick(7) === 0 ? `(if ${test} (then (return (local.get $a))))` : '',
      pick(3) === 0 ? go(k) : '',
    ].join('\n')
  })
  const table = `(br_table ${parts.map((_, k) => `$b${k}`).join(' ')} $last (local.get $pc))`
  return `(module (memory (export "m") 1)
    (func $f (export "f") (param $pc i32) (param $steps i32) (param $a i32) (result i32) (local $q i64)
      (if (i32.le_s (local.get $steps) (i32.const 0)) (then (return (i32.const -1))))
      block $out loop $loop block $last ${parts.map((_, k) => `block $b${size - 1 - k}`).join(' ')}
      ${table} ${parts.join('\n')} ${back === 0 ? '(br $out)' : go(size - 1)} end $last end $loop end $out
      (i32.xor (local.get $a) (i32.wrap_i64 (local.get $q)))))`
}

function outcomes(engine: typeof compiler, wat: string): unknown[] {
  const { call } = load(engine, wat)
  return [0, 0, 1, 3, 5, 900, 0].flatMap((pc) =>
    [1, 7, 60, 2000].map((steps) => {
      try {
        return call('f', pc, steps, pc * 77 + 5)
      } catch (e) {
        if (e instanceof Trap) return [e.code, e.frames.map((f) => [f.func, f.offset])]
        throw e
      }
    }),
  )
}

describe('a function that can be resumed', () => {
  test.each([
    [3, 0],
    [8, 2],
    [8, 16],
    [25, 1],
    [25, 4],
    [70, 1],
  ])('of %d cases, %d of 16 jumps back', (size, back) => {
    for (let seed = 1; seed <= 12; seed++) {
      const wat = machine(size, seed * 31 + size + back, back)
      expect(outcomes(compiler, wat)).toEqual(outcomes(interpreter, wat))
    }
  })

  test.each([40, 400, 2000])('in pieces of up to %d characters', (piece) => {
    const usual = { ...sizes }
    Object.assign(sizes, { whole: 200, left: 100, piece, chunk: piece >> 1, least: -1000 })
    try {
      for (let seed = 1; seed <= 8; seed++) {
        const wat = machine(20, seed * 17 + piece, seed & 3)
        expect(outcomes(compiler, wat)).toEqual(outcomes(interpreter, wat))
      }
    } finally {
      Object.assign(sizes, usual)
    }
  })

  test('has code without a switch for calls that begin at its start', () => {
    const { inst } = load(compiler, machine(25, 4, 0))
    const { source } = new FuncCompiler(inst, inst.funcs[0]!).compile('f', 'first')
    expect(source).toContain('if(l0!==0)return R0.code(l0,l1,l2)')
    expect(source).not.toContain('switch')
    expect(new FuncCompiler(inst, inst.funcs[0]!).compile('f').source).toContain('switch(l0)')
  })

  test.each([
    ['is read', '(local.set $a (local.get $pc))', false],
    [
      'is also another variable',
      '(local.set $pc (local.get $a)) (local.set $a (i32.add (local.get $pc) (i32.const 3)))',
      true,
    ],
  ])('whose state %s', (_, code, two) => {
    const wat = machine(8, 5, 2).replace('(local.set $q', `${code} (local.set $q`)
    const { inst } = load(compiler, wat)
    expect(new FuncCompiler(inst, inst.funcs[0]!).compile('f', 'first').source.includes('R0')).toBe(two)
    expect(outcomes(compiler, wat)).toEqual(outcomes(interpreter, wat))
  })
})

test('a loop that is entered at two places gets a new start', () => {
  const nodes = [
    { jumps: new Map([[0, 2]]), next: 1 },
    { jumps: new Map(), next: 2 },
    { jumps: new Map([[1, 1]]), next: 3 },
    { jumps: new Map(), next: -1 },
  ]
  const plan = structure({ nodes, entry: 0 }, 0, 300, 'u')!
  expect(plan.variables).toEqual(['u0'])
  expect(plan.steps.flatMap((s) => s.own)[0]).toBe('if(u0===0){')
  expect(structure({ nodes, entry: 0 }, 0, 1, 'u')).toBeUndefined()
})
