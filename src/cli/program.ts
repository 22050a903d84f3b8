// The commands and their options, as the user types them and as help shows them. Each action loads its command's file, so that no
// command waits for the code of another.

import { existsSync } from 'node:fs'
import { Argument, Command, Option } from 'commander'
import { ENGINE_NAMES } from '../presets/engine-names.ts'
import { VERSION } from './build-info.ts'
import type { CompileOptions } from './compile.ts'
import { EXIT, Failure } from './failure.ts'
import { writeError, writeOut } from './output.ts'
import type { RunOptions } from './run-options.ts'
import { closest } from './suggest.ts'
import { bold, coloured } from './terminal.ts'

const collect = (value: string, all: string[] = []): string[] => [...all, value]
const many = (flags: string, description: string) => new Option(flags, description).argParser(collect)
const engineOption = () => new Option('--engine <name>', `one of ${ENGINE_NAMES.join(', ')}`).default('auto')

const examples = (...lines: string[]) => `\nExamples:\n${lines.map((l) => `  ${l}\n`).join('')}`

export const SHELLS = ['bash', 'zsh', 'fish'] as const

interface Json {
  json?: boolean
}

/** @param done takes the exit code of a command that has one of its own */
export function makeProgram(done: (code: number) => void): Command {
  const program = new Command('anywasm')
    .description('Runs WebAssembly on any JavaScript engine.')
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError('(anywasm --help shows the commands)')
    .exitOverride()
    .configureOutput({
      writeOut,
      writeErr: writeError,
      getOutHasColors: () => coloured(1),
      getErrHasColors: () => coloured(2),
    })
    .configureHelp({ styleTitle: bold })
    .addHelpText(
      'after',
      examples(
        'anywasm hello.wasm                       runs a WASI program',
        'anywasm run --dir .::/work tool.wasm -v  gives it this folder as /work',
        'anywasm run --invoke add math.wat 2 3    calls an export',
        'anywasm inspect lib.wasm                 shows imports, exports, memories',
        'anywasm help run                         shows the options of a command',
      ),
    )
  addRun(program, done)
  addModuleCommands(program, done)
  addTextCommands(program)
  addCompile(program)
  addOthers(program)
  // An option like the others, so that it is ours only before a file: what follows that is the program's.
  program
    .helpOption(false)
    .option('-h, --help', 'display help for command')
    .on('option:help', () => program.help())
  return program
}

function addRun(program: Command, done: (code: number) => void): void {
  const command = program
    .command('run', { isDefault: true })
    .description('run a WASI program, or call an export')
    .argument('<file>', 'a module, .wasm or .wat; - for standard input')
    .argument('[args...]', "the program's own arguments")
    .addOption(engineOption())
    .addOption(many('--dir <host[::guest]>', 'give the program a folder; may be repeated'))
    .addOption(many('--mapdir <guest::host>', 'the same the other way round'))
    .addOption(many('--volume <host:guest>', 'the same with one colon').hideHelp())
    .addOption(many('--env <name[=value]>', 'set a variable, or pass one on; may be repeated'))
    .option('--env-inherit', 'pass on all variables of this process')
    .addOption(new Option('--forward-host-env', 'the same').hideHelp())
    .option('-i, --invoke <name>', 'call this export with the arguments')
    .option('--stdin <file>', 'read standard input from a file')
    .option('--argv0 <name>', "the program's name for itself; its file's name otherwise")
    .addOption(many('--tcplisten <host:port>', 'give the program a listening socket; may be repeated'))
    .option('--timeout <time>', 'stop the program after 500ms, 2s or 1m, with exit code 124')
    .option('--fuel <units>', 'stop it after so many instructions')
    .option('--max-memory <size>', 'the largest that a memory of it may be, such as 64MiB')
    .option('--max-gc <size>', 'the most that its structs, arrays and exceptions may take together, such as 64MiB')
    .option('--max-stack <calls>', 'the most calls that it may nest')
    .option(
      '--deterministic',
      'gives the same bits on every engine: canonical NaNs, calls 1024 deep unless --max-stack is given',
    )
    .option('--cache', 'keep compiled code for later runs (the default)')
    .option('--no-cache', 'neither use nor keep compiled code')
    .option('--raise-limit', 'have V8 optimise functions of any size, when the compiler runs the program')
    .option('--verbose', 'say on standard error which engine runs it, and why')
    .passThroughOptions()
    .addHelpText(
      'after',
      examples(
        'anywasm run --dir .::/work --env LANG=C tool.wasm -v /work/in.txt',
        'anywasm run --mapdir /work::. tool.wasm -- -v',
        'anywasm run --invoke area shapes.wasm 0x10 -2.5e3 inf nan',
        'anywasm run --invoke dot vectors.wasm "f32x4 1 2 3 4" "i64x2 0 -1"',
        'anywasm run --timeout 2s --max-memory 64MiB plugin.wasm',
        'anywasm run --tcplisten 127.0.0.1:8080 server.wasm',
      ),
    )
  command.action(async (file: string, args: string[], options: RunOptions) => {
    misspelt(file, program)
    const { run } = await import('./run.ts')
    done(await run(file, args, options))
  })
}

/** A name that is no file may have been meant as a command. */
function misspelt(file: string, program: Command): void {
  if (/[./\\]/.test(file) || file === '-' || program.args[0] === 'run' || existsSync(file)) return
  const command = closest(file, [...program.commands.map((c) => c.name()), 'help'])
  throw new Failure(
    command === undefined
      ? `${file}: no such file or command; anywasm --help shows the commands`
      : `${file}: no such file or command; did you mean anywasm ${command}?`,
    EXIT.usage,
  )
}

function addModuleCommands(program: Command, done: (code: number) => void): void {
  program
    .command('validate')
    .description('check that modules are valid')
    .argument('<file...>')
    .option('--json', 'a line of JSON for each')
    .addHelpText('after', examples('anywasm validate tool.wasm', 'anywasm validate --json *.wasm'))
    .action(async (files: string[], { json }: Json) => {
      const { validateFiles } = await import('./validate.ts')
      done(await validateFiles(files, json === true))
    })

  program
    .command('inspect')
    .description('show what a module imports, exports and contains')
    .argument('<file>')
    .option('--json', 'as JSON')
    .option('--layout', "where each part of an instance's state lies, instead")
    .addHelpText(
      'after',
      examples('anywasm inspect tool.wasm', "anywasm inspect --json tool.wasm | jq -r '.exports[].name'"),
    )
    .action(async (file: string, options: Json & { layout?: boolean }) => {
      const { inspect } = await import('./inspect.ts')
      await inspect(file, options)
    })

  program
    .command('wast')
    .description("run scripts of the specification's test suite (.wast)")
    .argument('<file...>')
    .addOption(engineOption())
    .option('--json', 'the result as JSON')
    .addHelpText('after', examples('anywasm wast --engine interpreter test/core/*.wast'))
    .action(async (files: string[], { engine, json }: Json & { engine: string }) => {
      const { wast } = await import('./wast.ts')
      done(await wast(files, engine, json === true))
    })
}

function addTextCommands(program: Command): void {
  program
    .command('parse')
    .description('text format to binary')
    .argument('<file>')
    .option('-o, --output <file>', 'where to write; the input with .wasm otherwise; - for standard output')
    .addHelpText('after', examples('anywasm parse tool.wat', 'anywasm parse - -o tool.wasm < tool.wat'))
    .action(async (file: string, { output }: { output?: string }) => {
      const { parse } = await import('./text.ts')
      parse(file, output)
    })

  program
    .command('print')
    .description('binary to text format')
    .argument('<file>')
    .option('-o, --output <file>', 'where to write; standard output otherwise')
    .addHelpText('after', examples('anywasm print tool.wasm | less', 'anywasm print tool.wasm -o tool.wat'))
    .action(async (file: string, { output }: { output?: string }) => {
      const { print } = await import('./text.ts')
      await print(file, output)
    })
}

function addCompile(program: Command): void {
  program
    .command('compile')
    .description('to JavaScript that runs where no code may be generated')
    .argument('<file>')
    .option(
      '-o, --output <file>',
      "where to write; the input with the format's extension otherwise; - for standard output",
    )
    .option('--format <format>', `one of esm, cjs, iife; esm otherwise, or cjs for a name that ends so`)
    .option('--target <target>', 'one of es2020, es5; es2020 otherwise')
    .option('--embed', "put the module's data into the script (the default)")
    .option('--external', 'put it into a file beside the script')
    .option('--no-source-map', 'write none; otherwise it stands beside the script')
    .option('--executable', 'make a WASI program a file that runs by itself')
    .addOption(many('--dir <host[::guest]>', 'a folder that the executable may use, as for run'))
    .option('--env-inherit', 'let it see the variables that it is started with')
    .addHelpText(
      'after',
      examples(
        'anywasm compile tool.wasm                     writes tool.mjs and tool.d.mts',
        'anywasm compile tool.wasm -o tool.js --format iife',
        'anywasm compile tool.wasm -o tool.cjs --external',
        'anywasm compile tool.wasm -o tool.js --format iife --target es5    for Hermes and old hosts',
        'anywasm compile tool.wasm --executable --dir .                       writes tool, which needs neither Node nor anywasm',
      ),
    )
    .action(async (file: string, options: CompileOptions) => {
      const { compile } = await import('./compile.ts')
      await compile(file, options)
    })
}

function addOthers(program: Command): void {
  program
    .command('features')
    .description('show what this host allows and which engine auto takes')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('anywasm features', 'anywasm features --json | jq .auto'))
    .action(async ({ json }: Json) => {
      const { features } = await import('./features.ts')
      features(json === true)
    })

  const cache = program
    .command('cache')
    .description('show where compiled code is kept, or delete it')
    .addHelpText('after', examples('anywasm cache dir', 'anywasm cache clean'))
  cache
    .command('dir')
    .description('print the folder; ANYWASM_CACHE_DIR sets another')
    .option('--json', 'the folder and its size as JSON')
    .action(async ({ json }: Json) => {
      const { showCacheDir } = await import('./cache.ts')
      showCacheDir(json === true)
    })
  cache
    .command('clean')
    .description('delete what is kept')
    .action(async () => {
      const { clean } = await import('./cache.ts')
      clean()
    })

  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'source <(anywasm completion bash)',
        'anywasm completion zsh > ~/.zsh/completions/_anywasm',
        'anywasm completion fish > ~/.config/fish/completions/anywasm.fish',
      ),
    )
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { completion } = await import('./completion.ts')
      writeOut(completion(shell, program))
    })
}
