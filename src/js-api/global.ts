// WebAssembly.Global (specification: JavaScript API, Globals).
import { V128 } from '../syntax/types.ts'
import { defaultOf, toJS, toWasm } from './convert.ts'
import type { Realm } from './realm.ts'
import { valTypeOf } from './value-types.ts'
import { asInterface, descriptor } from './webidl.ts'

export function defineGlobal(realm: Realm) {
  class Global {
    constructor(given: object, value?: unknown) {
      const what = 'WebAssembly.Global()'
      const members = descriptor(given, what)
      const mutable = Boolean(members.mutable)
      const type = valTypeOf(members.value, `${what}: 'value'`)
      if (type === V128) throw new TypeError(`${what}: JavaScript has no values of type v128`)
      const missing = value === undefined ? defaultOf(realm, type) : undefined
      const first = missing === undefined ? toWasm(realm, value, type) : missing.value
      realm.globals.add(this, realm.store.newGlobal({ type, mutable }, first))
    }

    get value(): unknown {
      const global = realm.globals.of(this)
      return toJS(realm, global.value, global.type.type)
    }

    set value(value: unknown) {
      const global = realm.globals.of(this)
      if (!global.type.mutable) throw new TypeError('set WebAssembly.Global.value: the global is immutable')
      global.value = toWasm(realm, value, global.type.type)
    }

    valueOf(): unknown {
      const global = realm.globals.of(this)
      return toJS(realm, global.value, global.type.type)
    }
  }
  Object.defineProperty(Global, 'length', { value: 1, configurable: true })
  realm.globals.proto = Global.prototype
  return asInterface(Global, 'Global')
}
