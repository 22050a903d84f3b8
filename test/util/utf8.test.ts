// The decoder, held against the host's.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeUtf8 } from '../../src/util/utf8.ts'

const host = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
function byHost(bytes: Uint8Array): string | undefined {
  try {
    return host.decode(bytes)
  } catch {
    return undefined
  }
}

test('strings come back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 5000, size: 'max' }), (s) => {
      expect(decodeUtf8(new TextEncoder().encode(s))).toBe(byHost(new TextEncoder().encode(s)))
    }),
    { numRuns: 60 },
  )
})

test('all sequences of two bytes, and many of up to five, mean what they mean to the host', () => {
  for (let a = 0; a < 256; a++)
    for (let b = 0; b < 256; b++) {
      const bytes = Uint8Array.of(a, b)
      if (decodeUtf8(bytes) !== byHost(bytes)) expect([a, b, decodeUtf8(bytes)]).toEqual([a, b, byHost(bytes)])
    }
  const byte = fc.constantFrom(
    0,
    0x41,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xed,
    0xef,
    0xf0,
    0xf1,
    0xf4,
    0xf5,
    0xff,
  )
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.array(byte, { maxLength: 5 }), (some, edges) => {
      for (const bytes of [some, Uint8Array.from(edges)]) expect(decodeUtf8(bytes)).toBe(byHost(bytes))
    }),
    { numRuns: 20000 },
  )
})
