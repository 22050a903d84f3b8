// Validates instructions (specification: Validation, Instructions): the table's rows by their parameters and results, an arm for each polymorphic
// one. Control instructions have their arms in control.ts, references and aggregates in gc-instr.ts; the stacks are in func.ts.

import { ADDR, type Imm, type Row, rows } from '../syntax/instructions.ts'
import { matchesVal } from '../syntax/match.ts'
import { OP_COUNT, Op } from '../syntax/opcode.ts'
import { BOT, EXNREF, I32, I64, type ValType } from '../syntax/types.ts'
import { addressType } from './context.ts'
import {
  block,
  branchIf,
  call,
  calleeType,
  delegate,
  indirectType,
  legacyCatch,
  refCalleeType,
  rethrow,
  select,
  tailCall,
  typedSelect,
} from './control.ts'
import { type FuncState, NONE } from './func.ts'
import { gcInstr } from './gc-instr.ts'

/** How a row is validated; the frequent polymorphic instructions have kinds of their own. */
enum Kind {
  poly,
  row,
  unary,
  binary,
  load,
  store,
  localGet,
  localSet,
  localTee,
  i32Const,
  i64Const,
  call,
  end,
}

const kinds = new Uint8Array(OP_COUNT)
/** The first and second parameter and the result of rows of the kinds unary to store. */
const first = new Uint8Array(OP_COUNT)
const second = new Uint8Array(OP_COUNT)
const result = new Uint8Array(OP_COUNT)
const naturalAlign = new Uint8Array(OP_COUNT)
/** Parameters and results of each row for 32-bit and for 64-bit addresses. */
const signatures: (readonly [params: readonly ValType[], results: readonly ValType[]] | undefined)[] = []
const signatures64: typeof signatures = []

const HOT: readonly (readonly [Op, Kind])[] = [
  [Op.local_get, Kind.localGet],
  [Op.local_set, Kind.localSet],
  [Op.local_tee, Kind.localTee],
  [Op.i32_const, Kind.i32Const],
  [Op.i64_const, Kind.i64Const],
  [Op.call, Kind.call],
  [Op.end, Kind.end],
]

function kindOf(row: Row): Kind {
  if (row.poly) return Kind.poly
  const { params, results } = row
  const takesMemory = row.imms.length === 1 && row.imms[0] === 'memarg' && row.feature !== 'threads'
  if (takesMemory && params.length === 1) return Kind.load
  if (takesMemory && params.length === 2 && results.length === 0) return Kind.store
  if (row.imms.length > 0 || results.length !== 1) return Kind.row
  return params.length === 1 ? Kind.unary : params.length === 2 ? Kind.binary : Kind.row
}

function fillTables(): void {
  for (const row of rows) {
    if (row === undefined) continue
    const { op, params, results } = row
    kinds[op] = kindOf(row)
    first[op] = params[0] ?? BOT
    second[op] = params[1] ?? BOT
    result[op] = results[0] ?? BOT
    naturalAlign[op] = row.align
    const on = (address: ValType) => (t: ValType) => (t === ADDR ? address : t)
    signatures[op] = [params.map(on(I32)), results.map(on(I32))]
    signatures64[op] = [params.map(on(I64)), results.map(on(I64))]
  }
  for (const [op, kind] of HOT) kinds[op] = kind
}
fillTables()

/** Validates instructions until the outermost frame is closed. */
export function validateCode(v: FuncState): void {
  const { r } = v
  while (v.depth > 0) validateInstr(v, r.op())
}

function validateInstr(v: FuncState, op: Op): void {
  switch (kinds[op] as Kind) {
    case Kind.localGet: {
      const x = v.r.u32()
      const t = v.local(x)
      if (v.tracksInit) v.checkSet(x)
      v.push(t)
      return
    }
    case Kind.i32Const:
      v.r.s32()
      v.push(I32)
      return
    case Kind.i64Const:
      v.r.s64()
      v.push(I64)
      return
    case Kind.binary:
      binary(v, op)
      return
    case Kind.unary:
      unary(v, op)
      return
    case Kind.load: {
      v.pop(memarg(v, op))
      v.push(result[op]!)
      return
    }
    case Kind.store: {
      const address = memarg(v, op)
      v.pop(second[op]!)
      v.pop(address)
      return
    }
    case Kind.localSet: {
      const x = v.r.u32()
      v.pop(v.local(x))
      if (v.tracksInit) v.markSet(x)
      return
    }
    case Kind.localTee: {
      const x = v.r.u32()
      const t = v.local(x)
      v.pop(t)
      v.push(t)
      if (v.tracksInit) v.markSet(x)
      return
    }
    case Kind.end:
      v.popFrame()
      return
    case Kind.call:
      call(v, calleeType(v))
      return
    case Kind.row:
      rowInstr(v, op)
      return
    default:
      polyInstr(v, op)
  }
}

function unary(v: FuncState, op: Op): void {
  const { sp } = v
  if (sp > v.base && v.stack[sp - 1] === first[op]) {
    v.stack[sp - 1] = result[op]!
    return
  }
  const [params, results] = signatures[op]!
  v.popTypes(params)
  v.pushTypes(results)
}

function binary(v: FuncState, op: Op): void {
  const { sp, stack } = v
  if (sp - 2 >= v.base && stack[sp - 1] === second[op] && stack[sp - 2] === first[op]) {
    stack[sp - 2] = result[op]!
    v.sp = sp - 1
    return
  }
  const [params, results] = signatures[op]!
  v.popTypes(params)
  v.pushTypes(results)
}

/** Reads and checks a memory argument; gives the address type. */
function memarg(v: FuncState, op: Op): ValType {
  const { r } = v
  r.memarg()
  const address = v.ctx.memory(r.memory, r.at)
  if (r.align > naturalAlign[op]!) throw v.fail('alignment must not be larger than natural')
  if (r.offsetHi !== 0 && address === I32) throw v.fail('offset out of range')
  return address
}

/** A row that is not polymorphic, whatever its immediates. */
function rowInstr(v: FuncState, op: Op): void {
  const row = rows[op]!
  let address: ValType = I32
  for (const imm of row.imms) {
    if (imm === 'memarg') {
      address = memarg(v, op)
      if (row.feature === 'threads' && v.r.align !== row.align) throw v.fail('atomic alignment must be natural')
    } else if (imm === 'memory') address = v.ctx.memory(v.r.u32(), v.r.at)
    else plainImm(v, imm, row)
  }
  const [params, results] = (address === I64 ? signatures64 : signatures)[op]!
  v.popTypes(params)
  v.pushTypes(results)
}

function plainImm(v: FuncState, imm: Imm, row: Row): void {
  const { r, ctx } = v
  switch (imm) {
    case 'f32':
      r.skip(4)
      return
    case 'f64':
      r.skip(8)
      return
    case 'v128':
      r.skip(16)
      return
    case 'lane':
      if (r.byte() >= row.lanes) throw v.fail('invalid lane index')
      return
    case 'lanes16':
      for (let i = 0; i < 16; i++) if (r.byte() >= 32) throw v.fail('invalid lane index')
      return
    case 'data':
      ctx.data(r.u32(), r.at)
      return
    case 'elem':
      ctx.elem(r.u32(), r.at)
      return
    case 'zero':
      r.zero()
      return
    default:
      throw v.fail(`row ${row.name} has an immediate without a rule: ${imm}`)
  }
}

function globalSet(v: FuncState): void {
  const global = v.ctx.global(v.r.u32(), v.r.at)
  if (!global.mutable) throw v.fail('immutable global')
  v.pop(global.type)
}

// Tables and memories

const smaller = (a: ValType, b: ValType) => (a === I32 || b === I32 ? I32 : I64)

function tableCopy(v: FuncState): void {
  const { r, ctx } = v
  ctx.changesTables = true
  const to = ctx.table(r.u32(), r.at)
  const from = ctx.table(r.u32(), r.at)
  if (!matchesVal(ctx.reg, from.elem, to.elem))
    throw v.fail(
      `type mismatch: source element type ${ctx.name(from.elem)} does not match destination element type ${ctx.name(to.elem)}`,
    )
  const a = addressType(to)
  const b = addressType(from)
  v.popTypes([a, b, smaller(a, b)])
}

function tableInit(v: FuncState): void {
  const { r, ctx } = v
  ctx.changesTables = true
  const y = r.u32()
  const table = ctx.table(r.u32(), r.at)
  const elem = ctx.elem(y, r.at)
  if (!matchesVal(ctx.reg, elem, table.elem))
    throw v.fail(
      `type mismatch: element segment's type ${ctx.name(elem)} does not match table's element type ${ctx.name(table.elem)}`,
    )
  v.popTypes([addressType(table), I32, I32])
}

function tableInstr(v: FuncState, op: Op): void {
  const table = v.ctx.table(v.r.u32(), v.r.at)
  const address = addressType(table)
  if (op !== Op.table_get && op !== Op.table_size) v.ctx.changesTables = true
  switch (op) {
    case Op.table_get:
      v.pop(address)
      v.push(table.elem)
      return
    case Op.table_set:
      v.popTypes([address, table.elem])
      return
    case Op.table_size:
      v.push(address)
      return
    case Op.table_grow:
      v.popTypes([table.elem, address])
      v.push(address)
      return
    default:
      v.popTypes([address, table.elem, address])
  }
}

function memoryCopy(v: FuncState): void {
  const { r, ctx } = v
  const a = ctx.memory(r.u32(), r.at)
  const b = ctx.memory(r.u32(), r.at)
  v.popTypes([a, b, smaller(a, b)])
}

function memoryInit(v: FuncState): void {
  const { r, ctx } = v
  const x = r.u32()
  const address = ctx.memory(r.u32(), r.at)
  ctx.data(x, r.at)
  v.popTypes([address, I32, I32])
}

function polyInstr(v: FuncState, op: Op): void {
  const { r, ctx } = v
  switch (op) {
    case Op.block:
    case Op.loop:
    case Op.if_:
    case Op.try_:
    case Op.try_table:
      block(v, op)
      return
    case Op.else_:
      v.elsePart()
      return
    case Op.br_if:
      branchIf(v)
      return
    case Op.br:
      v.popTypes(v.label(r.u32()))
      v.unreachable()
      return
    case Op.br_table:
      v.brTable()
      return
    case Op.return_:
      v.popTypes(v.results)
      v.unreachable()
      return
    case Op.unreachable:
      v.unreachable()
      return
    case Op.global_get:
      v.push(ctx.global(r.u32(), r.at).type)
      return
    case Op.global_set:
      globalSet(v)
      return
    case Op.drop:
      v.popAny()
      return
    case Op.select:
      select(v)
      return
    case Op.select_t:
      typedSelect(v)
      return
    case Op.call_indirect:
      call(v, indirectType(v))
      return
    case Op.call_ref:
      call(v, refCalleeType(v))
      return
    case Op.return_call:
      tailCall(v, calleeType(v))
      return
    case Op.return_call_indirect:
      tailCall(v, indirectType(v))
      return
    case Op.return_call_ref:
      tailCall(v, refCalleeType(v))
      return
    case Op.throw_:
      v.popTypes(ctx.tag(r.u32(), r.at).params)
      v.unreachable()
      return
    case Op.throw_ref:
      v.pop(EXNREF)
      v.unreachable()
      return
    case Op.catch_:
      legacyCatch(v, op, ctx.tag(r.u32(), r.at).params)
      return
    case Op.catch_all:
      legacyCatch(v, op, NONE)
      return
    case Op.delegate:
      delegate(v)
      return
    case Op.rethrow:
      rethrow(v)
      return
    case Op.table_get:
    case Op.table_set:
    case Op.table_size:
    case Op.table_grow:
    case Op.table_fill:
      tableInstr(v, op)
      return
    case Op.table_copy:
      tableCopy(v)
      return
    case Op.table_init:
      tableInit(v)
      return
    case Op.memory_copy:
      memoryCopy(v)
      return
    case Op.memory_init:
      memoryInit(v)
      return
    default:
      gcInstr(v, op)
  }
}
