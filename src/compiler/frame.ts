// What func.ts keeps of a block while it is open.
import type { Catch } from '../binary/code.ts'
import type { ValType } from '../syntax/types.ts'
import type { Form } from './operands.ts'
import type { Line, Variables } from './tree.ts'

/** A control frame. */
export interface Frame {
  kind: 'func' | 'block' | 'loop' | 'if' | 'else' | 'try_table' | 'try' | 'catch' | 'catch_all'
  label: string
  /** Its number in the function, from 1. */
  id: number
  /** Values and slots on the stack below its parameters. */
  depth: number
  height: number
  params: readonly ValType[]
  results: readonly ValType[]
  /** Index of the line that opens it; the label is added there when something branches to it. */
  line: number
  used: boolean
  /** Whether an earlier arm of an `if` or `try` runs to its end. */
  through: boolean
  /** The variable of what it has caught, handlers of a try_table, and catch arms so far. */
  caught: string
  catches: readonly Catch[]
  arms: number
  /** How many loops it stands in, itself included; and the number of the innermost handler that covers it, or -1. */
  loops: number
  handler: number
  /** Memories whose local view is current at its end whichever way it is reached, and (for an `else`) at its start. */
  views: number
  viewsBefore: number
  /** For a loop, whether it has another one around it (docs/rationale.md); branches until the one that goes there, or -1 where none does. */
  wrapped: boolean
  edges: number
}

/** A loop before it is a function: `frames` are those around it, the function's first, and itself. */
export interface LoopDraft {
  lines: Line[]
  frames: readonly Frame[]
  variables: Variables
  names: ReadonlySet<string>
  /** By first slot, the vector locals that are held as floats, and how. */
  readonly floats: ReadonlyMap<number, Form>
}
