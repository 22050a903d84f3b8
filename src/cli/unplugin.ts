// The package entry anywasm/unplugin: plugins by which bundlers import .wasm and .wat files as JavaScript, compiled ahead of time. What such an import
// gives is what `anywasm compile` writes, and `instantiate` as the default too, as other plugins and Vite's `?init` have it.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { decode } from '../binary/decode.ts'
import { CompileError } from '../errors.ts'
import { parseModule } from '../text/parse.ts'
import { checkOptions, type Kinds } from '../util/options.ts'
import { validate } from '../valid/module.ts'
import { mapComment, sourceMap } from './ahead-map.ts'
import { compileParts } from './ahead-module.ts'
import { script } from './ahead-output.ts'
import { TARGETS, type Target } from './ahead-runtime.ts'
import { findSources } from './debug-info.ts'

export interface PluginOptions {
  /** The newest syntax in the output: `es2020`, which is the default, or `es5`. `import` and `export` remain. */
  readonly target?: Target
  /** Files that are compiled, by their paths; those that end in .wasm or .wat otherwise. */
  readonly include?: RegExp
}

interface Compiled {
  readonly code: string
  /** A source map as JSON. */
  readonly map: string
}

/** What esbuild takes as a plugin. */
export interface EsbuildPlugin {
  name: string
  setup(build: {
    onLoad(
      options: { filter: RegExp },
      load: (args: { path: string }) => { contents: string; loader: 'js' } | { errors: { text: string }[] },
    ): void
  }): void
}

/** What Rollup, Rolldown and Vite take as a plugin. */
export interface RollupPlugin {
  name: string
  /** Before Vite's own way with such files. */
  enforce: 'pre'
  load(this: { addWatchFile?(path: string): void } | undefined, id: string): Compiled | undefined
}

const NAME = 'anywasm'
const KINDS: Kinds<PluginOptions> = {
  target: { words: `one of ${TARGETS.join(', ')}`, is: (v) => TARGETS.some((t) => t === v) },
  include: { words: 'a RegExp', is: (v) => Object.prototype.toString.call(v) === '[object RegExp]' },
}
const INCLUDE = /\.(?:wasm|wat)$/

/** For esbuild: `plugins: [esbuildPlugin()]`. */
export function esbuildPlugin(options: PluginOptions = {}): EsbuildPlugin {
  checkOptions('esbuildPlugin', options, KINDS)
  const { target, include = INCLUDE } = options
  return {
    name: NAME,
    setup(build) {
      build.onLoad({ filter: include }, ({ path }) => {
        try {
          const { code, map } = compileFile(path, target)
          const data = Buffer.from(map).toString('base64')
          return { contents: code + mapComment(`data:application/json;base64,${data}`), loader: 'js' }
        } catch (e) {
          return { errors: [{ text: (e as Error).message }] }
        }
      })
    },
  }
}

/** For Rollup, Rolldown and Vite: `plugins: [rollupPlugin()]`. `import init from './a.wasm?init'` is known too. */
export function rollupPlugin(options: PluginOptions = {}): RollupPlugin {
  checkOptions('rollupPlugin', options, KINDS)
  const { target, include = INCLUDE } = options
  return {
    name: NAME,
    enforce: 'pre',
    load(id) {
      const path = id.replace(/\?init$/, '')
      if (!include.test(path) || path.startsWith('\0')) return undefined
      this?.addWatchFile?.(path)
      return compileFile(path, target)
    },
  }
}

/** @throws Error that names the file, where it can't be read or is no valid module */
function compileFile(path: string, target: Target = 'es2020'): Compiled {
  const module = readModule(path)
  findSources(module, path)
  const made = script('esm', target, compileParts(module, target, ''), undefined)
  const name = basename(path)
  return {
    code: `${made.text}export default loaded.instantiate;\n`,
    map: sourceMap(made, module, `${name}.js`, name),
  }
}

function readModule(path: string) {
  const bytes = new Uint8Array(readFileSync(path))
  try {
    const binary = bytes[0] === 0 && !path.endsWith('.wat')
    const module = decode(binary || path.endsWith('.wasm') ? bytes : parseModule(bytes))
    validate(module)
    return module
  } catch (e) {
    throw e instanceof CompileError ? new Error(`${path}: ${e.message}`) : e
  }
}
