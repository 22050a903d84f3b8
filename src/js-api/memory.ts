// WebAssembly.Memory (specification: JavaScript API, Memories). A memory's buffer stays the same object until it grows; then the old one is
// detached. A shared memory keeps one growable buffer inside; JavaScript gets a clone of it for each size, over the same data.
import type { MemInst } from '../runtime/instances.ts'
import type { MemType } from '../syntax/types.ts'
import { readLimits } from './limits.ts'
import type { Realm } from './realm.ts'
import { addressResult, addressValue, asInterface, descriptor, needArguments } from './webidl.ts'

type Resizable = ArrayBuffer & { resizable?: boolean; resize(length: number): void; maxByteLength: number }
const ResizableBuffer = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => Resizable

/** Detaches a buffer where the engine can; elsewhere the old one stays readable. */
function detach(buffer: ArrayBufferLike): void {
  const old = buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer }
  if (typeof old.transfer === 'function') old.transfer(0)
  else if (typeof structuredClone === 'function') structuredClone(null, { transfer: [old] })
}

/**
 * Has V8 know that buffers get detached, before it optimises code for a large program: at the first one that is, it throws away all code that takes
 * them to stay.
 */
export const expectGrowth = (): void => detach(new ArrayBuffer(0))

/** The buffers of shared memories that JavaScript has: of the present size, or the growable one. */
const sharedBuffers = new WeakMap<MemInst, ArrayBufferLike>()
const sharedLength = (buffer: ArrayBufferLike): number => Reflect.get(SharedArrayBuffer.prototype, 'byteLength', buffer)

/** A frozen SharedArrayBuffer on the memory's data that keeps the length it has now, whatever the memory does. */
function fixedShared(mem: MemInst): ArrayBufferLike {
  if (typeof structuredClone !== 'function') return Object.freeze(mem.buffer)
  const clone = structuredClone(mem.buffer)
  const value = sharedLength(mem.buffer)
  // A clone of a growable buffer is growable too; some engines make it one of fixed length.
  Object.defineProperties(clone, {
    byteLength: { value },
    growable: { value: false },
    maxByteLength: { value },
  })
  return Object.freeze(clone)
}

function sharedBuffer(mem: MemInst): ArrayBufferLike {
  let buffer = sharedBuffers.get(mem)
  if (buffer === undefined || (buffer !== mem.buffer && buffer.byteLength !== sharedLength(mem.buffer)))
    sharedBuffers.set(mem, (buffer = fixedShared(mem)))
  return buffer
}

/** The memory's buffer for JavaScript. */
export function bufferOf(mem: MemInst): ArrayBufferLike {
  if (mem.detaches) return mem.buffer
  if (mem.type.shared) return sharedBuffer(mem)
  // Only a buffer that has been seen has to be detached.
  mem.onGrow ??= detach
  return mem.buffer
}

function replaceBuffer(mem: MemInst, next: ArrayBuffer): ArrayBuffer {
  const old = mem.buffer
  new Uint8Array(next).set(mem.views.u8)
  mem.buffer = next
  mem.rebind()
  detach(old)
  return next
}

const isResizable = (mem: MemInst): boolean => (mem.buffer as Resizable).resizable === true

/** Gives a buffer a method that grows the memory, by whole pages only. */
function growsMemory(mem: MemInst, buffer: ArrayBufferLike, name: 'resize' | 'grow'): void {
  const methods = {
    [name](length: number): void {
      const by = Math.trunc(+length) - buffer.byteLength
      if (!(by >= 0 && by % mem.pageSize === 0) || mem.grow(by / mem.pageSize) < 0)
        throw new RangeError(
          "WebAssembly.Memory: a memory's buffer can only grow, by whole pages and up to its maximum",
        )
    },
  }
  Object.defineProperty(buffer, name, { value: methods[name], writable: true, configurable: true })
}

function resizableBuffer(mem: MemInst): ArrayBuffer {
  const buffer = new ResizableBuffer(mem.buffer.byteLength, { maxByteLength: mem.maxPages * mem.pageSize })
  growsMemory(mem, buffer, 'resize')
  return buffer
}

function growableShared(mem: MemInst): ArrayBufferLike {
  if (sharedBuffers.get(mem) !== mem.buffer) {
    if (!Object.isFrozen(mem.buffer)) growsMemory(mem, mem.buffer, 'grow')
    sharedBuffers.set(mem, Object.freeze(mem.buffer))
  }
  return mem.buffer
}

export function defineMemory(realm: Realm) {
  class Memory {
    constructor(given: object) {
      const type = memoryType(given)
      const most = realm.store.memoryPages(type)
      if (type.limits.min > BigInt(most))
        throw new RangeError(`WebAssembly.Memory(): 'initial' ${type.limits.min} is beyond the limit of ${most} pages`)
      const mem = allocate(realm, type)
      realm.store.watch(mem)
      realm.memories.add(this, mem)
    }

    /** Grows by `delta` pages; gives the old size. */
    grow(delta: unknown): number | bigint {
      const mem = realm.memories.of(this)
      needArguments(arguments.length, 1, 'WebAssembly.Memory.grow()')
      const { address } = mem.type.limits
      const old = mem.grow(Number(addressValue(delta, address, 'WebAssembly.Memory.grow(): delta')))
      if (old < 0)
        throw new RangeError('WebAssembly.Memory.grow(): the memory would exceed its maximum, or the host has no more')
      return addressResult(old, address)
    }

    toFixedLengthBuffer(): ArrayBufferLike {
      const mem = realm.memories.of(this)
      if (mem.type.shared && sharedBuffers.get(mem) === mem.buffer) sharedBuffers.delete(mem)
      return isResizable(mem) ? replaceBuffer(mem, new ArrayBuffer(mem.buffer.byteLength)) : bufferOf(mem)
    }

    toResizableBuffer(): ArrayBufferLike {
      const mem = realm.memories.of(this)
      if (mem.type.limits.max === undefined)
        throw new TypeError('WebAssembly.Memory.toResizableBuffer(): the memory has no maximum')
      if (mem.type.shared) return growableShared(mem)
      return isResizable(mem) ? bufferOf(mem) : replaceBuffer(mem, resizableBuffer(mem))
    }

    get buffer(): ArrayBufferLike {
      return bufferOf(realm.memories.of(this))
    }
  }
  realm.memories.proto = Memory.prototype
  return asInterface(Memory, 'Memory')
}

function memoryType(given: unknown): MemType {
  const what = 'WebAssembly.Memory()'
  const members = descriptor(given, what)
  const limits = readLimits(members, what)
  const shared = Boolean(members.shared)
  if (shared && limits.max === undefined) throw new TypeError(`${what}: a shared memory needs 'maximum'`)
  const most = limits.address === 'i32' ? 65536n : 1n << 48n
  if (limits.min > most || (limits.max ?? 0n) > most) throw new RangeError(`${what}: the limit is ${most} pages`)
  return { limits, shared, pageSizeLog2: 16 }
}

function allocate(realm: Realm, type: MemType): MemInst {
  try {
    return realm.store.newMemory(type)
  } catch (e) {
    throw new RangeError(`WebAssembly.Memory(): ${(e as Error).message}`)
  }
}
