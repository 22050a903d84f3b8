// One kernel in one process: every column warmed up with small sizes, then run in turn; prints the medians of the ratios to the first column as JSON.
// node bench/kernel.mjs KERNEL ROUNDS PART COLUMN…, where PART is the part of the kernel's size to run
import { columns, kernelBytes, sizes } from './columns.mjs'

const [kernel, rounds, part, base, ...wanted] = process.argv.slice(2)
const bytes = kernelBytes(kernel)
const size = Math.ceil(sizes[kernel] * Number(part))
const WARM_MS = 500
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1]

const runs = {}
const failed = {}
for (const name of [base, ...wanted]) {
  try {
    runs[name] = await columns[name](bytes)
    for (const n of [1, Math.ceil(size / 8), Math.ceil(size / 4)]) runs[name](n)
    // Compilers work beside the program; on a busy machine they need a while.
    for (const end = performance.now() + WARM_MS; performance.now() < end; ) runs[name](Math.ceil(size / 8))
  } catch (e) {
    delete runs[name]
    failed[name] = String(e.message ?? e).split('\n')[0]
  }
}
if (runs[base] === undefined) {
  // Nothing to compare with on this host.
  console.log(JSON.stringify([{ kernel, column: base, ratio: null, equal: false, error: failed[base] }]))
  process.exit(0)
}
const expected = runs[base](size)
const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]))
const equal = Object.fromEntries(Object.keys(runs).map((name) => [name, true]))
for (let round = 0; round < Number(rounds); round++)
  for (const [name, run] of Object.entries(runs)) {
    const start = performance.now()
    const result = run(size)
    times[name].push(performance.now() - start)
    equal[name] &&= Object.is(result, expected)
  }
const reference = median(times[base])
const rows = Object.keys(runs).map((column) => ({
  kernel,
  column,
  ratio: Number((median(times[column]) / reference).toFixed(3)),
  equal: equal[column],
}))
for (const [column, error] of Object.entries(failed)) rows.push({ kernel, column, ratio: null, equal: false, error })
console.log(JSON.stringify(rows))
