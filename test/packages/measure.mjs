// Runs one case in this process, on whatever WebAssembly it has: loads the package, does the task three times, and prints what came out and how
// long each took as one line of JSON.
import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'

const { load, task, unload } = await import(`./cases/${process.argv[2]}.mjs`)

/** Bytes in results become digests, so that results can be compared as text. */
const plain = (_, v) => {
  const bytes = v?.type === 'Buffer' ? Uint8Array.from(v.data) : v
  return ArrayBuffer.isView(bytes)
    ? `${bytes.byteLength} bytes ${createHash('sha256').update(bytes).digest('hex')}`
    : typeof v === 'bigint'
      ? `${v}n`
      : v
}
const times = []
async function timed(run) {
  const start = performance.now()
  const value = await run()
  times.push(performance.now() - start)
  return value
}

const context = await timed(load)
const results = []
for (let i = 0; i < 3; i++) results.push(JSON.stringify(await timed(() => task(context)), plain))
await unload?.(context)
const own = !/\[native code\]/.test(Function.prototype.toString.call(WebAssembly.Module))
const [loaded, first, ...warm] = times
const report = { own, results: [...new Set(results)], times: { load: loaded, first, warm: Math.min(...warm) } }
process.stdout.write(`\n${JSON.stringify(report)}\n`, () => process.exit(0))
