// The bytes of a module from whatever holds them: buffers, text, responses, streams, and promises of these.

/** A whole module: binary, or its text. */
export type ModuleSource = ArrayBuffer | SharedArrayBuffer | ArrayBufferView | string
/** A module that arrives in pieces, e.g. a response's body or a file's stream. */
export type ModuleStream = Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

/** A copy of a buffer's bytes. @throws {TypeError} for anything else */
export function copyBytes(source: unknown): Uint8Array {
  const tag = Object.prototype.toString.call(source)
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
  if (tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]')
    return new Uint8Array(source as ArrayBuffer).slice()
  throw new TypeError('a module must be a buffer of bytes, or a string with its text')
}

/** Waits for all of a source: bytes, or its text. */
export async function readAll(source: unknown): Promise<ModuleSource> {
  if (typeof Response !== 'undefined' && source instanceof Response) {
    if (!source.ok) throw new TypeError(`the response has the status ${source.status}`)
    return source.arrayBuffer()
  }
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return concat(source as AsyncIterable<Uint8Array>)
    if ('getReader' in source) return concat(chunksOf(source as ReadableStream<Uint8Array>))
  }
  return source as ModuleSource
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

async function concat(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    if (!ArrayBuffer.isView(chunk)) throw new TypeError('a stream of a module must give chunks of bytes')
    parts.push(chunk)
    length += chunk.byteLength
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.byteLength
  }
  return all
}
