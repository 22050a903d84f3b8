// What rewriting looks at: the settings of one module's rewriting, and what a first walk over a function finds.
import { CALLS, CodeReader, opensBlock } from '../binary/code.ts'
import type { Meter } from '../runtime/metering.ts'
import { type Imm, type Row, rows } from '../syntax/instructions.ts'
import type { Func, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { type FuncType, type MemType, type TableType, V128, type ValType } from '../syntax/types.ts'
import { HELPER_OF, SAME_AS } from './lower.ts'
import type { Slot } from './slots.ts'

/** Reasons that rewritten code leaves before it traps. */
export const WHY = { fuel: 1, depth: 2, conversion: 3, uninitialized: 4, array: 5, range: 6 } as const
/** What the entries of the table of hooks are. */
export const HOOK = { fuel: 0, ticks: 1, growMemory: 2, growTable: 3, check: 4, room: 5, made: 6, thrown: 7 } as const

/** What a module's functions are given; indices are those of the rewritten module. */
export interface Control {
  readonly module: Module
  readonly meter: Meter
  readonly fuel: boolean
  readonly ticks: boolean
  readonly depth: boolean
  /** Most calls inside an outermost one. */
  readonly maxDepth: number
  readonly growth: boolean
  readonly traps: boolean
  readonly nans: boolean
  readonly arrays: boolean
  /** Whether the bytes of structs, arrays and exceptions are counted. */
  readonly bytes: boolean
  /** Most elements of an array of a type, by its index. */
  mostElements(type: number): number
  /** Globals from this index on move up by `shift`. */
  readonly firstGlobal: number
  readonly shift: number
  readonly globals: {
    readonly slice: number
    readonly ticks: number
    readonly depth: number
    readonly why: number
    readonly arg: number
    readonly bytes: number
  }
  readonly hookTable: number
  /** Whether memories or types are rewritten. */
  readonly lowers: boolean
  /** The global with the exception that was raised last, where exceptions are objects; whether raising one tells it, and whether a handler has asked. */
  readonly exn: { readonly last: number; readonly records: boolean; isCaught: boolean } | undefined
  /** Whether memories but the first are reached through slots. */
  readonly splits: boolean
  /** Types of hooks: of three int32s and two, each giving one. */
  readonly tickType: number
  readonly growType: number
  /** The type without parameters and with these results, for blocks. */
  blockType(results: FuncType['results']): number
  tableType(index: number): TableType
  memoryType(index: number): MemType
  /** The instruction that stands for one that the host lacks, or the index of a function that does; undefined where it stays. */
  lowered(op: Op): { same: Op } | { helper: number } | undefined
  /** The index of a function that does a wait, whose immediates have just been read; undefined where the host does it right. */
  wait(op: Op, r: CodeReader): number | undefined
  /** A type as the host has it. */
  erased(t: ValType): ValType
  /** A function that gives back an array and three numbers, and traps where a range from the first, as long as the third, is not in the array. */
  arrayCheck(type: number): number
  /** An entry of the table of hooks, and its type. */
  slot(slot: Slot): { index: number; type: number }
  /** A tag's parameters, as the host has them. */
  tagParams(tag: number): readonly ValType[]
  /** What counts structs or arrays of a type, by its index. */
  objects(type: number): Counter
  /** What counts exceptions with a tag; undefined where they need not be. */
  exceptions(tag: number): Counter | undefined
  /** Whether a function, by its index, counts nothing and calls nothing. */
  isPlain(func: number): boolean
}

/** How bytes of objects of one kind are counted. */
export interface Counter {
  /** What each takes; of an array, each element. */
  readonly bytes: number
  /** The index of the function that takes and gives a struct that is to be remembered, takes and gives an array and counts it, or takes what an exception carries and throws it. */
  readonly func: number
  /** The type of a block with what the function takes and gives. */
  readonly type: number
}

/** Most that a loop's body may charge for its slow path to stand outside. */
export const MAX_BODY = 1 << 24

export enum Act {
  none,
  u32,
  skip,
  label,
  special,
}
const SINGLE = new Set<Imm>(['label', 'func', 'type', 'table', 'memory', 'global', 'local', 'tag', 'elem', 'data'])
/** Instructions whose last operand says how much they do at once. */
export const BULK: ReadonlySet<Op> = new Set<Op>([
  Op.memory_fill,
  Op.memory_copy,
  Op.memory_init,
  Op.table_fill,
  Op.table_copy,
  Op.table_init,
  Op.array_fill,
  Op.array_copy,
  Op.array_init_data,
  Op.array_init_elem,
])
const SPECIAL = new Set<Op>([
  ...BULK,
  ...SAME_AS.keys(),
  ...HELPER_OF.keys(),
  Op.block,
  Op.loop,
  Op.if_,
  Op.try_,
  Op.try_table,
  Op.end,
  Op.delegate,
  Op.br_table,
  Op.br_on_cast,
  Op.br_on_cast_fail,
  ...CALLS,
  Op.return_,
  Op.throw_,
  Op.rethrow,
  Op.throw_ref,
  Op.catch_,
  Op.catch_all,
  Op.global_get,
  Op.global_set,
  Op.ref_as_non_null,
  Op.br_on_null,
  Op.br_on_non_null,
  Op.memory_atomic_wait32,
  Op.memory_atomic_wait64,
  Op.memory_grow,
  Op.array_init_elem,
  Op.table_grow,
  Op.struct_new,
  Op.struct_new_default,
  Op.array_new,
  Op.array_new_default,
  Op.array_new_fixed,
  Op.array_new_data,
  Op.array_new_elem,
  Op.i32_trunc_f32_s,
  Op.i32_trunc_f32_u,
  Op.i32_trunc_f64_s,
  Op.i32_trunc_f64_u,
  Op.i64_trunc_f32_s,
  Op.i64_trunc_f32_u,
  Op.i64_trunc_f64_s,
  Op.i64_trunc_f64_u,
])
const actsOf = (special: (row: Row) => boolean): Uint8Array =>
  Uint8Array.from(rows, (row) => {
    if (row === undefined) return Act.skip
    if (special(row)) return Act.special
    if (row.imms.length === 1 && row.imms[0] === 'label') return Act.label
    if (row.imms.length === 0) return Act.none
    return row.imms.length === 1 && SINGLE.has(row.imms[0]!) ? Act.u32 : Act.skip
  })
/** Immediates of instructions that may have a memory or a type which the host has otherwise. */
const LOWERED = new Set<Imm>(['memarg', 'memory', 'data', 'types'])
const isLowered = (row: Row): boolean => row.op === Op.ref_null || row.imms.some((imm) => LOWERED.has(imm))
const ACTS = [false, true].map((lowers) =>
  [false, true].map((nans) => actsOf((row) => SPECIAL.has(row.op) || (nans && row.nan) || (lowers && isLowered(row)))),
)
/** What to do about each instruction, by opcode. */
export const actsFor = ({ nans, lowers }: Pick<Control, 'nans' | 'lowers'>): Uint8Array =>
  ACTS[Number(lowers)]![Number(nans)]!

const ON_REFS = new Set([Op.ref_as_non_null, Op.br_on_null, Op.br_on_non_null, Op.call_ref, Op.return_call_ref])

/** What a first walk finds: whether the function calls, catches, and which loops are simple. */
export interface Shape {
  calls: boolean
  catches: boolean
  loops: boolean
  /** Whether vectors of floats are to become canonical. */
  vectors: boolean
  /** Whether it fills, copies or initialises, and is to be stopped between such instructions. */
  bulk: boolean
  /** Whether it looks into references to functions, or calls by one. */
  refs: boolean
  /** Offsets of innermost loops that call nothing, with their ends. */
  simple: Map<number, number>
}

export function shapeOf(func: Func, asked: Pick<Control, 'growth' | 'nans' | 'ticks'>): Shape {
  const r = new CodeReader(func.body)
  const shape: Shape = {
    calls: false,
    catches: false,
    loops: false,
    vectors: false,
    bulk: false,
    refs: false,
    simple: new Map(),
  }
  const acts = actsFor({ nans: asked.nans, lowers: false })
  const open: number[] = [-1]
  /** Open loops that are still simple. */
  let candidate = -1
  while (open.length > 0) {
    const op = r.op()
    const act = acts[op]!
    if (act === Act.none) continue
    if (act === Act.u32 || act === Act.label) {
      r.u32()
      continue
    }
    if (act === Act.special) {
      if (CALLS.has(op) || (asked.growth && (op === Op.memory_grow || op === Op.table_grow))) {
        shape.calls = true
        candidate = -1
      } else if (op === Op.loop) {
        shape.loops = true
        candidate = r.at
      } else if (op === Op.try_ || op === Op.try_table) shape.catches = true
      if (asked.nans && rows[op]!.nan && rows[op]!.results[0] === V128) shape.vectors = true
      if (asked.ticks && BULK.has(op)) shape.bulk = true
      if (ON_REFS.has(op)) shape.refs = true
      if (opensBlock(op)) open.push(op === Op.loop ? r.at : -1)
      else if (op === Op.end || op === Op.delegate) {
        const at = open.pop()!
        if (at >= 0) {
          if (at === candidate) shape.simple.set(at, r.at)
          candidate = -1
        }
      }
    }
    r.skipImms(op)
  }
  return shape
}
