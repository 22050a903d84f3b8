// The validator on small modules: what the messages say and where they point, rules that the specification's suite does not reach, the
// implementation limits, and what a hostile module may cost.
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/binary/decode.ts'
import { CompileError, InvalidError } from '../../src/errors.ts'
import { rows } from '../../src/syntax/instructions.ts'
import { parseModule } from '../../src/text/parse.ts'
import { validate } from '../../src/valid/module.ts'

function check(text: string): InvalidError | undefined {
  const module = decode(parseModule(text))
  try {
    validate(module)
  } catch (e) {
    if (e instanceof InvalidError) return e
    throw e
  }
  return undefined
}
const reason = (text: string) => check(text)?.reason

describe('messages', () => {
  test('a mismatch names what is wanted, what there is, and the instruction', () => {
    expect(reason('(func (drop (i32.add (i32.const 1) (f32.const 2))))')).toBe(
      'type mismatch: instruction requires [i32 i32] but stack has [i32 f32] (i32.add)',
    )
    expect(reason('(memory 1) (func (i32.store (i32.const 0) (i64.const 0)))')).toBe(
      'type mismatch: instruction requires [i32] but stack has [i64] (i32.store)',
    )
    expect(reason('(func (result i32) (i32.const 1) (i32.const 2))')).toBe(
      'type mismatch: block requires [i32] but stack has [i32 i32]',
    )
  })

  test('types are named by the indices of the module, not of the registry', () => {
    // Types 0 and 1 are equal, so type 2 has the registry id 1.
    const text = '(type (func)) (type (func)) (type (struct)) (func (param (ref 2)) (i32.eqz (local.get 0)) drop)'
    expect(reason(text)).toBe('type mismatch: instruction requires [i32] but stack has [(ref 2)] (i32.eqz)')
  })

  test('the offset is that of the instruction', () => {
    const bytes = parseModule('(func (nop) (drop (i32.add (i32.const 1) (i64.const 2))))')
    const error = check('(func (nop) (drop (i32.add (i32.const 1) (i64.const 2))))')
    expect(bytes[error!.offset]).toBe(0x6a)
  })
})

describe('the stack', () => {
  test('what is unreachable takes any operands but not the wrong ones', () => {
    expect(check('(func (result i32) (unreachable) (i32.add))')).toBeUndefined()
    expect(check('(func (result i32) (unreachable) (select))')).toBeUndefined()
    expect(check('(func (unreachable) (br_on_null 0) (drop))')).toBeUndefined()
    expect(reason('(func (result i32) (unreachable) (i64.const 1) (i32.add))')).toMatch(/^type mismatch/)
    expect(reason('(func (unreachable) (ref.as_non_null) (i32.eqz) (drop))')).toMatch(/^type mismatch/)
  })

  test('select takes its type from either operand', () => {
    expect(check('(func (result i64) (unreachable) (i64.const 1) (i32.const 1) (select))')).toBeUndefined()
    expect(reason('(func (result i64) (i64.const 1) (f64.const 1) (i32.const 1) (select))')).toMatch(/^type mismatch/)
    expect(reason('(func (param funcref) (drop (select (local.get 0) (local.get 0) (i32.const 1))))')).toMatch(
      /^type mismatch: instruction requires numeric or vector type/,
    )
  })

  test('a branch leaves the types of its label, not those it found', () => {
    const text = `(type $t (struct)) (func (param (ref $t)) (result anyref)
      (local.get 0) (i32.const 1) (br_if 0) (struct.get $t 0))`
    expect(reason(text)).toMatch(/unknown field/)
    expect(
      reason(`(type $t (struct (field i32))) (func (param (ref $t)) (result anyref)
      (local.get 0) (br_if 0 (i32.const 1)) (drop (struct.get $t 0)) (ref.null any))`),
    ).toMatch(/^type mismatch: instruction requires \[\(ref null 0\)\] but stack has \[anyref\]/)
  })

  test('every label of br_table has the same arity, also where it is unreachable', () => {
    expect(reason('(func (result i32) (block (unreachable) (br_table 0 1 (i32.const 0))) (i32.const 0))')).toMatch(
      /^type mismatch/,
    )
  })

  test('a local without a default is unset again after the block that set it', () => {
    const func = (body: string) => `(func (param $p (ref func)) (local $l (ref func)) ${body})`
    expect(check(func('(local.set $l (local.get $p)) (drop (local.get $l))'))).toBeUndefined()
    expect(reason(func('(block (local.set $l (local.get $p))) (drop (local.get $l))'))).toBe('uninitialized local 1')
    expect(reason(func('(if (i32.const 1) (then (local.set $l (local.get $p))) (else (drop (local.get $l))))'))).toBe(
      'uninitialized local 1',
    )
    expect(check(func('(block (drop (local.tee $l (local.get $p))) (block (drop (local.get $l))))'))).toBeUndefined()
  })
})

describe('modules', () => {
  test('a global initialiser sees the globals before it, a table initialiser the imported ones', () => {
    expect(check('(global i32 (i32.const 1)) (global i32 (global.get 0))')).toBeUndefined()
    expect(reason('(global i32 (global.get 0))')).toBe('unknown global 0')
    expect(reason('(table 1 funcref (global.get 0)) (global funcref (ref.null func))')).toBe('unknown global 0')
    expect(reason('(global (mut i32) (i32.const 1)) (global i32 (global.get 0))')).toMatch(
      /^constant expression required/,
    )
  })

  test('ref.func may name what an export, a segment or a constant expression names', () => {
    const use = '(func $g (drop (ref.func $f)))'
    expect(reason(`(func $f) ${use}`)).toBe('undeclared function reference 0')
    expect(check(`(func $f) (elem declare func $f) ${use}`)).toBeUndefined()
    expect(check(`(func $f (export "f")) ${use}`)).toBeUndefined()
    expect(check(`(func $f) (global funcref (ref.func $f)) ${use}`)).toBeUndefined()
    expect(check(`(func $f) (elem funcref (ref.func $f)) ${use}`)).toBeUndefined()
  })

  test('a table of references without a default needs an initial value', () => {
    expect(reason('(table 1 (ref func))')).toMatch(/^type mismatch: non-defaultable element type \(ref func\)/)
    expect(check('(func $f) (table 1 (ref func) (ref.func $f))')).toBeUndefined()
  })

  test('the address type of a memory or table is that of its operands', () => {
    expect(check('(memory i64 1) (func (result i32) (i32.load (i64.const 0)))')).toBeUndefined()
    expect(reason('(memory i64 1) (func (result i32) (i32.load (i32.const 0)))')).toMatch(/^type mismatch/)
    expect(
      check('(memory i64 1) (memory 1) (func (memory.copy 0 1 (i64.const 0) (i32.const 0) (i32.const 0)))'),
    ).toBeUndefined()
    expect(reason('(memory 1) (func (result i32) (i32.load offset=0x100000000 (i32.const 0)))')).toBe(
      'offset out of range',
    )
    expect(check('(memory i64 1) (func (result i32) (i32.load offset=0x100000000 (i64.const 0)))')).toBeUndefined()
  })

  test('super types come before, are open, and nest no deeper than the limit', () => {
    expect(reason('(rec (type (sub 1 (struct))) (type (sub (struct))))')).toMatch(/^forward use of type 1/)
    expect(reason('(type (struct)) (type (sub 0 (struct)))')).toBe('sub type 1 has final super type 0')
    const chain = (n: number) =>
      `(type (sub (struct)))${Array.from({ length: n }, (_, i) => `(type (sub ${i} (struct)))`).join('')}`
    expect(check(chain(63))).toBeUndefined()
    expect(reason(chain(64))).toBe('sub type 64 has too many super types: 64, at most 63')
    expect(reason(`(rec ${chain(100_000)})`)).toMatch(/too many super types/)
  })

  test('too many memories are invalid, imported ones included', () => {
    const memories = (n: number) => '(import "m" "m" (memory 1))'.repeat(50) + '(memory 1)'.repeat(n - 50)
    expect(check(memories(100))).toBeUndefined()
    expect(reason(memories(101))).toBe('too many memories: 101, at most 100')
  })
})

describe('hostile modules', () => {
  const KERNEL = `(module (type $s (sub (struct (field (mut i32)) (field i8)))) (type $a (array (mut (ref null $s))))
    (tag $e (param i32)) (memory 1) (table $t 2 funcref) (global $g (mut i64) (i64.const 0))
    (func $f (export "f") (param i32 i64) (result i32) (local $r (ref $s)) (local v128)
      (local.set $r (struct.new $s (local.get 0) (i32.const 1)))
      (block $l (result i32)
        (try_table (catch $e $l) (throw $e (local.get 0)))
        (loop $n (br_if $n (i64.eqz (local.tee 1 (i64.add (local.get 1) (global.get $g))))))
        (if (result i32) (local.get 0) (then (i32.load offset=4 (local.get 0))) (else (i32.const 7))))
      (block $x (block $y (br_table $x $y $x (local.get 0))))
      (drop (array.get $a (array.new_default $a (i32.const 3)) (i32.const 1)))
      (drop (ref.cast (ref null $s) (local.get $r)))
      (call_indirect (param i32 i64) (result i32) (i64.const 1) (local.get 0)))
    (elem (table $t) (i32.const 0) func $f) (data (i32.const 8) "abc"))`

  test('every byte changed to every other gives a CompileError or a valid module', () => {
    const bytes = parseModule(KERNEL)
    validate(decode(bytes))
    const counts = { valid: 0, error: 0 }
    for (let i = 0; i < bytes.length; i++) {
      for (let b = 0; b < 256; b += 1) {
        const changed = bytes.slice()
        changed[i] = b
        try {
          validate(decode(changed))
          counts.valid++
        } catch (e) {
          if (!(e instanceof CompileError)) throw e
          counts.error++
        }
      }
    }
    expect(counts.valid).toBeGreaterThan(bytes.length)
    expect(counts.error).toBeGreaterThan(bytes.length)
  })

  test('a stack that would not fit is an error, not a crash', () => {
    const results = 'i64 '.repeat(1000)
    const text = `(func $f (result ${results}) unreachable) (func ${'(call $f)'.repeat(20_000)} unreachable)`
    expect(reason(text)).toMatch(/^too many operands/)
  })

  test('deep nesting takes no recursion', () => {
    const n = 1_000_000
    const body = new Uint8Array(3 * n + 2)
    for (let i = 0; i < n; i++) body.set([0x02, 0x40], 1 + 2 * i)
    body.fill(0x0b, 1 + 2 * n)
    validate(decode(moduleOf(body)))
  })
})

/** A module with one function without parameters and results. */
function moduleOf(body: ArrayLike<number>): Uint8Array {
  const u32 = (n: number) => [0, 7, 14, 21].map((s) => ((n >>> s) & 0x7f) | 0x80).concat(n >>> 28)
  const start = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0]
  const code = [10, ...u32(body.length + 6), 1, ...u32(body.length)]
  const out = new Uint8Array(start.length + code.length + body.length)
  out.set(start)
  out.set(code, start.length)
  out.set(body, start.length + code.length)
  return out
}

test('every instruction has a rule', () => {
  // An instruction without one would be a Crash, not a CompileError.
  for (const row of rows) {
    if (row === undefined || row.name === 'end') continue
    const op = row.op < 0x200 ? [row.op] : [0xfa + (row.op >> 9), (row.op & 0x7f) | 0x80, (row.op & 0x1ff) >> 7]
    const body = [0, ...op, ...new Array<number>(20).fill(0), 0x0b]
    try {
      validate(decode(moduleOf(body)))
    } catch (e) {
      expect(e, row.name).toBeInstanceOf(CompileError)
    }
  }
})
