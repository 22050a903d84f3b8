// The package's entry: the embedding API (specification: Appendix, Embedding; guide: docs/api.md). WASI: anywasm/wasi; the JavaScript API:
// anywasm/js-api; the parts that tools work on: anywasm/internals.
export { ArrayRef, StructRef } from './embedding/aggregate.ts'
export type { ModuleSource, ModuleStream } from './embedding/bytes.ts'
export type { Caller } from './embedding/caller.ts'
export { EngineBase } from './embedding/engine.ts'
export { type Environment, EnvironmentError } from './embedding/environment.ts'
export { Exception } from './embedding/exception.ts'
export { type CallerFunction, Func, type FuncOptions, type Given, type HostFunction } from './embedding/func.ts'
export { Global } from './embedding/global.ts'
export type { Importable, Imports, Namespace } from './embedding/imports.ts'
export { ClosedError, Instance, WeakInstance } from './embedding/instance.ts'
export { Linker, type LinkerOptions } from './embedding/linker.ts'
export { Memory, type MemoryOptions } from './embedding/memory.ts'
export { type ExportType, type ImportType, Module } from './embedding/module.ts'
export { type Extern, type Factory, Store, type StoreOptions } from './embedding/store.ts'
export { Table } from './embedding/table.ts'
export { Tag } from './embedding/tag.ts'
export type {
  Args,
  ExternKind,
  ExternType,
  FuncType,
  GlobalType,
  MemoryType,
  NumType,
  RefType,
  Returns,
  Signature,
  TableType,
  TagType,
  ValType,
  Value,
  ValueOf,
} from './embedding/types.ts'
export type { MemoryUsage } from './embedding/usage.ts'
export { V128 } from './embedding/values.ts'
export { VERSION } from './embedding/version.ts'
export {
  CompileError,
  Crash,
  Exhaustion,
  type ImportProblem,
  LinkError,
  type SourceLocation,
  Trap,
  type TrapCode,
  type TrapFrame,
} from './errors.ts'
export { Engine, type EngineOptions } from './presets/embedding.ts'
export { ENGINE_NAMES } from './presets/engine-names.ts'
export type { Heap } from './runtime/heap.ts'
export type { Exceeded, Growth, LimitName, StoreLimits } from './runtime/store.ts'
export type { Feature } from './syntax/features.ts'
