// Run inside QuickJS: recursion, objects with methods, strings and sorting, arithmetic in a loop.
;(() => {
  const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2))

  class Particle {
    constructor(x, v) {
      this.x = x
      this.v = v
    }
    step(dt) {
      this.x += this.v * dt
      if (this.x > 100 || this.x < 0) this.v = -this.v
      return this.x
    }
  }
  const particles = Array.from({ length: 60 }, (_, k) => new Particle(k, (k % 7) - 3.5))
  let sum = 0
  for (let t = 0; t < 60; t++) for (const p of particles) sum += p.step(0.25)

  const words = []
  for (let k = 0; k < 900; k++) words.push('w' + ((k * 7919) % 1000).toString(36))
  words.sort()
  const counts = new Map()
  for (const w of words) counts.set(w.slice(0, 2), (counts.get(w.slice(0, 2)) ?? 0) + 1)
  const text = [...counts]
    .map(([k, n]) => `${k}=${n}`)
    .join('&')
    .replace(/w(\w)/g, '$1')

  let hash = 0
  for (let k = 0; k < 20000; k++) hash = (Math.imul(hash, 31) + (k ^ (hash >>> 7))) | 0

  const sieve = new Uint8Array(8000)
  let primes = 0
  for (let k = 2; k < sieve.length; k++) {
    if (sieve[k]) continue
    primes++
    for (let m = k * k; m < sieve.length; m += k) sieve[m] = 1
  }
  const tree = (d) => (d === 0 ? null : { left: tree(d - 1), right: tree(d - 1) })
  const count = (t) => (t === null ? 0 : 1 + count(t.left) + count(t.right))
  return JSON.stringify([fib(16), Math.round(sum * 1000), text.length, hash, primes, count(tree(9))])
})()
