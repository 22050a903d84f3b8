// Constructors of structs in generated code: one per set of lanes, so that all types of that set, of whatever module, share hidden classes, and a struct
// is made by one allocation with its values. Where code may not be generated, runtime/gc.ts makes structs lane by lane.
import { StructInst, structLayout } from '../runtime/gc.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { emit } from './emit.ts'

const constructors = new Map<string, unknown>()

/** The value that a lane has by default, as code. */
export const laneDefault = (lane: string): string => (lane.startsWith('r') ? 'null' : '0')

/** The source of a constructor, which takes the type and the lanes in their order. */
export const structSource = (lanes: readonly string[]): string =>
  `function Struct(def${lanes.map((l) => `,${l}`).join('')}){this.def=def;${lanes.map((l) => `this.${l}=${l}`).join(';')}}`

/** What constructors of the same lanes have in common. */
export const structKey = (def: DefType): string => structLayout(def).lanes.join()

/** Makes of a new function of `structSource` the constructor of structs like those of a type. */
export function finishConstructor(made: unknown, def: DefType): void {
  const construct = made as { prototype: unknown; new (def: DefType, ...lanes: unknown[]): unknown }
  construct.prototype = StructInst.prototype
  // A fraction first, so that the lanes of floats hold doubles from the start.
  new construct(def, ...structLayout(def).lanes.map((l) => (l.startsWith('r') ? null : l.startsWith('f') ? -0.5 : 0)))
}

/** The constructor of a type's structs. */
export function structConstructor(def: DefType): unknown {
  const key = structKey(def)
  let made = constructors.get(key)
  if (made === undefined) {
    made = emit(`return ${structSource(structLayout(def).lanes)}`, [], () => undefined)
    finishConstructor(made, def)
    constructors.set(key, made)
  }
  return made
}
