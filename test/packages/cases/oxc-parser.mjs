// @oxc-parser/binding-wasm32-wasi: files parsed in the thread at hand and, by promises, in those of the module's pool.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const load = () => require('@oxc-parser/binding-wasm32-wasi')

const SOURCES = {
  'a.ts': `enum Kind { A = 1 << 2, B = 'x'.length }
export abstract class Box<T extends object = {}> implements Iterable<T> {
  static #count = 0n; declare readonly items?: T[]
  constructor(private readonly first: T, public second?: Partial<T>) { Box.#count++ }
  *[Symbol.iterator](): Iterator<T> { yield* this.items ?? [this.first] }
  get size(): number { return this.items?.length ?? 0 }
}
type Deep<T> = T extends (infer U)[] ? Deep<U> : { [K in keyof T as \`get\${string & K}\`]-?: () => T[K] }
namespace N { export import X = Kind; export const y = <const T,>(x: T): x is T => x satisfies unknown as never }`,
  'b.jsx': `// A comment
export const View = async ({ list, ...rest }) => <><ul {...rest}>{list.map((x, i) => <li key={i} data-é="ü">{x} &amp; </li>)}</ul></>
label: for await (const [a, { b = /\\/[^/]+(?<n>x)/giu }] of new.target?.() ?? []) { if (a ** 2 > 0x1f_ff) continue label; else break }`,
  'c.js': 'let x = ; function (',
}

export async function task({ parse, parseSync }) {
  const sources = { ...SOURCES, 'glue.js': readFileSync(require.resolve('esbuild-wasm/lib/main.js'), 'utf8') }
  const parts = ({ program, module, comments, errors }) => ({ program, module, comments, errors })
  const files = Object.entries(sources)
  const here = files.map(([name, text]) => parts(parseSync(name, text, { range: true })))
  const there = await Promise.all(files.map(async ([name, text]) => parts(await parse(name, text))))
  return { here, there }
}
