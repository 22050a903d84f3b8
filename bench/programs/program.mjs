// One program in one column in one process: prints milliseconds to load, for the first task and for warm tasks (median), the peak of the memory in MB
// and a digest of the results, as JSON. node [V8 FLAGS] bench/programs/program.mjs PROGRAM COLUMN SECONDS
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { programs, translated } from './tasks.mjs'

const [program, column, seconds] = process.argv.slice(2)
let load = programs[program]
if (column === 'wasm2js' && translated[program] !== undefined) load = translated[program]
else if (column === 'wasm2js') {
  console.error('Error: the package has no translation of its own')
  process.exit(1)
} else if (column !== 'native') {
  const { namespaces } = await import('./namespaces.mjs')
  globalThis.WebAssembly = await namespaces[column]()
}

const digest = (result) => createHash('sha256').update(result).digest('hex').slice(0, 16)
const now = () => performance.now()
/** Milliseconds that the main thread has run: where Linux tells, so that other work on the machine does not count. */
const running = () => {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6
  } catch {
    return now()
  }
}
/** Milliseconds that all threads have run. */
const cpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const cpuBefore = cpu()
let at = now()
const task = await load()
const loaded = now() - at
at = now()
const expected = digest(await task())
const first = now() - at
const started = cpu() - cpuBefore
const peak = process.resourceUsage().maxRSS / 1024

// Warm: after as many runs as fit in half of the time.
let equal = true
const times = []
const end = now() + seconds * 1000
let tasks = 0
while (tasks < 5 || (now() < end && tasks < 3000)) {
  // Several at a time, since the kernel counts in steps of some milliseconds.
  at = running()
  const began = now()
  let count = 0
  do {
    const result = await task()
    equal &&= digest(result) === expected
    count++
  } while (now() - began < 60)
  times.push((running() - at) / count)
  tasks += count
}
const late = times.slice(times.length >> 1).sort((a, b) => a - b)
const round = (x) => Number(x.toFixed(3))
console.log(
  JSON.stringify({
    program,
    column,
    load: round(loaded),
    first: round(first),
    cpu: round(started),
    warm: round(late[late.length >> 1]),
    tasks,
    peak: round(peak),
    digest: equal ? expected : 'changes from run to run',
  }),
)
process.exit(0)
