// Validates types (specification: Validation, Types): recursive groups and their declared subtypes, limits, and the types of tables, memories,
// globals and tags. Canonicalises them on the way.

import { InvalidError } from '../errors.ts'
import { MAX_SUBTYPING_DEPTH } from '../syntax/limits.ts'
import { matchesComp } from '../syntax/match.ts'
import {
  type FuncType,
  type GlobalType,
  isConcrete,
  isRef,
  type Limits,
  type MemType,
  type RecType,
  type SubType,
  type TableType,
  typeIndexOf,
  type ValType,
} from '../syntax/types.ts'
import { type Context, unknown } from './context.ts'

/** Checks a group and adds it to the context. */
export function addRecType(ctx: Context, group: RecType): void {
  const base = ctx.ids.length
  const bound = base + group.length
  for (const sub of group) checkIndices(sub, bound)
  for (const [i, sub] of group.entries()) checkSupers(ctx, sub, base + i)
  ctx.reg.addGroup(group, ctx.ids)
  for (let x = base; x < bound; x++) checkSubtyping(ctx, group, base, x)
}

function checkIndices(sub: SubType, bound: number): void {
  for (const x of sub.supers) if (x >= bound) throw unknown('type', x, -1)
  const { comp } = sub
  if (comp.kind === 'func') {
    for (const t of comp.params) checkVal(t, bound)
    for (const t of comp.results) checkVal(t, bound)
  } else if (comp.kind === 'struct') for (const field of comp.fields) checkVal(field.type, bound)
  else checkVal(comp.field.type, bound)
}

function checkVal(t: ValType, bound: number): void {
  if (isRef(t) && isConcrete(t) && typeIndexOf(t) >= bound) throw unknown('type', typeIndexOf(t), -1)
}

function checkSupers(ctx: Context, sub: SubType, x: number): void {
  if (sub.supers.length > 1) throw new InvalidError(`sub type ${x} has more than one super type`)
  const parent = sub.supers[0]
  if (parent !== undefined && parent >= x)
    throw new InvalidError(`forward use of type ${parent} in sub type definition`)
  const depth = parent === undefined ? 0 : ctx.depths[parent]! + 1
  if (depth > MAX_SUBTYPING_DEPTH)
    throw new InvalidError(`sub type ${x} has too many super types: ${depth}, at most ${MAX_SUBTYPING_DEPTH}`)
  ctx.depths.push(depth)
}

function checkSubtyping(ctx: Context, group: RecType, base: number, x: number): void {
  const parent = group[x - base]!.supers[0]
  if (parent === undefined) return
  const type = ctx.reg.types[ctx.ids[x]!]!
  const above = ctx.reg.types[ctx.ids[parent]!]!
  if (above.sub.final) throw new InvalidError(`sub type ${x} has final super type ${parent}`)
  if (!matchesComp(ctx.reg, type.sub.comp, above.sub.comp))
    throw new InvalidError(`sub type ${x} does not match super type ${parent}`)
}

function checkLimits({ min, max }: Limits, most: bigint, what: string): void {
  if (min > most || (max !== undefined && max > most)) throw new InvalidError(what)
  if (max !== undefined && min > max) throw new InvalidError('size minimum must not be greater than maximum')
}

export function tableType(ctx: Context, type: TableType): TableType {
  const elem = ctx.valType(type.elem, -1)
  const wide = type.limits.address === 'i64'
  checkLimits(type.limits, wide ? 2n ** 64n - 1n : 2n ** 32n - 1n, `table size must be at most 2^${wide ? 64 : 32}-1`)
  return { limits: type.limits, elem }
}

export function checkMemType(type: MemType): void {
  const { limits, pageSizeLog2, shared } = type
  if (pageSizeLog2 !== 0 && pageSizeLog2 !== 16) throw new InvalidError('invalid custom page size')
  const wide = limits.address === 'i64'
  // A memory of single bytes can't count up to 2^32 (2^64) itself: its size must be an address.
  if (pageSizeLog2 === 0)
    checkLimits(limits, 2n ** (wide ? 64n : 32n) - 1n, `memory size must be at most 2^${wide ? 64 : 32}-1 bytes`)
  else if (wide) checkLimits(limits, 2n ** 48n, 'memory size must be at most 2^48 pages (256TiB)')
  else checkLimits(limits, 65536n, 'memory size must be at most 65536 pages (4GiB)')
  if (shared && limits.max === undefined) throw new InvalidError('shared memory must have maximum')
}

export const globalType = (ctx: Context, type: GlobalType): GlobalType => ({
  type: ctx.valType(type.type, -1),
  mutable: type.mutable,
})

/** The function type of a tag. */
export function tagType(ctx: Context, x: number): FuncType {
  const type = ctx.funcType(x, -1)
  if (type.results.length > 0) throw new InvalidError(`non-empty tag result type ${ctx.names(type.results)}`)
  return type
}
