// A decoded module (specification: Syntax, Modules). Function bodies and constant expressions stay bytes: they are canonical, and every engine
// lowers them privately. Everything here is immutable after decoding and shared by all instances of the module.
import type { GlobalType, MemType, RecType, SubType, TableType, TagType, ValType } from './types.ts'

/** Instructions in binary form, `end` opcode included: bytes[start, end). */
export interface Code {
  bytes: Uint8Array
  start: number
  end: number
}

export type ExternKind = 'func' | 'table' | 'memory' | 'global' | 'tag'
/** Binary codes of external kinds are the indices of this list. */
export const EXTERN_KINDS: readonly ExternKind[] = ['func', 'table', 'memory', 'global', 'tag']

export type ImportDesc =
  | { kind: 'func'; type: number }
  | { kind: 'table'; type: TableType }
  | { kind: 'memory'; type: MemType }
  | { kind: 'global'; type: GlobalType }
  | { kind: 'tag'; type: TagType }

export interface Import {
  module: string
  name: string
  desc: ImportDesc
}

/** A run of locals of one type, as the binary format compresses them. */
export interface LocalRun {
  count: number
  type: ValType
}

/** A function defined in the module (imports are not among them). */
export interface Func {
  /** Type index. */
  type: number
  /** Declared locals, parameters not included. */
  locals: readonly LocalRun[]
  body: Code
  /** Branch hints by offset from the body's first byte (its locals' count), from the metadata section or annotations. */
  hints?: ReadonlyMap<number, number>
}
export interface Table {
  type: TableType
  /** The initial value of every entry; undefined means null. */
  init: Code | undefined
}
export interface Global {
  type: GlobalType
  init: Code
}
export interface Export {
  name: string
  kind: ExternKind
  index: number
}
export type SegmentMode =
  | { kind: 'active'; index: number; offset: Code }
  | { kind: 'passive' }
  | { kind: 'declarative' }
export interface Elem {
  type: ValType
  mode: SegmentMode
  /** Function indices (the short binary form), or one constant expression per entry. */
  init: { kind: 'funcs'; funcs: Uint32Array } | { kind: 'exprs'; exprs: readonly Code[] }
}
export interface Data {
  mode: SegmentMode
  bytes: Uint8Array
}
/** A custom section; `after` is the id of the non-custom section it follows (0: first), so that encoding keeps its place. */
export interface Custom {
  name: string
  bytes: Uint8Array
  after: number
}

/** Names from the name section; index → name, and for locals, labels and fields a map per outer index. */
export interface Names {
  module: string | undefined
  funcs: ReadonlyMap<number, string>
  locals: ReadonlyMap<number, ReadonlyMap<number, string>>
  labels: ReadonlyMap<number, ReadonlyMap<number, string>>
  types: ReadonlyMap<number, string>
  tables: ReadonlyMap<number, string>
  memories: ReadonlyMap<number, string>
  globals: ReadonlyMap<number, string>
  elems: ReadonlyMap<number, string>
  datas: ReadonlyMap<number, string>
  fields: ReadonlyMap<number, ReadonlyMap<number, string>>
  tags: ReadonlyMap<number, string>
}

export interface Module {
  /** The binary it came from (empty for a module that was built in memory). */
  bytes: Uint8Array
  recTypes: readonly RecType[]
  /** All types, flattened: type index → subtype; indices inside are the module's own. */
  types: readonly SubType[]
  imports: readonly Import[]
  funcs: readonly Func[]
  tables: readonly Table[]
  memories: readonly MemType[]
  tags: readonly TagType[]
  globals: readonly Global[]
  exports: readonly Export[]
  /** Function index of the start function. */
  start: number | undefined
  elems: readonly Elem[]
  datas: readonly Data[]
  /** The data count section's value, where it is present. */
  dataCount: number | undefined
  customs: readonly Custom[]
  /** Whether a body has an instruction that writes to tables; undefined before validation. */
  changesTables?: boolean
}
