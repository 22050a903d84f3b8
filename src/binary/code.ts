// Walks instructions in binary form by the table: opcodes and immediates (specification: Binary Format, Instructions).
// Validator, engines, printer and encoder read bodies through it; what an instruction means is theirs.

import { type Imm, rows } from '../syntax/instructions.ts'
import type { Code } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { BOT, type HeapType, type ValType } from '../syntax/types.ts'
import { malformed, Reader } from './reader.ts'
import { heapType, valType } from './types.ts'

/** One handler of a try_table. */
export interface Catch {
  kind: 'catch' | 'catch_ref' | 'catch_all' | 'catch_all_ref'
  /** Tag index, or -1 for the catch_all kinds. */
  tag: number
  label: number
}
const CATCH_KINDS = ['catch', 'catch_ref', 'catch_all', 'catch_all_ref'] as const

/** A cursor over a body or a constant expression. `at` is the offset of the instruction that `op()` read last. */
export class CodeReader extends Reader {
  at = 0
  /** The last block type: a type index ≥ 0, or -1 with its result in `blockResult` (BOT: no result). */
  blockResult: ValType = BOT
  /** The last memory argument. */
  align = 0
  memory = 0
  offsetLo = 0
  offsetHi = 0
  /** The last read castflags. */
  castFlags = 0

  constructor(code: Code) {
    super(code.bytes, code.start, code.end)
  }

  /** Reads an opcode; one that no instruction has is malformed. */
  op(): Op {
    this.at = this.pos
    const b = this.byte()
    if (b < 0xfb) {
      if (rows[b] === undefined) throw malformed(`illegal opcode ${hex(b)}`, this.at)
      return b
    }
    const sub = b <= 0xfe ? this.u32() : 0x200
    const op = ((b - 0xfa) << 9) | sub
    if (sub >= 0x200 || rows[op] === undefined) throw malformed(`illegal opcode ${hex(b)} ${hex(sub)}`, this.at)
    return op
  }

  /** A block type: a type index, or -1 and `blockResult`. */
  block(): number {
    const b = this.peek()
    if (b === 0x40) {
      this.pos++
      this.blockResult = BOT
      return -1
    }
    if (b < 0x40 || b >= 0x80) {
      const at = this.pos
      const index = this.s33()
      if (index < 0) throw malformed('malformed block type', at)
      return index
    }
    this.blockResult = valType(this)
    return -1
  }

  /** A memory argument, into align, memory, offsetLo and offsetHi. */
  memarg(): void {
    const at = this.pos
    const flags = this.u32()
    if (flags >= 0x80) throw malformed('malformed memop flags', at)
    this.align = flags & 0x3f
    this.memory = flags & 0x40 ? this.u32() : 0
    this.offsetLo = this.u64()
    this.offsetHi = this.hi
  }

  heap(): HeapType {
    return heapType(this)
  }

  /** The types of a typed select. */
  types(): ValType[] {
    return Array.from({ length: this.length() }, () => valType(this))
  }

  /** The labels of a br_table, the default last. */
  labels(): number[] {
    const n = this.length()
    const out = new Array<number>(n + 1)
    for (let i = 0; i <= n; i++) out[i] = this.u32()
    return out
  }

  catches(): Catch[] {
    return Array.from({ length: this.length() }, () => {
      const at = this.pos
      const b = this.byte()
      const kind = CATCH_KINDS[b]
      if (kind === undefined) throw malformed('malformed catch clause', at)
      const tag = b < 2 ? this.u32() : -1
      return { kind, tag, label: this.u32() }
    })
  }

  castflags(): number {
    const at = this.pos
    this.castFlags = this.byte()
    if (this.castFlags > 3) throw malformed('malformed br_on_cast flags', at)
    return this.castFlags
  }

  zero(): void {
    const at = this.pos
    if (this.byte() !== 0) throw malformed('zero byte expected', at)
  }

  /** Reads past the immediates of `op`. */
  skipImms(op: Op): void {
    for (const imm of rows[op]!.imms) this.skipImm(imm)
  }

  private skipImm(imm: Imm): void {
    switch (imm) {
      case 'block':
        this.block()
        return
      case 'labels': {
        for (let n = this.length(); n >= 0; n--) this.u32()
        return
      }
      case 'memarg':
        this.memarg()
        return
      case 'lane':
      case 'zero':
        if (imm === 'zero') this.zero()
        else this.byte()
        return
      case 'lanes16':
      case 'v128':
        this.skip(16)
        return
      case 'i32':
        this.s32()
        return
      case 'i64':
        this.s64()
        return
      case 'f32':
        this.skip(4)
        return
      case 'f64':
        this.skip(8)
        return
      case 'heap':
        this.heap()
        return
      case 'types':
        this.types()
        return
      case 'catches':
        this.catches()
        return
      case 'castflags':
        this.castflags()
        return
      default:
        this.u32()
    }
  }
}

const hex = (n: number) => n.toString(16).padStart(2, '0')

/** Opcodes with no immediates (1) and with exactly one unsigned LEB128 immediate (2): the walker's fast path. */
const SHAPE = (() => {
  const shape = new Uint8Array(256)
  const single = new Set<Imm>(['label', 'func', 'type', 'table', 'memory', 'global', 'local', 'tag', 'elem', 'data'])
  for (let op = 0; op < 0xfb; op++) {
    const imms = rows[op]?.imms
    // Who decodes wants to see every instruction that writes to tables.
    if (imms === undefined || opensBlock(op) || endsArm(op) || op === Op.table_set) continue
    if (imms.length === 0) shape[op] = 1
    else if (imms.length === 1 && single.has(imms[0]!)) shape[op] = 2
  }
  return shape
})()

/** Reads past an instruction whose opcode has been read, with all that stands in it where it opens a block. */
export function skipWhole(r: CodeReader, op: Op): void {
  r.skipImms(op)
  for (let depth = opensBlock(op) ? 1 : 0; depth > 0; ) {
    const inner = r.op()
    r.skipImms(inner)
    if (opensBlock(inner)) depth++
    else if (inner === Op.end || inner === Op.delegate) depth--
  }
}

/**
 * Reads past one constant expression or body, its `end` included, and gives its range. Blocks must nest; where they don't, the error is the
 * reference interpreter's. `onOp` sees every instruction outside the fast path, or with `every` all of them, before its immediates.
 */
export function skipExpr(r: CodeReader, onOp?: (op: Op) => void, every = false): Code {
  const start = r.pos
  const open: Op[] = []
  for (;;) {
    const shape = !every && r.pos < r.end ? SHAPE[r.bytes[r.pos]!]! : 0
    if (shape !== 0) {
      r.at = r.pos++
      if (shape === 2) r.u32()
      continue
    }
    const op = r.op()
    onOp?.(op)
    r.skipImms(op)
    if (op === Op.end) {
      if (open.pop() === undefined) return { bytes: r.bytes, start, end: r.pos }
    } else if (opensBlock(op)) open.push(op)
    else if (endsArm(op)) continueBlock(r, op, open)
  }
}

/** Checks an `else`, `catch`, `catch_all` or `delegate` against the block it belongs to. */
function continueBlock(r: CodeReader, op: Op, open: Op[]): void {
  const block = open.pop()
  const fits =
    op === Op.else_
      ? block === Op.if_
      : op === Op.delegate
        ? block === Op.try_
        : block === Op.try_ || block === Op.catch_
  if (!fits) throw malformed('END opcode expected', r.at)
  if (op !== Op.delegate) open.push(op)
}

/** Whether `op` begins a block that an `end` (or `delegate`) closes. */
export function opensBlock(op: Op): boolean {
  return op === Op.block || op === Op.loop || op === Op.if_ || op === Op.try_ || op === Op.try_table
}

/** Whether `op` ends a block, or an arm of one. */
export function endsArm(op: Op): boolean {
  return op === Op.else_ || op === Op.end || op === Op.catch_ || op === Op.catch_all || op === Op.delegate
}

/** The calls that take the caller's place, and all calls. */
export const TAIL_CALLS: ReadonlySet<Op> = new Set([Op.return_call, Op.return_call_indirect, Op.return_call_ref])
export const CALLS: ReadonlySet<Op> = new Set([Op.call, Op.call_indirect, Op.call_ref, ...TAIL_CALLS])

/** Whether one of the instructions waits on a memory. */
export function hasWait(code: Code): boolean {
  const r = new CodeReader(code)
  while (!r.done) {
    const op = r.op()
    if (op === Op.memory_atomic_wait32 || op === Op.memory_atomic_wait64) return true
    r.skipImms(op)
  }
  return false
}
