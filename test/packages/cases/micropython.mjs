// MicroPython: classes, generators, big integers, exceptions, and calls of JavaScript.
import { loadMicroPython } from '@micropython/micropython-webassembly-pyscript/micropython.mjs'

export async function load() {
  const lines = []
  const mp = await loadMicroPython({ stdout: (line) => lines.push(line), linebuffer: true, heapsize: 4 << 20 })
  return { mp, lines }
}

const PROGRAM = `
import js, json, math
class V:
    def __init__(self, *xs): self.xs = xs
    def __add__(self, o): return V(*(a + b for a, b in zip(self.xs, o.xs)))
    def __repr__(self): return 'V%r' % (self.xs,)
def primes(n):
    sieve = bytearray(n + 1)
    for i in range(2, n + 1):
        if not sieve[i]:
            yield i
            for j in range(i * i, n + 1, i): sieve[j] = 1
print(V(1, 2.5) + V(3, 4), sum(primes(20000)), 3 ** 200 % 10 ** 30, math.sin(1))
try:
    {}['x']
except KeyError as e:
    print('KeyError', e)
print(json.dumps(sorted({'b': [1, None], 'a': True}.items())), js.Math.max(3, 9, 4), '%08.3f|%s' % (math.pi, 'é'[0]))
def twice(x): return x * 2
`

export function task({ mp, lines }) {
  lines.length = 0
  mp.runPython(PROGRAM)
  return { lines: [...lines], twice: mp.globals.get('twice')(21) }
}
