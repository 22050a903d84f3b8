// `anywasm validate`: whether modules are valid, and where not.
import { CompileError } from '../errors.ts'
import { explain } from './failure.ts'
import { loadModule } from './load.ts'
import { failureText, writeError, writeOut } from './output.ts'

interface Verdict {
  file: string
  valid: boolean
  error?: { message: string; offset?: number; line?: number; column?: number }
}

function invalid(file: string, e: CompileError): Verdict {
  const where = e.line > 0 ? { line: e.line, column: e.column } : e.offset >= 0 ? { offset: e.offset } : {}
  return { file, valid: false, error: { message: e.reason, ...where } }
}

/** Checks each file; gives the exit code, 0 only when all are valid. */
export async function validateFiles(files: readonly string[], json: boolean): Promise<number> {
  let code = 0
  for (const file of files) {
    try {
      await loadModule(file)
      writeOut(json ? `${JSON.stringify({ file, valid: true } satisfies Verdict)}\n` : `${file}: valid\n`)
    } catch (e) {
      const failure = explain(e, file)
      if (json && e instanceof CompileError) writeOut(`${JSON.stringify(invalid(file, e))}\n`)
      else writeError(failureText(failure.message))
      code = failure.code
    }
  }
  return code
}
