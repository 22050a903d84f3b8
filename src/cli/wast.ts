// `anywasm wast`: runs the specification's scripts on an engine and counts.
import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { ENGINE_NAMES, engineByName } from '../presets/engines.ts'
import { runScript, type ScriptResult } from '../script/run.ts'
import { EXIT, Failure } from './failure.ts'
import { readBytes } from './load.ts'
import { threadStarter } from './script-threads.ts'

/** Runs each file; gives the exit code, 0 only without a failure. */
export function wast(files: readonly string[], engineName: string, json: boolean): number {
  const engine = engineByName(engineName)
  if (engine === undefined)
    throw new Failure(
      `--engine ${engineName}: not available here; choose one of ${ENGINE_NAMES.join(', ')}`,
      EXIT.usage,
    )
  const startThread = threadStarter(new URL('./script-worker.js', import.meta.url), engineName)
  const results: ScriptResult[] = []
  for (const file of files) {
    // The path from the root tells which group a script is of.
    const result = { ...runScript(readBytes(file), resolve(file), engine, { startThread }), file }
    results.push(result)
    if (!json) for (const { line, message } of result.failures) writeAll(`${file}:${line}: ${message}\n`)
  }
  const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((n, result) => n + result[key], 0)
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')]
  if (json) writeAll(`${JSON.stringify({ files: results, passed, failed, skipped })}\n`)
  else writeAll(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  return failed === 0 ? 0 : 1
}

/** Writes all of a text to standard output, which a pipe may take in parts. */
function writeAll(text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw new Failure(`standard output: ${(e as Error).message}`)
    }
  }
}
