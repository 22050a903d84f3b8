// The text parser and printer on the specification's whole suite: every script parses, malformed texts give the expected message, and every
// module survives binary → text → binary. The data is not in this repository: ANYWASM_SPEC names its directory, or ../shared/spec is taken.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { encode } from '../../src/binary/encode.ts'
import { decodeNames } from '../../src/binary/name-section.ts'
import { CompileError } from '../../src/errors.ts'
import { parseScript } from '../../src/script/parse.ts'
import { type Command, type ModuleSource, matchesMessage, moduleBytes } from '../../src/script/script.ts'
import { parseModule } from '../../src/text/parse.ts'
import { printModule } from '../../src/text/print.ts'

const root = resolve(process.env['ANYWASM_SPEC'] ?? '../shared/spec')
const present = existsSync(root)
/** Proposals whose instructions and types are not carried; their scripts parse, their modules need not. */
const FOREIGN = /custom-descriptors|stack-switching|shared-everything/
/** Scripts of the time when limits of 32-bit memories beyond 32 bits were malformed. */
const OLD_LIMITS = /proposals.threads.[^/\\]+$/

const find = (dir: string, end: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(end))
    .sort()
    .map((file) => join(dir, file))
const files = present ? find(root, '.wast') : []
const binaries = present ? find(join(root, '..'), '.wasm') : []
const flatten = (commands: readonly Command[]): Command[] =>
  commands.flatMap((command) => (command.kind === 'thread' ? [command, ...flatten(command.commands)] : [command]))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function roundTrip(bytes: Uint8Array): string {
  const module = decode(bytes)
  const text = printModule(module, decodeNames(module))
  return hex(encode(module)) === hex(parseModule(text)) ? '' : text
}

/** What is wrong with a malformed text's error; nothing if it is as expected. */
function complaint(source: ModuleSource, message: string, narrowLimits: boolean): string | undefined {
  try {
    moduleBytes(source, { narrowLimits })
  } catch (e) {
    if (!(e instanceof CompileError)) throw e
    return matchesMessage(e.reason, message) ? undefined : `expected ${message}, got ${e.reason}`
  }
  return `expected ${message}, got no error`
}

describe.skipIf(!present)(`the suite in ${root}`, () => {
  test.each(files.map((file) => [relative(root, file), file]))('%s', (name, file) => {
    const commands = flatten(parseScript(readFileSync(file)))
    expect(commands.length).toBeGreaterThan(0)
    if (FOREIGN.test(name)) return
    expect(commands.filter(({ kind }) => kind === 'unsupported')).toEqual([])
    const bad: string[] = []
    for (const command of commands) {
      if (!('source' in command)) continue
      const { source, kind, line } = command
      if (/malformed|custom/.test(kind)) {
        if (source.form === 'binary' || !('message' in command)) continue
        const wrong = complaint(source, command.message, OLD_LIMITS.test(name))
        if (wrong !== undefined) bad.push(`${name}:${line}: ${wrong}`)
      } else if (roundTrip(moduleBytes(source)) !== '') bad.push(`${name}:${line}: not the same after printing`)
    }
    expect(bad).toEqual([])
  })

  test.skipIf(binaries.length === 0)('every binary beside the suite survives printing', () => {
    const bad = binaries.filter((file) => roundTrip(readFileSync(file)) !== '')
    expect(bad).toEqual([])
  })
})

test.skipIf(present)(`no specification suite: set ANYWASM_SPEC to its directory (looked in ${root})`, () => {})
