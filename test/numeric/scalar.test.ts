// Every scalar operator against the host's WebAssembly: edge values with edge values, and random ones. Compared are bits and traps.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Trap } from '../../src/errors.ts'
import type { Row } from '../../src/syntax/instructions.ts'
import { F32, F64, I32, I64, type ValType } from '../../src/syntax/types.ts'
import { edges } from './edges.ts'
import { hostModule, scalarFunc } from './host-module.ts'
import {
  allowed,
  callScalar,
  exactNaN,
  member,
  scalarOps,
  usesVectors,
  valueRows,
  vectorOps,
  width,
} from './operators.ts'

const scalarRows = valueRows.filter((r) => !usesVectors(r) && r.feature !== 'wide-arithmetic')
const host = hostModule(scalarRows.map((r) => scalarFunc(member(r), r.op, r.params, r.results[0]!))) as Record<
  string,
  (...args: (number | bigint)[]) => number | bigint
>

test('no operator on values is missing', () => {
  const missing = valueRows.map(member).filter((name) => typeof (scalarOps[name] ?? vectorOps[name]) !== 'function')
  expect(missing).toEqual([])
  expect(scalarRows.length).toBe(136)
})

const isWide = (t: ValType) => t === I64 || t === F64
const toHost = (t: ValType, x: bigint) => (isWide(t) ? BigInt.asIntN(64, x) : Number(BigInt.asIntN(32, x)))

function outcome(run: () => bigint): bigint | string {
  try {
    return run()
  } catch (e) {
    if (e instanceof Trap) return e.code
    if (!(e instanceof WebAssembly.RuntimeError)) throw e
    if (/divi(de|sion) by zero|remainder by zero/.test(e.message)) return 'integer divide by zero'
    return 'integer overflow'
  }
}

/** The host does not tell a NaN from a number out of range. */
const sameTrap = (got: string, hostTrap: string) =>
  got === hostTrap || (got === 'invalid conversion to integer' && hostTrap === 'integer overflow')

function check(row: Row, args: readonly bigint[]): void {
  const name = member(row)
  const result = row.results[0]!
  const got = outcome(() => callScalar(row, args))
  const want = outcome(() =>
    BigInt.asUintN(width(result), BigInt(host[name]!(...args.map((x, i) => toHost(row.params[i]!, x))))),
  )
  const float = result === F32 || result === F64
  const same =
    typeof got === 'string' || typeof want === 'string'
      ? typeof got === typeof want && sameTrap(got as string, want as string)
      : float && !exactNaN(name)
        ? allowed(width(result), got, want, width(row.params[0]!), args)
        : got === want
  if (same) return
  const hex = (x: bigint | string) => (typeof x === 'string' ? x : `0x${x.toString(16)}`)
  throw new Error(`${row.name}(${args.map(hex).join(', ')}): ${hex(got)}, but ${hex(want)} by the host`)
}

const anyBits = (t: ValType) =>
  fc.oneof(fc.bigInt({ min: 0n, max: (1n << BigInt(width(t))) - 1n }), fc.constantFrom(...edges(t)))

describe('as the host', () => {
  test.each(scalarRows.map((r) => [r.name, r] as const))('%s on edge values', (_, row) => {
    const [p, q] = row.params
    for (const x of edges(p!)) {
      if (q === undefined) check(row, [x])
      else for (const y of edges(q)) check(row, [x, y])
    }
  })

  test.each(scalarRows.map((r) => [r.name, r] as const))('%s on random values', (_, row) => {
    fc.assert(
      fc.property(fc.tuple(...row.params.map(anyBits)), (args) => check(row, args)),
      { numRuns: 1000 },
    )
  })
})

describe('invalid conversions', () => {
  const rows = scalarRows.filter((r) => /_trunc_f/.test(member(r)))
  test.each(rows.map((r) => [r.name, r] as const))('%s names its traps', (_, row) => {
    const t = row.params[0]!
    const [nan, inf] = t === F32 ? [0x7fa00000n, 0x7f800000n] : [0xfff0000000000001n, 0x7ff0000000000000n]
    expect(() => callScalar(row, [nan])).toThrow(expect.objectContaining({ code: 'invalid conversion to integer' }))
    expect(() => callScalar(row, [inf])).toThrow(expect.objectContaining({ code: 'integer overflow' }))
  })
})

test('bits of floats go both ways', () => {
  const reinterpret = (name: string) => scalarRows.find((r) => r.name === name)!
  for (const [t, name] of [
    [F32, 'f32.reinterpret_i32'],
    [F64, 'f64.reinterpret_i64'],
  ] as const) {
    fc.assert(
      fc.property(anyBits(t), (x) => callScalar(reinterpret(name), [x]) === x),
      { numRuns: 2000 },
    )
  }
  expect(reinterpret('i32.reinterpret_f32').params).toEqual([F32])
  expect(reinterpret('i32.reinterpret_f32').results).toEqual([I32])
})
