// The types of WebAssembly as embedders write them: value types are their names in the text format, others are plain objects. Their forms inside are
// syntax/types.ts's. The last part gives the TypeScript types of values and signatures.
import type { ImportDesc } from '../syntax/module.ts'
import type { DefType, TypeRegistry } from '../syntax/type-registry.ts'
import * as syntax from '../syntax/types.ts'
import { describeValue, isObject } from '../util/options.ts'
import type { ArrayRef, StructRef } from './aggregate.ts'
import type { Exception } from './exception.ts'
import type { Func } from './func.ts'
import type { V128 } from './values.ts'

/** A number or vector type. */
export type NumType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'
/** A reference type: a shorthand, or as the text format writes it: `(ref func)`, `(ref null 3)`. Numbers of types are those of the store. */
export type RefType =
  | 'funcref'
  | 'externref'
  | 'anyref'
  | 'eqref'
  | 'i31ref'
  | 'structref'
  | 'arrayref'
  | 'exnref'
  | 'nullref'
  | 'nullfuncref'
  | 'nullexternref'
  | 'nullexnref'
  | `(ref ${string})`
/** A value type by its name in the text format. */
export type ValType = NumType | RefType

/** What an import or export is. */
export type ExternKind = 'func' | 'table' | 'memory' | 'global' | 'tag'

/** A function's type. */
export interface FuncType {
  readonly params: readonly ValType[]
  readonly results: readonly ValType[]
}
/** A memory's type. Sizes are in pages. */
export interface MemoryType {
  /** Pages at the start, from 0. */
  readonly minimum: number
  /** Pages that it can grow to; up to the store's limit where there is none. */
  readonly maximum?: number | undefined
  /** Whether other agents may share it; then it needs a maximum. */
  readonly shared?: boolean
  /** The type of its addresses, `i32` unless given. */
  readonly address?: 'i32' | 'i64'
  /** Bytes of a page: 65536 unless given, or 1. */
  readonly pageSize?: 1 | 65536
}
/** A table's type. */
export interface TableType {
  readonly element: RefType
  /** Entries at the start, from 0. */
  readonly minimum: number
  /** Entries that it can grow to. */
  readonly maximum?: number | undefined
  /** The type of its indices, `i32` unless given. */
  readonly address?: 'i32' | 'i64'
}
/** A global's type. */
export interface GlobalType {
  readonly type: ValType
  readonly mutable?: boolean
}
/** A tag's type: what an exception of it carries. */
export interface TagType {
  readonly params: readonly ValType[]
}

/** The type of an import or export, by its kind. */
export type ExternType =
  | ({ readonly kind: 'func' } & FuncType)
  | ({ readonly kind: 'table' } & TableType)
  | ({ readonly kind: 'memory' } & MemoryType)
  | ({ readonly kind: 'global' } & GlobalType)
  | ({ readonly kind: 'tag' } & TagType)

const NUMBERS: Record<string, syntax.ValType> = {
  i32: syntax.I32,
  i64: syntax.I64,
  f32: syntax.F32,
  f64: syntax.F64,
  v128: syntax.V128,
}
const heaps: Record<string, number> = syntax.Heap
const SHORT = /^(null)?(func|extern|exn|any|eq|i31|struct|array)?ref$/
const BOTTOMS: Record<string, number> = {
  func: syntax.Heap.nofunc,
  extern: syntax.Heap.noextern,
  exn: syntax.Heap.noexn,
}

/**
 * A value type's form inside.
 * @throws {TypeError} for a name that is none
 */
export function valType(name: unknown): syntax.ValType {
  const known = typeof name === 'string' ? parseType(name) : undefined
  if (known === undefined)
    throw new TypeError(
      `${JSON.stringify(name) ?? String(name)} is no value type: expected i32, i64, f32, f64, v128, funcref, externref …`,
    )
  return known
}

function parseType(name: string): syntax.ValType | undefined {
  if (Object.hasOwn(NUMBERS, name)) return NUMBERS[name]
  const short = SHORT.exec(name)
  if (short?.[1] !== undefined) {
    const bottom = short[2] === undefined ? syntax.Heap.none : BOTTOMS[short[2]]
    return bottom === undefined ? undefined : syntax.refType(true, bottom)
  }
  if (short?.[2] !== undefined) return syntax.refType(true, heaps[short[2]]!)
  const long = /^\(ref (null )?(\w+)\)$/.exec(name)
  if (long === null) return undefined
  const heap = long[2]!
  if (/^\d+$/.test(heap)) return syntax.refType(long[1] !== undefined, syntax.concrete(Number(heap)))
  return heap !== 'bot' && Object.hasOwn(heaps, heap) ? syntax.refType(long[1] !== undefined, heaps[heap]!) : undefined
}

export function refType(name: unknown): syntax.ValType {
  const t = valType(name)
  if (!syntax.isRef(t)) throw new TypeError(`${String(name)} is no reference type`)
  return t
}

/** A value type's name; concrete types carry the numbers that `t` has. */
export const typeName = syntax.typeName as (t: syntax.ValType) => ValType

/** Value types' forms inside. @throws {TypeError} for what is no array of value types */
export function valTypes(types: unknown, what: string): syntax.ValType[] {
  if (!Array.isArray(types))
    throw new TypeError(`${what}: expected an array of value types, got ${describeValue(types)}`)
  return types.map(valType)
}

/** The function type of a store for these types. */
export function funcDef(registry: TypeRegistry, params: readonly ValType[], results: readonly ValType[]): DefType {
  const known = (types: unknown, what: string): syntax.ValType[] => {
    const all = valTypes(types, what)
    for (const t of all)
      if (syntax.isRef(t) && syntax.isConcrete(t) && syntax.typeIndexOf(t) >= registry.types.length)
        throw new TypeError(`${typeName(t)}: the store has no type ${syntax.typeIndexOf(t)}`)
    return all
  }
  const comp: syntax.FuncType = {
    kind: 'func',
    params: known(params, 'parameters'),
    results: known(results, 'results'),
  }
  // A group of its own, after as many types as the registry has, so that its references keep their numbers.
  const ids = registry.types.map((t) => t.id)
  const first = ids.length
  registry.addGroup([{ final: true, supers: [], comp }], ids)
  return registry.types[ids[first]!]!
}

export const fromFuncType = (t: syntax.FuncType): FuncType => ({
  params: t.params.map(typeName),
  results: t.results.map(typeName),
})

/** @throws {TypeError} for what is no object */
export function mustBeType(type: unknown, what: string, example: string): void {
  if (!isObject(type))
    throw new TypeError(`the type of a ${what} must be an object such as ${example}, got ${describeValue(type)}`)
}

function count(value: unknown, what: string, most: number): bigint {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    throw new TypeError(`${what}: expected an integer from 0 to ${most}, got ${describeValue(value)}`)
  return BigInt(value)
}

function limits(
  type: { minimum: number; maximum?: number | undefined; address?: 'i32' | 'i64' },
  most: number,
): syntax.Limits {
  const address = type.address ?? 'i32'
  if (address !== 'i32' && address !== 'i64')
    throw new TypeError(`address: expected 'i32' or 'i64', got ${String(address)}`)
  const min = count(type.minimum, 'minimum', most)
  const max = type.maximum === undefined ? undefined : count(type.maximum, 'maximum', most)
  if (max !== undefined && max < min) throw new TypeError(`maximum ${max} is less than minimum ${min}`)
  return { address, min, max }
}

export function memoryType(type: MemoryType): syntax.MemType {
  mustBeType(type, 'memory', '{ minimum: 1 }')
  const size = type.pageSize ?? 65536
  if (size !== 65536 && size !== 1) throw new TypeError(`pageSize: expected 65536 or 1, got ${String(size)}`)
  const bits = type.address === 'i64' ? 48 : 32
  const shared = type.shared ?? false
  if (shared && type.maximum === undefined) throw new TypeError('a shared memory needs a maximum')
  return {
    limits: limits(type, size === 1 ? 2 ** bits - 1 : 2 ** (bits - 16)),
    shared,
    pageSizeLog2: size === 1 ? 0 : 16,
  }
}

export function tableType(type: TableType): syntax.TableType {
  mustBeType(type, 'table', "{ element: 'funcref', minimum: 1 }")
  return {
    elem: refType(type.element),
    limits: limits(type, type.address === 'i64' ? Number.MAX_SAFE_INTEGER : 2 ** 32 - 1),
  }
}

const fromLimits = ({ min, max, address }: syntax.Limits) => ({
  minimum: Number(min),
  ...(max === undefined ? {} : { maximum: Number(max) }),
  ...(address === 'i32' ? {} : { address }),
})

export const fromMemoryType = (t: syntax.MemType): MemoryType => ({
  ...fromLimits(t.limits),
  ...(t.shared ? { shared: true } : {}),
  ...(t.pageSizeLog2 === 16 ? {} : { pageSize: 1 as const }),
})

export const fromTableType = (t: syntax.TableType): TableType => ({
  element: typeName(t.elem) as RefType,
  ...fromLimits(t.limits),
})

/** The type of an import or export of a module; `types` are its types, which may carry the module's own numbers. */
export function fromDesc(desc: ImportDesc, types: readonly { readonly comp: syntax.CompType }[]): ExternType {
  switch (desc.kind) {
    case 'func':
      return { kind: 'func', ...fromFuncType(types[desc.type]!.comp as syntax.FuncType) }
    case 'tag':
      return { kind: 'tag', params: fromFuncType(types[desc.type.type]!.comp as syntax.FuncType).params }
    case 'table':
      return { kind: 'table', ...fromTableType(desc.type) }
    case 'memory':
      return { kind: 'memory', ...fromMemoryType(desc.type) }
    case 'global':
      return { kind: 'global', type: typeName(desc.type.type), mutable: desc.type.mutable }
  }
}

/** What a value of a type is in TypeScript. */
export type ValueOf<T extends ValType> = T extends 'i32' | 'f32' | 'f64'
  ? number
  : T extends 'i64'
    ? bigint
    : T extends 'v128'
      ? V128
      : T extends 'funcref'
        ? Func | null
        : T extends 'exnref'
          ? Exception | null
          : T extends 'i31ref'
            ? number | null
            : T extends 'structref'
              ? StructRef | null
              : T extends 'arrayref'
                ? ArrayRef | null
                : T extends 'nullref' | 'nullfuncref' | 'nullexternref' | 'nullexnref'
                  ? null
                  : Value

/** Any value: a number (i32, f32, f64), a bigint (i64), a V128, a reference, or `null` for a null reference. An externref is any value at all. */
// biome-ignore lint/suspicious/noExplicitAny: an externref is any value
export type Value = any

/** The arguments of a function with these parameters. */
export type Args<P extends readonly ValType[]> = { -readonly [K in keyof P]: ValueOf<P[K]> }
/** What a function with these results gives: nothing, the one value, or a tuple. */
export type Returns<R extends readonly ValType[]> = R extends readonly []
  ? // biome-ignore lint/suspicious/noConfusingVoidType: it is what a function without results returns
    void
  : R extends readonly [infer T extends ValType]
    ? ValueOf<T>
    : number extends R['length']
      ? Value
      : { -readonly [K in keyof R]: ValueOf<R[K]> }
/** A JavaScript function of such a type. */
export type Signature<P extends readonly ValType[], R extends readonly ValType[]> = (...args: Args<P>) => Returns<R>
