// npm run test:packages -- [--engine NAME] [CASE…]: installs the packages of this folder's manifest here and does each case twice, each time in a process
// of its own: on the host's WebAssembly and through --import anywasm/polyfill/force. The results must be equal. Prints how long each took. The case `page`
// is two packages in headless Chromium, where there is one.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'
import { chromiumPath, PAGE_CASES, runPages } from './page.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string', default: 'auto' }, timeout: { type: 'string', default: '300' } },
})
const all = [...readdirSync(`${here}cases`).map((file) => file.replace(/\.mjs$/, '')), 'page']
const unknown = positionals.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`no case ${unknown.join(', ')}; there are ${all.join(', ')}`)
  process.exit(2)
}

/** Runs a case; gives its report or what went wrong. */
function measure(name, forced) {
  const env = { ...process.env, ANYWASM_ENGINE: values.engine }
  // By the environment, so that the processes and workers that a package starts have it too.
  if (forced) env.NODE_OPTIONS = `${env.NODE_OPTIONS ?? ''} --import anywasm/polyfill/force`.trim()
  const child = spawn(process.execPath, ['--no-warnings', `${here}measure.mjs`, name], { cwd: root, env })
  const timer = setTimeout(() => child.kill('SIGKILL'), Number(values.timeout) * 1000)
  let out = ''
  let err = ''
  child.stdout.on('data', (data) => (out += data))
  child.stderr.on('data', (data) => (err += data))
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const line = out.trimEnd().split('\n').at(-1)
      if (code === 0 && line.startsWith('{')) resolve(JSON.parse(line))
      else
        resolve({
          error:
            `${signal === 'SIGKILL' ? `no result within ${values.timeout} s` : `exit code ${code}`}\n${err || out}`.slice(
              0,
              4000,
            ),
        })
    })
  })
}

function verdict(native, own) {
  if (native.error) return `on the host: ${native.error}`
  if (own.error) return `on anywasm: ${own.error}`
  if (native.own || !own.own) return 'not run on the WebAssembly that was meant'
  if (native.results.length !== 1 || own.results.length !== 1)
    return `the task gives another result the second time:\n${firstDifference(...(own.results.length > 1 ? own : native).results)}`
  return own.results[0] === native.results[0]
    ? undefined
    : `another result:\n${firstDifference(native.results[0], own.results[0])}`
}

function firstDifference(a, b) {
  let at = 0
  while (a[at] === b[at]) at++
  const around = (s) => s.slice(Math.max(0, at - 60), at + 140)
  return `  at character ${at}\n  ${around(a)}\n  ${around(b)}`
}

const ms = (n) => (n < 10 ? n.toFixed(1) : n.toFixed(0))
const cell = (native, own) => `${ms(native)} → ${ms(own)} (${(own / native).toFixed(1)}×)`

install()
const failed = []
let passed = 0
let skipped = 0
const cases = positionals.length > 0 ? positionals : all
console.log(`${'milliseconds, host → anywasm'.padEnd(30)}${'load'.padEnd(28)}${'first task'.padEnd(28)}warm task`)
for (const name of cases.filter((c) => c !== 'page')) {
  const native = await measure(name, false)
  const own = await measure(name, true)
  const wrong = verdict(native, own)
  if (wrong !== undefined) {
    failed.push(name)
    console.log(`${name.padEnd(30)}FAILED ${wrong}`)
    continue
  }
  passed++
  const [load, first, warm] = ['load', 'first', 'warm'].map((k) => cell(native.times[k], own.times[k]))
  console.log(`${name.padEnd(30)}${load.padEnd(28)}${first.padEnd(28)}${warm}`)
}
if (cases.includes('page')) await pages()
console.log(`${passed} passed, ${failed.length} failed, ${skipped} skipped`)
process.exitCode = failed.length > 0 ? 1 : 0

async function pages() {
  const chromium = chromiumPath()
  if (chromium === undefined) {
    skipped += PAGE_CASES.length
    console.log('page: skipped, no Chromium here (apt-get install chromium, or set ANYWASM_CHROMIUM)')
    return
  }
  for (const { name, native, own } of await runPages(chromium, Number(values.timeout) * 1000)) {
    const wrong = verdict(...[native, own].map((r) => ({ ...r, results: [r.result] })))
    if (wrong === undefined) passed++
    else failed.push(`page ${name}`)
    console.log(`${`page ${name}`.padEnd(30)}${wrong === undefined ? cell(native.time, own.time) : `FAILED ${wrong}`}`)
  }
}
