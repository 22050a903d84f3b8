// What the API says about wrong imports and modules: which import, what is expected, what was given.
import { expect, test } from 'vitest'
import { createWebAssembly } from '../../src/js-api/index.ts'
import { parseModule } from '../../src/text/parse.ts'

const W = createWebAssembly()
const module = (text: string) => new W.Module(parseModule(text) as Uint8Array<ArrayBuffer>)
const link = (text: string, imports?: object) => () => new W.Instance(module(text), imports)

test('a missing module namespace is a TypeError, a missing field a LinkError', () => {
  const text = '(module (import "env" "f" (func (param i32) (result i64))))'
  expect(link(text)).toThrow(TypeError)
  expect(link(text, {})).toThrow(TypeError)
  expect(link(text, {})).toThrow(/"env".*no such module.*"f".*func \[i32\] -> \[i64\]/)
  expect(link(text, { env: {} })).toThrow(W.LinkError)
  expect(link(text, { env: {} })).toThrow(/"env" "f": expected a func \[i32\] -> \[i64\], got undefined/)
})

test('a LinkError tells the types of both sides', () => {
  const memory = new W.Memory({ initial: 1 })
  expect(link('(module (import "a" "b" (memory 2)))', { a: { b: memory } })).toThrow(/expected memory 2, got memory 1/)
  expect(link('(module (import "a" "b" (table 1 funcref)))', { a: { b: memory } })).toThrow(/table 1 funcref.*memory 1/)
  expect(link('(module (import "a" "b" (global i64)))', { a: { b: 1 } })).toThrow(/global i64.*the number 1/)
})

test('a CompileError has the offset and the wording of the specification', async () => {
  const bytes = Uint8Array.of(0, 97, 115, 109, 1, 0, 0)
  expect(() => new W.Module(bytes)).toThrow(W.CompileError)
  await expect(W.compile(bytes)).rejects.toThrow(/offset 0x/)
  expect(W.validate(bytes)).toBe(false)
})

test('builtins and string constants of the js-string set', () => {
  const text = `(module
    (import "wasm:js-string" "length" (func $length (param externref) (result i32)))
    (import "strings" "hello" (global $s externref))
    (func (export "f") (result i32) (call $length (global.get $s)))
    (func (export "g") (param externref) (result i32) (call $length (local.get 0))))`
  const options = { builtins: ['js-string'], importedStringConstants: 'strings' }
  const m = new W.Module(parseModule(text) as Uint8Array<ArrayBuffer>, options)
  expect(W.Module.imports(m)).toEqual([])
  const x = new W.Instance(m, {}).exports as Record<string, (v?: unknown) => unknown>
  expect(x.f!()).toBe(5)
  expect(() => x.g!(7)).toThrow(W.RuntimeError)
})
