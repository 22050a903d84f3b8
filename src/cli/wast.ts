// `anywasm wast`: runs the specification's scripts on an engine and counts.
import { resolve } from 'node:path'
import { runScript, type ScriptResult } from '../script/run.ts'
import { loadEngine } from './engine.ts'
import { readBytes } from './load.ts'
import { writeOut } from './output.ts'
import { beginProgress } from './progress.ts'
import { threadStarter } from './script-threads.ts'

/** How many bytes of a module a byte of a script is worth in work. */
const WORK = 50

/** Runs each file; gives the exit code, 0 only without a failure. */
export async function wast(files: readonly string[], engineName: string, json: boolean): Promise<number> {
  const engine = await loadEngine(engineName)
  const startThread = threadStarter(new URL('./script-worker.js', import.meta.url), engineName)
  const results: ScriptResult[] = []
  for (const file of files) {
    const text = readBytes(file)
    beginProgress(`running ${files.length === 1 ? file : `${files.length} scripts`}`, text.length * WORK)
    // The path from the root tells which group a script is of.
    const result = { ...runScript(text, resolve(file), engine, { startThread }), file }
    results.push(result)
    if (!json) for (const { line, message } of result.failures) writeOut(`${file}:${line}: ${message}\n`)
  }
  const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((n, result) => n + result[key], 0)
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')]
  if (json) writeOut(`${JSON.stringify({ files: results, passed, failed, skipped })}\n`)
  else writeOut(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  return failed === 0 ? 0 : 1
}
