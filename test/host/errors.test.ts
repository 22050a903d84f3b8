// The host's traps by their texts, and by the instruction where one text stands for several.
import { expect, test } from 'vitest'
import { trapOfText } from '../../src/host/errors.ts'
import { Op } from '../../src/syntax/opcode.ts'

test.each([
  ['null function', Op.call_indirect, 'uninitialized element'],
  ['null function', Op.call_ref, 'null function reference'],
  ['null function or function signature mismatch', Op.call_indirect, 'indirect call type mismatch'],
  ['table index is out of bounds', Op.call_indirect, 'undefined element'],
  ['table index is out of bounds', Op.table_get, 'out of bounds table access'],
  ['dereferencing a null pointer', Op.struct_get, 'null structure reference'],
  ['dereferencing a null pointer', Op.array_len, 'null array reference'],
  ['dereferencing a null pointer', undefined, 'null reference'],
  ['memory access out of bounds', Op.i32_load, 'out of bounds memory access'],
  ['float unrepresentable in integer range', Op.i32_trunc_f32_s, 'integer overflow'],
  ['requested new array is too large', Op.array_new, 'array too large'],
])('%s at %i: %s', (text, op, code) => {
  expect(trapOfText(text, op)?.code).toBe(code)
})

test('a text that no host has is no trap', () => {
  expect(trapOfText('of the guest', undefined)).toBeUndefined()
})
