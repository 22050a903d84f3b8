import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/packages/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    globalSetup: ['scripts/test-setup.mjs'],
    reporters: ['default', './scripts/totals-reporter.mjs'],
  },
})
