// The parts of Web IDL that the API's classes need: brands of interfaces, the shape of their members, and conversions of arguments
// (specification: Web IDL, JavaScript binding).

/** Which objects implement an interface, their states, and the one object that stands for a state. */
export class Brand<T extends object> {
  private readonly states = new WeakMap<object, T>()
  private readonly objects = new WeakMap<T, object>()
  /** The interface's prototype; set with its class. */
  proto: object | null = null

  /** @param name the interface, as messages name it */
  constructor(readonly name: string) {}

  /** Makes `object` the one that stands for `state`. */
  add(object: object, state: T): void {
    this.states.set(object, state)
    this.objects.set(state, object)
  }

  find(x: unknown): T | undefined {
    return typeof x === 'object' && x !== null ? this.states.get(x) : undefined
  }

  /** The state of `x`. @throws TypeError where it does not implement the interface */
  of(x: unknown, what = 'receiver'): T {
    const state = this.find(x)
    if (state === undefined) throw new TypeError(`${what} is not a ${this.name}`)
    return state
  }

  /** The object that stands for `state`; made at the first request. */
  objectOf(state: T): object {
    let object = this.objects.get(state)
    if (object === undefined) {
      object = Object.create(this.proto) as object
      this.add(object, state)
    }
    return object
  }
}

const toStringTag = (object: object, value: string): void => {
  Object.defineProperty(object, Symbol.toStringTag, { value, configurable: true })
}

/** Gives a class the member attributes of a Web IDL interface. */
export function asInterface<C extends abstract new (...args: never[]) => object>(cls: C, name: string): C {
  for (const target of [cls, cls.prototype as object])
    for (const key of Object.getOwnPropertyNames(target)) {
      const d = Object.getOwnPropertyDescriptor(target, key)!
      // Functions of Hermes have getters of their own, which stay as they are.
      const member = key !== 'constructor' && d.configurable && (d.get !== undefined || typeof d.value === 'function')
      if (member) Object.defineProperty(target, key, { ...d, enumerable: true })
    }
  Object.defineProperty(cls, 'name', { value: name, configurable: true })
  toStringTag(cls.prototype as object, `WebAssembly.${name}`)
  return cls
}

/** Checks a dictionary argument; null and undefined are empty ones. */
export function dictionary(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' && typeof value !== 'function') throw new TypeError(`${what} must be an object`)
  return value as Record<string, unknown>
}

/** A dictionary with members to be there. */
export function descriptor(value: unknown, what: string): Record<string, unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
    throw new TypeError(`${what}: the descriptor must be an object`)
  return value as Record<string, unknown>
}

/** [EnforceRange] unsigned long. */
export function unsignedLong(value: unknown, what: string): number {
  const n = +(value as number)
  if (!Number.isFinite(n)) throw new TypeError(`${what} must be a finite number`)
  const whole = Math.trunc(n)
  if (whole < 0 || whole > 0xffffffff) throw new TypeError(`${what} must be in the range 0 to 4294967295`)
  return whole + 0
}

/** AddressValueToU64: a number for i32 addresses, a BigInt for i64 ones. */
export function addressValue(value: unknown, address: 'i32' | 'i64', what: string): bigint {
  if (address === 'i32') return BigInt(unsignedLong(value, what))
  const n = toBigInt(value)
  if (n < 0n || n > 0xffff_ffff_ffff_ffffn) throw new TypeError(`${what} must be in the range 0 to 2^64 - 1`)
  return n
}

/** U64ToAddressValue. */
export const addressResult = (n: number, address: 'i32' | 'i64'): number | bigint => (address === 'i32' ? n : BigInt(n))

/** ToBigInt of the language, which BigInt() is not: numbers throw. */
export const toBigInt = (value: unknown): bigint => BigInt.asIntN(Number.MAX_SAFE_INTEGER, value as bigint)

/** A member of a list of enumeration values. */
export function enumeration<T extends string>(value: unknown, values: readonly T[], what: string): T {
  const text = `${value}`
  if (!values.includes(text as T)) throw new TypeError(`${what}: '${text}' is not one of ${values.join(', ')}`)
  return text as T
}

/** How many arguments an operation needs; V8 and Web IDL check that before anything else. */
export function needArguments(given: number, needed: number, what: string): void {
  if (given < needed) throw new TypeError(`${what}: ${needed} argument${needed > 1 ? 's' : ''} required, got ${given}`)
}

/** The values of an iterable object; its iterator method is read once, as the language's IteratorToList does. */
export function listOf(value: unknown, message: string): unknown[] {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  const method: unknown = isObject ? (value as Iterable<unknown>)[Symbol.iterator] : undefined
  if (typeof method !== 'function') throw new TypeError(message)
  return Array.from({ [Symbol.iterator]: () => Reflect.apply(method, value, []) as Iterator<unknown> })
}

/** The BufferSource of Web IDL, whose name TypeScript has for browsers only. */
export type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>

/** A stable copy of the bytes of a BufferSource. @throws TypeError for anything else */
export function bytesOf(source: unknown, what: string): Uint8Array {
  if (ArrayBuffer.isView(source)) {
    const { buffer, byteOffset, byteLength } = source
    return new Uint8Array(buffer, byteOffset, byteLength).slice()
  }
  if (isBuffer(source)) return new Uint8Array(source).slice()
  throw new TypeError(`${what}: the argument must be an ArrayBuffer or a view of one`)
}

const lengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get!
const sharedLengthOf =
  typeof SharedArrayBuffer === 'undefined'
    ? undefined
    : Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'byteLength')!.get!

function isBuffer(x: unknown): x is ArrayBufferLike {
  for (const get of [lengthOf, sharedLengthOf])
    try {
      get?.call(x)
      if (get !== undefined) return true
    } catch {
      // Not of this kind.
    }
  return false
}
