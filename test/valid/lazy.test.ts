// Bodies that the decoder leaves unread are read by the validator alone: what it accepts is what both accept together.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { CompileError } from '../../src/errors.ts'
import { parseModule } from '../../src/text/parse.ts'
import { validate } from '../../src/valid/module.ts'

function accepts(bytes: Uint8Array, lazy: boolean): boolean {
  try {
    validate(decode(bytes, lazy))
    return true
  } catch (e) {
    if (e instanceof CompileError) return false
    throw e
  }
}

const EVERYTHING = `(module (memory 1) (tag $t (param i32)) (table 2 funcref) (data $d "abc") (elem $e func 0)
  (func (param i32) (result i32) (local i64 f64)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop $d) (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))
    (try (do (throw $t (i32.const 1))) (catch $t (drop)) (catch_all (rethrow 0)))
    (block $b (try (do (call 1)) (delegate $b)))
    (block $h (result i32) (try_table (catch $t $h) (call 1)) (i32.const 2))
    (if (result i32) (then (i32.const 1)) (else (loop $l (br_if $l (local.get 0))) (i32.const 3)))
    (block (br_table 0 0 0 (local.get 0)))
    (i64.trunc_sat_f64_s (f64.const 1.5)) (local.set 1))
  (func (drop (v128.const i32x4 1 2 3 4)) (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))`

const modules = {
  'every kind of block': parseModule(EVERYTHING),
  indirect: readFileSync('bench/kernels/indirect.wasm'),
  vm: readFileSync('bench/kernels/vm.wasm'),
}

test.each(Object.entries(modules))('%s, with every byte changed in turn', (_, original) => {
  const bytes = Uint8Array.from(original)
  expect(accepts(bytes, true)).toBe(true)
  const differ: string[] = []
  for (let at = 8; at < bytes.length; at++)
    for (const change of [1, 2, 4, 8, 16, 32, 64, 128, 0x0b ^ bytes[at]!, 0x05 ^ bytes[at]!]) {
      bytes[at]! ^= change
      if (accepts(bytes, true) !== accepts(bytes, false)) differ.push(`byte ${at} as ${bytes[at]}`)
      bytes[at]! ^= change
    }
  expect(differ).toEqual([])
})

test.each([
  'table.set 0 (local.get 0) (local.get 1)',
  'global.set 0 (table.grow 0 (local.get 1) (local.get 0))',
  'table.copy 0 0 (local.get 0) (local.get 0) (local.get 0)',
])('%s changes tables', (text) => {
  const changes = (body: string) => {
    const module = decode(
      parseModule(`(module (table 1 funcref) (global (mut i32) (i32.const 0)) (func (param i32 funcref) ${body}))`),
      true,
    )
    expect(module.changesTables).toBe(undefined)
    validate(module)
    return module.changesTables
  }
  expect([changes(`(${text})`), changes('(drop (table.get 0 (local.get 0)))')]).toEqual([true, false])
})

test('a body that uses data needs a data count', () => {
  const bytes = parseModule('(module (memory 1) (data $d "abc") (func (data.drop $d)))')
  const at = bytes.indexOf(12, 8)
  const without = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 3)])
  expect(() => validate(decode(without, true))).toThrow('data count section required')
})
