// WebAssembly.Tag and WebAssembly.Exception (specification: JavaScript API, Tags and Exceptions).
import { newException, payloadOf } from '../runtime/boundary.ts'
import type { TagInst } from '../runtime/instances.ts'
import { isOpaque, toJS, toWasm } from './convert.ts'
import type { Realm } from './realm.ts'
import { valTypeOf } from './value-types.ts'
import { asInterface, descriptor, dictionary, listOf, needArguments, unsignedLong } from './webidl.ts'

const sequence = (value: unknown, what: string): unknown[] => listOf(value, `${what} must be iterable`)

export function defineTag(realm: Realm) {
  class Tag {
    constructor(type: object) {
      const what = 'WebAssembly.Tag()'
      const { parameters } = descriptor(type, what)
      const names = sequence(parameters, `${what}: 'parameters'`)
      const params = names.map((name) => valTypeOf(name, `${what}: 'parameters'`))
      realm.tags.add(this, realm.store.newTag(realm.funcDef(params, [])))
    }
  }
  realm.tags.proto = Tag.prototype
  return asInterface(Tag, 'Tag')
}

export function defineException(realm: Realm) {
  /** Stacks of exceptions that were made with `traceStack`. */
  const stacks = new WeakMap<object, string>()
  const opaque = (tag: TagInst): boolean => tag.type.params.some((t) => isOpaque(realm, t))

  class Exception {
    constructor(tag: object, payload: Iterable<unknown>, options?: { traceStack?: boolean }) {
      const what = 'WebAssembly.Exception()'
      needArguments(arguments.length, 2, what)
      const inst = realm.tags.of(tag, `the first argument of ${what}`)
      const given = sequence(payload, `${what}: the payload`)
      const trace = Boolean(dictionary(options, `${what}: the options`).traceStack)
      if (inst === realm.jsTag) throw new TypeError(`${what}: JSTag is for JavaScript's own exceptions`)
      const { params } = inst.type
      if (given.length !== params.length)
        throw new TypeError(`${what}: the tag has ${params.length} parameters, the payload ${given.length} values`)
      if (opaque(inst)) throw new TypeError(`${what}: the tag has parameters that JavaScript has no values for`)
      const values = given.map((v, k) => toWasm(realm, v, params[k]!))
      realm.exceptions.add(this, newException(inst, values))
      if (trace) stacks.set(this, new Error('WebAssembly.Exception').stack ?? '')
    }

    is(tag: object): boolean {
      const exn = realm.exceptions.of(this)
      return realm.tags.of(tag, 'the argument of WebAssembly.Exception.is()') === exn.tag
    }

    getArg(tag: object, index: number): unknown {
      const exn = realm.exceptions.of(this)
      const what = 'WebAssembly.Exception.getArg()'
      needArguments(arguments.length, 2, what)
      const inst = realm.tags.of(tag, `the first argument of ${what}`)
      const at = unsignedLong(index, `${what}: index`)
      if (inst !== exn.tag) throw new TypeError(`${what}: the exception has another tag`)
      const { params } = inst.type
      if (at >= params.length) throw new RangeError(`${what}: index ${at} is not less than ${params.length}`)
      return toJS(realm, payloadOf(exn)[at], params[at]!)
    }

    /** Where it was made, if that was asked for. */
    get stack(): string | undefined {
      realm.exceptions.of(this)
      return stacks.get(this)
    }
  }
  Object.defineProperty(Exception, 'length', { value: 2, configurable: true })
  realm.exceptions.proto = Exception.prototype
  return asInterface(Exception, 'Exception')
}
