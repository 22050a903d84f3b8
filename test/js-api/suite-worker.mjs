// Runs one file of the specification's test/js-api in a worker, so that each has a global object of its own; reports its subtests.
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'

const { repo, file, engine } = workerData
const suite = join(repo, 'test/js-api')
const { createWebAssembly } = await import(new URL('../../dist/js-api/index.js', import.meta.url).href)

Object.defineProperty(globalThis, 'WebAssembly', {
  value: createWebAssembly(engine),
  writable: true,
  configurable: true,
})
globalThis.self = globalThis
// The harness takes this for a shell: no document, no worker scope.
const load = (path) => runInThisContext(readFileSync(path, 'utf8'), { filename: basename(path) })

load(join(repo, 'test/harness/testharness.js'))
globalThis.add_completion_callback((tests, status) => {
  parentPort.postMessage({
    status: status.status,
    message: status.message,
    subtests: tests.map((t) => ({ name: t.name, status: t.status, message: t.message })),
  })
})
const source = readFileSync(join(suite, file), 'utf8')
for (const [, script] of source.matchAll(/^\/\/ META: script=(.*)$/gm))
  load(
    script.startsWith('/wasm/jsapi/')
      ? join(suite, script.slice('/wasm/jsapi/'.length))
      : join(suite, dirname(file), script),
  )
load(join(suite, file))
globalThis.done()
