// WebAssembly.Memory (specification: JavaScript API, Memories). A memory's buffer stays the same object until it grows; then the old one is
// detached. A shared memory has one growable buffer for its life, since an engine has no second view on a SharedArrayBuffer's data.
import { MemInst } from '../runtime/instances.ts'
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

/** The memory's buffer for JavaScript. */
export function bufferOf(mem: MemInst): ArrayBufferLike {
  if (mem.type.shared) return Object.freeze(mem.buffer)
  // Only a buffer that has been seen has to be detached.
  mem.onGrow ??= (old) => {
    if (old !== mem.buffer) detach(old)
  }
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

/** A resizable buffer whose `resize` grows the memory by whole pages only. */
function resizableBuffer(mem: MemInst): ArrayBuffer {
  const buffer = new ResizableBuffer(mem.buffer.byteLength, { maxByteLength: mem.maxPages * mem.pageSize })
  const value = function resize(length: number): void {
    const by = Math.trunc(+length) - buffer.byteLength
    if (!(by >= 0 && by % mem.pageSize === 0) || mem.grow(by / mem.pageSize) < 0)
      throw new RangeError("WebAssembly.Memory: a memory's buffer can only grow, by whole pages and up to its maximum")
  }
  Object.defineProperty(buffer, 'resize', { value, writable: true, configurable: true })
  return buffer
}

export function defineMemory(realm: Realm) {
  class Memory {
    constructor(given: object) {
      const type = memoryType(given)
      const most = realm.store.memoryPages(type)
      if (type.limits.min > BigInt(most))
        throw new RangeError(`WebAssembly.Memory(): 'initial' ${type.limits.min} is beyond the limit of ${most} pages`)
      realm.memories.add(this, allocate(type, most))
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
      return isResizable(mem) ? replaceBuffer(mem, new ArrayBuffer(mem.buffer.byteLength)) : bufferOf(mem)
    }

    toResizableBuffer(): ArrayBufferLike {
      const mem = realm.memories.of(this)
      if (mem.type.limits.max === undefined)
        throw new TypeError('WebAssembly.Memory.toResizableBuffer(): the memory has no maximum')
      return isResizable(mem) || mem.type.shared ? bufferOf(mem) : replaceBuffer(mem, resizableBuffer(mem))
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

function allocate(type: MemType, most: number): MemInst {
  try {
    return new MemInst(type, most)
  } catch (e) {
    throw new RangeError(`WebAssembly.Memory(): ${(e as Error).message}`)
  }
}
