// Types that a host lacks, as others that it has: a reference to an exception is a reference to the host's object for it, one to a function of some type
// is one to any function.
import {
  type CompType,
  EXTERNREF,
  FUNCREF,
  type FuncType,
  Heap,
  heapOf,
  isConcrete,
  isRef,
  type SubType,
  type ValType,
} from '../syntax/types.ts'
import { lackingFeatures } from './detect.ts'

/** Whether references to exceptions are the host's objects for them, since it has exceptions but no references to them. */
let asObjects: boolean | undefined
export function exceptionsAreObjects(): boolean {
  asObjects ??= lackingFeatures().includes('exceptions') && !lackingFeatures().includes('legacy-exceptions')
  return asObjects
}

/** Whether references to functions have no types, since the host lacks them; then it has no other types either. */
let asAny: boolean | undefined
export function functionsAreAny(): boolean {
  asAny ??= lackingFeatures().includes('function-references')
  return asAny
}

/** A type as the host has it. */
export function erased(t: ValType): ValType {
  if (!isRef(t)) return t
  const heap = heapOf(t)
  if (exceptionsAreObjects() && (heap === Heap.exn || heap === Heap.noexn)) return EXTERNREF
  if (!functionsAreAny()) return t
  if (heap === Heap.extern || heap === Heap.noextern) return EXTERNREF
  return heap === Heap.func || heap === Heap.nofunc || isConcrete(heap) ? FUNCREF : t
}

export function erasedFunc({ kind, params, results }: FuncType): FuncType {
  return { kind, params: params.map(erased), results: results.map(erased) }
}

const erasedComp = (comp: CompType): CompType => (comp.kind === 'func' ? erasedFunc(comp) : comp)

export const erasedSub = (sub: SubType): SubType => ({ ...sub, comp: erasedComp(sub.comp) })
