// Starts the threads of scripts in workers. The script's runner is synchronous, so that its agent blocks until a thread has ended.
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { ScriptResult } from '../script/run.ts'
import type { ThreadJob } from '../script/threads.ts'
import type { ScriptWorkerData } from './script-worker.ts'

/** How long a thread may take; one that waits for ever would keep the script from ending. */
const PATIENCE_MS = 60_000

/**
 * Makes what ScriptOptions.startThread wants.
 * @param worker where script-worker.js is
 * @param engine the name of the threads' engine
 */
export function threadStarter(worker: URL, engine: string): (job: ThreadJob) => () => ScriptResult {
  return (job) => {
    const { port1, port2 } = new MessageChannel()
    const done = new Int32Array(new SharedArrayBuffer(4))
    const workerData: ScriptWorkerData = { job, engine, port: port2, done }
    const thread = new Worker(worker, { workerData, transferList: [port2] })
    thread.unref()
    return () => {
      Atomics.wait(done, 0, 0, PATIENCE_MS)
      const message = receiveMessageOnPort(port1)?.message as ScriptResult | string | undefined
      port1.close()
      void thread.terminate()
      if (message === undefined) throw new Error(`not at its end after ${PATIENCE_MS / 1000} s`)
      if (typeof message === 'string') throw new Error(message)
      return message
    }
  }
}
