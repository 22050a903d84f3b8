// Exceptions as JavaScript: throw, try_table, and the legacy try with its catches, delegate and rethrow. What flies is an ExnInst, or a HostThrow for
// what a host function threw; anything else that JavaScript throws is a trap, which no handler sees.
import type { Catch } from '../binary/code.ts'
import { exceptionBytes } from '../runtime/census.ts'
import { Op } from '../syntax/opcode.ts'
import { Heap, refType, type ValType } from '../syntax/types.ts'
import type { Frame } from './frame.ts'
import type { FuncCompiler } from './func.ts'
import { kindOf, name } from './operands.ts'

const field = (t: ValType): string => ({ i: 'i', d: 'f', r: 'r' })[kindOf(t)]

/** Instructions on exceptions; false if `op` is none of them. */
export function exception(c: FuncCompiler, op: Op): boolean {
  switch (op) {
    case Op.throw_:
      throwTag(c, c.r.u32())
      return true
    case Op.throw_ref: {
      const ref = c.ops.pop().slots[0]!
      c.ops.flushEffects()
      c.counters.beforeThrow()
      c.line(`throw ${c.orTrap(ref.code, 'nullException')}`)
      c.kill()
      return true
    }
    case Op.try_table:
      c.beginTry('try_table')
      return true
    case Op.try_:
      c.beginTry('try')
      return true
    case Op.catch_:
    case Op.catch_all:
      catchClause(c, op === Op.catch_ ? c.r.u32() : -1)
      return true
    case Op.delegate:
      delegate(c, c.r.u32())
      return true
    case Op.rethrow: {
      const target = c.frames[c.frames.length - 1 - c.r.u32()]!
      c.ops.flushEffects()
      c.counters.beforeThrow()
      c.line(`throw ${target.caught}`)
      c.kill()
      return true
    }
  }
  return false
}

function throwTag(c: FuncCompiler, tag: number): void {
  const { params } = c.inst.tags[tag]!.type
  const values = c.ops.take(params.length)
  c.ops.flushEffects()
  const s = c.scratch('s')
  let at = 0
  const slots = values.flatMap((v) => v.slots.map((e) => ({ t: v.type, e, at: at++ })))
  c.line(`${s}=${c.use('newSlots')}(${at})`)
  for (const slot of slots) c.line(`${s}.${field(slot.t)}[${slot.at}]=${slot.e.code}`)
  c.counters.beforeThrow()
  const made = `new ${c.use('ExnInst')}(${c.use(`TAG${tag}`)},${s})`
  const limited = c.inst.store.census !== undefined
  c.line(`throw ${limited ? `${c.use('census')}.count(${made},${exceptionBytes(c.inst.tags[tag]!.type)})` : made}`)
  c.kill()
}

/** Opens the JavaScript handler of a frame. Exceptions that a `delegate` sends further out pass. */
function openCatch(c: FuncCompiler, frame: Frame): void {
  frame.caught = `c${frame.label}`
  c.forgetViews()
  c.open(`}catch(${frame.caught}){`)
  c.line(`if(!${c.use('isException')}(${frame.caught}))throw ${frame.caught}`)
  if (c.hasScratch('dg')) c.line(`if(dg!==0){if(dg!==${frame.id})throw ${frame.caught};dg=0}`)
  c.counters.afterCall()
}

const matches = (c: FuncCompiler, frame: Frame, tag: number): string => `${frame.caught}.tag===${c.use(`TAG${tag}`)}`

/** Pushes the payload of the exception that `frame` has caught. */
function pushPayload(c: FuncCompiler, frame: Frame, tag: number): void {
  let at = 0
  for (const t of c.inst.tags[tag]!.type.params) {
    const targets = c.ops.pushVariables(t)
    for (const v of targets) c.line(`${v}=${frame.caught}.payload.${field(t)}[${at++}]`)
  }
}

/** The handlers of a try_table whose body has just ended; its frame is off the stack of frames. */
export function tableHandlers(c: FuncCompiler, frame: Frame, catches: readonly Catch[]): void {
  openCatch(c, frame)
  for (const clause of catches) {
    c.restore(frame, [])
    const all = clause.kind === 'catch_all' || clause.kind === 'catch_all_ref'
    c.open(all ? '{' : `if(${matches(c, frame, clause.tag)}){`)
    if (!all) pushPayload(c, frame, clause.tag)
    if (clause.kind.endsWith('_ref')) c.ops.push(refType(false, Heap.exn), name(frame.caught))
    c.branch(clause.label)
    c.open('}')
  }
  c.line(`throw ${frame.caught}`)
}

/** Begins an arm of a legacy try. */
function catchClause(c: FuncCompiler, tag: number): void {
  const frame = c.frames[c.frames.length - 1]!
  if (!c.isDead) c.move(frame)
  frame.through ||= !c.isDead
  if (frame.kind === 'try') openCatch(c, frame)
  frame.kind = tag < 0 ? 'catch_all' : 'catch'
  frame.handler = c.frames[c.frames.length - 2]?.handler ?? -1
  c.restore(frame, [])
  const open = frame.arms++ > 0 ? '}else ' : ''
  c.open(`${open}${tag < 0 ? '{' : `if(${matches(c, frame, tag)}){`}`)
  c.forgetViews()
  if (tag >= 0) pushPayload(c, frame, tag)
  c.revive()
}

/** Closes the JavaScript handler of a legacy try at its `end`. */
export function endTry(c: FuncCompiler, frame: Frame): void {
  if (frame.kind === 'try') {
    openCatch(c, frame)
    c.line(`throw ${frame.caught}`)
  } else c.open(frame.kind === 'catch_all' ? '}' : `}else throw ${frame.caught}`)
}

/** Ends a legacy try without handlers of its own: what it throws goes on from label `depth`. */
function delegate(c: FuncCompiler, depth: number): void {
  const frame = c.frames[c.frames.length - 1]!
  if (!c.isDead) c.move(frame)
  const target = c.frames[c.frames.length - 2 - depth]?.handler ?? -1
  c.frames.pop()
  const caught = `c${frame.label}`
  c.open(`}catch(${caught}){`)
  // An exception that was sent to this very try goes on from here too.
  c.line(`if(${c.scratch('dg')}===0||dg===${frame.id})dg=${target}`)
  c.line(`throw ${caught}`)
  c.open('}')
  c.close(frame)
}
