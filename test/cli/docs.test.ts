// Runs the transcripts of docs/cli.md as they stand there, in a copy of examples/. Every command must have one.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeProgram } from '../../src/cli/program.ts'
import { bin } from './anywasm.ts'

const dir = mkdtempSync(join(tmpdir(), 'anywasm-docs-'))
cpSync('examples', dir, { recursive: true })
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const page = readFileSync('docs/cli.md', 'utf8')

interface Step {
  line: number
  command: string
  want: string[]
}

function steps(): Step[] {
  const out: Step[] = []
  let inside = false
  for (const [k, line] of page.split('\n').entries()) {
    if (line.startsWith('```')) inside = line === '```console'
    else if (inside && line.startsWith('$ ')) out.push({ line: k + 1, command: line.slice(2), want: [] })
    else if (inside) out.at(-1)!.want.push(line)
  }
  return out
}

const escaped = (s: string) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** What the lines of a transcript stand for. */
function pattern(want: readonly string[]): RegExp {
  const lines = want.map((l) => (l === '…' ? '(?:.*\\n)*' : `${l.split('…').map(escaped).join('.*')}\\n`))
  return new RegExp(`^${lines.join('')}$`)
}

function run(command: string): string {
  const env = { ...process.env, ANYWASM_CACHE_DIR: join(dir, '.cache') }
  const script = `anywasm() { "${process.execPath}" "${bin}" "$@"; }\n${command}`
  const r = spawnSync('bash', ['-c', script], { cwd: dir, env, encoding: 'utf8', timeout: 60_000 })
  return r.stdout + r.stderr + (r.status === 0 ? '' : `[exit code ${r.status}]\n`)
}

test.each(steps())('line $line: $command', ({ command, want }) => {
  expect(run(command)).toMatch(pattern(want))
})

test('every command stands in a transcript', () => {
  const shown = steps().map((s) => s.command)
  const names = makeProgram(() => {}).commands.map((c) => c.name())
  for (const name of names.filter((n) => n !== 'help'))
    expect([name, shown.some((c) => c.includes(`anywasm ${name} `) || c === `anywasm ${name}`)]).toEqual([name, true])
})

test('every option of run stands on the page', () => {
  const command = makeProgram(() => {}).commands.find((c) => c.name() === 'run')!
  for (const o of command.options) if (o.long !== '--cache') expect(page).toContain(`\`${o.long}`)
})
