// What callers give as options, looked at before anything is done with it: a misspelt name or a value of the wrong kind is told at once, by its name.
import { nearest } from './near.ts'

/** A JavaScript value as messages name it. */
export function describeValue(v: unknown): string {
  if (typeof v === 'string') return `the string ${JSON.stringify(v.length > 40 ? `${v.slice(0, 40)}…` : v)}`
  if (typeof v === 'bigint') return `the bigint ${v}n`
  if (typeof v === 'function') return 'a function'
  if (typeof v === 'symbol') return 'a symbol'
  if (typeof v === 'object') return v === null ? 'null' : objectText(v)
  return v === undefined ? 'undefined' : `the ${typeof v} ${String(v)}`
}

function objectText(v: object): string {
  const name = v.constructor?.name || 'object'
  if (name === 'Object' || name === 'Array') return `an ${name.toLowerCase()}`
  return `${/^[AEIO]/i.test(name) ? 'an' : 'a'} ${name}`
}

export const isObject = <T>(v: T): v is T & Record<string, unknown> => typeof v === 'object' && v !== null

/** What an option must be, in words, and whether a value is that. */
export interface Kind {
  readonly words: string
  is(v: unknown): boolean
}
/** A kind for each option. */
export type Kinds<O> = Readonly<Record<keyof O & string, Kind>>

export const ANY: Kind = { words: 'anything', is: () => true }
export const BOOLEAN: Kind = { words: 'true or false', is: (v) => typeof v === 'boolean' }
export const NUMBER: Kind = { words: 'a number', is: (v) => typeof v === 'number' && v === v }
export const STRING: Kind = { words: 'a string', is: (v) => typeof v === 'string' }
export const FUNCTION: Kind = { words: 'a function', is: (v) => typeof v === 'function' }
export const OBJECT: Kind = { words: 'an object', is: isObject }
export const ARRAY: Kind = { words: 'an array', is: Array.isArray }
export const FLAG: Kind = {
  words: 'an Int32Array',
  is: (v) => Object.prototype.toString.call(v) === '[object Int32Array]' && (v as Int32Array).length > 0,
}
export const SIGNAL: Kind = { words: 'an AbortSignal', is: (v) => isObject(v) && typeof v['aborted'] === 'boolean' }

/** An object whose members of these names are functions, where there are any. */
export const methods = (...names: string[]): Kind => ({
  words: `an object with the functions ${names.join(', ')}`,
  is: (v) => isObject(v) && names.every((name) => v[name] === undefined || typeof v[name] === 'function'),
})

/**
 * @param what has the options, for the message
 * @throws {TypeError} for options that are no object, or a value of the wrong kind
 */
export function checkKinds<O extends object>(what: string, options: O, kinds: Kinds<O>): void {
  if (!isObject(options)) throw new TypeError(`${what}: the options must be an object, got ${describeValue(options)}`)
  for (const [name, kind] of Object.entries<Kind>(kinds)) {
    const v = options[name]
    if (v !== undefined && !kind.is(v))
      throw new TypeError(`${what}: ${name} must be ${kind.words}, got ${describeValue(v)}`)
  }
}

/** The same, and that there are no other options. @throws {TypeError} as `checkKinds`, or for an unknown name */
export function checkOptions<O extends object>(what: string, options: O, kinds: Kinds<O>): void {
  checkKinds(what, options, kinds)
  const names = Object.keys(kinds)
  for (const name of Object.keys(options))
    if (!names.includes(name))
      throw new TypeError(`${what}: there is no option ${JSON.stringify(name)}${nearest('option', name, names)}`)
}

/** That an argument is what it must be: `member` tells. @throws {TypeError} where it is something else */
export function checkArgument(what: string, kind: string, v: unknown, member: string): void {
  if (!isObject(v) || v[member] === undefined) throw new TypeError(`${what} must be ${kind}, got ${describeValue(v)}`)
}
