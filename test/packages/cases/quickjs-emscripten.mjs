// quickjs-emscripten: a JavaScript engine that evaluates a program, calls a host function, and is interrupted.
import { getQuickJS, shouldInterruptAfterDeadline } from 'quickjs-emscripten'

export const load = () => getQuickJS()

const PROGRAM = `
  const primes = []; for (let n = 2; primes.length < 2000; n++) if (primes.every((p) => p * p > n || n % p)) primes.push(n);
  class Shape { constructor(w, h) { Object.assign(this, { w, h }) } get area() { return this.w * this.h } }
  function* fib() { let [a, b] = [0n, 1n]; for (;;) { yield a; [a, b] = [b, a + b] } }
  let big; for (const f of fib()) if (f > 10n ** 60n) { big = f; break }
  JSON.stringify({ last: primes.at(-1), area: new Shape(3, 1.1).area, big: String(big), sorted: primes.map(String).sort().slice(0, 10),
    re: 'a1b22c333'.replace(/\\d+/g, (d) => '<' + d.length + '>'), twice: twice(21), date: new Date(86400000).toISOString() })`

export function task(quickjs) {
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
  vm.runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + 50))
  const endless = vm.evalCode('for (;;);')
  const interrupted = vm.dump(endless.error)
  endless.error.dispose()
  vm.dispose()
  return { text, error: error.message, interrupted: interrupted.message }
}
