// Mutated binaries: whatever the bytes, decoding and validating them ends with a module or a CompileError. ANYWASM_FUZZ_SECONDS sets how long it
// goes on (2 by default), ANYWASM_FUZZ_SEED where it begins.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { encode } from '../../src/binary/encode.ts'
import { decodeNames } from '../../src/binary/name-section.ts'
import { CompileError } from '../../src/errors.ts'
import { parseModule } from '../../src/text/parse.ts'
import { validate } from '../../src/valid/module.ts'

const seconds = Number(process.env.ANYWASM_FUZZ_SECONDS ?? 2)
const GC = `(module (rec (type $a (sub (struct (field $x (mut i32)) (field (ref null $b))))) (type $b (sub (array (mut i8)))))
  (tag $t (param i64)) (table $f 3 funcref) (elem (table $f) (i32.const 0) func $g) (memory i64 1 2) (data "abc")
  (func $g (param (ref $a)) (result i32) (local v128)
    (block $l (result i64) (try_table (result i64) (catch $t $l) (throw $t (i64.const -5))))
    drop (struct.get $a $x (local.get 0))))`
const seeds = [
  ...readdirSync('bench/kernels')
    .filter((f) => f.endsWith('.wasm'))
    .map((f) => new Uint8Array(readFileSync(`bench/kernels/${f}`))),
  parseModule(readFileSync('examples/hello.wat', 'utf8')),
  parseModule(GC),
]

/** A small pseudo-random generator (xorshift32). */
function generator(seed: number): (below: number) => number {
  let x = seed | 0 || 1
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

/** One to eight edits: a byte changed, inserted or removed, a run copied, the end cut off. */
function mutate(bytes: Uint8Array, below: (n: number) => number): Uint8Array {
  let out = [...bytes]
  for (let edits = 1 + below(8); edits > 0; edits--) {
    const at = below(out.length + 1)
    const kind = below(10)
    if (kind < 5) out[Math.min(at, out.length - 1)] = below(256)
    else if (kind < 7) out.splice(at, 0, below(256))
    else if (kind < 8) out.splice(at, 1 + below(4))
    else if (kind < 9) out.splice(at, 0, ...out.slice(below(out.length), below(out.length) + below(16)))
    else out = out.slice(0, Math.max(8, at))
  }
  return Uint8Array.from(out)
}

test(
  `only a CompileError gets out (${seconds} seconds)`,
  () => {
    const below = generator(Number(process.env.ANYWASM_FUZZ_SEED ?? 1))
    const counts = { runs: 0, rejected: 0, accepted: 0 }
    for (const end = Date.now() + seconds * 1000; Date.now() < end; counts.runs++) {
      const bytes = mutate(seeds[below(seeds.length)]!, below)
      try {
        const module = decode(bytes)
        decodeNames(module)
        encode(module)
        validate(module)
        counts.accepted++
      } catch (e) {
        if (!(e instanceof CompileError)) throw new Error(`module ${Buffer.from(bytes).toString('hex')}`, { cause: e })
        counts.rejected++
      }
    }
    console.log(`${counts.runs} modules: ${counts.rejected} rejected, ${counts.accepted} valid`)
    expect(counts.rejected).toBeGreaterThan(0)
    expect(counts.accepted).toBeGreaterThan(0)
  },
  seconds * 1000 + 30_000,
)
