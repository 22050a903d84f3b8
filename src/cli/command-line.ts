// The command line: what the user typed, to the command that does it, to an exit code. src/cli/main.ts loads it.
import { CommanderError } from 'commander'
import { EXIT, explain, Failure } from './failure.ts'
import { failureText, writeError } from './output.ts'
import { makeProgram } from './program.ts'

/** A backtrace shows this many frames. */
const FRAMES = 50

/** Does what the process's arguments say and sets its exit code. */
export async function main(): Promise<void> {
  Error.stackTraceLimit = FRAMES
  let exitCode = 0
  try {
    const program = makeProgram((code) => {
      exitCode = code
    })
    if (process.argv.length === 2) program.help({ error: true })
    await program.parseAsync()
  } catch (e) {
    if (e instanceof CommanderError) exitCode = e.exitCode === 0 ? 0 : EXIT.usage
    else {
      const failure = e instanceof Failure ? e : explain(e, 'anywasm')
      if (failure.message !== '') writeError(failureText(failure.message))
      exitCode = failure.code
    }
  }
  process.exitCode = exitCode
}
