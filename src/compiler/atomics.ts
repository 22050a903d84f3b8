// Atomic accesses and wide arithmetic as calls of their functions; both are too rare, and too slow on any host, to be worth inlining.
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'
import { I32, I64 } from '../syntax/types.ts'
import { type MemoryEmitter, popAddress } from './memory.ts'
import type { Entry } from './operands.ts'
import { lane } from './operands.ts'

const RMW = /rmw\d*_(add|sub|and|or|xor|xchg|cmpxchg)/

/** Atomic instructions; false if `op` is none. */
export function atomic(e: MemoryEmitter, op: Op): boolean {
  if (op < Op.memory_atomic_notify) return false
  if (op === Op.atomic_fence) {
    e.r.zero()
    e.ops.flushEffects()
    return true
  }
  const row = rows[op]!
  e.r.memarg()
  const mem = e.use(`MI${e.r.memory}`)
  const values = e.ops.take(row.params.length - 1).map((v) => v.slots)
  const at = popAddress(e)
  e.ops.flushEffects()
  const pair = (slots: readonly Entry[]) => `${slots[0]!.code},${slots[1]?.code ?? '0'}`
  const call = (name: string, ...args: string[]) => `${e.use(name)}(${[mem, at.code, ...args].join(',')})`
  const log2 = String(row.align)
  const name = Op[op]!
  const rmw = RMW.exec(name)?.[1]
  if (/_store\d*$/.test(name)) e.line(call('atomicStore', log2, pair(values[0]!)))
  else if (op === Op.memory_atomic_notify) give(e, I32, call('atomicNotify', values[0]![0]!.code))
  else if (op === Op.memory_atomic_wait32 || op === Op.memory_atomic_wait64)
    give(e, I32, call('atomicWait', log2, pair(values[0]!), pair(values[1]!)))
  else if (rmw === undefined) give(e, row.results[0]!, call('atomicLoad', log2))
  else if (rmw === 'cmpxchg') give(e, row.results[0]!, call('atomicCmpxchg', log2, pair(values[0]!), pair(values[1]!)))
  else give(e, row.results[0]!, call('atomicRmw', log2, `'${rmw === 'xchg' ? 'exchange' : rmw}'`, pair(values[0]!)))
  return true
}

function give(e: MemoryEmitter, type: number, code: string): void {
  e.ops.pushCodes(type, type === I64 ? [code, `${e.use('ret')}.hi`] : [code])
}

/** Wide arithmetic; false if `op` is none. */
export function wide(e: MemoryEmitter, op: Op): boolean {
  const row = rows[op]!
  if (row.feature !== 'wide-arithmetic') return false
  const args = e.ops.take(row.params.length).flatMap((v) => v.slots.map((s) => s.code))
  const code = `${e.use(Op[op]!)}(${args.join(',')})`
  const targets = [...e.ops.pushVariables(I64), ...e.ops.pushVariables(I64)]
  targets.forEach((v, at) => {
    e.line(at === 0 ? `${v}=${code}` : `${v}=${e.use('ret')}.${lane(I64, at)}`)
  })
  return true
}
