// The package entry anywasm/internals: the runtime's parts, for tools such as benchmarks, tests and other front ends. They follow the
// specification's run-time structure and may change between minor versions; embedders use the entry anywasm.
export { decode } from './binary/decode.ts'
export { encode } from './binary/encode.ts'
export { decodeNames } from './binary/name-section.ts'
export { compiler } from './compiler/engine.ts'
export {
  CompileError,
  Crash,
  Exhaustion,
  InvalidError,
  LinkError,
  MalformedError,
  Trap,
  type TrapCode,
  type TrapFrame,
} from './errors.ts'
export { ENGINE_NAMES } from './presets/engine-names.ts'
export { ENGINES, engineByName } from './presets/engines.ts'
export { hostFunc, invoke, newException, payloadOf } from './runtime/boundary.ts'
export {
  ExnInst,
  type Extern,
  FuncInst,
  GlobalInst,
  MemInst,
  ModuleInst,
  TableInst,
  TagInst,
} from './runtime/instances.ts'
export { instantiate } from './runtime/instantiate.ts'
export { type Executor, Store, type StoreLimits } from './runtime/store.ts'
export { readGlobal, V128Value, type Value, writeGlobal } from './runtime/values.ts'
export type { Module, Names } from './syntax/module.ts'
export { parseModule } from './text/parse.ts'
export { printModule } from './text/print.ts'
export { validate } from './valid/module.ts'
