// A valid module from a tape, as text.
import { chooseShape, frameText, type Shape } from './shape.ts'
import { functionText } from './statements.ts'
import { Tape } from './tape.ts'

export interface Generated {
  text: string
  shape: Shape
}

/** Stands in the text of modules that are for deterministic stores. */
export const DETERMINISTIC = '(;deterministic;)'

export function generate(numbers: Uint32Array): Generated {
  const t = new Tape(numbers)
  const shape = chooseShape(t)
  const functions = shape.functions.map((_, k) => functionText(t, shape, k))
  return {
    text: `(module ${shape.deterministic ? DETERMINISTIC : ''}\n${frameText(shape)}\n${functions.join('\n')})\n`,
    shape,
  }
}
