#!/usr/bin/env node
// The executable. The code of the command line is one file (src/cli/command-line.ts bundled); here it is compiled, with V8's code cache
// from the run before, since reading and compiling it would take longer than most programs. It is built as CommonJS, which Node starts sooner;
// every module of Node that it needs costs its share, so it needs few.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { BUILD } from './build-info.ts'
import { readCached, writeCached } from './cache-files.ts'

interface CommandLine {
  main(): Promise<void>
}

type Wrapper = (exports: object, require: NodeJS.Require, module: { exports: object }, filename: string) => void

/** Commands use different parts of the code, and the cache holds what has been used. */
const [, , first = ''] = process.argv
const command = /^[a-z]+$/.test(first) ? first : 'run'

const filename = join(__dirname, 'command-line.cjs')
const name = `code-${BUILD}-${process.version}-${process.arch}-${command}${process.execArgv.map((a) => a.replace(/\W/g, '_')).join('')}`
const caching = !process.argv.includes('--no-cache')

/** The file holds the same twice, since comparing takes less than to load and run any checksum. undefined unless it does. */
function kept(): Buffer | undefined {
  const bytes = readCached(name)
  if (bytes === undefined) return undefined
  const half = bytes.length / 2
  const first = bytes.subarray(0, half)
  return first.length === half && half > 0 && first.equals(bytes.subarray(half)) ? first : undefined
}

const cachedData = caching ? kept() : undefined
const source = `(function(exports,require,module,__filename){${readFileSync(filename, 'latin1')}\n})`
const script = new Script(source, { filename, ...(cachedData && { cachedData }) })

const loaded: { exports: object } = { exports: {} }
const wrapper = script.runInThisContext() as Wrapper
wrapper(loaded.exports, require, loaded, filename)

/** A misspelt command is not worth a file. */
const WRONG_USAGE = 2
// V8 takes no cache that was made under other flags.
const flagged = process.argv.includes('--raise-limit')
if (caching && !flagged && (cachedData === undefined || script.cachedDataRejected))
  process.once('exit', (code) => {
    if (code === WRONG_USAGE) return
    const data = script.createCachedData()
    writeCached(name, [data, data])
  })
void (loaded.exports as CommandLine).main()
