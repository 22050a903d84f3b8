// The host's WebAssembly as the runtime of threads.
export const threadRuntime = {
  compile: (module) => module,
  memory: (memory) => memory,
  instantiate: (module, imports) => new WebAssembly.Instance(module, imports),
}
