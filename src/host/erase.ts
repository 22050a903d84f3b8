// Types that a host lacks, as others that it has: a reference to an exception is a reference to the host's object for it.
import {
  type CompType,
  EXTERNREF,
  type FuncType,
  Heap,
  heapOf,
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

/** A type as the host has it. */
export function erased(t: ValType): ValType {
  if (!isRef(t) || !exceptionsAreObjects()) return t
  const heap = heapOf(t)
  return heap === Heap.exn || heap === Heap.noexn ? EXTERNREF : t
}

export function erasedFunc({ kind, params, results }: FuncType): FuncType {
  return { kind, params: params.map(erased), results: results.map(erased) }
}

const erasedComp = (comp: CompType): CompType => (comp.kind === 'func' ? erasedFunc(comp) : comp)

export const erasedSub = (sub: SubType): SubType => ({ ...sub, comp: erasedComp(sub.comp) })
