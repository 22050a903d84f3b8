// The script of a worker thread that stands in for a browser's worker: runs the script that its data names, in a scope with what that would find there.
import { parentPort, workerData } from 'node:worker_threads'

const early = []
Object.assign(globalThis, {
  self: globalThis,
  location: { href: workerData },
  importScripts() {},
  postMessage: (message) => parentPort.postMessage(message),
  onmessage: (event) => early.push(event),
})
parentPort.on('message', (data) => globalThis.onmessage({ data }))
await import(workerData)
for (const event of early) globalThis.onmessage(event)
