#!/usr/bin/env node
// The command line: what the user typed, to the command that does it, to an exit code. Each command has a file of its own.
import { writeSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { ENGINE_NAMES } from '../presets/engines.ts'
import { EXIT, explain, Failure } from './failure.ts'
import { features } from './features.ts'
import { inspect } from './inspect.ts'
import { loadModule } from './load.ts'
import { run } from './run.ts'
import { parse, print } from './text.ts'
import { wast } from './wast.ts'

// A backtrace shows this many frames.
Error.stackTraceLimit = 50

const collect = (value: string, all: string[] = []): string[] => [...all, value]
let exitCode = 0

const program = new Command('anywasm')
  .description('Runs WebAssembly on any JavaScript engine.')
  .version('0.1.0')
  .enablePositionalOptions()
  .showHelpAfterError('(anywasm --help shows the commands)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  anywasm hello.wasm                      runs a WASI program
  anywasm run --dir .::/work tool.wasm -v gives it this folder as /work
  anywasm run --invoke add math.wat 2 3   calls an export
  anywasm inspect lib.wasm                shows imports, exports, memories
`,
  )

program
  .command('run', { isDefault: true })
  .description('run a WASI program, or call an export')
  .argument('<file>', 'a module, .wasm or .wat')
  .argument('[args...]', "the program's own arguments")
  .option('--engine <name>', `one of ${ENGINE_NAMES.join(', ')}`, 'auto')
  .option('--dir <host[::guest]>', 'give the program a folder; may be repeated', collect)
  .option('--env <name=value>', 'set a variable; may be repeated', collect)
  .option('--invoke <name>', 'call this export with the arguments')
  .option('--tcplisten <host:port>', 'give the program a listening socket; may be repeated', collect)
  .passThroughOptions()
  .action(async (file: string, args: string[], options) => {
    exitCode = await run(file, args, options)
  })

program
  .command('validate')
  .description('check that a module is valid')
  .argument('<file>')
  .action((file: string) => {
    try {
      loadModule(file)
    } catch (e) {
      throw explain(e, file)
    }
    writeSync(1, `${file}: valid\n`)
  })

program
  .command('inspect')
  .description('show what a module imports, exports and contains')
  .argument('<file>')
  .option('--json', 'as JSON')
  .action((file: string, options: { json?: boolean }) => inspect(file, options.json === true))

program
  .command('parse')
  .description('text format to binary')
  .argument('<file>')
  .option('-o, --output <file>', 'where to write; the input with .wasm otherwise')
  .action((file: string, options: { output?: string }) => parse(file, options.output))

program
  .command('print')
  .description('binary to text format')
  .argument('<file>')
  .option('-o, --output <file>', 'where to write; standard output otherwise')
  .action((file: string, options: { output?: string }) => print(file, options.output))

program
  .command('wast')
  .description('run scripts of the specification (.wast)')
  .argument('<file...>')
  .option('--engine <name>', `one of ${ENGINE_NAMES.join(', ')}`, 'auto')
  .option('--json', 'the result as JSON')
  .action((files: string[], options: { engine: string; json?: boolean }) => {
    exitCode = wast(files, options.engine, options.json === true)
  })

program
  .command('features')
  .description('show what this host allows and which engine auto takes')
  .option('--json', 'as JSON')
  .action((options: { json?: boolean }) => features(options.json === true))

try {
  await program.parseAsync()
} catch (e) {
  if (e instanceof CommanderError) exitCode = e.exitCode === 0 ? 0 : EXIT.usage
  else {
    const failure = e instanceof Failure ? e : explain(e, 'anywasm')
    writeSync(2, failure.message.startsWith('error:') ? `${failure.message}\n` : `anywasm: ${failure.message}\n`)
    exitCode = failure.code
  }
}
process.exitCode = exitCode
