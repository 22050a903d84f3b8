// npm run bench -- --micro [--only NAMES]: see micro.mjs.
// npm run bench -- --programs [--only quickjs,sqlite] [--seconds N]: see programs/run.mjs.
// npm run bench [-- --json] [--columns compiler,polywasm] [--kernels sieve,fib] [--rounds N] [--jitless]
// Ratios of running time to the host's own WebAssembly, lower is better: a process per kernel, columns alternating, medians.
// Kernels of SIMD and GC stand in the text format; for those of GC the host must have it: run this with Node 22 or later.
// Columns like compiler+fuel are ratios to the engine without that control in the same run.
// With --jitless, where there is no WebAssembly: the interpreter's ratio to the compiler, at a fortieth of each kernel's size.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { columns, groups, sizes } from './columns.mjs'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    columns: { type: 'string' },
    kernels: { type: 'string', default: Object.keys(sizes).join(',') },
    rounds: { type: 'string' },
    jitless: { type: 'boolean', default: false },
    programs: { type: 'boolean', default: false },
    micro: { type: 'boolean', default: false },
    only: { type: 'string' },
    seconds: { type: 'string' },
  },
})
if (options.programs) {
  const { main } = await import('./programs/run.mjs')
  main({ ...options, rounds: Number(options.rounds ?? 3), seconds: options.seconds && Number(options.seconds) })
  process.exit(0)
}
if (options.micro) {
  const { main } = await import('./micro.mjs')
  main(options)
  process.exit(0)
}
const rounds = options.rounds ?? '9'
function pick(given, known, what) {
  const names = given.split(',')
  const wrong = names.find((name) => !(name in known))
  if (wrong === undefined) return names
  console.error(`no such ${what}: ${wrong}; there are ${Object.keys(known).join(', ')}`)
  process.exit(2)
}
const base = options.jitless ? 'compiler' : 'native'
const names = options.jitless
  ? ['interpreter']
  : pick(options.columns ?? Object.keys(columns).join(','), columns, 'column').filter((name) => name !== base)
const flags = options.jitless ? ['--jitless', '--no-warnings'] : []
const child = fileURLToPath(new URL('./kernel.mjs', import.meta.url))

const rows = pick(options.kernels, sizes, 'kernel').flatMap((kernel) => {
  if (!options.json) process.stderr.write(`${kernel}…\r`)
  return JSON.parse(
    execFileSync(process.execPath, [...flags, child, kernel, rounds, options.jitless ? '0.025' : '1', base, ...names], {
      encoding: 'utf8',
    }),
  )
})

// A column `engine+control` is shown as a ratio to the engine without that control, where it ran too.
for (const r of rows) {
  const [engine, control] = r.column.split('+')
  const without = control && rows.find((o) => o.kernel === r.kernel && o.column === engine)
  if (without && r.ratio !== null)
    r.ratio = without.ratio === null ? null : Number((r.ratio / without.ratio).toFixed(3))
}

const geometric = (list) =>
  list.length ? Number(Math.exp(list.reduce((s, x) => s + Math.log(x), 0) / list.length).toFixed(2)) : null
const parts = { all: { ...groups.other, ...groups.i64 }, ...groups }
const geomean = Object.fromEntries(
  names.map((column) => {
    const mine = rows.filter((r) => r.column === column && r.ratio !== null)
    const of = (test) => geometric(mine.filter((r) => test(r.kernel)).map((r) => r.ratio))
    return [column, Object.fromEntries(Object.entries(parts).map(([part, kernels]) => [part, of((k) => k in kernels)]))]
  }),
)

if (options.json) console.log(JSON.stringify({ columns: [base, ...names], rows, geomean }))
else {
  const cell = (r) =>
    r === undefined ? '' : r.ratio === null ? 'fails' : `${r.ratio.toFixed(2)}${r.equal ? '' : ' wrong'}`
  const line = (head, cells) => console.log(head.padEnd(12) + cells.map((c) => c.padStart(21)).join(''))
  line(`× ${base}`, names)
  for (const kernel of new Set(rows.map((r) => r.kernel)))
    line(
      kernel,
      names.map((column) => cell(rows.find((r) => r.kernel === kernel && r.column === column))),
    )
  for (const part of Object.keys(parts))
    line(
      `mean ${part}`,
      names.map((c) => String(geomean[c][part] ?? '')),
    )
  for (const { kernel, error } of rows.filter((r) => r.column === base))
    if (error !== undefined) console.log(`${kernel}: this host has nothing to compare with (${error})`)
}
