// `anywasm compile`: from a module to plain JavaScript that runs without generating code. What the file looks like is ahead-output.ts's.
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { compileAhead } from '../compiler/ahead-source.ts'
import { aheadRealm } from '../presets/ahead.ts'
import type { Executor } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'
import { declarations, FORMATS, type Format, globalName, script, typesOnly, withoutBodies } from './ahead-output.ts'
import { EXIT, explain, Failure, systemFailure } from './failure.ts'
import { loadModule } from './load.ts'
import { writeOut } from './output.ts'
import { beginProgress, endProgress } from './progress.ts'
import { didYouMean } from './suggest.ts'

export interface CompileOptions {
  output?: string
  format?: string
  embed?: boolean
  external?: boolean
}

const EXTENSIONS: Record<Format, string> = { esm: '.mjs', cjs: '.cjs', iife: '.js' }

/** Writes the JavaScript, its declarations, and with `external` the module's data. */
export async function compile(file: string, options: CompileOptions): Promise<void> {
  const format = formatOf(options)
  const base = file.replace(/\.(wasm|wat)$/, '')
  const output = options.output ?? (file === '-' ? '-' : base + EXTENSIONS[format])
  check(file, output, options)
  const name = globalName(output === '-' ? base : output)
  let made: { code: string; types: Uint8Array; module: Module }
  try {
    made = await compileFile(file)
  } catch (e) {
    throw explain(e, file)
  }
  const data = withoutBodies(made.module.bytes)
  const external = options.external ? `${output}.wasm` : undefined
  const parts = { code: made.code, types: made.types, data, runtime: runtime(), name }
  const text = script(format, parts, external === undefined ? undefined : basename(external))
  endProgress()
  if (output === '-') writeOut(text)
  else {
    if (external !== undefined) write(external, data)
    write(output, text)
    write(declarationsPath(output), declarations(made.module, format, name))
  }
}

function formatOf({ format, output }: CompileOptions): Format {
  if (format === undefined) return output?.endsWith('.cjs') ? 'cjs' : 'esm'
  const known = FORMATS.find((f) => f === format)
  if (known === undefined)
    throw new Failure(
      `--format ${format}: there is no such format; choose one of ${FORMATS.join(', ')}${didYouMean(format, FORMATS)}`,
      EXIT.usage,
    )
  return known
}

function check(file: string, output: string, { embed, external }: CompileOptions): void {
  if (embed && external) throw new Failure('compile: --embed and --external exclude each other', EXIT.usage)
  if (external && output === '-')
    throw new Failure('compile: --external needs a file to stand beside; name one with -o', EXIT.usage)
  if (output !== '-' && file !== '-' && resolve(output) === resolve(file))
    throw new Failure(`compile: ${output} is the module itself; name another file with -o`, EXIT.usage)
}

/** Only the realm's types are asked for. */
const executor: Executor = { name: 'none', link: () => {}, frames: () => [] }

async function compileFile(file: string): Promise<{ code: string; types: Uint8Array; module: Module }> {
  const module = await loadModule(file)
  beginProgress(`compiling ${file}`, module.bytes.length)
  const types = typesOnly(module.bytes)
  const number = createHash('sha256').update(module.bytes).digest().readUInt32LE(0)
  return { code: compileAhead(aheadRealm(executor, types).store, module, number), types, module }
}

const runtime = (): string => readFileSync(new URL('../ahead-runtime.js', import.meta.url), 'utf8')

/** Where TypeScript looks for the declarations of a file. */
function declarationsPath(output: string): string {
  const ext = extname(output)
  const base = output.slice(0, output.length - ext.length)
  if (ext === '.mjs') return `${base}.d.mts`
  if (ext === '.cjs') return `${base}.d.cts`
  return ext === '.js' ? `${base}.d.ts` : `${output}.d.ts`
}

function write(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content)
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException
    // A file that is not whole is worse than none.
    if (code === 'ENOSPC') rmSync(path, { force: true })
    throw systemFailure(path, e)
  }
}
