// The bytes of a Response or a promise of one (specification: WebAssembly Web API, Streaming).

interface ResponseLike {
  readonly ok: boolean
  readonly status: number
  readonly type: string
  readonly bodyUsed: boolean
  readonly headers: { get(name: string): string | null }
  arrayBuffer(): Promise<ArrayBuffer>
}

/** @throws TypeError where it is no response, one that failed, or one of another type than application/wasm */
export async function responseBytes(source: unknown, what: string): Promise<Uint8Array> {
  const response = (await source) as ResponseLike
  if (typeof Response === 'undefined' || !(response instanceof Response))
    throw new TypeError(`${what}: the argument must be a Response or a promise of one`)
  const type = response.headers.get('Content-Type')
  if (type?.trim().toLowerCase() !== 'application/wasm')
    throw new TypeError(`${what}: the response has the content type '${type ?? ''}', not 'application/wasm'`)
  if (!response.ok) throw new TypeError(`${what}: the response has the status ${response.status}`)
  if (response.bodyUsed) throw new TypeError(`${what}: the body of the response has been read already`)
  return new Uint8Array(await response.arrayBuffer())
}
