// A worker that runs one thread of a script (src/cli/script-threads.ts starts it): posts the result, then wakes who waits for it.
import { type MessagePort, workerData } from 'node:worker_threads'
import { engineByName } from '../presets/engines.ts'
import { runThread } from '../script/run.ts'
import type { ThreadJob } from '../script/threads.ts'

/** What a worker is given. */
export interface ScriptWorkerData {
  job: ThreadJob
  engine: string
  /** Gets the ScriptResult, or a text about why there is none. */
  port: MessagePort
  /** Its only element becomes 1 at the end. */
  done: Int32Array
}

const { job, engine, port, done } = workerData as ScriptWorkerData
try {
  port.postMessage(runThread(job, engineByName(engine)!))
} catch (e) {
  port.postMessage(e instanceof Error ? e.message : String(e))
}
Atomics.store(done, 0, 1)
Atomics.notify(done, 0)
