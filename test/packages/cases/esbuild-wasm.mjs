// esbuild-wasm: bundles a project of TypeScript and JSX modules, minified, with source maps; its service is a process of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as esbuild from 'esbuild-wasm'

export async function load() {
  const dir = mkdtempSync(join(tmpdir(), 'anywasm-esbuild-'))
  mkdirSync(join(dir, 'src'))
  const names = Array.from({ length: 60 }, (_, i) => `m${i}`)
  for (const [i, name] of names.entries())
    writeFileSync(
      join(dir, 'src', `${name}.tsx`),
      `${i > 0 ? `import { f${i - 1} } from './m${i - 1}'\n` : ''}interface P { a: number; b?: string }
export enum E${i} { A = ${i}, B = A << 2, C = 'c' as any }
export class K${i}<T extends P> { #x = 1n; constructor(private readonly p: T) {} get v() { return this.p?.a ?? this.#x } static s = /x(?<y>.)/u }
export const f${i} = async (p: P) => { for await (const q of [p]) return <div key={q.a} {...q}>{E${i}.B}{${i > 0 ? `await f${i - 1}(p)` : '0'}}</div> }
`,
    )
  writeFileSync(join(dir, 'src', 'index.ts'), names.map((n) => `export * from './${n}'`).join('\n'))
  await esbuild.transform('1')
  return dir
}

export async function task(dir) {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: dir,
    entryPoints: ['src/index.ts'],
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    metafile: true,
    write: false,
    outdir: 'out',
    target: 'es2018',
    format: 'esm',
    jsxFactory: 'h',
  })
  return { files: outputFiles.map((f) => [f.path.slice(dir.length), f.contents]), outputs: metafile.outputs }
}

export async function unload(dir) {
  await esbuild.stop()
  rmSync(dir, { recursive: true })
}
