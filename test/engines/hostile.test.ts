// Modules from a hostile hand: truncated at every byte, and with every byte flipped in turn. Each is rejected with a CompileError or is a module like
// any other; no other error class gets out, and neither decoding, validation nor compilation crashes or hangs.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { compiler } from '../../src/compiler/engine.ts'
import { FuncCompiler } from '../../src/compiler/func.ts'
import { CompileError, LinkError, Trap } from '../../src/errors.ts'
import { instantiate } from '../../src/runtime/instantiate.ts'
import { Store } from '../../src/runtime/store.ts'
import { validate } from '../../src/valid/module.ts'

const kernels = ['sha256', 'vm', 'f32dsp', 'indirect'].map((name) => ({
  name,
  bytes: new Uint8Array(readFileSync(`bench/kernels/${name}.wasm`)),
}))

/** What became of the module; anything but the three error classes goes through. */
function fate(bytes: Uint8Array): 'rejected' | 'unlinked' | 'trapped' | 'compiled' {
  try {
    const module = decode(bytes)
    validate(module)
    const inst = instantiate(new Store(compiler, { memoryPages: 64, tableElements: 10000 }), module, [])
    for (const f of inst.funcs) new FuncCompiler(inst, f).compile('f')
    return 'compiled'
  } catch (e) {
    if (e instanceof CompileError) return 'rejected'
    if (e instanceof LinkError) return 'unlinked'
    if (e instanceof Trap) return 'trapped'
    throw e
  }
}

test.each(kernels)('$name truncated at every byte', ({ bytes }) => {
  for (let n = 0; n < bytes.length; n++) {
    // A module may end after any section; what the code section needs to fit is checked across sections.
    const whole = fate(bytes.subarray(0, n))
    expect(['rejected', 'compiled', 'unlinked'], `${n} bytes`).toContain(whole)
    if (n < 8) expect(whole).toBe('rejected')
  }
})

test.each(kernels)('$name with every byte flipped in turn', ({ bytes }) => {
  const counts: Record<string, number> = {}
  for (let at = 0; at < bytes.length; at++)
    for (const mask of [0xff, 1 << (at & 7)]) {
      const copy = bytes.slice()
      copy[at]! ^= mask
      const end = fate(copy)
      counts[end] = (counts[end] ?? 0) + 1
    }
  expect(counts.rejected).toBeGreaterThan(bytes.length / 4)
  expect(counts.compiled).toBeGreaterThan(0)
})
