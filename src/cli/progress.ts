// A line on the terminal for work that takes over a second. The work is one long computation, so a worker writes the line
// (src/cli/progress-worker.ts), and it is started only for input that is large enough to take so long.
import { isTerminal } from './terminal.ts'

/** The words of the cell that both share. */
export enum Word {
  /** 0 while the work goes on, 1 when the line must go. */
  OVER = 0,
  /** 1 while the line stands there. */
  SHOWN = 1,
  COUNT = 2,
}

/** What the worker gets. */
export interface ProgressData {
  words: Int32Array
  text: string
}

/** Bytes below which nothing takes a second. */
const LARGE = 1 << 20

let words: Int32Array | undefined

/** Tells what is being done if that may take long; until `endProgress`. */
export function beginProgress(text: string, bytes: number): void {
  if (bytes < LARGE || words !== undefined || !process.getBuiltinModule || !isTerminal(2)) return
  words = new Int32Array(new SharedArrayBuffer(Word.COUNT * 4))
  const workerData: ProgressData = { words, text }
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  new Worker(new URL('./progress-worker.js', import.meta.url), { workerData }).unref()
}

/** Takes the line away before anything else is written. */
export function endProgress(): void {
  if (words === undefined) return
  Atomics.store(words, Word.OVER, 1)
  Atomics.notify(words, Word.OVER)
  while (Atomics.load(words, Word.SHOWN) === 1) Atomics.wait(words, Word.SHOWN, 1, 100)
  words = undefined
}
