// What the page does: the packages as a page would load them, from their own files for browsers.
const folder = '/test/packages/node_modules'

function script(src) {
  return new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement('script'), { src, onload: resolve, onerror: reject })
    document.head.append(element)
  })
}

export async function sqljs() {
  await script(`${folder}/sql.js/dist/sql-wasm-browser.js`)
  const SQL = await globalThis.initSqlJs({ locateFile: (file) => `${folder}/sql.js/dist/${file}` })
  const db = new SQL.Database()
  db.run('create table t (a integer, b text, c real)')
  for (let i = 0; i < 500; i++) db.run('insert into t values (?, ?, ?)', [i, `row ${i % 13}`, i / 7])
  const rows = db.exec('select b, count(*), sum(c), min(a) from t group by b order by 3 desc')
  const file = db.export()
  const copy = new SQL.Database(file)
  const again = copy.exec("select count(*), group_concat(a, '-') from t where a % 97 = 5")
  return { rows, again, size: file.length }
}

export async function esbuild() {
  const { initialize, transform, build } = await import(`${folder}/esbuild-wasm/esm/browser.js`)
  await initialize({ wasmURL: `${folder}/esbuild-wasm/esbuild.wasm`, worker: false })
  const source = `enum E { A = 1, B = A << 3 } export const f = async <T,>(x: T) => { for await (const y of [x]) return <p {...y}>{E.B ?? 1n}</p> }`
  const transformed = await transform(source, { loader: 'tsx', minify: true, sourcemap: true, target: 'es2018' })
  const plugin = {
    name: 'memory',
    setup(context) {
      context.onResolve({ filter: /.*/ }, ({ path }) => ({ path, namespace: 'memory' }))
      context.onLoad({ filter: /.*/, namespace: 'memory' }, ({ path }) => ({
        contents:
          path === 'entry' ? `import { b } from 'b'; console.log(b, E)\n${source}` : 'export const b = 1, unused = 2',
        loader: 'tsx',
      }))
    },
  }
  const { outputFiles } = await build({
    entryPoints: ['entry'],
    bundle: true,
    write: false,
    plugins: [plugin],
    outdir: '/',
  })
  return { transformed, bundle: outputFiles.map((f) => f.text) }
}
