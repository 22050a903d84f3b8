// npm run bench -- --micro [--only hostcall,atomics]: single instructions in a loop, and calls between JavaScript and WebAssembly, as ratios to the host's own
// WebAssembly through the JavaScript API. What programs do seldom shows here only: a ratio far beyond its neighbours is a mistake somewhere.
const { createWebAssembly } = await import('../dist/js-api/index.js')
const { parseModule } = await import('../dist/internals.js')

const RESULT = {
  i32: '(local.get $x)',
  i64: '(i32.wrap_i64 (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 32))))',
  f32: '(i32.reinterpret_f32 (local.get $x))',
  f64: '(i32.trunc_sat_f64_s (local.get $x))',
}

/** A loop of `times` over an instruction that works on $x, of the type. */
const loop = (type, times, body, locals = '') => `
  (func (export "run") (result i32) (local $i i32) (local $x ${type}) ${locals}
    (loop $l ${body} (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${times}))))
    ${RESULT[type]})`
const at = '(i32.and (local.get $i) (i32.const 1023))'
const set = (type, times, value) => loop(type, times, `(local.set $x ${value})`)
const function_ = (params, result) =>
  `(func (export "f") (param ${params}) (result ${result}) (${result}.add (local.get 0) (${result}.const 1)))`

const loops = {
  'memory.copy 16': `(memory 1) ${loop('i32', 2e6, `(memory.copy ${at} (i32.const 4096) (i32.const 16))`)}`,
  'memory.fill 16': `(memory 1) ${loop('i32', 2e6, `(memory.fill ${at} (i32.const 1) (i32.const 16))`)}`,
  'memory.copy 1000': `(memory 1) ${loop('i32', 1e6, `(memory.copy ${at} (i32.const 4096) (i32.const 1000))`)}`,
  'import i32': `(import "m" "i32" (func $h (param i32) (result i32))) ${set('i32', 2e6, '(call $h (local.get $x))')}`,
  'import f64': `(import "m" "f64" (func $h (param f64) (result f64))) ${set('f64', 2e6, '(call $h (local.get $x))')}`,
  'import i64': `(import "m" "i64" (func $h (param i64) (result i64))) ${set('i64', 1e6, '(call $h (local.get $x))')}`,
  'import externref': `(import "m" "ref" (func $h (param externref) (result externref)))
    ${loop('i32', 1e6, '(local.set $r (call $h (local.get $r)))', '(local $r externref)')}`,
  call_indirect: `(table (export "t") 4 funcref) (elem (i32.const 0) $a $b $a $b) (type $t (func (param i32) (result i32)))
    (func $a (type $t) (i32.add (local.get 0) (i32.const 1))) (func $b (type $t) (i32.sub (local.get 0) (i32.const 3)))
    ${set('i32', 2e6, '(call_indirect (type $t) (local.get $x) (i32.and (local.get $i) (i32.const 3)))')}`,
  'return_call self': `(func $t (param i32) (result i32) (if (result i32) (local.get 0)
    (then (return_call $t (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0)))) ${set('i32', 100, '(call $t (i32.const 100000))')}`,
  'return_call other': `(func $a (param i32) (result i32) (if (result i32) (local.get 0)
    (then (return_call $b (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
    (func $b (param i32) (result i32) (return_call $a (local.get 0))) ${set('i32', 50, '(call $a (i32.const 100000))')}`,
  'i64.div_u': set('i64', 1e6, '(i64.div_u (i64.const 0x123456789abcdef) (i64.add (local.get $x) (i64.const 1)))'),
  'i64.mul': set('i64', 2e6, '(i64.add (i64.mul (local.get $x) (i64.const 0x5851f42d4c957f2d)) (i64.const 77))'),
  'i64.shl': set('i64', 2e6, '(i64.xor (i64.shl (local.get $x) (i64.extend_i32_u (local.get $i))) (i64.const 77))'),
  'i64.clz': set('i64', 2e6, '(i64.add (i64.clz (local.get $x)) (i64.const 77777777777))'),
  'i64.popcnt': set('i64', 2e6, '(i64.add (i64.popcnt (local.get $x)) (i64.const 77777777777))'),
  'f32.min': set('f32', 2e6, '(f32.min (f32.add (local.get $x) (f32.const 3)) (f32.convert_i32_u (local.get $i)))'),
  'f32.sqrt': set('f32', 2e6, '(f32.sqrt (f32.add (local.get $x) (f32.const 3)))'),
  'f64.nearest': set('f64', 2e6, '(f64.nearest (f64.mul (local.get $x) (f64.const 1.01)))'),
  'f64.copysign': set(
    'f64',
    2e6,
    '(f64.copysign (f64.add (local.get $x) (f64.const 1)) (f64.convert_i32_s (local.get $i)))',
  ),
  'i32.trunc_sat_f64_u': set(
    'i32',
    2e6,
    '(i32.trunc_sat_f64_u (f64.mul (f64.convert_i32_u (local.get $x)) (f64.const 1.5)))',
  ),
  'i64.trunc_sat_f64_s': set(
    'i64',
    1e6,
    '(i64.trunc_sat_f64_s (f64.mul (f64.convert_i64_s (local.get $x)) (f64.const 1.5)))',
  ),
  'f32.reinterpret_i32': set(
    'f32',
    2e6,
    '(f32.reinterpret_i32 (i32.add (i32.reinterpret_f32 (local.get $x)) (i32.const 12345)))',
  ),
  'several results': `(func $p (param i32 i64) (result i64 i32) (i64.add (local.get 1) (i64.const 1)) (i32.add (local.get 0) (i32.const 1)))
    ${loop('i32', 2e6, '(call $p (local.get $x) (local.get $y)) (local.set $x) (local.set $y)', '(local $y i64)')}`,
  globals: `(global $g (mut i64) (i64.const 0)) (global $h (mut f32) (f32.const 0)) ${loop(
    'i32',
    2e6,
    '(global.set $g (i64.add (global.get $g) (i64.const 1))) (global.set $h (f32.add (global.get $h) (f32.const 1)))',
  )}`,
  'table.set': `(table $t 100 externref)
    ${loop('i32', 2e6, '(table.set $t (i32.and (local.get $i) (i32.const 63)) (table.get $t (i32.and (i32.mul (local.get $i) (i32.const 7)) (i32.const 63))))')}`,
  'i32.atomic.rmw.add': `(memory 1 1 shared) ${set('i32', 1e6, '(i32.atomic.rmw.add (i32.const 64) (local.get $i))')}`,
  'i32.atomic.load': `(memory 1 1 shared) ${set('i32', 1e6, '(i32.add (local.get $x) (i32.atomic.load (i32.and (local.get $i) (i32.const 1020))))')}`,
  'memory.grow': `(memory 1) (func (export "run") (result i32) (local $i i32) (loop $l (drop (memory.grow (i32.const 1)))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 300)))) (local.get $i))`,
  br_table: set(
    'i32',
    2e6,
    `(block $c (result i32) (block $b (block $a (br_table $a $b $a (i32.and (local.get $i) (i32.const 3))))
      (br $c (i32.add (local.get $x) (i32.const 5)))) (i32.add (local.get $x) (i32.const 7)))`,
  ),
}

/** Calls of an export by JavaScript. */
const exports_ = {
  'export i32': [
    function_('i32', 'i32'),
    (f, n) => {
      let x = 0
      for (let k = 0; k < n; k++) x = f(x)
      return x
    },
  ],
  'export six': [
    function_('i32 i32 i32 f32 f32 f64', 'i32'),
    (f, n) => {
      let x = 0
      for (let k = 0; k < n; k++) x = f(x, k, k, k, k, k)
      return x
    },
  ],
  'export f32': [
    function_('f32', 'f32'),
    (f, n) => {
      let x = 0
      for (let k = 0; k < n; k++) x = f(x)
      return x
    },
  ],
  'export i64': [
    function_('i64', 'i64'),
    (f, n) => {
      let x = 0n
      for (let k = 0; k < n; k++) x = f(x)
      return x
    },
  ],
  'export externref': [
    '(func (export "f") (param externref) (result externref) (local.get 0))',
    (f, n) => {
      let x = {}
      for (let k = 0; k < n; k++) x = f(x)
      return x
    },
  ],
}

/** The fastest of six runs in milliseconds; a fresh instance each, as memories grow. */
function time(namespace, text, run) {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const module = new namespace.Module(parseModule(`(module ${text})`))
    const host = { i32: (x) => x + 1, f64: (x) => x + 1, i64: (x) => x + 1n, ref: (x) => x }
    const x = new namespace.Instance(module, { m: host }).exports
    for (let k = 0; k < 2; k++) {
      const start = performance.now()
      run(x)
      best = Math.min(best, performance.now() - start)
    }
  }
  return best
}

export function main({ only, json }) {
  const cases = {
    ...Object.fromEntries(Object.entries(loops).map(([name, text]) => [name, [text, (x) => x.run()]])),
    ...Object.fromEntries(
      Object.entries(exports_).map(([name, [text, call]]) => {
        // A function of its own for each engine, or they would share what V8 learns.
        return [name, [text, (x) => new Function(`return ${call}`)()(x.f, 3e5)]]
      }),
    ),
  }
  const names = only === undefined ? Object.keys(cases) : only.split(',')
  const wrong = names.find((name) => !(name in cases))
  if (wrong !== undefined) {
    console.error(`no such case: ${wrong}; there are ${Object.keys(cases).join(', ')}`)
    process.exit(2)
  }
  const rows = names.map((name) => {
    const [text, run] = cases[name]
    const native = time(WebAssembly, text, run)
    const ratio = (engine) => Number((time(createWebAssembly(engine), text, run) / native).toFixed(1))
    const row = {
      name,
      native: Number(native.toFixed(1)),
      compiler: ratio('compiler'),
      interpreter: ratio('interpreter'),
    }
    if (!json) {
      if (name === names[0])
        console.log(
          `${''.padEnd(24)}${'native, ms'.padStart(12)}${'compiler ×'.padStart(12)}${'interpreter ×'.padStart(15)}`,
        )
      console.log(
        `${name.padEnd(24)}${String(row.native).padStart(12)}${String(row.compiler).padStart(12)}${String(row.interpreter).padStart(15)}`,
      )
    }
    return row
  })
  if (json) console.log(JSON.stringify({ rows }))
}
