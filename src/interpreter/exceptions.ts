// Lowers handlers of exceptions. A handler covers a range of code; each of its clauses goes on at code of its own, with the payload where it is pushed.
import { Op } from '../syntax/opcode.ts'
import { EXNREF } from '../syntax/types.ts'
import { blockType, branch, close, DELEGATE, enter, type Frame, label, leaveArm, restore } from './frames.ts'
import type { Arms, Lowerer } from './lower.ts'
import { Inner } from './lowered.ts'

export const EXCEPTIONS: Arms = {
  [Op.try_table]: begin,
  [Op.try_]: begin,
  [Op.catch_]: (c) => catchClause(c, c.r.u32()),
  [Op.catch_all]: (c) => catchClause(c, -1),
  [Op.delegate]: delegate,
  [Op.rethrow]: (c) => {
    c.emit2(Op.throw_ref, label(c, c.r.u32()).handler!.caught)
    c.dead = true
  },
  [Op.throw_]: (c) => {
    const tag = c.r.u32()
    c.emit3(Op.throw_, tag, c.popHomes(c.inst.tags[tag]!.type.params.length))
    c.dead = true
  },
  [Op.throw_ref]: (c) => {
    c.emit2(Op.throw_ref, c.popRegister())
    c.dead = true
  },
}

function begin(c: Lowerer, op: Op): void {
  const type = blockType(c)
  const catches = op === Op.try_table ? c.r.catches() : undefined
  c.settle()
  // A position between the beginnings of blocks that begin together tells, when something is delegated, which of them it is in.
  c.emit2(Inner.jump, c.end + 2)
  const frame = enter(c, op === Op.try_table ? 'try_table' : 'try', type)
  frame.catches = catches
  frame.handler = { start: c.end, end: -1, caught: frame.height, clauses: [] }
}

/** At the end of a block with a handler, whose frame is no longer among the open ones. */
export function closeHandler(c: Lowerer, frame: Frame): void {
  const handler = frame.handler!
  if (frame.kind !== 'catch') {
    handler.end = c.end
    if (frame.catches !== undefined && frame.catches.length > 0) tableClauses(c, frame)
  }
  c.handlers.push(handler)
}

/** The clauses of a try_table: stubs that go on to their labels. */
function tableClauses(c: Lowerer, frame: Frame): void {
  const over = c.dead ? -1 : c.emit2(Inner.jump, 0) + 1
  for (const { kind, tag, label } of frame.catches!) {
    clause(c, frame, tag)
    if (kind.endsWith('_ref')) c.emit3(Inner.move_r, c.push(EXNREF), frame.handler!.caught)
    branch(c, label)
  }
  if (over >= 0) c.code[over] = c.end
}

/** A handler's clause begins: on the operand stack is the payload; below it lies what was caught, where no callee's frame comes. */
function clause(c: Lowerer, frame: Frame, tag: number): void {
  restore(c, frame, [])
  c.reserve()
  frame.handler!.clauses.push({ tag, payload: c.height, target: c.end })
  if (tag >= 0) for (const t of c.inst.tags[tag]!.type.params) c.push(t)
}

function catchClause(c: Lowerer, tag: number): void {
  const frame = c.frames[c.frames.length - 1]!
  if (!c.dead) leaveArm(c, frame)
  if (frame.kind === 'try') frame.handler!.end = c.end
  frame.kind = 'catch'
  clause(c, frame, tag)
  c.dead = false
}

function delegate(c: Lowerer): void {
  const depth = c.r.u32()
  const frame = c.frames.pop()!
  if (!c.dead) c.moveTo(frame.height, frame.type.results.length)
  const target = label(c, depth)
  const handler = frame.handler!
  handler.end = c.end
  // What it catches goes on where the target is: its body, the arm it is in, or a block's start.
  const inside = target.kind === 'catch' ? target.handler!.clauses.at(-1)!.target : target.handler?.start
  const clause = { tag: DELEGATE, payload: 0, target: inside ?? target.start }
  c.handlers.push({ ...handler, clauses: [clause] })
  close(c, frame)
}
