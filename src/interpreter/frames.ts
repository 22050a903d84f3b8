// The control frames of lowering, and jumps to their labels. Where paths meet every operand is in its home; a label's values lie from its frame's height on. A jump's
// target that is not known yet holds the position of another to the same label, so that a frame keeps but one.
import type { Catch } from '../binary/code.ts'
import { mapType } from '../syntax/type-registry.ts'
import { BOT, type FuncType, slotCount, type ValType } from '../syntax/types.ts'
import { kindOf } from './kinds.ts'
import type { Lowerer } from './lower.ts'
import { type Clause, type Handler, Inner } from './lowered.ts'

/** A handler whose clauses are not complete yet. */
export type OpenHandler = Handler & { clauses: Clause[] }

export class Frame {
  /** Where its end is, once it is known. */
  stop = -1
  /** The newest code position that is to be set to the frame's end; each holds the one before it, the first -1. */
  patches = -1
  /** The position of an `if`'s jump to its other arm, or -1. */
  otherwise = -1
  /** Whether the first arm of an `if` goes on to the end. */
  through = false
  /** The position of the jump table that a loop begins with, or -1. */
  table = -1
  handler: OpenHandler | undefined = undefined
  catches: readonly Catch[] | undefined = undefined

  /**
   * @param depth operands below its parameters
   * @param height the first register of its parameters, and of its results
   * @param start where a branch to a loop goes
   */
  constructor(
    public kind: 'func' | 'block' | 'loop' | 'if' | 'else' | 'try_table' | 'try' | 'catch',
    readonly type: FuncType,
    readonly depth: number,
    readonly height: number,
    readonly start: number,
  ) {}
}

/** The tag of a clause that stands for a delegate. */
export const DELEGATE = -2

const NO_TYPE: FuncType = { kind: 'func', params: [], results: [] }

export function blockType(c: Lowerer): FuncType {
  const index = c.r.block()
  if (index >= 0) return c.inst.types[index]!.sub.comp as FuncType
  const result = c.r.blockResult
  return result === BOT ? NO_TYPE : { kind: 'func', params: [], results: [mapType(result, c.inst.typeIds)] }
}

export function enter(c: Lowerer, kind: Frame['kind'], type: FuncType): Frame {
  const depth = c.depth - type.params.length
  const height = depth < c.depth ? c.operands.homes[depth]! : c.height
  const frame = new Frame(kind, type, depth, height, c.end)
  c.frames.push(frame)
  return frame
}

/** The stack at the beginning of an arm or behind a block. */
export function restore(c: Lowerer, frame: Frame, types: readonly ValType[]): void {
  c.depth = frame.depth
  c.height = frame.height
  for (const t of types) c.push(t)
  c.mark()
}

/** At the end of an arm that isn't the last: its results go to the end of the block. */
export function leaveArm(c: Lowerer, frame: Frame): void {
  c.moveTo(frame.height, frame.type.results.length)
  patch(c, frame, c.emit2(Inner.jump, 0) + 1)
}

/** Behind a block's code. */
export function close(c: Lowerer, frame: Frame): void {
  const { code, end } = c
  frame.stop = end
  const reached = !c.dead || frame.through || frame.otherwise >= 0 || frame.patches >= 0
  for (let at = frame.patches; at >= 0; ) {
    const next = code[at]!
    code[at] = end
    at = next
  }
  if (frame.otherwise >= 0) code[frame.otherwise] = end
  restore(c, frame, frame.type.results)
  c.dead = !reached
}

// Jumps

/** A conditional jump that is about to be emitted: [op, a, target], or where it compares, [op, a, b, target]. Lowerings don't nest, so one will do. */
const jump = { op: 0, a: 0, b: 0, compares: false }

export function setJump(op: number, a: number): void {
  jump.op = op
  jump.a = a
  jump.compares = false
}

export function setComparison(op: number, a: number, b: number): void {
  jump.op = op
  jump.a = a
  jump.b = b
  jump.compares = true
}

/** Emits the jump; gives the position of its target. */
export function jumpOn(c: Lowerer): number {
  const { op, a, b, compares } = jump
  return compares ? c.emit4(op, a, b, 0) + 3 : c.emit3(op, a, 0) + 2
}

/** Emits the jump to a label; where `inverts` says so it is inverted and skips what leads there. */
export function branchOn(c: Lowerer, depth: number): void {
  const at = jumpOn(c)
  if (!inverts(c, depth)) target(c, at, depth)
  else {
    branch(c, depth)
    c.code[at] = c.end
    c.mark()
  }
}

/** Whether a conditional branch to a label is a jump around moves or a return. */
export function inverts(c: Lowerer, depth: number): boolean {
  return label(c, depth).kind === 'func' || labelTypes(c, depth).length > 0
}

export const label = (c: Lowerer, depth: number): Frame => c.frames[c.frames.length - 1 - depth]!

export function labelTypes(c: Lowerer, depth: number): readonly ValType[] {
  const { kind, type } = label(c, depth)
  return kind === 'loop' ? type.params : type.results
}

/** Sets a jump's target to a label. */
export function target(c: Lowerer, at: number, depth: number): void {
  const frame = label(c, depth)
  if (frame.kind === 'loop') c.code[at] = frame.start
  else patch(c, frame, at)
}

/** Has a jump's target set to the end of a frame. */
export function patch(c: Lowerer, frame: Frame, at: number): void {
  c.code[at] = frame.patches
  frame.patches = at
}

/** Copies what a label takes to where it takes it, and jumps. */
export function branch(c: Lowerer, depth: number): void {
  const frame = label(c, depth)
  if (frame.kind === 'func') {
    leave(c)
    return
  }
  c.moveTo(frame.height, labelTypes(c, depth).length)
  target(c, c.emit2(Inner.jump, 0) + 1, depth)
}

/** Returns the top operands. */
export function leave(c: Lowerer): void {
  const { results } = c.func.type
  if (results.length === 1 && kindOf(results[0]!) === 0 && slotCount(results[0]!) === 1) {
    c.emit2(Inner.leave_i, c.registerOf(c.depth - 1))
    return
  }
  c.moveTo(0, results.length)
  c.emit1(Inner.leave)
}
