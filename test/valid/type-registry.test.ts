// Canonical types: which groups are the same type, what a display of supertypes holds, and the subtype relation over them.
import { describe, expect, test } from 'vitest'
import {
  matchesComp,
  matchesDef,
  matchesGlobal,
  matchesHeap,
  matchesLimits,
  matchesMem,
  matchesTable,
  matchesVal,
  topOf,
} from '../../src/syntax/match.ts'
import { mapType, TypeRegistry } from '../../src/syntax/type-registry.ts'
import {
  ANYREF,
  BOT,
  type CompType,
  concrete,
  F32,
  FUNCREF,
  Heap,
  I8,
  I32,
  I64,
  type Limits,
  type RecType,
  refType,
  type SubType,
  type ValType,
} from '../../src/syntax/types.ts'

const sub = (comp: CompType, supers: number[] = [], final = supers.length === 0): SubType => ({ final, supers, comp })
const func = (params: ValType[], results: ValType[] = []): CompType => ({ kind: 'func', params, results })
const struct = (...types: ValType[]): CompType => ({
  kind: 'struct',
  fields: types.map((type) => ({ type, mutable: false })),
})
const array = (type: ValType, mutable = false): CompType => ({ kind: 'array', field: { type, mutable } })
const ref = (index: number, nullable = false) => refType(nullable, concrete(index))

describe('TypeRegistry', () => {
  test('gives equal groups of any module the same ids', () => {
    const reg = new TypeRegistry()
    expect(reg.add([[sub(func([I32]))], [sub(struct(I64))]])).toEqual([0, 1])
    expect(reg.add([[sub(struct(I64))], [sub(func([I64]))], [sub(func([I32]))]])).toEqual([1, 2, 0])
    expect(reg.types.map((t) => t.id)).toEqual([0, 1, 2])
  })

  test('tells apart what differs in finality, mutability, nullability, kind or grouping', () => {
    const reg = new TypeRegistry()
    const all: RecType[] = [
      [sub(struct(I32))],
      [sub(struct(I32), [], false)],
      [sub(array(I32))],
      [sub(array(I32, true))],
      [sub(array(I8))],
      [sub(func([I32]))],
      [sub(func([], [I32]))],
      [sub(struct(ref(0)))],
      [sub(struct(ref(0, true)))],
      [sub(struct(I32)), sub(struct(I32))],
      [sub(struct(ref(11))), sub(struct(I32))],
    ]
    const ids = reg.add(all)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('compares references inside a group by place and references out of it by identity', () => {
    const reg = new TypeRegistry()
    // A list node at index 0, and the same one at index 1 behind another type.
    const [list] = reg.add([[sub(struct(I32, ref(0, true)))]])
    const ids = reg.add([[sub(func([]))], [sub(struct(I32, ref(1, true)))], [sub(struct(I32, ref(1, true)))]])
    expect(ids[1]).toBe(list)
    // The third refers to the second from outside: it is not recursive itself.
    expect(ids[2]).not.toBe(list)
    expect(reg.types[ids[2]!]!.sub.comp).toEqual(struct(I32, ref(list!, true)))
  })

  test('keeps a display of supertypes from the root to the type itself', () => {
    const reg = new TypeRegistry()
    const ids = reg.add([
      [sub(struct(), [], false)],
      [sub(struct(I32), [0], false)],
      [sub(struct(I32, F32), [1])],
      [sub(struct(I64), [0])],
    ])
    expect(ids.map((id) => reg.types[id]!.supers)).toEqual([[0], [0, 1], [0, 1, 2], [0, 3]])
    expect(matchesDef(reg, 2, 0)).toBe(true)
    expect(matchesDef(reg, 2, 1)).toBe(true)
    expect(matchesDef(reg, 1, 2)).toBe(false)
    expect(matchesDef(reg, 3, 1)).toBe(false)
  })

  test('maps the indices of a module to ids', () => {
    expect(mapType(ref(1, true), [7, 9])).toBe(ref(9, true))
    expect(mapType(I32, [7, 9])).toBe(I32)
    expect(mapType(FUNCREF, [7, 9])).toBe(FUNCREF)
  })
})

describe('matching', () => {
  const reg = new TypeRegistry()
  const [f, s, a] = reg.add([[sub(func([]))], [sub(struct())], [sub(array(I32))]]).map((id) => concrete(id)) as [
    number,
    number,
    number,
  ]
  /** Every heap type with all that it is a subtype of. */
  const ABOVE = new Map<number, number[]>([
    [Heap.any, []],
    [Heap.eq, [Heap.any]],
    [Heap.i31, [Heap.eq, Heap.any]],
    [Heap.struct, [Heap.eq, Heap.any]],
    [Heap.array, [Heap.eq, Heap.any]],
    [Heap.none, [Heap.any, Heap.eq, Heap.i31, Heap.struct, Heap.array, s, a]],
    [s, [Heap.struct, Heap.eq, Heap.any]],
    [a, [Heap.array, Heap.eq, Heap.any]],
    [Heap.func, []],
    [f, [Heap.func]],
    [Heap.nofunc, [f, Heap.func]],
    [Heap.extern, []],
    [Heap.noextern, [Heap.extern]],
    [Heap.exn, []],
    [Heap.noexn, [Heap.exn]],
  ])

  test('heap types form the four hierarchies of the specification', () => {
    for (const [lower, above] of ABOVE)
      for (const upper of ABOVE.keys())
        expect([lower, upper, matchesHeap(reg, lower, upper)]).toEqual([
          lower,
          upper,
          lower === upper || above.includes(upper),
        ])
    for (const upper of ABOVE.keys()) expect(matchesHeap(reg, Heap.bot, upper)).toBe(true)
  })

  test('every heap type has the top of its hierarchy', () => {
    for (const [heap, above] of ABOVE) {
      const tops = [heap, ...above].filter((h) => [Heap.any, Heap.func, Heap.extern, Heap.exn].includes(h as 0x6e))
      expect([topOf(reg, heap)]).toEqual(tops)
    }
  })

  test('value types: number types match themselves, BOT matches all, null does not match non-null', () => {
    expect(matchesVal(reg, I32, I64)).toBe(false)
    expect(matchesVal(reg, BOT, I32)).toBe(true)
    expect(matchesVal(reg, I32, ANYREF)).toBe(false)
    expect(matchesVal(reg, refType(false, Heap.eq), ANYREF)).toBe(true)
    expect(matchesVal(reg, ANYREF, refType(false, Heap.any))).toBe(false)
  })

  test('functions are contravariant in parameters, structures grow in width, mutable fields are invariant', () => {
    const eq = refType(true, Heap.eq)
    expect(matchesComp(reg, func([ANYREF], [eq]), func([eq], [ANYREF]))).toBe(true)
    expect(matchesComp(reg, func([eq]), func([ANYREF]))).toBe(false)
    expect(matchesComp(reg, struct(eq, I32), struct(ANYREF))).toBe(true)
    expect(matchesComp(reg, struct(ANYREF), struct(ANYREF, I32))).toBe(false)
    expect(matchesComp(reg, array(eq), array(ANYREF))).toBe(true)
    expect(matchesComp(reg, array(eq, true), array(ANYREF, true))).toBe(false)
    expect(matchesComp(reg, array(I8), array(I32))).toBe(false)
  })

  test('imports: limits nest, tables and mutable globals are invariant, memories agree in sharing and page size', () => {
    const limits = (min: bigint, max?: bigint, address: 'i32' | 'i64' = 'i32'): Limits => ({ address, min, max })
    expect(matchesLimits(limits(2n, 3n), limits(1n, 4n))).toBe(true)
    expect(matchesLimits(limits(2n), limits(1n))).toBe(true)
    expect(matchesLimits(limits(1n), limits(2n))).toBe(false)
    expect(matchesLimits(limits(2n), limits(1n, 4n))).toBe(false)
    expect(matchesLimits(limits(2n, 5n), limits(1n, 4n))).toBe(false)
    expect(matchesLimits(limits(1n, 2n, 'i64'), limits(1n, 2n))).toBe(false)
    const memory = { limits: limits(1n), shared: false, pageSizeLog2: 16 }
    expect(matchesMem(memory, memory)).toBe(true)
    expect(matchesMem({ ...memory, shared: true }, memory)).toBe(false)
    expect(matchesMem({ ...memory, pageSizeLog2: 0 }, memory)).toBe(false)
    const eq = refType(true, Heap.eq)
    expect(matchesTable(reg, { limits: limits(1n), elem: eq }, { limits: limits(1n), elem: ANYREF })).toBe(false)
    expect(matchesGlobal(reg, { type: eq, mutable: false }, { type: ANYREF, mutable: false })).toBe(true)
    expect(matchesGlobal(reg, { type: eq, mutable: true }, { type: ANYREF, mutable: true })).toBe(false)
  })
})
