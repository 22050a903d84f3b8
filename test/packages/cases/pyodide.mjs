// pyodide: CPython and its standard library run a script.
import { loadPyodide } from 'pyodide'

export const load = () => loadPyodide({ stdout: () => {}, env: { PYTHONHASHSEED: '0' } })

const PROGRAM = `
import collections, dataclasses, datetime, decimal, fractions, hashlib, itertools, json, math, re, statistics, sys, zlib
@dataclasses.dataclass(order=True)
class P:
    x: int
    y: float = 0.5
def collatz(n):
    k = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        k += 1
    return k
decimal.getcontext().prec = 40
try:
    int('x')
except ValueError as e:
    error = str(e)
json.dumps([
    sys.version_info[:2], max(range(1, 5000), key=collatz), str(P(3)), sorted([P(2), P(1, 9.0)])[0].y,
    collections.Counter(re.findall(r'[a-z]+', 'the cat and the dog and the bird')).most_common(2), str(decimal.Decimal(2).sqrt()),
    str(sum(fractions.Fraction(1, n) for n in range(1, 30))), hashlib.sha256(b'x' * 10000).hexdigest(), len(zlib.compress(bytes(range(256)) * 50)),
    statistics.stdev([1, 2, 4, 8.5]), list(itertools.islice(itertools.permutations('abc'), 3)), math.factorial(50), error,
    datetime.date(2024, 2, 29).isoformat(), f'{math.pi:.12f}', 2 ** 0.5, repr(1e22), round(2.675, 2)])
`

export function task(pyodide) {
  const twice = pyodide.runPython('lambda x: x * 2')
  const result = { text: pyodide.runPython(PROGRAM), twice: twice(21) }
  twice.destroy()
  return result
}
