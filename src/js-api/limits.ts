// Descriptors of memories and tables: the members that both have (specification: JavaScript API, MemoryDescriptor and TableDescriptor).
import type { Limits } from '../syntax/types.ts'
import { addressValue, enumeration } from './webidl.ts'

/** Reads `address`, `initial` (or `minimum`) and `maximum`, each converted before the next is read. */
export function readLimits(given: Record<string, unknown>, what: string): Limits {
  const name = given.address
  const address = name === undefined ? 'i32' : enumeration(name, ['i32', 'i64'], `${what}: 'address'`)
  const bound = (member: string): bigint | undefined => {
    const value = given[member]
    return value === undefined ? undefined : addressValue(value, address, `${what}: '${member}'`)
  }
  const initial = bound('initial')
  const max = bound('maximum')
  const minimum = bound('minimum')
  if (initial !== undefined && minimum !== undefined)
    throw new TypeError(`${what}: 'initial' and 'minimum' can't be given together`)
  const min = initial ?? minimum
  if (min === undefined) throw new TypeError(`${what}: 'initial' is required`)
  if (max !== undefined && min > max) throw new RangeError(`${what}: 'initial' ${min} is more than 'maximum' ${max}`)
  return { address, min, max }
}
