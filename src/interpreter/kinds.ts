// Which of the three register files a slot lies in.
import type { FuncInst } from '../runtime/instances.ts'
import { F32, F64, type FuncType, isRef, slotCount, type ValType } from '../syntax/types.ts'

/** 0: int32 (I), 1: float (F), 2: reference (R). */
export type Kind = 0 | 1 | 2

export const kindOf = (t: ValType): Kind => (isRef(t) ? 2 : t === F32 || t === F64 ? 1 : 0)

/** The kinds of the slots that values of these types take. */
export const slotKinds = (types: readonly ValType[]): Kind[] =>
  types.flatMap((t) => Array.from({ length: slotCount(t) }, () => kindOf(t)))

/** The kinds of parameter and result slots. */
export interface Signature {
  readonly params: readonly Kind[]
  readonly results: readonly Kind[]
}

const signatures = new WeakMap<FuncType, Signature>()

export function signatureOf({ type }: FuncInst): Signature {
  let signature = signatures.get(type)
  if (signature === undefined) {
    signature = { params: slotKinds(type.params), results: slotKinds(type.results) }
    signatures.set(type, signature)
  }
  return signature
}
