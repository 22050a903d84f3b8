// Constructors of structs in generated code: one per set of lanes, so that all types of that set, of whatever module, share hidden classes, and a struct
// is made by one allocation with its values. Where code may not be generated, runtime/gc.ts makes structs lane by lane.
import { StructInst, structLayout } from '../runtime/gc.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { emit } from './emit.ts'

const constructors = new Map<string, unknown>()

/** The value that a lane has by default, as code. */
export const laneDefault = (lane: string): string => (lane.startsWith('r') ? 'null' : '0')

/** The constructor of a type's structs: it takes the type and the lanes in their order. */
export function structConstructor(def: DefType): unknown {
  const { lanes } = structLayout(def)
  const key = lanes.join()
  let made = constructors.get(key)
  if (made === undefined) {
    const source = `function Struct(def${lanes.map((l) => `,${l}`).join('')}){this.def=def;${lanes.map((l) => `this.${l}=${l}`).join(';')}}`
    made = emit(source, [], () => undefined)
    const construct = made as unknown as { prototype: unknown; new (def: DefType, ...lanes: unknown[]): unknown }
    construct.prototype = StructInst.prototype
    // A fraction first, so that the lanes of floats hold doubles from the start.
    new construct(def, ...lanes.map((l) => (l.startsWith('r') ? null : l.startsWith('f') ? -0.5 : 0)))
    constructors.set(key, made)
  }
  return made
}
