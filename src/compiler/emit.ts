// From source to functions: the one place where code is generated at run time. The source holds nothing of the module but numbers; everything it
// refers to is bound to constants of an enclosing function, so that V8 can fold them.

// biome-ignore lint/suspicious/noExplicitAny: generated code has any type
export type Generated = (...slots: any[]) => any

/** Lines of the enclosing function before the source's first line, as stack traces count them. */
export const LINES_BEFORE = 4

/** Makes a function of what it refers to, by name. */
export type Factory = (named: Record<string, unknown>) => Generated

/**
 * The body of a factory, whose parameter is `$`. The source begins in its second line.
 * @param source statements that end in the return of one function
 * @param names what it refers to
 */
export function factoryBody(source: string, names: readonly string[]): string {
  const constants = names.length === 0 ? '' : `const {${names.join(',')}}=$;`
  return `"use strict";${constants}\n${source}`
}

/** @param value gives the value of a name */
export function bind(factory: Factory, names: readonly string[], value: (name: string) => unknown): Generated {
  return factory(Object.fromEntries(names.map((n) => [n, value(n)])))
}

export function emit(source: string, names: readonly string[], value: (name: string) => unknown): Generated {
  return bind(newFactory(source, names), names, value)
}

export const newFactory = (source: string, names: readonly string[]): Factory =>
  new Function('$', factoryBody(source, names)) as Factory

/** Whether this host lets us generate code. */
export function mayGenerateCode(): boolean {
  try {
    return new Function('return 1')() === 1
  } catch {
    return false
  }
}
