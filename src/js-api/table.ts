// WebAssembly.Table (specification: JavaScript API, Tables).
import type { TableInst } from '../runtime/instances.ts'
import { EXTERNREF, type TableType, typeName, type ValType } from '../syntax/types.ts'
import { isOpaque, toJS, toWasm } from './convert.ts'
import { readLimits } from './limits.ts'
import type { Realm } from './realm.ts'
import { refTypeOf } from './value-types.ts'
import { addressResult, addressValue, asInterface, descriptor, needArguments } from './webidl.ts'

export function defineTable(realm: Realm) {
  /** The reference for an argument; one that is missing is the type's default. */
  function reference(type: ValType, args: IArguments, k: number): unknown {
    if (args.length > k) return toWasm(realm, args[k], type)
    return type === EXTERNREF ? undefined : toWasm(realm, null, type)
  }

  function indexOf(table: TableInst, index: unknown, what: string): number {
    const at = Number(addressValue(index, table.type.limits.address, what))
    if (at >= table.size) throw new RangeError(`${what} ${at} is out of bounds of the table of ${table.size} elements`)
    return at
  }

  class Table {
    constructor(given: object, _value?: unknown) {
      const type = tableType(given)
      checkLimits(realm, type)
      const init =
        arguments.length > 1 && arguments[1] !== undefined
          ? toWasm(realm, arguments[1], type.elem)
          : reference(type.elem, arguments, 2)
      const table = realm.store.newTable(type, init)
      realm.store.watch(table)
      realm.tables.add(this, table)
    }

    get length(): number | bigint {
      const table = realm.tables.of(this)
      return addressResult(table.size, table.type.limits.address)
    }

    get(index: unknown): unknown {
      const table = realm.tables.of(this)
      needArguments(arguments.length, 1, 'WebAssembly.Table.get()')
      const at = indexOf(table, index, 'WebAssembly.Table.get(): index')
      return toJS(realm, table.get(at), table.type.elem)
    }

    set(index: unknown, _value?: unknown): void {
      const table = realm.tables.of(this)
      needArguments(arguments.length, 1, 'WebAssembly.Table.set()')
      const at = indexOf(table, index, 'WebAssembly.Table.set(): index')
      if (isOpaque(realm, table.type.elem))
        throw new TypeError(`WebAssembly.Table.set(): the elements are of type ${typeName(table.type.elem)}`)
      table.set(at, reference(table.type.elem, arguments, 1))
    }

    /** Grows by `delta` entries; gives the old length. */
    grow(delta: unknown, _value?: unknown): number | bigint {
      const table = realm.tables.of(this)
      needArguments(arguments.length, 1, 'WebAssembly.Table.grow()')
      const { address } = table.type.limits
      const by = Number(addressValue(delta, address, 'WebAssembly.Table.grow(): delta'))
      const old = table.grow(by, reference(table.type.elem, arguments, 1))
      if (old < 0) throw new RangeError(`WebAssembly.Table.grow(): the table would exceed ${table.max} elements`)
      return addressResult(old, address)
    }
  }
  Object.defineProperty(Table, 'length', { value: 1, configurable: true })
  for (const name of ['set', 'grow'] as const)
    Object.defineProperty(Table.prototype[name], 'length', { value: 1, configurable: true })
  realm.tables.proto = Table.prototype
  return asInterface(Table, 'Table')
}

function checkLimits(realm: Realm, type: TableType): void {
  try {
    realm.store.checkTables([type])
  } catch (e) {
    throw new RangeError(`WebAssembly.Table(): ${(e as Error).message}`)
  }
}

function tableType(given: unknown): TableType {
  const what = 'WebAssembly.Table()'
  const members = descriptor(given, what)
  const elem = refTypeOf(members.element, `${what}: 'element'`)
  return { elem, limits: readLimits(members, what) }
}
