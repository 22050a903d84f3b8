// The validator on the specification's whole suite: every invalid module is rejected with the expected words, every other one is accepted.
// The data is not in this repository: ANYWASM_SPEC names its directory, or ../shared/spec is taken.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { CompileError, InvalidError } from '../../src/errors.ts'
import { parseScript } from '../../src/script/parse.ts'
import { type Command, matchesMessage, moduleBytes } from '../../src/script/script.ts'
import { validate } from '../../src/valid/module.ts'

const root = resolve(process.env['ANYWASM_SPEC'] ?? '../shared/spec')
const present = existsSync(root)
/** Proposals whose instructions and types are not carried. */
const FOREIGN = /custom-descriptors|stack-switching|shared-everything/
/** Scripts of the time when there was one memory and one table, and when limits of 32-bit memories beyond 32 bits were malformed. */
const OLD = /proposals.threads.[^/\\]+$/
const OUTDATED = new Set(['multiple memories', 'multiple tables'])

const find = (dir: string, end: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(end))
    .sort()
    .map((file) => join(dir, file))
const scripts = present ? find(root, '.wast').filter((file) => !FOREIGN.test(file)) : []
const binaries = present ? find(join(root, '..'), '.wasm') : []
const flatten = (commands: readonly Command[]): Command[] =>
  commands.flatMap((command) => (command.kind === 'thread' ? flatten(command.commands) : [command]))

/** What a check throws as a CompileError; undefined if it accepts. */
function error(check: () => void): CompileError | undefined {
  try {
    check()
  } catch (e) {
    if (e instanceof CompileError) return e
    throw e
  }
  return undefined
}

/** What is wrong with the outcome of a command with a module; undefined if nothing is. */
function complaint(command: Command, old: boolean): string | undefined {
  if (!('source' in command) || command.kind.startsWith('assert_malformed')) return undefined
  const { source, kind } = command
  const e = error(() => {
    const module = decode(moduleBytes(source, { narrowLimits: old }))
    validate(module)
  })
  if (kind !== 'assert_invalid' && kind !== 'assert_invalid_custom') return e && `valid, but ${e.reason}`
  const { message } = command
  if (old && OUTDATED.has(message)) return e && `valid today, but ${e.reason}`
  if (e === undefined) return `expected ${message}, got no error`
  if (!(e instanceof InvalidError)) return `expected ${message}, got the malformed ${e.reason}`
  return matchesMessage(e.reason, message) ? undefined : `expected ${message}, got ${e.reason}`
}

describe.skipIf(!present)(`the suite in ${root}`, () => {
  test.each(scripts.map((file) => [relative(root, file), file]))('%s', (name, file) => {
    const commands = flatten(parseScript(readFileSync(file)))
    expect(commands.length).toBeGreaterThan(0)
    const bad = commands.flatMap((command) => {
      const wrong = complaint(command, OLD.test(name))
      return wrong === undefined ? [] : [`${command.line}: ${wrong}`]
    })
    expect(bad).toEqual([])
  })

  test.each(binaries.map((file) => [relative(root, file), file]))('%s', (_, file) => {
    validate(decode(readFileSync(file)))
  })
})
