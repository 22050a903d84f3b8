// The examples of the API guide, run on the build: each prints what its comments say.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const guide = readFileSync('docs/api.md', 'utf8')
const blocks = [...guide.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((m) => ({
  code: m[1]!,
  line: guide.slice(0, m.index).split('\n').length + 1,
}))
const dir = mkdtempSync(join(tmpdir(), 'anywasm-guide-'))
const dist = pathToFileURL(resolve('dist')).href
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** What the comments say that it prints: one at the end of a line that prints or calls, and comment lines that follow one. */
function expected(code: string): string[] {
  const out: string[] = []
  let follows = false
  for (const line of code.split('\n')) {
    const alone = /^\s*\/\/ (.*)$/.exec(line)
    const after = /(?:console\.log\(.*\)|\)) \/\/ (.*)$/.exec(line)
    if (after !== null && !after[1]!.includes('=>')) out.push(after[1]!)
    else if (alone !== null && follows) out.push(alone[1]!)
    follows = after !== null
  }
  return out
}

describe('the API guide', () => {
  test('has examples of every section', () => expect(blocks.length).toBeGreaterThan(14))

  test.each(blocks)('the example at line $line', ({ code, line }) => {
    const file = `${dir}/example-${line}.mjs`
    const local = code.replaceAll(
      /from 'anywasm(\/\w+)?'/g,
      (_m, entry?: string) => `from '${dist}/${entry === undefined ? 'index' : `${entry.slice(1)}/index`}.js'`,
    )
    writeFileSync(file, local)
    const run = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 })
    expect(run.stderr).toBe('')
    expect(run.stdout.trimEnd().split('\n')).toEqual(expected(code))
  })

  test('names the classes that the package exports', async () => {
    const entry = (await import('../../dist/index.js' as string)) as Record<string, unknown>
    const classes = Object.keys(entry).filter((name) => typeof entry[name] === 'function')
    // What nobody makes: a base class, a broken invariant, and what methods give.
    const others = ['EngineBase', 'Crash', 'ClosedError', 'WeakInstance']
    expect(classes.filter((name) => !guide.includes(`\`${name}\``) && !others.includes(name))).toEqual([])
  })
})
