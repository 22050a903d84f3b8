// Names of value types in descriptors (specification: JavaScript API, ValueType and TableKind), with the reference types of WebAssembly 3.0 besides.
import {
  ANYREF,
  EXNREF,
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  Heap,
  I32,
  I64,
  refType,
  V128,
  type ValType,
} from '../syntax/types.ts'
import { enumeration } from './webidl.ts'

const REFS = new Map<string, ValType>([
  ['externref', EXTERNREF],
  ['anyfunc', FUNCREF],
  ['funcref', FUNCREF],
  ['anyref', ANYREF],
  ['exnref', EXNREF],
  ['eqref', refType(true, Heap.eq)],
  ['i31ref', refType(true, Heap.i31)],
  ['structref', refType(true, Heap.struct)],
  ['arrayref', refType(true, Heap.array)],
  ['nullref', refType(true, Heap.none)],
  ['nullexternref', refType(true, Heap.noextern)],
  ['nullfuncref', refType(true, Heap.nofunc)],
])
const ALL = new Map<string, ValType>([['i32', I32], ['i64', I64], ['f32', F32], ['f64', F64], ['v128', V128], ...REFS])

/** @throws TypeError for anything but the name of a reference type */
export const refTypeOf = (name: unknown, what: string): ValType => REFS.get(enumeration(name, [...REFS.keys()], what))!
/** @throws TypeError for anything but the name of a value type */
export const valTypeOf = (name: unknown, what: string): ValType => ALL.get(enumeration(name, [...ALL.keys()], what))!
