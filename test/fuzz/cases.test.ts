// Cases that once differed between engines, and a short run of new ones from a fixed seed. Long runs: npm run fuzz.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { difference } from './check.ts'
import { generate } from './generate.ts'

const folder = 'test/fuzz/cases'
const kept = existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith('.wat')) : []

test.each(kept)('%s', (file) => {
  expect(difference(readFileSync(`${folder}/${file}`, 'utf8'))).toBeUndefined()
})

test('generated modules do the same on every engine', () => {
  const tapes = fc.noBias(fc.uint32Array({ minLength: 20, maxLength: 300, size: 'max' }))
  fc.assert(
    fc.property(tapes, (tape) => {
      const { text } = generate(tape)
      expect(difference(text), text).toBeUndefined()
    }),
    { seed: 4, numRuns: 300 },
  )
}, 400_000)
