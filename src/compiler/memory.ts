// Memory and table instructions as JavaScript. An access is a DataView access at the effective address as an exact number, so that an address out of
// bounds is the host's RangeError (docs/rationale.md, "Why DataView?"); boundary.ts maps it to a trap.
import type { CodeReader } from '../binary/code.ts'
import { Op } from '../syntax/opcode.ts'
import { F32, F64, I32, I64, type ValType } from '../syntax/types.ts'
import type { Emitter } from './inline.ts'
import { type Entry, expr, int } from './operands.ts'

export interface MemoryEmitter extends Emitter {
  readonly r: CodeReader
  readonly counters: { beforeCall(): void; afterCall(): void }
}

const LOADS: Partial<Record<Op, string>> = {
  [Op.i32_load]: 'Int32',
  [Op.i32_load8_s]: 'Int8',
  [Op.i32_load8_u]: 'Uint8',
  [Op.i32_load16_s]: 'Int16',
  [Op.i32_load16_u]: 'Uint16',
  [Op.i64_load8_s]: 'Int8',
  [Op.i64_load8_u]: 'Uint8',
  [Op.i64_load16_s]: 'Int16',
  [Op.i64_load16_u]: 'Uint16',
  [Op.i64_load32_s]: 'Int32',
  [Op.i64_load32_u]: 'Int32',
}
const STORES: Partial<Record<Op, string>> = {
  [Op.i32_store]: 'Int32',
  [Op.i32_store8]: 'Int8',
  [Op.i32_store16]: 'Int16',
  [Op.i64_store8]: 'Int8',
  [Op.i64_store16]: 'Int16',
  [Op.i64_store32]: 'Int32',
}

const is64 = (e: MemoryEmitter, memory: number): boolean => addressOf(e, memory) === 'i64'
const addressOf = (e: MemoryEmitter, memory: number) => e.inst.memories[memory]!.type.limits.address
const tableAddress = (e: MemoryEmitter, table: number) => e.inst.tables[table]!.type.limits.address

/** Pops an address (or length) and gives it as an exact number ≥ 0, plus `offset`. */
export function popIndex(e: MemoryEmitter, wide: boolean, offset = 0): Entry {
  if (wide) e.ops.simplify(1)
  const { slots } = e.ops.pop()
  const [lo, hi] = slots
  const plus = offset === 0 ? '' : `+${offset}`
  if (wide) return expr(`((${hi!.code}>>>0)*4294967296+(${lo!.code}>>>0)${plus})`, slots)
  if (lo!.constant !== undefined) return expr(`${(lo!.constant >>> 0) + offset}`, [])
  return expr(offset === 0 ? `(${lo!.code}>>>0)` : `((${lo!.code}>>>0)${plus})`, slots)
}

/** Pops the address of the access whose memory argument was read last. */
export function popAddress(e: MemoryEmitter): Entry {
  const { r } = e
  return popIndex(e, is64(e, r.memory), (r.offsetHi >>> 0) * 4294967296 + (r.offsetLo >>> 0))
}

/** Loads and stores; false if `op` is neither. The memory argument has not been read. */
export function access(e: MemoryEmitter, op: Op): boolean {
  if (op < Op.i32_load || op > Op.i64_store32) return false
  e.r.memarg()
  const view = e.view(e.r.memory)
  if (op >= Op.i32_store) store(e, op, view)
  else load(e, op, view)
  return true
}

function load(e: MemoryEmitter, op: Op, view: string): void {
  const { ops } = e
  const kind = LOADS[op]
  if (kind === undefined || op >= Op.i64_load8_s || op === Op.i64_load) {
    wideLoad(e, op, view, kind)
    return
  }
  const at = popAddress(e)
  ops.push(I32, expr(`${view}.get${kind}(${at.code}${kind.endsWith('8') ? '' : ',true'})`, [at], true))
}

/** Loads of more than one slot or with a NaN to look at: statements. */
function wideLoad(e: MemoryEmitter, op: Op, view: string, kind: string | undefined): void {
  const { ops, line } = e
  const at = popAddress(e)
  if (op === Op.f64_load) {
    ops.push(F64, expr(`${view}.getFloat64(${at.code},true)`, [at], true))
    return
  }
  if (kind !== undefined && /_u$/.test(Op[op]!)) {
    const low = `${view}.get${kind}(${at.code}${kind.endsWith('8') ? '' : ',true'})`
    ops.push(I64, expr(low, [at], true), int(0))
    return
  }
  ops.flushEffects()
  if (op === Op.f32_load) {
    const ea = e.scratch('e')
    const [v] = ops.pushVariables(F32)
    const fix = `${e.use('f32_from_bits')}(${view}.getInt32(${ea},true))`
    line(`${ea}=${at.code};${v}=${view}.getFloat32(${ea},true);if(${v}!==${v})${v}=${fix}`)
  } else {
    const ea = e.scratch('e')
    const [l, h] = ops.pushVariables(I64)
    if (kind === undefined)
      line(`${ea}=${at.code};${l}=${view}.getInt32(${ea},true);${h}=${view}.getInt32(${ea}+4,true)`)
    else line(`${l}=${view}.get${kind}(${at.code}${kind.endsWith('8') ? '' : ',true'});${h}=${l}>>31`)
  }
}

function store(e: MemoryEmitter, op: Op, view: string): void {
  const { ops, line } = e
  const kind = STORES[op]
  const double = op === Op.f32_store || op === Op.i64_store
  if (double) ops.simplify(1)
  const value = ops.pop().slots
  const at = popAddress(e)
  ops.flushEffects()
  const v = value[0]!.code
  if (kind !== undefined) line(`${view}.set${kind}(${at.code},${v}${kind.endsWith('8') ? '' : ',true'})`)
  else if (op === Op.f64_store) line(`${view}.setFloat64(${at.code},${v},true)`)
  else {
    const ea = e.scratch('e')
    if (op === Op.i64_store)
      // The high half first: when it is out of bounds nothing has been written.
      line(`${ea}=${at.code};${view}.setInt32(${ea}+4,${value[1]!.code},true);${view}.setInt32(${ea},${v},true)`)
    else
      line(
        `${ea}=${at.code};if(${v}===${v})${view}.setFloat32(${ea},${v},true);else ${view}.setInt32(${ea},${e.use('f32_to_bits')}(${v}),true)`,
      )
  }
}

/** Pushes a size or an old size, which is a number ≥ 0 or -1. */
function pushSize(e: MemoryEmitter, wide: boolean, code: string): void {
  const { ops, line } = e
  if (!wide) {
    ops.pushCodes(I32, [`${code}|0`])
    return
  }
  const [l, h] = ops.pushVariables(I64)
  line(`${l}=${code}|0;${h}=${l}===-1?-1:0`)
}

/** Pushes the old size that a growth gives; the embedder may be asked, who may look at the fuel. */
function pushGrowth(e: MemoryEmitter, wide: boolean, code: string): void {
  e.counters.beforeCall()
  pushSize(e, wide, code)
  e.counters.afterCall()
}

/** A call of a runtime function that gives nothing. */
function effect(e: MemoryEmitter, name: string, ...args: string[]): void {
  e.ops.flushEffects()
  e.line(`${e.use(name)}(${args.join(',')})`)
}

/** Sizes, growth, bulk operations and segments of memories and tables, and table access; false if `op` is none of them. */
export function bulk(e: MemoryEmitter, op: Op): boolean {
  const { r, ops } = e
  switch (op) {
    case Op.memory_size: {
      const m = r.u32()
      ops.flushEffects()
      pushSize(e, is64(e, m), `${e.use(`MI${m}`)}.pages`)
      return true
    }
    case Op.memory_grow: {
      const m = r.u32()
      const by = popIndex(e, is64(e, m))
      ops.flushEffects()
      pushGrowth(e, is64(e, m), `${e.use('memoryGrow')}(${e.use(`MI${m}`)},${by.code})`)
      return true
    }
    case Op.memory_fill: {
      const m = r.u32()
      const n = popIndex(e, is64(e, m))
      const v = ops.pop().slots[0]!
      effect(e, 'memoryFill', e.use(`MI${m}`), popIndex(e, is64(e, m)).code, v.code, n.code)
      return true
    }
    case Op.memory_copy: {
      const [to, from] = [r.u32(), r.u32()]
      const n = popIndex(e, is64(e, to) && is64(e, from))
      const source = popIndex(e, is64(e, from))
      effect(e, 'memoryCopy', e.use(`MI${to}`), e.use(`MI${from}`), popIndex(e, is64(e, to)).code, source.code, n.code)
      return true
    }
    case Op.memory_init: {
      const [d, m] = [r.u32(), r.u32()]
      const n = popIndex(e, false)
      const source = popIndex(e, false)
      effect(e, 'memoryInit', e.use(`MI${m}`), e.use(`D${d}`), popIndex(e, is64(e, m)).code, source.code, n.code)
      return true
    }
    case Op.data_drop:
      effect(e, 'dropData', e.use(`D${r.u32()}`))
      return true
    case Op.elem_drop:
      effect(e, 'dropElem', e.use(`E${r.u32()}`))
      return true
  }
  return tables(e, op)
}

function tables(e: MemoryEmitter, op: Op): boolean {
  const { r, ops } = e
  const wide = (t: number) => tableAddress(e, t) === 'i64'
  const elem = (t: number): ValType => e.inst.tables[t]!.type.elem
  switch (op) {
    case Op.table_get: {
      const t = r.u32()
      const at = popIndex(e, wide(t))
      ops.push(elem(t), expr(`${e.use('tableGet')}(${e.use(`TI${t}`)},${at.code})`, [at], true))
      return true
    }
    case Op.table_set: {
      const t = r.u32()
      const v = ops.pop().slots[0]!
      effect(e, 'tableSet', e.use(`TI${t}`), popIndex(e, wide(t)).code, v.code)
      return true
    }
    case Op.table_size: {
      const t = r.u32()
      ops.flushEffects()
      pushSize(e, wide(t), `${e.use(`TI${t}`)}.elems.length`)
      return true
    }
    case Op.table_grow: {
      const t = r.u32()
      const by = popIndex(e, wide(t))
      const v = ops.pop().slots[0]!
      ops.flushEffects()
      pushGrowth(e, wide(t), `${e.use('tableGrow')}(${e.use(`TI${t}`)},${by.code},${v.code})`)
      return true
    }
    case Op.table_fill: {
      const t = r.u32()
      const n = popIndex(e, wide(t))
      const v = ops.pop().slots[0]!
      effect(e, 'tableFill', e.use(`TI${t}`), popIndex(e, wide(t)).code, v.code, n.code)
      return true
    }
    case Op.table_copy: {
      const [to, from] = [r.u32(), r.u32()]
      const n = popIndex(e, wide(to) && wide(from))
      const source = popIndex(e, wide(from))
      effect(e, 'tableCopy', e.use(`TI${to}`), e.use(`TI${from}`), popIndex(e, wide(to)).code, source.code, n.code)
      return true
    }
    case Op.table_init: {
      const [s, t] = [r.u32(), r.u32()]
      const n = popIndex(e, false)
      const source = popIndex(e, false)
      effect(e, 'tableInit', e.use(`TI${t}`), e.use(`E${s}`), popIndex(e, wide(t)).code, source.code, n.code)
      return true
    }
  }
  return false
}
