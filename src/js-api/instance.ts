// WebAssembly.Instance and the exports object (specification: JavaScript API, Instances).

import { decodeNames } from '../binary/name-section.ts'
import { LinkError } from '../errors.ts'
import type { Extern, ModuleInst } from '../runtime/instances.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { apiError } from './errors.ts'
import { readImports } from './imports.ts'
import type { ModuleState } from './module.ts'
import type { Realm } from './realm.ts'
import { asInterface } from './webidl.ts'

/** Instantiates with the imports of an imports object. */
export function instantiateModule(realm: Realm, state: ModuleState, importObject: unknown, what: string): ModuleInst {
  const externs = readImports(realm, state, importObject)
  let inst: ModuleInst
  try {
    inst = instantiate(realm.store, state.module, externs, decodeNames(state.module).module)
  } catch (e) {
    throw e instanceof LinkError ? apiError(realm.errors, what, e) : realm.thrown(e)
  }
  inst.hostState = exportsObject(realm, inst)
  return inst
}

/** Frozen, without a prototype, in declaration order (but for names that are array indices, which every object puts first). */
function exportsObject(realm: Realm, inst: ModuleInst): object {
  const object = Object.create(null) as Record<string, unknown>
  for (const { name, index } of inst.module.exports)
    Object.defineProperty(object, name, {
      value: objectOf(realm, inst.exports.get(name)!, index),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  return Object.freeze(object)
}

function objectOf(realm: Realm, x: Extern, index: number): object {
  switch (x.kind) {
    case 'func':
      return realm.functionOf(x, index)
    case 'memory':
      return realm.memories.objectOf(x)
    case 'table':
      return realm.tables.objectOf(x)
    case 'global':
      return realm.globals.objectOf(x)
    case 'tag':
      return realm.tags.objectOf(x)
  }
}

/** The import object argument: undefined, or an object. */
export function checkImportObject(importObject: unknown, what: string): void {
  const t = typeof importObject
  if (importObject !== undefined && ((t !== 'object' && t !== 'function') || importObject === null))
    throw new TypeError(`${what}: the imports must be an object`)
}

export function defineInstance(realm: Realm) {
  class Instance {
    constructor(module: object, importObject?: object) {
      const state = realm.modules.of(module, 'the first argument of WebAssembly.Instance()')
      checkImportObject(importObject, 'WebAssembly.Instance()')
      realm.instances.add(this, instantiateModule(realm, state, importObject, 'WebAssembly.Instance()'))
    }

    get exports(): object {
      return realm.instances.of(this).hostState as object
    }
  }
  Object.defineProperty(Instance, 'length', { value: 1, configurable: true })
  realm.instances.proto = Instance.prototype
  return asInterface(Instance, 'Instance')
}
