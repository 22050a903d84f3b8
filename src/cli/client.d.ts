// What imports of .wasm and .wat files are with a plugin of anywasm/unplugin: /// <reference types="anywasm/client" />
declare module '*.wasm' {
  // biome-ignore lint/suspicious/noExplicitAny: what a module exports is not known here
  type Instance = { readonly exports: Record<string, any> }
  /** Makes an instance, as `WebAssembly.instantiate` does of a module. */
  export function instantiate(imports?: object): Promise<Instance>
  export function instantiateSync(imports?: object): Instance
  export const LinkError: ErrorConstructor
  export const RuntimeError: ErrorConstructor
  export default instantiate
}

declare module '*.wasm?init' {
  export { default } from '*.wasm'
}

declare module '*.wat' {
  export * from '*.wasm'
  export { default } from '*.wasm'
}
