// `anywasm compile`: from a module to plain JavaScript that runs without generating code. What the file looks like is ahead-output.ts's.
import { statSync } from 'node:fs'
import { basename, dirname, extname, relative, resolve } from 'node:path'
import type { Module } from '../syntax/module.ts'
import { declarations } from './ahead-declarations.ts'
import { compileParts } from './ahead-module.ts'
import { FORMATS, type Format, globalName, type Parts, type Script, script } from './ahead-output.ts'
import { TARGETS, type Target } from './ahead-runtime.ts'
import { EXIT, explain, Failure } from './failure.ts'
import { loadModule } from './load.ts'
import { mustDiffer, writeFile } from './output.ts'
import { beginProgress, endProgress } from './progress.ts'
import { didYouMean } from './suggest.ts'

export interface CompileOptions {
  output?: string
  format?: string
  target?: string
  embed?: boolean
  external?: boolean
  sourceMap?: boolean
  executable?: boolean
  dir?: string[]
  envInherit?: boolean
}

const EXTENSIONS: Record<Format, string> = { esm: '.mjs', cjs: '.cjs', iife: '.js' }

/** Writes the JavaScript, its declarations, and with `external` the module's data. */
export async function compile(file: string, options: CompileOptions): Promise<void> {
  if (options.executable) return compileExecutable(file, options)
  const format =
    options.format === undefined
      ? options.output?.endsWith('.cjs')
        ? 'cjs'
        : 'esm'
      : oneOf('--format', options.format, FORMATS)
  const target = options.target === undefined ? 'es2020' : oneOf('--target', options.target, TARGETS)
  const base = file.replace(/\.(wasm|wat)$/, '')
  const output = options.output ?? (file === '-' ? '-' : base + EXTENSIONS[format])
  check(file, output, options)
  if (options.external && format === 'esm' && target === 'es5')
    throw new Failure('compile: --external needs --format cjs or iife in ES5, which has no import.meta', EXIT.usage)
  const name = globalName(output === '-' ? base : output)
  let parts: Parts
  try {
    parts = await compileFile(file, target, name)
  } catch (e) {
    throw explain(e, file)
  }
  const external = options.external ? `${output}.wasm` : undefined
  const made = script(format, target, parts, external === undefined ? undefined : basename(external))
  endProgress()
  if (!mayStandBeside(output)) return writeFile(output, made.text)
  if (external !== undefined) writeFile(external, parts.data)
  if (options.sourceMap === false) writeFile(output, made.text)
  else {
    const { map, comment } = await mapOf(made, parts.module, file, output)
    writeFile(output, made.text + comment)
    writeFile(`${output}.map`, map)
  }
  writeFile(declarationsPath(output), declarations(parts.module, format, name))
}

/** Whether other files can lie beside an output: not where it is a stream or a device. */
const mayStandBeside = (output: string): boolean =>
  output !== '-' && (statSync(output, { throwIfNoEntry: false })?.isFile() ?? true)

/** Options of a script, which an executable has none of, and the reverse. */
const OF_SCRIPTS = { format: '--format', target: '--target', embed: '--embed', external: '--external' } as const
const OF_EXECUTABLES = { dir: '--dir', envInherit: '--env-inherit' } as const

async function compileExecutable(file: string, options: CompileOptions): Promise<void> {
  const base = file.replace(/\.(wasm|wat)$/, '')
  const output = options.output ?? (base === file ? `${base}.exe` : base + (process.platform === 'win32' ? '.exe' : ''))
  const { folders } = await import('./run-options.ts')
  const given = Object.fromEntries(folders(options).map(({ guest, host }) => [guest, host]))
  if (output === '-') throw new Failure('compile: --executable needs a file; name one with -o', EXIT.usage)
  check(file, output, options)
  const { checkProgram, writeExecutable } = await import('./executable.ts')
  try {
    const parts = await compileFile(file, 'es2020', 'program')
    checkProgram(file, parts.module)
    const { text } = script('iife', 'es2020', parts, undefined)
    endProgress()
    await writeExecutable(output, text, { folders: given, env: options.envInherit === true })
  } catch (e) {
    throw explain(e, file)
  }
}

async function mapOf(made: Script, module: Module, file: string, output: string) {
  const [{ mapComment, sourceMap }, { findSources }] = await Promise.all([
    import('./ahead-map.ts'),
    import('./debug-info.ts'),
  ])
  findSources(module, file)
  // What a text becomes is a module all the same.
  const source = relative(dirname(resolve(output)), resolve(file))
    .replaceAll('\\', '/')
    .replace(/\.wat$/, '.wasm')
  const name = basename(output)
  return { map: sourceMap(made, module, name, source), comment: mapComment(encodeURIComponent(`${name}.map`)) }
}

function oneOf<T extends string>(option: string, given: string, all: readonly T[]): T {
  const known = all.find((x) => x === given)
  if (known !== undefined) return known
  const what = `there is no such ${option.slice(2)}; choose one of ${all.join(', ')}`
  throw new Failure(`${option} ${given}: ${what}${didYouMean(given, all)}`, EXIT.usage)
}

function check(file: string, output: string, options: CompileOptions): void {
  const { embed, external, executable } = options
  for (const [name, flag] of Object.entries(executable ? OF_SCRIPTS : OF_EXECUTABLES))
    if (options[name as keyof CompileOptions] !== undefined)
      throw new Failure(`compile: ${flag} is ${executable ? 'not ' : 'only '}for --executable`, EXIT.usage)
  if (embed && external) throw new Failure('compile: --embed and --external exclude each other', EXIT.usage)
  if (external && !mayStandBeside(output))
    throw new Failure('compile: --external needs a file to stand beside; name one with -o', EXIT.usage)
  mustDiffer('compile', file, output)
}

async function compileFile(file: string, target: Target, name: string): Promise<Parts> {
  const module = await loadModule(file)
  beginProgress(`compiling ${file}`, module.bytes.length)
  return compileParts(module, target, name)
}

/** Where TypeScript looks for the declarations of a file. */
function declarationsPath(output: string): string {
  const ext = extname(output)
  const base = output.slice(0, output.length - ext.length)
  if (ext === '.mjs') return `${base}.d.mts`
  if (ext === '.cjs') return `${base}.d.cts`
  return ext === '.js' ? `${base}.d.ts` : `${output}.d.ts`
}
