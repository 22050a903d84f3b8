// Lowers blocks, arms and branches.
import { Op } from '../syntax/opcode.ts'
import { closeHandler } from './exceptions.ts'
import { isFloatComparison } from './forms.ts'
import {
  blockType,
  branch,
  branchOn,
  close,
  enter,
  Frame,
  inverts,
  jumpOn,
  label,
  labelTypes,
  leave,
  leaveArm,
  restore,
  setComparison,
  setJump,
  target,
} from './frames.ts'
import type { Arms, Lowerer } from './lower.ts'
import { Inner } from './lowered.ts'

/** A unit of an interrupt check stands for 2^3 words of code, some two instructions. */
const UNIT_WORDS = 3

export const CONTROL: Arms = {
  [Op.nop]: () => {},
  [Op.unreachable]: (c) => {
    c.emit1(Op.unreachable)
    c.dead = true
  },
  [Op.block]: (c) => {
    const type = blockType(c)
    c.settle()
    enter(c, 'block', type)
  },
  [Op.loop]: (c) => {
    const type = blockType(c)
    c.settle()
    enter(c, 'loop', type)
    if (c.tier !== undefined) {
      const at = c.emit1(Inner.hot)
      if (c.map !== undefined) c.map.addLoop(at, c.r.at, c.frames)
    }
    check(c)
  },
  [Op.if_]: (c) => {
    const type = blockType(c)
    takeCondition(c, true)
    // The homes of the values below are no registers that the condition reads.
    c.settle()
    const at = jumpOn(c)
    enter(c, 'if', type).otherwise = at
  },
  [Op.else_]: otherwise,
  [Op.end]: end,
  [Op.br]: (c) => {
    const depth = c.r.u32()
    if (!branchToCase(c, depth)) branch(c, depth)
    c.dead = true
  },
  [Op.return_]: (c) => {
    leave(c)
    c.dead = true
  },
  [Op.br_if]: (c) => {
    const depth = c.r.u32()
    takeCondition(c, inverts(c, depth))
    branchOn(c, depth)
  },
  [Op.br_table]: branchTable,
}

export function enterFunction(c: Lowerer): void {
  c.frames.push(new Frame('func', c.func.type, 0, c.height, 0))
  check(c)
}

/** An interrupt check, where a function or a loop begins. */
function check(c: Lowerer): void {
  if (c.meter.interruptible) c.emit2(Inner.check, 1)
}

/** At the end of what begins with a check: how long it is. */
function weigh(c: Lowerer, { start }: Frame): void {
  if (c.meter.interruptible) c.code[start + 1] = 1 + ((c.end - start) >> UNIT_WORDS)
}

function otherwise(c: Lowerer): void {
  const frame = c.frames[c.frames.length - 1]!
  if (!c.dead) {
    leaveArm(c, frame)
    frame.through = true
  }
  c.code[frame.otherwise] = c.end
  frame.otherwise = -1
  frame.kind = 'else'
  restore(c, frame, frame.type.params)
  c.dead = false
}

function end(c: Lowerer): void {
  const frame = c.frames.pop()!
  const { kind } = frame
  if (kind === 'func' || kind === 'loop') weigh(c, frame)
  if (kind === 'func') {
    if (!c.dead) leave(c)
    return
  }
  if (!c.dead) c.moveTo(frame.height, frame.type.results.length)
  if (frame.handler !== undefined) closeHandler(c, frame)
  close(c, frame)
}

/** Pops the condition of a jump, with the comparison that made it; `inverse` jumps when it does not hold. */
function takeCondition(c: Lowerer, inverse: boolean): void {
  let register = c.popRegister()
  let holds = !inverse
  let op = comparisonIn(c, register)
  while (op === Op.i32_eqz) {
    register = c.code[c.takeBack() + 2]!
    holds = !holds
    op = comparisonIn(c, register)
  }
  if (op < 0) {
    setJump(holds ? Inner.jump_if : Inner.jump_unless, register)
    return
  }
  const at = c.takeBack()
  const a = c.code[at + 2]!
  const b = c.code[at + 3]!
  if (op === Op.i64_eqz) setJump(holds ? Inner.jump_zero_pair : Inner.jump_nonzero_pair, a)
  else if (isFloatComparison(op)) {
    const distance = op >= Op.f64_eq ? op - Op.f64_eq : op - Op.f32_eq
    setComparison((holds ? Inner.jump_float : Inner.jump_unless_float) + distance, a, b)
  } else {
    const plain = op & ~Inner.K
    setComparison(Inner.jump_compare + ((holds ? plain : INVERSE[plain]!) - Op.i32_eq) + (op & Inner.K), a, b)
  }
}

/** The comparison just emitted whose result is in a register that nothing else will read; else -1. */
function comparisonIn(c: Lowerer, register: number): number {
  const op = c.last >= c.label ? c.code[c.last]! : -1
  const plain = op & ~Inner.K
  const compares = isFloatComparison(op) || (plain >= Op.i32_eqz && plain <= Op.i32_ge_u) || op === Op.i64_eqz
  return compares && register >= c.locals.count && c.code[c.last + 1] === register ? op : -1
}

/** The comparison that holds when the other does not, by opcode. */
const INVERSE: Readonly<Record<number, Op>> = {
  [Op.i32_eq]: Op.i32_ne,
  [Op.i32_ne]: Op.i32_eq,
  [Op.i32_lt_s]: Op.i32_ge_s,
  [Op.i32_ge_s]: Op.i32_lt_s,
  [Op.i32_gt_s]: Op.i32_le_s,
  [Op.i32_le_s]: Op.i32_gt_s,
  [Op.i32_lt_u]: Op.i32_ge_u,
  [Op.i32_ge_u]: Op.i32_lt_u,
  [Op.i32_gt_u]: Op.i32_le_u,
  [Op.i32_le_u]: Op.i32_gt_u,
}

function branchTable(c: Lowerer): void {
  const labels = c.r.labels()
  const index = c.popRegister()
  c.make(labelTypes(c, labels[0]!).length)
  const at = c.begin(3 + labels.length)
  noteTable(c, at)
  c.code[at] = Inner.jump_table
  c.code[at + 1] = index
  c.code[at + 2] = labels.length
  /** Where moves or a return begin that lead to a label. */
  let stubs: Map<number, number> | undefined
  for (let k = 0; k < labels.length; k++) {
    const depth = labels[k]!
    if (!inverts(c, depth)) {
      target(c, at + 3 + k, depth)
      continue
    }
    stubs ??= new Map()
    if (!stubs.has(depth)) {
      stubs.set(depth, c.end)
      branch(c, depth)
    }
    c.code[at + 3 + k] = stubs.get(depth)!
  }
  c.dead = true
}

/** Remembers a jump table that begins a loop, as that of a state machine does. */
function noteTable(c: Lowerer, at: number): void {
  // Blocks that begin elsewhere have code before the table.
  const frame = c.frames.findLast((f) => f.kind !== 'block' || f.start !== at)!
  const start = c.tier === undefined ? frame.start : frame.start + 1
  if (frame.kind === 'loop' && frame.type.params.length === 0 && start === at) frame.table = at
}

/** A branch to a loop that begins with a jump table, with a constant just set for it: goes where the table leads. */
function branchToCase(c: Lowerer, depth: number): boolean {
  const { table, start } = label(c, depth)
  const at = c.newest(Inner.const_i)
  if (table < 0 || at < 0 || c.code[at + 1] !== c.code[table + 1]) return false
  c.takeBack()
  const register = c.code[at + 1]!
  const value = c.code[at + 2]!
  const count = c.code[table + 2]!
  const target = table + 3 + (value >= 0 && value < count ? value : count - 1)
  if (c.tier === undefined) c.emit4(Inner.jump_case, register, value, target)
  else c.emit5(Inner.jump_case_hot, register, value, start, target)
  c.cases.push(c.end - 1)
  return true
}
