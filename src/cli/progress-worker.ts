// The worker that shows how long something has been going on (src/cli/progress.ts starts it).
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { type ProgressData, Word } from './progress.ts'

const { words, text } = workerData as ProgressData
const STEP_MS = 250
const CLEAR = '\r\x1b[K'
const begin = Date.now()

/** Waits; false when the work is over. */
const goesOn = (ms: number) => Atomics.wait(words, Word.OVER, 0, ms) === 'timed-out'

let wait = 1000
while (goesOn(wait)) {
  Atomics.store(words, Word.SHOWN, 1)
  writeSync(2, `${CLEAR}${text} … ${Math.round((Date.now() - begin) / 1000)} s`)
  wait = STEP_MS
}
if (Atomics.load(words, Word.SHOWN) === 1) writeSync(2, CLEAR)
Atomics.store(words, Word.SHOWN, 0)
Atomics.notify(words, Word.SHOWN)
