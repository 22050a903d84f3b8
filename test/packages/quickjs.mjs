// What QuickJS is given to do, whichever package it is in and however that is compiled.

const program = (primes) => `
  const primes = []; for (let n = 2; primes.length < ${primes}; n++) if (primes.every((p) => p * p > n || n % p)) primes.push(n);
  class Shape { constructor(w, h) { Object.assign(this, { w, h }) } get area() { return this.w * this.h } }
  function* fib() { let [a, b] = [0n, 1n]; for (;;) { yield a; [a, b] = [b, a + b] } }
  let big; for (const f of fib()) if (f > 10n ** 60n) { big = f; break }
  JSON.stringify({ last: primes.at(-1), area: new Shape(3, 1.1).area, big: String(big), sorted: primes.map(String).sort().slice(0, 10),
    re: 'a1b22c333'.replace(/\\d+/g, (d) => '<' + d.length + '>'), twice: twice(21), date: new Date(86400000).toISOString() })`

/** Evaluates a program, which finds so many primes and calls a host function, and one that fails. Gives the result and the error's message. */
export function evaluate(vm, primes) {
  const twice = vm.newFunction('twice', (n) => vm.newNumber(vm.getNumber(n) * 2))
  vm.setProp(vm.global, 'twice', twice)
  twice.dispose()
  const value = vm.unwrapResult(vm.evalCode(program(primes)))
  const text = vm.getString(value)
  value.dispose()
  return { text, error: failure(vm, 'null.x') }
}

/** The message of the error with which a program ends. */
export function failure(vm, source) {
  const { error } = vm.evalCode(source)
  const { message } = vm.dump(error)
  error.dispose()
  return message
}
