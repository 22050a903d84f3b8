// Runs a generated module on the host's own WebAssembly.
import { answer, callsOf, type Driver, digest, type Subject, show, THING, transcript } from './run.ts'

/** V8's texts by the traps that they stand for; a text may stand for several. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^unreachable/, 'unreachable'],
  [/divide by zero|remainder by zero/, 'integer divide by zero'],
  [/divide result unrepresentable/, 'integer overflow'],
  [/float unrepresentable/, 'integer overflow|invalid conversion to integer'],
  // An atomic access that is both: the specification does not say which comes first.
  [/memory access out of bounds/, 'out of bounds memory access|unaligned atomic'],
  [
    /segment.*out of bounds|out of bounds.*segment/,
    'out of bounds memory access|out of bounds table access|out of bounds array access',
  ],
  [
    /table index is out of bounds|table access out of bounds|table.*out of bounds/,
    'undefined element|out of bounds table access',
  ],
  [/function signature mismatch/, 'uninitialized element|indirect call type mismatch'],
  [/^null function$/, 'uninitialized element|null function reference'],
  [/unaligned/, 'unaligned atomic|out of bounds memory access'],
  [/Atomics.wait|shared/i, 'expected shared memory|atomic wait not allowed'],
  [
    /dereferencing a null pointer/,
    'null reference|null function reference|null structure reference|null array reference|null i31 reference|null exception reference',
  ],
  [/illegal cast/, 'cast failure'],
  // An array.copy may be that and have no array to copy from.
  [/array element access out of bounds/, 'out of bounds array access|null array reference'],
  [/requested new array is too large/, 'array too large'],
]

/** Whether a trap of ours may be what the host said. */
export function sameOutcome(ours: string, host: string): boolean {
  if (ours === host) return true
  if (!ours.startsWith('! ') || !host.startsWith('! ')) return false
  const known = TEXTS.find(([text]) => text.test(host.slice(2)))
  return known?.[1].split('|').includes(ours.slice(2)) ?? false
}

/** The host's WebAssembly, as far as it is used here; the project has no types of a page. */
interface Native {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> }
  Exception?: new () => object
}
const native = (globalThis as Record<string, unknown>).WebAssembly as Native | undefined

function compiled({ Module }: Native, bytes: Uint8Array): object | undefined {
  try {
    return new Module(bytes)
  } catch {
    return undefined
  }
}

/** Runs it on the host's WebAssembly; undefined where the host lacks something that the module uses. */
export function runHost(s: Subject): string[] | undefined {
  const module = native === undefined ? undefined : compiled(native, s.bytes)
  if (native === undefined || module === undefined) return undefined
  const log: string[] = []
  const h = (a: number, b: number, c: bigint) => {
    log.push([a, b, c].map(show).join(','))
    return answer(a, c, exports.back as (n: number) => number)
  }
  const { exports }: { exports: Record<string, unknown> } = new native.Instance(module, {
    m: { h, x: THING },
  })
  const driver: Driver = {
    refuel: (units) => {
      ;(exports.fuel as { value: number }).value = units
    },
    call(name, args) {
      try {
        const result = (exports[name] as (...args: unknown[]) => unknown)(...args)
        return `= ${(result === undefined ? [] : Array.isArray(result) ? result : [result]).map(show).join(' ')}`
      } catch (e) {
        if (native.Exception !== undefined && e instanceof native.Exception) return '! exception'
        return `! ${(e as Error).message}`
      }
    },
    back: exports.back as (n: number) => number,
    state: () => Object.values(exports).map(state).join(' '),
    consumed: () => 0,
  }
  return transcript(driver, log, callsOf(s)).lines
}

function state(x: unknown): string {
  const { value, buffer, length } = x as { value?: unknown; buffer?: ArrayBufferLike; length?: number | bigint }
  if (typeof x === 'function') return ''
  if (buffer !== undefined) return digest(buffer)
  if (length === undefined) return show(value)
  const table = x as { get(k: number | bigint): unknown }
  const wide = typeof length === 'bigint'
  const shown = (e: unknown) =>
    e === null ? '-' : typeof e === 'function' ? `f${e.name}` : e === THING ? 'x' : typeof e === 'number' ? e : 'o'
  return `[${Array.from({ length: Number(length) }, (_, k) => shown(table.get(wide ? BigInt(k) : k))).join('')}]`
}
