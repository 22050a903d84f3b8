// Canonical NaNs, which deterministic stores ask for (specification: Numerics, "NaN Propagation"): what an operator gives is made canonical where it is
// put into a variable, or used by what tells NaNs apart; operators that only compute with it take it as it is.
import { rows } from '../syntax/instructions.ts'
import type { Op } from '../syntax/opcode.ts'
import type { Emitter } from './inline.ts'
import type { Entry } from './operands.ts'

/** A float that an operator has given. */
export function floatOf(e: Emitter, op: Op, entry: Entry): Entry {
  if (!rows[op]!.nan || !e.inst.store.deterministic) return entry
  const w = e.scratch('w')
  return { ...entry, code: `((${w}=${entry.code})===${w}?${w}:${e.use('nan')})`, raw: entry.code }
}

/** An operand of what does not tell NaNs apart. */
export const anyNaN = (entry: Entry): Entry => (entry.raw === undefined ? entry : { ...entry, code: entry.raw })
