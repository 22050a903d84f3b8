// Which of the three register files a slot lies in.
import { F32, F64, isRef, slotCount, type ValType } from '../syntax/types.ts'

/** 0: int32 (I), 1: float (F), 2: reference (R). */
export type Kind = 0 | 1 | 2

export const kindOf = (t: ValType): Kind => (isRef(t) ? 2 : t === F32 || t === F64 ? 1 : 0)

/** The kinds of the slots that values of these types take. */
export const slotKinds = (types: readonly ValType[]): Kind[] =>
  types.flatMap((t) => Array.from({ length: slotCount(t) }, () => kindOf(t)))
