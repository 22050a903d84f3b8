// Runs a program with threads on the host's WebAssembly, in a process of its own: node run-threads.mjs BUNDLE PROGRAM [FOLDER],
// where BUNDLE is the folder with the bundled threads-node.js and thread-worker.js.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The least memory that a module imports; WebAssembly.Module.imports does not tell its limits. */
function makeMemory(module) {
  for (let pages = 0; pages < 64; pages++) {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    const imports = {}
    for (const i of WebAssembly.Module.imports(module)) {
      imports[i.module] ??= {}
      imports[i.module][i.name] = i.kind === 'memory' ? memory : () => 0
    }
    try {
      new WebAssembly.Instance(module, imports)
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    } catch (e) {
      if (!(e instanceof WebAssembly.LinkError)) throw e
    }
  }
  throw new Error('no memory fits')
}

const [bundle, program, folder] = process.argv.slice(2)
const { startThreads } = await import(pathToFileURL(join(bundle, 'threads-node.js')).href)
const module = new WebAssembly.Module(readFileSync(program))
const wanted = WebAssembly.Module.imports(module).find((i) => i.kind === 'memory')
const memory = makeMemory(module)
try {
  process.exitCode = await startThreads({
    worker: pathToFileURL(join(bundle, 'thread-worker.js')),
    runtime: new URL('./native-runtime.mjs', import.meta.url).href,
    code: module,
    memory,
    buffer: () => memory.buffer,
    memoryImport: [wanted.module, wanted.name],
    args: [program],
    preopens: folder ? { '/': folder } : {},
  })
} catch (e) {
  console.error(e)
  process.exitCode = 134
}
