// @rollup/wasm-node: bundles modules with tree shaking, code splitting and source maps.
import { rollup } from '@rollup/wasm-node'
import { parseAst } from '@rollup/wasm-node/parseAst'

const modules = {
  entry: `import { used, Klass } from 'lib0'; export * as all from 'lib3'; console.log(used(2), new Klass().name); export const lazy = () => import('lib5')`,
}
for (let i = 0; i < 40; i++)
  modules[`lib${i}`] =
    `${i < 39 ? `import { used as next } from 'lib${i + 1}'; export { next };` : 'const next = (x) => x;'}
export const used = (x) => /*#__PURE__*/ next(x) + ${i};
export function unused() { return \`\${used(1)} ${'x'.repeat(200)}\` }
export class Klass { static #p = ${i}n; name = 'k${i}'; get [Symbol.iterator]() { return null ?? this?.name } }
let { a: [b, ...c] = [], ...d } = { a: [1, 2], e: async function* () { yield* [] } }; if (b > 5) console.log(c, d);`

export const load = () => parseAst('1')

export async function task() {
  const bundle = await rollup({
    input: 'entry',
    plugins: [{ name: 'memory', resolveId: (id) => id, load: (id) => modules[id] }],
    onwarn: () => {},
  })
  const { output } = await bundle.generate({ format: 'es', sourcemap: true, chunkFileNames: '[name].js' })
  await bundle.close()
  return output.map((o) => [o.fileName, o.code ?? o.source, o.map?.mappings])
}
