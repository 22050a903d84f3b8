// npm run bench -- --programs [--only quickjs,sqlite] [--columns compiler,polywasm] [--rounds N] [--seconds N] [--json]
// Real programs on the host's WebAssembly, anywasm and its peers: a process per program and column, columns in turn, medians over the rounds.
// Prints ratios to native and leaves table and chart in bench/results/. A column NAME+limit runs with V8's limit on optimised functions raised.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { chart } from './chart.mjs'
import { programs, SECONDS, secondsOf } from './tasks.mjs'

export const COLUMNS = ['tiered', 'tiered+limit', 'compiler', 'polywasm', 'wasm2js']
const RAISED = '--max-optimized-bytecode-size=1000000'
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Installs the programs where they are not there yet. */
export function install() {
  const lock = readFileSync(here('package-lock.json'), 'utf8')
  const stamp = here('node_modules/.installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: here('.'), stdio: 'inherit' })
  writeFileSync(stamp, lock)
}

function measure(program, column, seconds) {
  const [name, limit] = column.split('+')
  const args = [...(limit ? [RAISED] : []), here('program.mjs'), program, name, String(seconds)]
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 240_000 })
  if (child.status === 0) return JSON.parse(child.stdout.trim().split('\n').pop())
  const error =
    child.stderr.split('\n').find((l) => /^\w*(Error|fatal|Trap)\b/.test(l)) ?? child.stderr.trim().split('\n').pop()
  return { error: child.signal ? 'no result in four minutes' : (error || 'no output').slice(0, 200) }
}

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]

function merge(program, column, runs, digest) {
  const bad = runs.find((r) => r.error !== undefined)
  if (bad) return { program, column, error: bad.error }
  const of = (key) => Number(median(runs.map((r) => r[key])).toFixed(3))
  const equal = runs.every((r) => r.digest === digest)
  const start = Number(median(runs.map((r) => r.load + r.first)).toFixed(3))
  return {
    program,
    column,
    load: of('load'),
    first: of('first'),
    start,
    cpu: of('cpu'),
    warm: of('warm'),
    peak: of('peak'),
    equal,
  }
}

/** @param {{names: string[], columns: string[], rounds: number, seconds?: number, progress: (text: string) => void}} options */
export function run({ names, columns, rounds, seconds, progress }) {
  const rows = []
  for (const program of names) {
    const runs = new Map(['native', ...columns].map((c) => [c, []]))
    for (let round = 0; round < rounds; round++)
      for (const [column, list] of runs) {
        if (list.some((r) => r.error !== undefined)) continue
        progress(`${program} ${column} ${round + 1}/${rounds}…`)
        list.push(measure(program, column, seconds ?? secondsOf[program] ?? SECONDS))
      }
    const { digest } = runs.get('native')[0]
    for (const [column, list] of runs) rows.push(merge(program, column, list, digest))
  }
  return rows
}

const KEYS = {
  warm: 'warm task',
  start: 'load and first task',
  cpu: 'load and first task, time of all threads',
  load: 'load',
  first: 'first task',
  peak: 'peak memory',
}

function table(rows, columns, key) {
  const lines = [`${KEYS[key]}: native in ${key === 'peak' ? 'MB' : 'ms'}, the others × native`]
  const line = (head, cells) => head.padEnd(12) + cells.map((c) => c.padStart(16)).join('')
  lines.push(line('', ['native', ...columns]))
  for (const program of new Set(rows.map((r) => r.program))) {
    const row = (column) => rows.find((r) => r.program === program && r.column === column)
    const base = row('native')
    const cell = (r) => (r.error ? 'fails' : `${(r[key] / base[key]).toFixed(2)}${r.equal ? '' : ' wrong'}`)
    lines.push(line(program, [base.error ? 'fails' : base[key].toFixed(1), ...columns.map((c) => cell(row(c)))]))
  }
  return lines.join('\n')
}

/** The command. */
export function main(options) {
  install()
  const pick = (given, known, what) => {
    const list = given?.split(',') ?? known
    const wrong = list.find((n) => !known.includes(n))
    if (wrong === undefined) return list
    console.error(`no such ${what}: ${wrong}; there are ${known.join(', ')}`)
    process.exit(2)
  }
  const names = pick(options.only, Object.keys(programs), 'program')
  const columns = pick(options.columns, [...COLUMNS, 'interpreter'], 'column')
  if (options.columns === undefined && !options.only) columns.length = COLUMNS.length
  const progress = options.json ? () => {} : (text) => process.stderr.write(`${text.padEnd(60)}\r`)
  const rows = run({ names, columns, rounds: options.rounds, seconds: options.seconds, progress })
  const about = `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${options.rounds} rounds`
  const text = [about, ...Object.keys(KEYS).map((key) => table(rows, columns, key))].join('\n\n')
  const errors = rows.filter((r) => r.error).map((r) => `${r.program} on ${r.column}: ${r.error}`)
  mkdirSync(here('../results'), { recursive: true })
  writeFileSync(here('../results/programs.txt'), `${[text, ...errors].join('\n\n')}\n`)
  writeFileSync(here('../results/programs.svg'), chart(rows, ['native', ...columns], about))
  console.log(options.json ? JSON.stringify({ columns: ['native', ...columns], rows }) : [text, ...errors].join('\n\n'))
}
