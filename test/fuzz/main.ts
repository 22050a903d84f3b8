// npm run fuzz -- [--seconds N] [--seed S] [--modules N]: generated modules must do the same on every engine. Ends with status 1 on a difference, which is shrunk
// and kept in test/fuzz/cases, and prints which instructions the modules had.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { CodeReader } from '../../src/binary/code.ts'
import { rows } from '../../src/syntax/instructions.ts'
import { check, difference } from './check.ts'
import { generate } from './generate.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    modules: { type: 'string', default: 'Infinity' },
  },
})
const seed = Number(values.seed)
const end = Date.now() + Number(values.seconds) * 1000
const most = Number(values.modules)

/** Tapes of the lengths that modules of up to some hundred instructions take. */
const tapes = fc.noBias(
  fc
    .uint8Array({ minLength: 0, maxLength: 4 })
    .chain((n) => fc.uint32Array({ minLength: 20, maxLength: 120 + n.length * 150, size: 'max' })),
)
const covered = new Uint32Array(rows.length)
const totals = { modules: 0, calls: 0, onHost: 0 }

function one(tape: Uint32Array): string | undefined {
  const { text } = generate(tape)
  try {
    const checked = check(text)
    totals.modules++
    totals.calls += checked.calls
    if (checked.onHost) totals.onHost++
    for (const f of checked.subject.module.funcs) {
      const r = new CodeReader(f.body)
      while (r.pos < r.end) {
        const op = r.op()
        r.skipImms(op)
        covered[op]!++
      }
    }
    return checked.difference
  } catch {
    return difference(text)
  }
}

/** Writes a case down; gives its file. The first one stays until it has been shrunk. */
function keep(tape: Uint32Array): string {
  mkdirSync('test/fuzz/cases', { recursive: true })
  file ??= `test/fuzz/cases/seed-${seed}-${totals.modules}.wat`
  writeFileSync(file, generate(tape).text)
  return file
}
let file: string | undefined

/**
 * The host takes addresses for its memories that only a collection gives back, and what weak references have shown lives until a turn of its own, so that
 * comes often, also while a case is shrunk. The first collection may only end a marking that began before; the second one frees all.
 */
async function rest(): Promise<void> {
  await new Promise((done) => setImmediate(done))
  for (let k = 0; k < 2; k++) (globalThis as { gc?: () => void }).gc?.()
}
let runs = 0

async function same(tape: Uint32Array): Promise<boolean> {
  if (Date.now() > end || totals.modules >= most) return true
  if (++runs % 100 === 0) await rest()
  const told = one(tape)
  if (told !== undefined && first === undefined) {
    first = told
    console.log(`a difference, to be shrunk, kept as ${keep(tape)}:\n${told.slice(0, 3000)}`)
  }
  return told === undefined
}
/** What the case said that is shrunk. */
let first: string | undefined

/** Runs fast-check over a seed until something differs or the time is over. */
async function batch(batchSeed: number): Promise<boolean> {
  const result = await fc.check(fc.asyncProperty(tapes, same), {
    seed: batchSeed,
    numRuns: 500,
    interruptAfterTimeLimit: Math.max(1, end + 60000 - Date.now()),
  })
  if (!result.failed || result.counterexample === null) return true
  const tape = result.counterexample[0]
  const told = difference(generate(tape).text) ?? 'it does not happen again'
  console.log(`DIFFERENCE, kept as ${keep(tape)}\n${told.slice(0, 3000)}`)
  return false
}

let clean = true
for (let k = 0; clean && Date.now() < end && totals.modules < most; k++) clean = await batch(seed * 1000 + k)
const known = rows.filter((r) => r !== undefined)
const missing = known.filter((r) => covered[r.op] === 0).map((r) => r.name)
console.log(
  `seed ${seed}: ${totals.modules} modules, ${totals.calls} calls on each engine, ${totals.onHost} modules on the host too; ` +
    `${known.length - missing.length} of ${known.length} instructions${missing.length > 0 ? `, without ${missing.join(', ')}` : ''}; ${clean ? 'no difference' : 'DIFFERENCES'}`,
)
process.exit(clean ? 0 : 1)
