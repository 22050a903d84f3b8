// Whatever the text, the parsers give bytes or a CompileError, and what they give prints and parses to the same again.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { encode } from '../../src/binary/encode.ts'
import { decodeNames } from '../../src/binary/name-section.ts'
import { CompileError } from '../../src/errors.ts'
import { parseScript } from '../../src/script/parse.ts'
import { keywordCodes } from '../../src/text/keywords.ts'
import { parseModule } from '../../src/text/parse.ts'
import { printModule } from '../../src/text/print.ts'

const SEEDS = [
  `(module $M (type $t (func (param i32 i64) (result f32))) (rec (type $a (sub (struct (field $x (mut i8)) (field (ref null $b))))) (type $b (array (mut $"q"))))
   (import "m" "n" (func $imp (type $t) (param $p i32) (param i64) (result f32))) (import "m" "t" (table 1 2 funcref))`,
  `(func $f (export "f") (param $x i32) (result i32) (local $y i64) (block $l (result i32) (if (i32.eqz (local.get $x)) (then (br $l (i32.const -7))))
   (i32.add (local.get 0) (i32.load offset=4 align=2 (i32.const 0x10)))))`,
  `(func (param v128) (try_table (result exnref) (catch $e 0) (catch_all_ref 0)) (v128.const f32x4 1.5 -inf nan:0x1 0x1.8p-3) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))`,
  `(table $t i64 1 10 (ref null func) (ref.null func)) (memory $m i64 1 2 shared (pagesize 1)) (global $g (mut i64) (i64.const 0xffff_ffff_ffff_ffff))
   (elem $e (table $t) (offset (i64.const 0)) funcref (ref.func $f) (item ref.null func)) (data $d (memory $m) (i64.const 0) "a\\00\\u{1F600}" "b") (tag $e (param i32)) (start $f)`,
  `(@custom "c" (after code) "x") (func (@name "n") (try $l (do (throw $e)) (catch $e (rethrow $l)) (catch_all)) (select (result i32)) (call_indirect $t (type 0) (param i32)))`,
  `(assert_return (invoke $M "f" (i32.const 1) (ref.null extern)) (either (f32.const nan:canonical) (v128.const i64x2 1 2)))
   (assert_malformed (module quote "(func" ")") "x") (module binary "\\00asm" "\\01\\00\\00\\00") (thread $T (shared (module $M)) (wait $T))`,
]
const WORDS = [
  ...keywordCodes.keys(),
  '(',
  ')',
  '$x',
  '0',
  '-1',
  '0x1p3',
  '"s"',
  '(;',
  ';)',
  ';;',
  '(@name "n")',
  'offset=1',
  'align=8',
  '$"',
  '\\',
  '"',
  '\u00e9',
]

/** A seed with a few pieces replaced, dropped, doubled or moved. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(), fc.nat(4), fc.nat(), fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 6 }),
  )
  .map(([seed, other, changes]) => {
    let parts = seed.split(/(?=[()\s])/)
    for (const [at, how, pick, noise] of changes) {
      const i = at % (parts.length || 1)
      if (how === 0) parts.splice(i, 1)
      else if (how === 1) parts.splice(i, 0, ` ${WORDS[pick % WORDS.length]}`)
      else if (how === 2) parts[i] = ` ${WORDS[pick % WORDS.length]}`
      else if (how === 3) parts.splice(i, 0, noise)
      else parts = [...parts.slice(0, i), ...other.split(/(?=[()\s])/).slice(pick % 40)]
    }
    return parts.join('')
  })

function guarded<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (e) {
    if (e instanceof CompileError) return undefined
    throw e
  }
}

test('mutated texts', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      guarded(() => parseScript(text))
      const bytes = guarded(() => parseModule(text))
      const module = bytes && guarded(() => decode(bytes))
      if (!module) return
      const again = parseModule(printModule(module, decodeNames(module)))
      expect(Buffer.from(again).toString('hex')).toBe(Buffer.from(encode(module)).toString('hex'))
    }),
    { numRuns: Number(process.env['ANYWASM_FUZZ_RUNS'] ?? 3000) },
  )
})

test('random tokens', () => {
  const tokens = fc.array(fc.constantFrom(...WORDS), { maxLength: 30 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(tokens, (text) => {
      guarded(() => parseModule(text))
      guarded(() => parseModule(`(func ${text})`))
      guarded(() => parseScript(text))
    }),
    { numRuns: Number(process.env['ANYWASM_FUZZ_RUNS'] ?? 3000) },
  )
})
