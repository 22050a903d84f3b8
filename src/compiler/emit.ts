// From source to functions: the one place where code is generated at run time. The source holds nothing of the module but numbers; everything it
// refers to is bound to constants of an enclosing function, so that V8 can fold them.

// biome-ignore lint/suspicious/noExplicitAny: generated code has any type
export type Generated = (...slots: any[]) => any

/** Lines of the enclosing function before the source's first line, as stack traces count them. */
export const LINES_BEFORE = 4

/**
 * @param source the source of one function
 * @param names what it refers to
 * @param value gives the value of such a name
 */
export function emit(source: string, names: readonly string[], value: (name: string) => unknown): Generated {
  const constants = names.length === 0 ? '' : `const {${names.join(',')}}=$;`
  const bound = Object.fromEntries(names.map((n) => [n, value(n)]))
  return new Function('$', `"use strict";${constants}\nreturn ${source}`)(bound) as Generated
}

/** Whether this host lets us generate code. */
export function mayGenerateCode(): boolean {
  try {
    return new Function('return 1')() === 1
  } catch {
    return false
  }
}
