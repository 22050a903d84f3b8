import { defineConfig, type Plugin } from 'vitest/config'
import { Inner } from './src/interpreter/lowered.ts'
import { Op } from './src/syntax/opcode.ts'

/** Puts numbers in place of opcodes, as the build does; a switch over members of an object compares one by one. */
const opcodes: Plugin = {
  name: 'opcodes',
  enforce: 'pre',
  transform(code, id) {
    if (!id.includes('/src/')) return undefined
    return code.replace(/\b(Op|Inner)\.(\w+)/g, (whole, name, member) =>
      String((name === 'Op' ? Op : Inner)[member as never] ?? whole),
    )
  },
}

export default defineConfig({
  plugins: [opcodes],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/packages/**'],
    pool: 'forks',
    // V8's middle tier changes NaNs since version 14, also those that tests pass through JavaScript (docs/rationale.md).
    execArgv: Number(process.versions.v8.split('.')[0]) >= 14 ? ['--no-maglev'] : [],
    maxWorkers: 2,
    testTimeout: 120_000,
    globalSetup: ['scripts/test-setup.mjs'],
    reporters: ['default', './scripts/totals-reporter.mjs'],
  },
})
