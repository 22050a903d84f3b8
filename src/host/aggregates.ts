// Structs and arrays of the host, which JavaScript can only hold: small modules look into them, and find out which type they have.
import { writeHeapType } from '../binary/write-types.ts'
import { ForeignAggregate } from '../runtime/gc.ts'
import type { Callable } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import { takeResults, type Value } from '../runtime/values.ts'
import { Op } from '../syntax/opcode.ts'
import type { DefType } from '../syntax/type-registry.ts'
import {
  ANYREF,
  concrete,
  type FieldType,
  type HeapType,
  heapOf,
  I32,
  isPacked,
  unpacked,
  type ValType,
} from '../syntax/types.ts'
import { outgoing } from './bridge.ts'
import type { NativeFunction } from './native.ts'
import { type Realm, realmOf } from './refs.ts'
import { Body, plain, run, Synth } from './synth.ts'

const tests = new WeakMap<object, Map<HeapType, (ref: unknown) => number>>()

/** Whether an object of the host has a heap type of the hierarchy of `any`. */
export function refTest(store: Store, ref: unknown, heap: HeapType): boolean {
  const { registry } = store
  let known = tests.get(registry)
  if (known === undefined) tests.set(registry, (known = new Map()))
  let test = known.get(heap)
  if (test === undefined) {
    const synth = new Synth(registry)
    const type = synth.type(plain([ANYREF], [I32]))
    const own = heapOf(synth.val(refOf(heap)))
    const b = new Body().op(Op.local_get, 0).op(Op.ref_test)
    writeHeapType(b.w, own)
    synth.export('f', 'func', synth.func(type, [], b.end()))
    test = run(synth.compile())['f'] as (ref: unknown) => number
    known.set(heap, test)
  }
  try {
    return test(ref) === 1
  } catch {
    return false
  }
}
const refOf = (heap: HeapType): ValType => (ANYREF & ~0xffffff) | heap

class HostAggregate extends ForeignAggregate {
  constructor(
    private readonly realm: Realm,
    def: DefType,
    ref: object,
  ) {
    super(def, ref)
  }

  get length(): number {
    const { comp } = this.def.sub
    return comp.kind === 'struct' ? comp.fields.length : (this.look('length', [])[0] as number)
  }

  get(index: number): Value {
    return (this.def.sub.comp.kind === 'struct' ? this.look(index, []) : this.look('element', [index]))[0]
  }

  private look(what: number | 'length' | 'element', args: readonly number[]): Value[] {
    const { code, result } = getter(this.realm, this.def, what)
    return takeResults([result], code(this.ref, ...args))
  }
}

interface Getter {
  readonly code: Callable
  readonly result: ValType
}
const getters = new WeakMap<DefType, Map<number | string, Getter>>()

/** What gives a field, an element or the length of an object of the type. */
function getter(realm: Realm, def: DefType, what: number | 'length' | 'element'): Getter {
  let known = getters.get(def)
  if (known === undefined) getters.set(def, (known = new Map()))
  let found = known.get(what)
  if (found === undefined) known.set(what, (found = makeGetter(realm, def, what)))
  return found
}

function makeGetter(realm: Realm, def: DefType, what: number | 'length' | 'element'): Getter {
  const { comp } = def.sub
  const field: FieldType =
    comp.kind === 'struct'
      ? comp.fields[what as number]!
      : comp.kind === 'array'
        ? comp.field
        : { type: I32, mutable: false }
  const result = what === 'length' ? I32 : unpacked(field.type)
  const signed = isPacked(field.type)
  const face = realm.funcType(what === 'element' ? [ANYREF, I32] : [ANYREF], [result])
  const synth = new Synth(realm.store.registry)
  const type = synth.def(def)
  const b = new Body().op(Op.local_get, 0).op(Op.ref_cast)
  writeHeapType(b.w, concrete(type))
  if (what === 'length') b.op(Op.array_len)
  else if (what === 'element') b.op(Op.local_get, 1).op(signed ? Op.array_get_s : Op.array_get, type)
  else b.op(signed ? Op.struct_get_s : Op.struct_get, type, what)
  synth.export('f', 'func', synth.func(synth.def(face), [], b.end()))
  const made = run(synth.compile())['f'] as NativeFunction
  return { code: outgoing(realm.store.registry, face, made, realm), result }
}

const aggregates = new WeakMap<Store, WeakMap<object, HostAggregate>>()

export function aggregateOf(store: Store, ref: object): ForeignAggregate | undefined {
  // Objects of WebAssembly have no prototype.
  if (Object.getPrototypeOf(ref) !== null) return undefined
  let known = aggregates.get(store)
  if (known === undefined) aggregates.set(store, (known = new WeakMap()))
  let found = known.get(ref)
  if (found === undefined) {
    // Supertypes stand before their subtypes.
    const def = store.registry.types.findLast((t) => t.sub.comp.kind !== 'func' && refTest(store, ref, concrete(t.id)))
    if (def === undefined) return undefined
    found = new HostAggregate(realmOf(store), def, ref)
    known.set(ref, found)
  }
  return found
}
