// Prints bodies and constant expressions by the instruction table: operands folded into their operator where the line stays short, blocks
// indented (specification: Text Format, Instructions).

import { CodeReader } from '../binary/code.ts'
import { type Imm, type Row, rows } from '../syntax/instructions.ts'
import type { Code, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import {
  BOT,
  type HeapType,
  heapName,
  heapOf,
  isConcrete,
  isNullable,
  isRef,
  refType,
  type SubType,
  typeIndexOf,
  typeName,
  type ValType,
} from '../syntax/types.ts'
import { type Identifiers, printF32, printF64, printId } from './print-names.ts'

/** The longest line that folding may make. */
const WIDTH = 80

/** What the printers of all parts share. */
export interface Printing {
  readonly m: Module
  readonly ids: Identifiers
  /** Type index of every function, imports included. */
  readonly funcTypes: readonly number[]
  /** Whether an instruction named a data segment, so that the text has a data count section. */
  usesData: boolean
}

/** A value or storage type, with the identifiers of types. */
export function printType(p: Printing, type: ValType): string {
  if (!isRef(type) || !isConcrete(heapOf(type))) return typeName(type)
  return `(ref ${isNullable(type) ? 'null ' : ''}${printHeap(p, heapOf(type))})`
}

export const printHeap = (p: Printing, heap: HeapType): string =>
  isConcrete(heap) ? p.ids.ref('types', typeIndexOf(heap)) : heapName(heap)

export const printTypes = (p: Printing, word: string, types: readonly ValType[]): string =>
  types.length === 0 ? '' : ` (${word} ${types.map((type) => printType(p, type)).join(' ')})`

/** A pending piece of a straight line: an instruction or a folded one. */
interface Piece {
  text: string
  folded: boolean
  /** It leaves exactly one value. */
  value: boolean
}

/** How many operands instructions take and whether they leave one value, where the table does not say. It only guides folding. */
const ARITIES = new Map<Op, readonly [operands: number, results: number]>([
  [Op.drop, [1, 0]],
  [Op.select, [3, 1]],
  [Op.select_t, [3, 1]],
  [Op.local_get, [0, 1]],
  [Op.local_set, [1, 0]],
  [Op.local_tee, [1, 1]],
  [Op.global_get, [0, 1]],
  [Op.global_set, [1, 0]],
  [Op.table_get, [1, 1]],
  [Op.table_set, [2, 0]],
  [Op.br_if, [1, 0]],
  [Op.br_table, [1, 0]],
  [Op.ref_null, [0, 1]],
  [Op.ref_is_null, [1, 1]],
  [Op.ref_func, [0, 1]],
  [Op.ref_eq, [2, 1]],
  [Op.ref_as_non_null, [1, 1]],
  [Op.struct_new_default, [0, 1]],
  [Op.struct_get, [1, 1]],
  [Op.struct_get_s, [1, 1]],
  [Op.struct_get_u, [1, 1]],
  [Op.struct_set, [2, 0]],
  [Op.array_new, [2, 1]],
  [Op.array_new_default, [1, 1]],
  [Op.array_get, [2, 1]],
  [Op.array_get_s, [2, 1]],
  [Op.array_get_u, [2, 1]],
  [Op.array_set, [3, 0]],
  [Op.array_len, [1, 1]],
  [Op.ref_test, [1, 1]],
  [Op.ref_test_null, [1, 1]],
  [Op.ref_cast, [1, 1]],
  [Op.ref_cast_null, [1, 1]],
  [Op.any_convert_extern, [1, 1]],
  [Op.extern_convert_any, [1, 1]],
  [Op.ref_i31, [1, 1]],
  [Op.i31_get_s, [1, 1]],
  [Op.i31_get_u, [1, 1]],
  [Op.memory_init, [3, 0]],
  [Op.memory_copy, [3, 0]],
  [Op.table_init, [3, 0]],
  [Op.table_copy, [3, 0]],
  [Op.table_grow, [2, 1]],
  [Op.table_size, [0, 1]],
  [Op.table_fill, [3, 0]],
])

class CodePrinter {
  private readonly r: CodeReader
  private readonly lines: string[] = []
  private readonly pieces: Piece[] = []
  private indent: number
  /** Identifiers of the open blocks, innermost last. */
  private readonly labels: (string | undefined)[] = []
  private labelCount = 0
  /** Operands and results of the instruction that is being printed. */
  private arity: readonly [number, number] = [0, 0]

  constructor(
    private readonly p: Printing,
    code: Code,
    indent: number,
    /** The function's index, or -1 for a constant expression. */
    private readonly func: number,
  ) {
    this.r = new CodeReader(code)
    this.indent = indent
  }

  /** The lines of the code without its final `end`. */
  run(): string[] {
    const { r } = this
    if (this.func >= 0) this.labels.push(undefined)
    while (!r.done) {
      const op = r.op()
      if (r.done) break
      this.instr(op)
    }
    this.flush()
    return this.lines
  }

  private line(text: string): void {
    this.lines.push('  '.repeat(this.indent) + text)
  }

  private flush(): void {
    for (const { text, folded } of this.pieces) this.line(folded ? `(${text})` : text)
    this.pieces.length = 0
  }

  private instr(op: Op): void {
    switch (op) {
      case Op.block:
      case Op.loop:
      case Op.if_:
      case Op.try_:
      case Op.try_table:
        this.open(op)
        return
      case Op.else_:
      case Op.catch_:
      case Op.catch_all:
        this.middle(op)
        return
      case Op.end:
        this.flush()
        this.indent--
        this.labels.pop()
        this.line('end')
        return
      case Op.delegate:
        this.flush()
        this.indent--
        this.labels.pop()
        this.line(`delegate ${this.label(this.r.u32())}`)
        return
      default:
        this.plain(op)
    }
  }

  private open(op: Op): void {
    this.flush()
    const { ids } = this.p
    const name = ids.names.labels.get(this.func)?.get(this.labelCount)
    if (name !== undefined) ids.print('labels', this.func, this.labelCount, name)
    this.labelCount++
    const id = name === undefined || name === '' ? undefined : name
    const label = name === undefined ? '' : id === undefined ? ' (@name "")' : ` ${printId(id)}`
    let text = `${rows[op]!.name}${label}${this.blockType()}`
    if (op === Op.try_table) text += this.catches()
    this.line(text)
    this.labels.push(id)
    this.indent++
  }

  private middle(op: Op): void {
    this.flush()
    this.indent--
    this.line(op === Op.catch_ ? `catch ${this.p.ids.ref('tags', this.r.u32())}` : rows[op]!.name)
    this.indent++
  }

  private blockType(): string {
    const { p, r } = this
    const index = r.block()
    if (index >= 0) return printTypeUse(p, index)
    return r.blockResult === BOT ? '' : ` (result ${printType(p, r.blockResult)})`
  }

  private catches(): string {
    return this.r
      .catches()
      .map(
        ({ kind, tag, label }) => ` (${kind}${tag < 0 ? '' : ` ${this.p.ids.ref('tags', tag)}`} ${this.label(label)})`,
      )
      .join('')
  }

  /** A label: its identifier, unless a block in between has the same. */
  private label(depth: number): string {
    const at = this.labels.length - 1 - depth
    const id = at >= 0 ? this.labels[at] : undefined
    return id !== undefined && this.labels.lastIndexOf(id) === at ? printId(id) : String(depth)
  }

  private plain(op: Op): void {
    const row = rows[op]!
    const known = ARITIES.get(op)
    this.arity = known ?? (row.poly ? [0, 0] : [row.params.length, row.results.length])
    const text = row.name + this.imms(row)
    const [operands, results] = this.arity
    const { pieces } = this
    const taken = pieces.slice(pieces.length - operands)
    const value = results === 1
    const length = taken.reduce((sum, piece) => sum + piece.text.length + 3, text.length)
    if (operands > 0 && taken.length === operands && taken.every((piece) => piece.value) && length <= WIDTH) {
      pieces.length -= operands
      pieces.push({ text: `${text} ${taken.map((piece) => `(${piece.text})`).join(' ')}`, folded: true, value })
    } else pieces.push({ text, folded: false, value })
    if (!value) this.flush()
  }

  /** The immediates, each with a space before it. */
  private imms(row: Row): string {
    const { r, p } = this
    switch (row.op) {
      case Op.call_indirect:
      case Op.return_call_indirect: {
        const type = r.u32()
        const table = r.u32()
        return (table === 0 ? '' : ` ${p.ids.ref('tables', table)}`) + printTypeUse(p, type)
      }
      case Op.memory_init:
      case Op.table_init: {
        const ofMemory = row.op === Op.memory_init
        if (ofMemory) p.usesData = true
        const segment = p.ids.ref(ofMemory ? 'datas' : 'elems', r.u32())
        const target = r.u32()
        return `${target === 0 ? '' : ` ${p.ids.ref(ofMemory ? 'memories' : 'tables', target)}`} ${segment}`
      }
      case Op.memory_copy:
      case Op.table_copy: {
        const space = row.op === Op.memory_copy ? 'memories' : 'tables'
        const to = r.u32()
        const from = r.u32()
        return to === 0 && from === 0 ? '' : ` ${p.ids.ref(space, to)} ${p.ids.ref(space, from)}`
      }
      case Op.ref_test:
      case Op.ref_cast:
        return ` ${printType(p, refType(false, r.heap()))}`
      case Op.ref_test_null:
      case Op.ref_cast_null:
        return ` ${printType(p, refType(true, r.heap()))}`
      case Op.br_on_cast:
      case Op.br_on_cast_fail:
        return this.castImms()
      case Op.struct_get:
      case Op.struct_get_s:
      case Op.struct_get_u:
      case Op.struct_set: {
        const type = r.u32()
        return ` ${p.ids.ref('types', type)} ${p.ids.innerRef('fields', type, r.u32())}`
      }
      default:
        return row.imms.map((imm) => this.imm(imm, row)).join('')
    }
  }

  private castImms(): string {
    const { r, p } = this
    const flags = r.castflags()
    const label = this.label(r.u32())
    const from = refType((flags & 1) !== 0, r.heap())
    const to = refType((flags & 2) !== 0, r.heap())
    return ` ${label} ${printType(p, from)} ${printType(p, to)}`
  }

  private imm(imm: Imm, row: Row): string {
    const { r, p } = this
    switch (imm) {
      case 'label':
        return ` ${this.label(r.u32())}`
      case 'labels':
        return r
          .labels()
          .map((label) => ` ${this.label(label)}`)
          .join('')
      case 'func':
        return this.funcImm(row.op)
      case 'type':
        return ` ${p.ids.ref('types', r.u32())}`
      case 'table':
      case 'memory': {
        const index = r.u32()
        return index === 0 ? '' : ` ${p.ids.ref(imm === 'table' ? 'tables' : 'memories', index)}`
      }
      case 'global':
      case 'tag':
      case 'elem':
        return ` ${p.ids.ref(`${imm}s`, r.u32())}`
      case 'data':
        p.usesData = true
        return ` ${p.ids.ref('datas', r.u32())}`
      case 'local':
        return ` ${p.ids.innerRef('locals', this.func, r.u32())}`
      case 'memarg':
        return this.memarg(row)
      default:
        return this.literal(imm)
    }
  }

  private funcImm(op: Op): string {
    const index = this.r.u32()
    const type = this.p.m.types[this.p.funcTypes[index] ?? -1]?.comp
    if (op === Op.call && type?.kind === 'func') this.arity = [type.params.length, type.results.length]
    return ` ${this.p.ids.ref('funcs', index)}`
  }

  private memarg(row: Row): string {
    const { r, p } = this
    r.memarg()
    const offset = (BigInt(r.offsetHi >>> 0) << 32n) | BigInt(r.offsetLo >>> 0)
    const memory = r.memory === 0 ? '' : ` ${p.ids.ref('memories', r.memory)}`
    const align = r.align === row.align ? '' : ` align=${1n << BigInt(r.align)}`
    return `${memory}${offset === 0n ? '' : ` offset=${offset}`}${align}`
  }

  private literal(imm: Imm): string {
    const { r, p } = this
    switch (imm) {
      case 'lane':
        return ` ${r.byte()}`
      case 'lanes16':
        return ` ${r.take(16).join(' ')}`
      case 'i32':
        return ` ${r.s32()}`
      case 'i64': {
        const lo = r.s64()
        return ` ${(BigInt(r.hi) << 32n) | BigInt(lo >>> 0)}`
      }
      case 'f32':
        return ` ${printF32(r.f32())}`
      case 'f64': {
        const lo = r.f64()
        return ` ${printF64(lo, r.hi)}`
      }
      case 'v128': {
        const words = Array.from({ length: 4 }, () => (r.f32() >>> 0).toString(16).padStart(8, '0'))
        return ` i32x4 0x${words.join(' 0x')}`
      }
      case 'heap':
        return ` ${printHeap(p, r.heap())}`
      case 'types':
        return printTypes(p, 'result', r.types()) || ' (result)'
      case 'zero':
        r.zero()
        return ''
      default:
        return ` ${r.u32()}`
    }
  }
}

/** A use of a function type: its index and, where it is known, its signature. */
export function printTypeUse(p: Printing, index: number): string {
  const comp = p.m.types[index]?.comp
  const use = ` (type ${p.ids.ref('types', index)})`
  return comp?.kind === 'func' ? use + printSignature(p, comp) : use
}

export const printSignature = (p: Printing, type: Extract<SubType['comp'], { kind: 'func' }>): string =>
  printTypes(p, 'param', type.params) + printTypes(p, 'result', type.results)

/** The lines of a function's body. */
export function printBody(p: Printing, code: Code, indent: number, func: number): string[] {
  return new CodePrinter(p, code, indent, func).run()
}

/** A constant expression in one line; a single instruction in parentheses. */
export function printExpr(p: Printing, code: Code): string {
  const lines = new CodePrinter(p, code, 0, -1).run().map((line) => line.trimStart())
  if (lines.length === 1 && !lines[0]!.startsWith('(')) return `(${lines[0]})`
  return lines.join(' ')
}

/** An expression where the text format wants one item: `(keyword instr*)` unless it is one plain instruction. */
export function printItem(p: Printing, code: Code, keyword: string): string {
  const lines = new CodePrinter(p, code, 0, -1).run().map((line) => line.trimStart())
  if (lines.length !== 1) return `(${keyword}${lines.map((line) => ` ${line}`).join('')})`
  return lines[0]!.startsWith('(') ? lines[0]! : `(${lines[0]})`
}
