// The examples of the README and of the API guide, run on the build: each prints what its comments say.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }

const guide = readFileSync('docs/api.md', 'utf8')
const blocksOf = (text: string) =>
  [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((m) => ({
    code: m[1]!,
    line: text.slice(0, m.index).split('\n').length + 1,
  }))
const blocks = blocksOf(guide)
const dir = mkdtempSync(join(tmpdir(), 'anywasm-guide-'))
/** The built file of an entry of the package. */
const built = (entry: string): string => {
  const { default: file } = (packageJson.exports as Record<string, { default?: string }>)[`.${entry}`]!
  return pathToFileURL(resolve(file!)).href
}
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

function check(code: string, name: string): void {
  const file = join(dir, `${name}.mjs`)
  const local = code.replaceAll(
    /(from|import) 'anywasm((?:\/[\w-]+)*)'/g,
    (_m, word: string, entry: string) => `${word} '${built(entry)}'`,
  )
  writeFileSync(file, local)
  const run = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 })
  expect(run.stderr).toBe('')
  expect(run.stdout.trimEnd().split('\n')).toEqual(expected(code))
}

test('the example of the README', () => {
  const examples = blocksOf(readFileSync('README.md', 'utf8'))
  expect(examples).toHaveLength(1)
  check(examples[0]!.code, 'readme')
})

describe('the API guide', () => {
  test('has examples of every section', () => expect(blocks.length).toBeGreaterThan(14))

  test.each(blocks)('the example at line $line', ({ code, line }) => {
    check(code, `example-${line}`)
  })

  test('names the classes that the package exports', async () => {
    const entry = (await import('../../dist/index.js' as string)) as Record<string, unknown>
    const classes = Object.keys(entry).filter((name) => typeof entry[name] === 'function')
    // What nobody makes: a base class, a broken invariant, and what methods give.
    const others = ['EngineBase', 'Crash', 'ClosedError', 'WeakInstance']
    expect(classes.filter((name) => !guide.includes(`\`${name}\``) && !others.includes(name))).toEqual([])
  })
})
