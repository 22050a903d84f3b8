// Parses types and type uses (specification: Text Format, Types). Type indices are resolved by the first walk's bindings.

import {
  type CompType,
  concrete,
  F32,
  F64,
  type FieldType,
  type FuncType,
  type GlobalType,
  Heap,
  type HeapType,
  I8,
  I16,
  I32,
  I64,
  INDEX_MASK,
  type Limits,
  type MemType,
  refType,
  type SubType,
  type TableType,
  V128,
  type ValType,
} from '../syntax/types.ts'
import type { ModuleContext } from './context.ts'
import { Kw } from './keywords.ts'
import { integer } from './literals.ts'
import { Tok } from './tokens.ts'

const HEAPS = new Map<number, HeapType>([
  [Kw.any, Heap.any],
  [Kw.eq, Heap.eq],
  [Kw.i31, Heap.i31],
  [Kw.struct, Heap.struct],
  [Kw.array, Heap.array],
  [Kw.none, Heap.none],
  [Kw.func, Heap.func],
  [Kw.nofunc, Heap.nofunc],
  [Kw.extern, Heap.extern],
  [Kw.noextern, Heap.noextern],
  [Kw.exn, Heap.exn],
  [Kw.noexn, Heap.noexn],
])
/** Value types that are one keyword. */
const SIMPLE = new Map<number, ValType>([
  [Kw.i32, I32],
  [Kw.i64, I64],
  [Kw.f32, F32],
  [Kw.f64, F64],
  [Kw.v128, V128],
  [Kw.anyref, refType(true, Heap.any)],
  [Kw.eqref, refType(true, Heap.eq)],
  [Kw.i31ref, refType(true, Heap.i31)],
  [Kw.structref, refType(true, Heap.struct)],
  [Kw.arrayref, refType(true, Heap.array)],
  [Kw.funcref, refType(true, Heap.func)],
  [Kw.externref, refType(true, Heap.extern)],
  [Kw.exnref, refType(true, Heap.exn)],
  [Kw.nullref, refType(true, Heap.none)],
  [Kw.nullfuncref, refType(true, Heap.nofunc)],
  [Kw.nullexternref, refType(true, Heap.noextern)],
  [Kw.nullexnref, refType(true, Heap.noexn)],
])

/** An abstract heap type's keyword, or undefined. */
export const abstractHeap = (kw: number): HeapType | undefined => HEAPS.get(kw)

export function heapType(p: ModuleContext): HeapType {
  const abstract = HEAPS.get(p.keyword())
  if (abstract !== undefined) {
    p.pos++
    return abstract
  }
  const at = p.pos
  const index = p.index('types')
  if (index > INDEX_MASK) throw p.error(`unknown type ${index}`, at)
  return concrete(index)
}

/** A value type if one comes next. */
function optionalValType(p: ModuleContext): ValType | undefined {
  const simple = SIMPLE.get(p.keyword())
  if (simple !== undefined) {
    p.pos++
    return simple
  }
  if (!p.open(Kw.ref)) return undefined
  const nullable = p.accept(Kw.null)
  const heap = heapType(p)
  p.close()
  return refType(nullable, heap)
}

export function valType(p: ModuleContext): ValType {
  const type = optionalValType(p)
  if (type === undefined) throw p.unexpected()
  return type
}

export function reference(p: ModuleContext): ValType {
  const at = p.pos
  const type = valType(p)
  if (type < 0x100) throw p.error('unexpected token', at)
  return type
}

/** Whether a reference type comes next. */
export const atReference = (p: ModuleContext): boolean => p.opens(Kw.ref) || (SIMPLE.get(p.keyword()) ?? 0) > 0x100

/** Value types up to the closing parenthesis, which is read too. */
export function valTypesUntilClose(p: ModuleContext, out: ValType[]): void {
  for (let type = optionalValType(p); type !== undefined; type = optionalValType(p)) out.push(type)
  p.close()
}

function storageType(p: ModuleContext): ValType {
  if (p.accept(Kw.i8)) return I8
  if (p.accept(Kw.i16)) return I16
  return valType(p)
}

function fieldType(p: ModuleContext): FieldType {
  if (!p.open(Kw.mut)) return { type: storageType(p), mutable: false }
  const type = storageType(p)
  p.close()
  return { type, mutable: true }
}

export function globalType(p: ModuleContext): GlobalType {
  if (!p.open(Kw.mut)) return { type: valType(p), mutable: false }
  const type = valType(p)
  p.close()
  return { type, mutable: true }
}

/** A parameter's identifier, where it has one. */
type OnParam = (name: string | undefined, id: string | undefined, index: number, token: number) => void

/** `(param …)* (result …)*`, appended to the lists. Identifiers are allowed where `onParam` is given. */
export function signature(p: ModuleContext, params: ValType[], results: ValType[], onParam?: OnParam): void {
  while (p.open(Kw.param)) {
    const token = p.pos
    if (onParam !== undefined && (p.kind() === Tok.id || p.annotated)) {
      const id = p.optionalId()
      onParam(p.named(id), id, params.length, token)
      params.push(valType(p))
      p.close()
    } else valTypesUntilClose(p, params)
  }
  while (p.open(Kw.result)) valTypesUntilClose(p, results)
}

const ignore: OnParam = () => {}

/** A type use without identifiers for parameters: an index, or -1 with an inline signature that was not written as `(type …)`. */
export function explicitType(p: ModuleContext): { index: number; token: number } {
  if (!p.open(Kw.type)) return { index: -1, token: p.pos }
  const token = p.pos
  const index = p.index('types')
  p.close()
  return { index, token }
}

/** Sees to it that an inline signature beside an explicit type is the same. */
export function checkInline(
  p: ModuleContext,
  use: { index: number; token: number },
  params: readonly ValType[],
  results: readonly ValType[],
): void {
  if (params.length === 0 && results.length === 0) return
  if (p.opens(Kw.param)) throw p.error('unexpected token', p.pos + 1)
  const type = p.funcType(use.index, use.token)
  const same = (a: readonly ValType[], b: readonly ValType[]) => a.length === b.length && a.every((t, i) => t === b[i])
  if (!same(type.params, params) || !same(type.results, results))
    throw p.error('inline function type does not match explicit type', use.token)
}

/** A type use: the index of its function type. */
export function typeUse(p: ModuleContext, onParam?: OnParam): number {
  const use = explicitType(p)
  const params: ValType[] = []
  const results: ValType[] = []
  signature(p, params, results, onParam)
  if (use.index < 0) return p.implicitType(params, results)
  checkInline(p, use, params, results)
  return use.index
}

function structFields(p: ModuleContext, type: number): FieldType[] {
  const out: FieldType[] = []
  const ids = new Map<string, number>()
  p.fields.set(type, ids)
  while (p.open(Kw.field)) {
    const token = p.pos
    if (p.kind() === Tok.id || p.annotated) {
      const id = p.optionalId()
      const name = p.named(id)
      if (id !== undefined && ids.has(id)) throw p.error(`duplicate field $${id}`, token)
      if (id !== undefined) ids.set(id, out.length)
      if (name !== undefined) p.nameInner('fields', type, out.length, name)
      out.push(fieldType(p))
    } else while (p.kind() !== Tok.rpar) out.push(fieldType(p))
    p.close()
  }
  return out
}

function compType(p: ModuleContext, type: number): CompType {
  let comp: CompType
  if (p.open(Kw.func)) {
    const params: ValType[] = []
    const results: ValType[] = []
    signature(p, params, results, ignore)
    comp = { kind: 'func', params, results } satisfies FuncType
  } else if (p.open(Kw.struct)) comp = { kind: 'struct', fields: structFields(p, type) }
  else if (p.open(Kw.array)) comp = { kind: 'array', field: fieldType(p) }
  else throw p.unexpected()
  p.close()
  return comp
}

function subType(p: ModuleContext, type: number): SubType {
  if (!p.open(Kw.sub)) return { final: true, supers: [], comp: compType(p, type) }
  const final = p.accept(Kw.final)
  const supers: number[] = []
  while (p.atIndex) supers.push(p.index('types'))
  const comp = compType(p, type)
  p.close()
  return { final, supers, comp }
}

/** A `(type …)` definition after its opening. */
function typeDef(p: ModuleContext): SubType {
  const sub = subType(p, p.define('types'))
  p.close()
  return sub
}

/** A `(type …)` or `(rec …)` field after its opening. */
export function typeField(p: ModuleContext, kw: Kw): void {
  if (kw === Kw.type) {
    p.addRecType([typeDef(p)])
    return
  }
  const rec: SubType[] = []
  while (p.open(Kw.type)) rec.push(typeDef(p))
  p.close()
  p.addRecType(rec)
}

/** The address type, i32 unless written. */
export function addressType(p: ModuleContext): 'i32' | 'i64' {
  if (p.accept(Kw.i64)) return 'i64'
  p.accept(Kw.i32)
  return 'i32'
}

const narrow = (p: ModuleContext, limits: Limits, at: number): Limits => {
  const wide = (n: bigint | undefined) => n !== undefined && n > 0xffffffffn
  if (p.narrowLimits && limits.address === 'i32' && (wide(limits.min) || wide(limits.max)))
    throw p.error('i32 constant out of range', wide(limits.min) ? at : at + 1)
  return limits
}

function limits(p: ModuleContext, address: 'i32' | 'i64'): Limits {
  const min = p.nat64()
  return { address, min, max: p.kind() === Tok.nat ? p.nat64() : undefined }
}

export function tableType(p: ModuleContext, address = addressType(p)): TableType {
  const at = p.pos
  const range = narrow(p, limits(p, address), at)
  return { limits: range, elem: reference(p) }
}

/** A memory type. Whether its limits are in range is the validator's matter. */
export function memoryType(p: ModuleContext, address = addressType(p)): MemType {
  const at = p.pos
  const range = limits(p, address)
  const shared = p.accept(Kw.shared)
  if (!p.opens(Kw.pagesize)) return { limits: narrow(p, range, at), shared, pageSizeLog2: 16 }
  return { limits: range, shared, pageSizeLog2: pageSize(p) }
}

/** `(pagesize n)` as log2; 16 if it does not come next. */
export function pageSize(p: ModuleContext): number {
  if (!p.open(Kw.pagesize)) return 16
  const n = p.kind() === Tok.nat ? integer(p.tokens.text(p.pos)) : undefined
  if (n === undefined) throw p.unexpected()
  const log2 = n.toString(2).length - 1
  if (n !== 1n << BigInt(log2) || log2 > 63) throw p.error('invalid custom page size')
  p.pos++
  p.close()
  return log2
}
