// The instruction table and the opcode enumeration say the same, once.
import { expect, test } from 'vitest'
import { opByName, rows } from '../src/syntax/instructions.ts'
import { OP_COUNT, Op } from '../src/syntax/opcode.ts'

const members = Object.entries(Op).filter((e): e is [string, Op] => typeof e[1] === 'number')

test('every opcode has one row, at its place', () => {
  for (const [name, op] of members) expect(rows[op]?.op, name).toBe(op)
  expect(rows.filter(Boolean).length).toBe(members.length)
  expect(rows.length).toBe(OP_COUNT)
})

test('a member is its mnemonic with underscores', () => {
  const second = new Set(['select_t', 'ref_test_null', 'ref_cast_null'])
  for (const [name, op] of members) {
    if (second.has(name)) continue
    expect(name.replace(/_$/, ''), name).toBe(rows[op]!.name.replaceAll('.', '_'))
    expect(opByName.get(rows[op]!.name)).toBe(op)
  }
})

test('memory instructions know their alignment, lane instructions their lanes', () => {
  for (const row of rows) {
    if (!row) continue
    if (row.imms.includes('lane')) expect([2, 4, 8, 16], row.name).toContain(row.lanes)
    const width = /^(?:i|f|v)(\d+)\.(?:load|store)$/.exec(row.name)?.[1]
    if (width) expect(2 ** row.align * 8, row.name).toBe(Number(width))
  }
})

test('opcodes are where the specification puts them', () => {
  expect(Op.i32_add).toBe(0x6a)
  expect(Op.f64_reinterpret_i64).toBe(0xbf)
  expect(Op.i31_get_u).toBe(0x200 | 30)
  expect(Op.table_fill).toBe(0x400 | 17)
  expect(Op.f64x2_convert_low_i32x4_u).toBe(0x600 | 255)
  expect(Op.i32x4_relaxed_dot_i8x16_i7x16_add_s).toBe(0x600 | 0x113)
  expect(Op.i64_atomic_rmw32_cmpxchg_u).toBe(0x800 | 0x4e)
})
