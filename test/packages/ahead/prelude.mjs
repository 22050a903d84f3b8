// What packages expect of their host, for hosts that have nothing but the language: esbuild puts these in the place of the globals of these names.
// `output` is the module under test, compiled ahead of time; or the host's own WebAssembly in that shape.

const { print } = globalThis

export const WebAssembly = {
  Module: function Module() {},
  Instance: function Instance(_, imports) {
    return output.instantiateSync(imports)
  },
  instantiate: (_, imports) => output.instantiate(imports).then((instance) => ({ instance })),
  Memory: output.Memory,
  RuntimeError: output.RuntimeError,
}

export const console = { log: print, error: print, warn: print, debug: print }
export const performance = { now: () => Date.now() }

export class TextEncoder {
  encode(text) {
    const bytes = unescape(encodeURIComponent(text))
    return Uint8Array.from(bytes, (c) => c.charCodeAt(0))
  }
}

export class TextDecoder {
  decode(bytes = new Uint8Array(0)) {
    let text = ''
    for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096))
    return decodeURIComponent(escape(text))
  }
}

export const process = undefined
export const Buffer = undefined
