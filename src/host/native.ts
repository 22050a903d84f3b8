// The host's own WebAssembly, as far as it is used here; the project has no types of a page. The one place that reads it is `native()`.

export type NativeFunction = (...args: unknown[]) => unknown
export interface NativeMemory {
  readonly buffer: ArrayBufferLike
  grow(delta: number | bigint): number | bigint
}
export interface NativeTable {
  readonly length: number | bigint
  get(at: number | bigint): unknown
  set(at: number | bigint, ref?: unknown): void
  grow(delta: number | bigint, init?: unknown): number | bigint
}
export interface NativeGlobal {
  value: unknown
}
export interface NativeException {
  is(tag: object): boolean
  getArg(tag: object, index: number): unknown
}
export interface NativeModule {
  readonly [native: symbol]: never
}
export type NativeExports = Readonly<Record<string, unknown>>
export type NativeImports = Record<string, Record<string, unknown>>

export interface Native {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => NativeModule
  Instance: new (module: NativeModule, imports: NativeImports) => { readonly exports: NativeExports }
  Exception?: new (tag: object, payload: readonly unknown[]) => NativeException
  CompileError: new () => Error
  LinkError: new () => Error
  RuntimeError: new () => Error
}

// What a polyfill puts in its place later is not the host's.
const found = (globalThis as unknown as { WebAssembly?: Native }).WebAssembly
/** undefined where the host has none. */
export const native = (): Native | undefined => found
