// Descriptors of memories and tables: the members that both have (specification: JavaScript API, MemoryDescriptor and TableDescriptor).
import type { Limits } from '../syntax/types.ts'
import { addressValue, descriptor, enumeration } from './webidl.ts'

/** Reads `address`, `initial` (or `minimum`), `maximum` and the members of the names in `others`, in the order of their names. */
export function addressDescriptor(
  value: unknown,
  what: string,
  others: readonly string[],
): { limits: Limits; members: Record<string, unknown> } {
  const given = descriptor(value, what)
  const members: Record<string, unknown> = {}
  for (const name of ['address', 'initial', 'maximum', 'minimum', ...others].sort()) members[name] = given[name]
  const address =
    members.address === undefined ? 'i32' : enumeration(members.address, ['i32', 'i64'], `${what}: 'address'`)
  const initial = members.initial
  if (initial !== undefined && members.minimum !== undefined)
    throw new TypeError(`${what}: 'initial' and 'minimum' can't be given together`)
  if (initial === undefined && members.minimum === undefined) throw new TypeError(`${what}: 'initial' is required`)
  const min = addressValue(initial ?? members.minimum, address, `${what}: 'initial'`)
  const max = members.maximum === undefined ? undefined : addressValue(members.maximum, address, `${what}: 'maximum'`)
  if (max !== undefined && min > max) throw new RangeError(`${what}: 'initial' ${min} is more than 'maximum' ${max}`)
  return { limits: { address, min, max }, members }
}
