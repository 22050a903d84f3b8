// The runtime in the output of `anywasm compile`: the statements of it that are needed. scripts/ahead-runtime.mjs makes the file that they are in.
import { readFileSync } from 'node:fs'

export const TARGETS = ['es2020', 'es5'] as const
export type Target = (typeof TARGETS)[number]

interface Graph {
  /** Source, and the other statements that it needs, by number. */
  readonly statements: readonly (readonly [source: string, needs: readonly number[]])[]
  /** The statement of each export, and its name there. */
  readonly exports: Readonly<Record<string, readonly [statement: number, name: string]>>
}

let graphs: Readonly<Record<Target, Graph>> | undefined

/**
 * The statements that some exports need, in order; and what these are called in them.
 * @throws Error for a name that the runtime does not have
 */
export function runtimeCode(
  target: Target,
  names: readonly string[],
): { code: string; local: (name: string) => string } {
  graphs ??= JSON.parse(readFileSync(new URL('../ahead-runtime.json', import.meta.url), 'utf8')) as typeof graphs
  const { statements, exports } = graphs![target]
  const exported = (name: string) => {
    const found = exports[name]
    if (found === undefined) throw new Error(`the runtime has no ${name}`)
    return found
  }
  const needed = new Set<number>()
  const visit = (k: number): void => {
    if (needed.has(k)) return
    needed.add(k)
    for (const other of statements[k]![1]) visit(other)
  }
  for (const name of names) visit(exported(name)[0])
  const code = statements.filter((_, k) => needed.has(k)).map(([source]) => source)
  return { code: code.join('\n'), local: (name) => exported(name)[1] }
}
