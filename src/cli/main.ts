#!/usr/bin/env node
// The executable. The code of the command line is one file (src/cli/command-line.ts bundled); here it is compiled, with V8's code cache
// from the run before, since reading and compiling it would take longer than most programs.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { BUILD } from './build-info.ts'
import { entryName, readEntry, writeEntry } from './cache-store.ts'

interface CommandLine {
  main(): Promise<void>
}

type Wrapper = (exports: object, require: NodeJS.Require, module: { exports: object }, filename: string) => void

/** Commands use different parts of the code, and the cache holds what has been used. */
const [, , first = ''] = process.argv
const command = /^[a-z]+$/.test(first) ? first : 'run'

const filename = fileURLToPath(new URL('./command-line.cjs', import.meta.url))
const name = entryName('code', BUILD, process.version, process.arch, command, ...process.execArgv)
const cachedData = process.argv.includes('--no-cache') ? undefined : readEntry(name)
const source = `(function(exports,require,module,__filename){${readFileSync(filename, 'utf8')}\n})`
const script = new Script(source, { filename, ...(cachedData && { cachedData }) })

const module: { exports: object } = { exports: {} }
const wrapper = script.runInThisContext() as Wrapper
wrapper(module.exports, createRequire(filename), module, filename)

/** A misspelt command is not worth a file. */
const WRONG_USAGE = 2
if (cachedData === undefined || script.cachedDataRejected)
  process.once('exit', (code) => {
    if (code !== WRONG_USAGE && !process.argv.includes('--no-cache')) writeEntry(name, script.createCachedData())
  })
await (module.exports as CommandLine).main()
