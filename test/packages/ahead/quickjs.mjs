// QuickJS as WebAssembly: it evaluates a program, calls a host function, and reports an error.

import { QuickJSFFI } from 'file-of-quickjs/ffi'
import loadModule from 'file-of-quickjs/module'
import { newQuickJSWASMModuleFromVariant } from 'quickjs-emscripten-core'

const PROGRAM = `
  const primes = []; for (let n = 2; primes.length < 200; n++) if (primes.every((p) => p * p > n || n % p)) primes.push(n);
  class Shape { constructor(w, h) { Object.assign(this, { w, h }) } get area() { return this.w * this.h } }
  function* fib() { let [a, b] = [0n, 1n]; for (;;) { yield a; [a, b] = [b, a + b] } }
  let big; for (const f of fib()) if (f > 10n ** 60n) { big = f; break }
  JSON.stringify({ last: primes.at(-1), area: new Shape(3, 1.1).area, big: String(big), sorted: primes.map(String).sort().slice(0, 10),
    re: 'a1b22c333'.replace(/\\\\d+/g, (d) => '<' + d.length + '>'), twice: twice(21), date: new Date(86400000).toISOString() })`

const variant = {
  type: 'sync',
  importFFI: () => Promise.resolve(QuickJSFFI),
  importModuleLoader: () =>
    Promise.resolve((options) =>
      loadModule({ ...options, instantiateWasm: (imports, done) => void done(output.instantiateSync(imports)) }),
    ),
}
newQuickJSWASMModuleFromVariant(variant)
  .then((quickjs) => {
    const vm = quickjs.newContext()
    const twice = vm.newFunction('twice', (n) => vm.newNumber(vm.getNumber(n) * 2))
    vm.setProp(vm.global, 'twice', twice)
    twice.dispose()
    const value = vm.unwrapResult(vm.evalCode(PROGRAM))
    const text = vm.getString(value)
    value.dispose()
    const failed = vm.evalCode('null.x')
    const error = vm.dump(failed.error)
    failed.error.dispose()
    vm.dispose()
    print(JSON.stringify([text, error.message]))
  })
  .catch((e) => print(`failed: ${e}\n${e.stack}`))
