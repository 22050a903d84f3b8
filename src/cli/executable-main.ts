// What a program that `anywasm compile --executable` has written begins with. The build makes one script of it, whose variable is `runner`.
import { basename } from 'node:path'
import { WASI } from '../wasi/wasi.ts'

/** What the output of `anywasm compile` exports. */
interface Program {
  instantiateSync(imports: object): { readonly exports: Record<string, unknown> }
  readonly RuntimeError: new () => Error
}

/** What a program was allowed when it was made. */
export interface Allowed {
  /** The program's names of folders → the host's, which relative paths are from the folder that it is started in. */
  readonly folders: Readonly<Record<string, string>>
  /** Whether it sees the variables of its process. */
  readonly env: boolean
}

/** As the command line has them: a trap, and all else that goes wrong. */
const TRAP = 134
const FAILURE = 1

export function start(program: Program, { folders, env }: Allowed): void {
  try {
    const wasi = new WASI({
      args: [basename(process.execPath), ...process.argv.slice(2)],
      env: env ? process.env : {},
      preopens: folders,
      returnOnExit: true,
    })
    process.exitCode = wasi.start(program.instantiateSync(wasi.getImportObject())) ?? 0
  } catch (e) {
    const trapped = e instanceof program.RuntimeError || e instanceof RangeError
    const { message, stack = '' } = e as Error
    const frames = trapped ? stack.split('\n').filter((line) => line.includes('wasm://')) : []
    process.stderr.write(`${[`error: ${message}`, ...frames].join('\n')}\n`)
    process.exitCode = trapped ? TRAP : FAILURE
  }
}
