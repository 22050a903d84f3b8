// Calls, tail calls and branches on references as JavaScript. A tail call leaves the callee and its arguments in `ret` and returns; the function's
// entry, a loop in engine.ts, goes on with them, so that a chain of tail calls takes constant stack.
import { Op } from '../syntax/opcode.ts'
import { mapType } from '../syntax/type-registry.ts'
import { type FuncType, heapOf, isNullable, refType, type ValType } from '../syntax/types.ts'
import { hasDispatcher } from './dispatch.ts'
import type { FuncCompiler } from './func.ts'
import { popIndex } from './memory.ts'
import { expr, kindOf, lane } from './operands.ts'

const typeOf = (c: FuncCompiler, type: number): FuncType => c.inst.types[type]!.sub.comp as FuncType

/** Calls and branches on references; false if `op` is neither. */
export function call(c: FuncCompiler, op: Op): boolean {
  switch (op) {
    case Op.call:
    case Op.return_call: {
      const f = c.r.u32()
      const { type } = c.inst.funcs[f]!
      if (op === Op.return_call) tailCall(c, c.use(`F${f}`), type)
      else plainCall(c, c.callee(f), type)
      return true
    }
    case Op.call_indirect:
    case Op.return_call_indirect: {
      const [type, table] = [c.r.u32(), c.r.u32()]
      const id = c.inst.typeIds[type]!
      if (op === Op.call_indirect && hasDispatcher(c.inst, table, id)) dispatched(c, type, table, id)
      else callFunc(c, op === Op.return_call_indirect, indirect(c, type, table), typeOf(c, type))
      return true
    }
    case Op.call_ref:
    case Op.return_call_ref: {
      const type = c.r.u32()
      c.ops.flushEffectsBelowTop()
      const ref = c.ops.pop().slots[0]!
      const q = c.scratch('q')
      c.line(`${q}=${c.orTrap(ref.code, 'nullFunc')}`)
      callFunc(c, op === Op.return_call_ref, q, typeOf(c, type))
      return true
    }
  }
  return branchOnReference(c, op)
}

/** A call through a fixed table. */
function dispatched(c: FuncCompiler, type: number, table: number, id: number): void {
  c.ops.flushEffectsBelowTop()
  const at = popIndex(c, c.inst.tables[table]!.type.limits.address === 'i64').code
  const signature = typeOf(c, type)
  give(c, `${c.use(`C${table}_${id}`)}(${[at, ...takeArgs(c, signature)].join(',')})`, signature.results)
}

/** Checks the function that call_indirect has on top of the stack; gives its name. */
function indirect(c: FuncCompiler, type: number, table: number): string {
  c.ops.flushEffectsBelowTop()
  const at = popIndex(c, c.inst.tables[table]!.type.limits.address === 'i64')
  const id = c.inst.typeIds[type]!
  const q = c.scratch('q')
  const x = c.scratch('x')
  c.line(`${q}=${c.use(`T${table}`)}[${x}=${at.code}]`)
  c.line(`if(${q}==null||${q}.typeId!==${id})${c.use('checkCallee')}(${q},${x},${id})`)
  return q
}

/** Pops the arguments of a call. */
function takeArgs(c: FuncCompiler, type: FuncType): string[] {
  const args = c.ops.take(type.params.length).flatMap((v) => v.slots.map((e) => e.code))
  c.ops.flushEffects()
  return args
}

/** @param callee what to call */
function plainCall(c: FuncCompiler, callee: string, type: FuncType): void {
  give(c, `${callee}(${takeArgs(c, type).join(',')})`, type.results)
}

/** @param func the function's instance, in an expression */
function callFunc(c: FuncCompiler, tail: boolean, func: string, type: FuncType): void {
  if (tail) tailCall(c, func, type)
  else plainCall(c, `${func}.code`, type)
}

/** Evaluates a call and pushes its results. */
function give(c: FuncCompiler, code: string, results: readonly ValType[]): void {
  const { ops } = c
  const targets = results.flatMap((t) => ops.pushVariables(t).map((v) => ({ v, t })))
  c.counters.beforeCall()
  if (targets.length === 0) c.line(code)
  targets.forEach(({ v, t }, at) => {
    c.line(at === 0 ? `${v}=${code}${kindOf(t) === 'i' ? '|0' : ''}` : `${v}=${c.use('ret')}.${lane(t, at)}`)
  })
  c.counters.afterCall()
}

function tailCall(c: FuncCompiler, callee: string, type: FuncType): void {
  const args = takeArgs(c, type)
  const ret = c.use('ret')
  // The leading null keeps the array from becoming one of raw doubles, which would lose NaN bits.
  c.line(`${ret}.args=[null${args.map((a) => `,${a}`).join('')}]`)
  c.line(`${ret}.tail=${callee}`)
  c.counters.beforeReturn()
  c.line('return')
  c.hasTailCall = true
  c.kill()
}

function branchOnReference(c: FuncCompiler, op: Op): boolean {
  const { ops, r } = c
  switch (op) {
    case Op.ref_as_non_null: {
      // JavaScript's undefined is a reference too.
      ops.simplify(1)
      const { type, slots } = ops.pop()
      const ref = slots[0]!.code
      ops.push(refType(false, heapOf(type)), expr(`(${ref}===null?${c.use('nullRef')}():${ref})`, slots, true))
      return true
    }
    case Op.br_on_null:
    case Op.br_on_non_null: {
      const depth = r.u32()
      ops.flushEffects()
      ops.simplify(1)
      const { type, slots } = ops.pop()
      const ref = slots[0]!
      const held = refType(false, heapOf(type))
      if (op === Op.br_on_null) {
        c.branchWhen(`${ref.code}===null`, depth)
        ops.push(held, ref)
      } else {
        ops.push(held, ref)
        c.branchWhen(`${ref.code}!==null`, depth)
        ops.pop()
      }
      return true
    }
    case Op.br_on_cast:
    case Op.br_on_cast_fail: {
      const flags = r.castflags()
      const depth = r.u32()
      const from = mapType(refType((flags & 1) !== 0, r.heap()), c.inst.typeIds)
      const to = mapType(refType((flags & 2) !== 0, r.heap()), c.inst.typeIds)
      ops.flushEffects()
      ops.simplify(1)
      const ref = ops.pop().slots[0]!
      const test = `${c.use('testRef')}(${ref.code},${to})`
      const rest = refType(isNullable(from) && !isNullable(to), heapOf(from))
      const hit = op === Op.br_on_cast
      ops.push(hit ? to : rest, ref)
      c.branchWhen(hit ? test : `!${test}`, depth)
      ops.pop()
      ops.push(hit ? rest : to, ref)
      return true
    }
  }
  return false
}
