// Modules and shared memories in messages to other agents (specification: Web API, "Serialization"). The host's structured clone knows nothing of
// this namespace's objects and would make empty ones of them; so a message that has some goes with a list of them and of what they are, and the
// agent that gets it makes of each empty object what the list says.
import type { MemType } from '../syntax/types.ts'
import type { CompileOptions } from './builtins.ts'
import { compileBytes, type Facts } from './module.ts'
import type { Realm } from './realm.ts'

const MARK = 'anywasm:message'

type Content =
  // What validation found out comes along: the receiver only decodes.
  | { readonly kind: 'module'; readonly bytes: Uint8Array; readonly options: CompileOptions; readonly facts: Facts }
  | { readonly kind: 'memory'; readonly type: MemType; readonly maxPages: number; readonly handle: unknown }
interface Packed {
  readonly [MARK]: true
  readonly message: unknown
  readonly found: readonly { readonly object: object; readonly content: Content }[]
}

export interface Messages {
  /** What to have cloned in the place of a message; the message itself where it has no objects of the namespace. @throws DataCloneError */
  pack(message: unknown): unknown
  /** The message, out of a clone of what `pack` gave. */
  unpack(clone: unknown): unknown
}

export function messagesOf(realm: Realm): Messages {
  return {
    pack(message) {
      const found: Packed['found'][number][] = []
      for (const object of reachable(message)) {
        const content = contentOf(realm, object)
        if (content !== undefined) found.push({ object, content })
      }
      return found.length === 0 ? message : ({ [MARK]: true, message, found } satisfies Packed)
    },
    unpack(clone) {
      if (typeof clone !== 'object' || clone === null || !Object.hasOwn(clone, MARK)) return clone
      const { message, found } = clone as Packed
      for (const { object, content } of found) revive(realm, object, content)
      return message
    },
  }
}

function contentOf(realm: Realm, object: object): Content | undefined {
  const module = realm.modules.find(object)
  if (module !== undefined) {
    const { bytes, changesTables } = module.module
    return { kind: 'module', bytes, options: module.options, facts: { changesTables } }
  }
  const memory = realm.memories.find(object)
  if (memory?.type.shared)
    return { kind: 'memory', type: memory.type, maxPages: memory.maxPages, handle: memory.handle }
  for (const brand of [realm.memories, realm.instances, realm.tables, realm.globals, realm.tags, realm.exceptions])
    if (brand.find(object) !== undefined) throw notCloned(brand.name, memory !== undefined)
  return undefined
}

function notCloned(name: string, memory: boolean): Error {
  const text = `a ${name}${memory ? ' that is not shared' : ''} can't be cloned`
  return typeof DOMException === 'function' ? new DOMException(text, 'DataCloneError') : new TypeError(text)
}

function revive(realm: Realm, object: object, content: Content): void {
  if (content.kind === 'module') {
    const state = compileBytes(realm, content.bytes, content.options, 'a message', content.facts)
    realm.modules.add(Object.setPrototypeOf(object, realm.modules.proto), state)
  } else {
    const memory = realm.store.newMemory(content.type, content.maxPages, content.handle)
    realm.store.watch(memory)
    realm.memories.add(Object.setPrototypeOf(object, realm.memories.proto), memory)
  }
}

/** The objects that a clone of `message` copies: it, and what own properties, maps and sets lead to. */
function reachable(message: unknown): Set<object> {
  const seen = new Set<object>()
  const add = (x: unknown) => {
    if (typeof x === 'object' && x !== null) seen.add(x)
  }
  add(message)
  // A set that grows while it is walked gives what was added too.
  for (const object of seen) {
    if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) continue
    if (object instanceof Map) for (const [key, value] of object) [key, value].forEach(add)
    else if (object instanceof Set) object.forEach(add)
    else for (const value of Array.isArray(object) ? object : Object.values(object)) add(value)
  }
  return seen
}
