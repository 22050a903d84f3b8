// Code compiled ahead of time, held against the specification's scripts: each module's code is made as `anywasm compile` makes it, from types alone, and
// run by the executor that generates nothing. Every second module's is ES5.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runInThisContext } from 'node:vm'
import { parse } from 'acorn'
import { describe, expect, test } from 'vitest'
import { type AheadCode, aheadExecutor, type Helpers } from '../../src/compiler/ahead.ts'
import { aheadCode, compileAhead } from '../../src/compiler/ahead-source.ts'
import { builtin } from '../../src/compiler/builtins.ts'
import { casts } from '../../src/runtime/aggregates.ts'
import type { Executor } from '../../src/runtime/store.ts'
import { runScript } from '../../src/script/run.ts'

const root = resolve(process.env['ANYWASM_SPEC'] ?? '../shared/spec')
const present = existsSync(root)
/** What the compiler does not carry, this does not either. */
const uncarried = Object.keys(
  JSON.parse(readFileSync(new URL('../spec/ledger-compiler.json', import.meta.url), 'utf8')) as object,
)
/** Threads have workers with engines of their own. */
const scripts = present
  ? readdirSync(root, { recursive: true, encoding: 'utf8' })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.wast') && !file.startsWith('threads/'))
      .filter((file) => !uncarried.some((key) => file.startsWith(key)))
      .sort()
  : []
const groups = [...new Set(scripts.map((file) => file.split('/')[0]!))]

let modules = 0
const ahead: Executor = {
  name: 'ahead',
  link(inst) {
    const number = modules++
    const es5 = number % 2 === 0
    const source = compileAhead(inst.store, inst.module, number, es5)
    const text = `(${aheadCode(number, source)})`
    if (es5) parse(text, { ecmaVersion: 5 })
    const code = runInThisContext(text) as AheadCode
    const { registry } = inst.store
    const helpers = source.helpers.map((name) => [name, name === 'casts' ? () => casts(registry) : builtin(name)])
    aheadExecutor(code, Object.fromEntries(helpers) as Helpers).link(inst)
  },
  frames: () => [],
}

describe.skipIf(!present)(`the suite in ${root}`, () => {
  test.each(groups)(
    '%s',
    (group) => {
      const failures: string[] = []
      let passed = 0
      for (const file of scripts.filter((f) => f.startsWith(`${group}/`))) {
        const path = join(root, file)
        const result = runScript(readFileSync(path), path, ahead)
        passed += result.passed
        failures.push(...result.failures.map(({ line, message }) => `${file}:${line}: ${message}`))
      }
      expect(failures).toEqual([])
      expect(passed).toBeGreaterThan(0)
    },
    60_000,
  )
})

test.skipIf(present)(`no specification suite: set ANYWASM_SPEC to its directory (looked in ${root})`, () => {})
