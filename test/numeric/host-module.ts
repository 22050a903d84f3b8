// Modules for the host's own WebAssembly, written by hand, that export one function per operator: the oracle of the tests in this folder.
// Floats cross the border as integers, because a JavaScript number may lose a NaN's bits.
import { F32, F64, I32, I64, V128, type ValType } from '../../src/syntax/types.ts'

interface HostFunc {
  name: string
  params: readonly ValType[]
  results: readonly ValType[]
  body: readonly number[]
}

export function leb(n: number): number[] {
  return n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)]
}

const vec = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()]
const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content]

/** An opcode as the binary format writes it; see enum Op. */
export const opcode = (op: number): number[] => (op < 0x200 ? [op] : [0xfa + (op >>> 9), ...leb(op & 0x1ff)])

/** A module of these functions with a memory of one page, exported as `memory`, on the host. */
export function hostModule(funcs: readonly HostFunc[]): WebAssembly.Exports {
  const { WebAssembly } = globalThis
  return new WebAssembly.Instance(new WebAssembly.Module(moduleOf(funcs))).exports
}

/** The same as a binary. */
export function moduleOf(funcs: readonly HostFunc[]): Uint8Array<ArrayBuffer> {
  const name = (s: string) => vec([...new TextEncoder().encode(s)].map((b) => [b]))
  const types = funcs.map((f) => [0x60, ...vec(f.params.map((t) => [t])), ...vec(f.results.map((t) => [t]))])
  const codes = funcs.map((f) => {
    const body = [0, ...f.body, 0x0b]
    return [...leb(body.length), ...body]
  })
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vec(types)),
    ...section(3, vec(funcs.map((_, i) => leb(i)))),
    ...section(5, [1, 0, 1]),
    ...section(7, vec([[...name('memory'), 2, 0], ...funcs.map((f, i) => [...name(f.name), 0, ...leb(i)])])),
    ...section(10, vec(codes)),
  ]
  return new Uint8Array(bytes)
}

const asInt = (t: ValType): ValType => (t === F32 ? I32 : t === F64 ? I64 : t)
const get = (index: number, t: ValType): number[] => [
  0x20,
  ...leb(index),
  ...(t === F32 ? [0xbe] : t === F64 ? [0xbf] : []),
]

/** A scalar operator as a function on integers. */
export function scalarFunc(name: string, op: number, params: readonly ValType[], result: ValType): HostFunc {
  const after = result === F32 ? [0xbc] : result === F64 ? [0xbd] : []
  const body = [...params.flatMap((t, i) => get(i, t)), ...opcode(op), ...after]
  return { name, params: params.map(asInt), results: [asInt(result)], body }
}

const load = (at: number): number[] => [0x41, 0, 0xfd, 0, 4, ...leb(at)]

/**
 * A vector operator: vector operands are loaded from addresses 0, 16, 32, scalar ones are parameters, and a vector result is stored at 48.
 * @param prepare instructions that a vector operand goes through first
 */
export function vectorFunc(
  name: string,
  op: number,
  imms: readonly number[],
  params: readonly ValType[],
  result: ValType,
  prepare: readonly number[] = [],
): HostFunc {
  const scalars = params.filter((t) => t !== V128)
  let vectors = 0
  let locals = 0
  const operands = params.flatMap((t) => (t === V128 ? [...load(16 * vectors++), ...prepare] : get(locals++, t)))
  const apply = [...operands, ...opcode(op), ...imms]
  const after = result === F32 ? [0xbc] : result === F64 ? [0xbd] : []
  const body = result === V128 ? [0x41, 0, ...apply, 0xfd, 11, 4, 48] : [...apply, ...after]
  return { name, params: scalars.map(asInt), results: result === V128 ? [] : [asInt(result)], body }
}
