// Has V8 see what the loop's instructions do before a large program begins. V8 optimises the loop for the instructions that it has run so far; each further
// one throws that code away, and a program would spend its first seconds in the meantime. So a module of all the loop's instructions runs for a millisecond.
import { decode } from '../binary/decode.ts'
import { FuncInst, type ModuleInst } from '../runtime/instances.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { Store } from '../runtime/store.ts'
import { ADDR, type Row, rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I32, I64, type ValType } from '../syntax/types.ts'
import { Inner } from './lowered.ts'
import { frameCode, Moved, type Target, type Tier } from './machine.ts'

/** The locals of the training function: a pair of each type to read, its parameters, and one of each to write. */
const PAIRS = new Map<ValType, [number, number]>([
  [I32, [0, 1]],
  [I64, [2, 3]],
  [F32, [4, 5]],
  [F64, [6, 7]],
])
const ADDRESS = 8
const TURNS = 9
const RESULTS = new Map<ValType, number>([
  [I32, 10],
  [I64, 11],
  [F32, 12],
  [F64, 13],
])
const GLOBALS = [I32, I64, F64] as const
/** Function indices: of the host, two small ones, and the training function. */
const [HOST, INT, FLOAT, TRAINEE] = [0, 1, 2, 3]
const SMALL = 3
/** 2^63 - 1. */
const LARGEST = [255, 255, 255, 255, 255, 255, 255, 255, 255, 0]

const u32 = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...u32(n >>> 7)])
const sized = (bytes: readonly number[]): number[] => [...u32(bytes.length), ...bytes]
const get = (local: number): number[] => [Op.local_get, local]
const set = (type: ValType): number[] => [Op.local_set, RESULTS.get(type)!]
const block = (...inside: readonly number[][]): number[] => [Op.block, 0x40, ...inside.flat(), Op.end]
/** A constant of a type, 3. */
const constant = (type: ValType): number[] =>
  type === I32 || type === I64
    ? [type === I32 ? Op.i32_const : Op.i64_const, SMALL]
    : type === F32
      ? [Op.f32_const, 0, 0, 0x40, 0x40]
      : [Op.f64_const, 0, 0, 0, 0, 0, 0, 8, 0x40]

/** An operator on registers and with a constant, and what it decides where it is a comparison. */
function operator({ op, params, results }: Row): number[] {
  const [type, second] = params as [ValType, ValType?]
  const [a, b] = PAIRS.get(type)!
  const forms =
    second === undefined
      ? [[...get(a), op]]
      : [
          [...get(a), ...get(b), op],
          [...get(a), ...constant(second), op],
        ]
  // Products of which V8 sees more than 32 bits.
  if (second === I64) forms.push([...get(a), Op.i64_const, ...LARGEST, op])
  const [result] = results as [ValType]
  return forms.flatMap((form) => [
    ...form,
    ...set(result),
    ...(result === I32 ? [...block(form, [Op.br_if, 0]), ...form, Op.if_, 0x40, Op.end] : []),
  ])
}

/** A load or store at an address in a register, a sum, and a scaled one. */
function access({ op, params, results }: Row): number[] {
  const addresses = [get(ADDRESS), [...get(ADDRESS), ...constant(I32), Op.i32_add]]
  addresses.push([...get(ADDRESS), ...constant(I32), Op.i32_shl], [...addresses[1]!, ...constant(I32), Op.i32_shl])
  const value = params[1]
  return addresses.flatMap((address) =>
    value === undefined
      ? [...address, op, 0, 8, ...set(results[0]!)]
      : [...address, ...get(PAIRS.get(value)![0]), op, 0, 8],
  )
}

/** What the table has no types for. */
function others(): number[] {
  const [a] = PAIRS.get(I32)!
  const out = [
    ...block(block(get(a), [Op.br_table, 1, 0, 1])),
    ...block(get(a), [Op.br_if, 0, Op.br, 0]),
    ...block(get(a), [Op.i32_eqz, Op.br_if, 0]),
    ...[...get(a), Op.if_, 0x40, Op.else_, Op.end],
    ...[...get(a), Op.call, INT, ...set(I32), ...get(a), Op.call, HOST, ...set(I32)],
    ...[...get(PAIRS.get(F64)![0]), Op.call, FLOAT, ...set(F64)],
    ...[...get(a), ...get(a), Op.i32_const, 1, Op.i32_and, Op.call_indirect, 0, 0, ...set(I32)],
    ...[Op.memory_size, 0, ...set(I32)],
    ...fused(a),
  ]
  for (const [type, [x, y]] of PAIRS)
    out.push(
      ...get(x),
      ...set(type),
      ...constant(type),
      ...set(type),
      ...get(x),
      ...get(y),
      ...get(a),
      Op.select,
      ...set(type),
    )
  GLOBALS.forEach((type, g) => {
    out.push(...get(PAIRS.get(type)![0]), Op.global_set, g, Op.global_get, g, ...set(type))
  })
  return out
}

/** What becomes one instruction of register code. */
function fused(a: number): number[] {
  const state = RESULTS.get(I32)!
  const sum = (...addend: number[]) => [...get(a), Op.i64_extend_i32_u, ...addend, Op.i64_add, ...set(I64)]
  const next = block(block(get(state), [Op.br_table, 1, 0, 1]), [Op.i32_const, 1], set(I32), [Op.br, 1])
  return [
    ...sum(...constant(I64)),
    ...sum(Op.i64_const, ...LARGEST),
    ...[...get(a), ...constant(I32), Op.i32_add, Op.local_tee, state, Op.global_set, 0],
    // Where nothing is loaded from: NaNs are there.
    ...[...get(ADDRESS), ...constant(I64), Op.i64_store, 0, 64],
    ...[Op.i32_const, 0, ...set(I32), Op.loop, 0x40, ...next, Op.end],
  ]
}

/** The module: a loop around everything. */
function source(): Uint8Array {
  const plain = rows.filter((r): r is Row => r !== undefined && !r.poly && r.op < Op.i32_extend8_s + 5)
  const body = [
    ...plain.filter((r) => r.imms.length === 0 && r.params.length > 0).flatMap(operator),
    ...plain.filter((r) => r.imms[0] === 'memarg' && r.params[0] === ADDR).flatMap(access),
    ...others(),
  ]
  const turn = [...get(TURNS), Op.i32_const, 1, Op.i32_sub, Op.local_tee, TURNS, Op.br_if, 0]
  const code = (locals: number[], ...bytes: number[]) => sized([...locals, ...bytes, Op.end])
  const types = [...PAIRS.keys()]
  const byte = (t: ValType): number => 0x7f - [I32, I64, F32, F64].indexOf(t)
  const params = [...types.flatMap((t) => [byte(t), byte(t)]), 0x7f, 0x7f]
  const section = (id: number, count: number, ...bytes: number[]) => [id, ...sized([count, ...bytes])]
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 3, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 1, 0x7c, 1, 0x7c, 0x60, ...sized(params), 0),
    ...section(2, 1, 0, 0, 0, 0),
    ...section(3, 3, 0, 1, 2),
    ...section(4, 1, 0x70, 0, 2),
    ...section(5, 1, 0, 1),
    ...section(6, GLOBALS.length, ...GLOBALS.flatMap((t) => [byte(t), 1, ...constant(t), Op.end])),
    ...section(7, 1, 1, 0x74, 0, TRAINEE),
    ...section(9, 1, 0, Op.i32_const, 0, Op.end, 2, HOST, INT),
    ...section(
      10,
      3,
      ...code([1, 1, 0x7f], ...get(0)),
      ...code([1, 1, 0x7c], ...get(0)),
      ...code([types.length, ...types.flatMap((t) => [1, byte(t)])], Op.loop, 0x40, ...body, ...turn, Op.end),
    ),
  ])
}

/** Arguments that make V8 expect all int32s and floats of all sizes and both outcomes of each comparison, and that trap nowhere. */
const ARGUMENTS = [
  [0x7fffffff, -15, -1, 0x7fffffff, -9, 0x7ffffff0, 70000.5, 3, 1e9, 0.5, 24],
  [-0x7fffffff, -5, 0x7fffffff, 0x7fffffff, 0x7ffffff0, 0x7ffffff0, 0.25, 0.5, 0.25, 2, 40],
  [-7, -2, -0x7fffffff, -0x7fffffff, 0x7ffffff0, 0x7ffffff0, 3, 3, 3, 3, 8],
  [5, 3, 5, 0, 3, 0, 1.5, 2.5, 1.5, 2.5, 16],
  [3, 3, 3, 0, 3, 0, 3, 3, 3, 3, 8],
  [0, 9, 0, 0, 9, 0, 0, 1, 0, 1, 8],
]
/** V8 keeps no feedback of the first calls, and begins to optimise in the second round. */
const ROUNDS = 3
/** Frames that the loop's stack has room for from the start. */
const DEPTH = 4096

/** Takes over nothing, but is asked now and then. */
const tier: Tier = {
  heat: () => 2,
  hot(func, f) {
    f.heat = 2
    // So that the loop makes register code in later rounds, too.
    if (func.index < TRAINEE) (func.engine as Target).lowered = undefined
  },
  loop(f, pc) {
    f.heat = 2
    return f.code[pc + 1] === Inner.hot ? -1 : pc + 1
  },
}

let trained = false

/** Does it once in a process. `interpret` has the interpreter run a function. */
export function train(interpret: (func: FuncInst, tier: Tier) => void): void {
  if (trained) return
  trained = true
  while (frameCode.length < DEPTH) frameCode.push(undefined as never)
  const link = (inst: ModuleInst) => {
    for (const func of inst.funcs.slice(inst.importedFuncs)) interpret(func, tier)
  }
  const store = new Store({ name: 'training', link, frames: () => [] })
  const module = decode(source())
  const type = store.registry.types[store.registry.add(module.recTypes)[0]!]!
  const host = new FuncInst(type, (x: number) => x, undefined, -1)
  host.engine = new Moved([0], [0])
  const inst = instantiate(store, module, [host])
  const trainee = inst.exports.get('t') as FuncInst
  for (let k = 0; k < ROUNDS; k++) for (const args of ARGUMENTS) trainee.code(...args, 1)
}
