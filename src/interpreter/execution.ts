// A call that can stop and go on: its frames and registers are taken out of the machine when it pauses, so that anything else may run meanwhile, and put
// back, wherever there is room, when it goes on. It pauses before a region that the fuel does not pay for, and in a host function that gives a promise.
import { AwaitHost, carried } from '../runtime/boundary.ts'
import { type FuncInst, HostThrow } from '../runtime/instances.ts'
import type { Execution, ExecutionStatus } from '../runtime/store.ts'
import { leaveResults as leaveValues, takeResults as takeValues, type Value } from '../runtime/values.ts'
import { callee, callLength, enter, isTailCall, leaveResults, takeResults } from './calls.ts'
import { Inner, type Lowered } from './lowered.ts'
import {
  at,
  depthOf,
  exhausted,
  F,
  forgetRefs,
  frameBase,
  frameCode,
  framePc,
  growRefs,
  I,
  R,
  REGISTERS,
  state,
} from './machine.ts'
import { run } from './unwind.ts'

interface SavedFrame {
  f: Lowered
  pc: number
  /** Where its registers begin, from the call's own. */
  base: number
}

/** A host function's answer, to be handed over when the call goes on. */
type Answer = { values: readonly Value[] } | { error: unknown }

export class InterpreterExecution implements Execution {
  status: ExecutionStatus = 'paused'
  results: Value[] = []
  pending: Promise<void> | undefined
  private frames: SavedFrame[] = []
  private ints = new Int32Array(0)
  private floats = new Float64Array(0)
  private refs: unknown[] = []
  private begun = false
  private answer: Answer | undefined

  constructor(
    private readonly func: FuncInst,
    private readonly slots: readonly unknown[],
  ) {}

  run(): ExecutionStatus {
    if (this.status !== 'paused') return this.status
    const { top, depth, pausable, maxDepth } = state
    try {
      state.maxDepth = depthOf(this.func)
      const thrown = this.begun ? this.restore(top) : this.begin(top)
      state.pausable = true
      if (run(depth, thrown)) {
        this.results = takeValues(this.func.type.results, leaveResults(this.func, top))
        this.status = 'done'
      } else this.save(top, depth)
    } catch (e) {
      this.status = 'done'
      if (!(e instanceof AwaitHost)) throw e
      this.wait(e)
      this.save(top, depth)
    } finally {
      Object.assign(state, { top, depth, pausable, maxDepth })
      forgetRefs()
    }
    return this.status
  }

  raise(error: Error): void {
    this.answer = { error }
  }

  /** Makes the first frame. */
  private begin(base: number): undefined {
    this.begun = true
    enter(this.func, this.slots, base)
  }

  /** Remembers the host's answer for when the call goes on. */
  private wait({ promise }: AwaitHost): void {
    this.status = 'waiting'
    const go = (answer: Answer) => {
      this.answer = answer
      this.status = 'paused'
    }
    this.pending = promise.then(
      (values) => go({ values }),
      (error) => go({ error: carried(error) }),
    )
  }

  /** Takes frames and registers out of the machine; the innermost frame is the one in `at`. */
  private save(base: number, depth: number): void {
    this.frames = []
    for (let k = depth; k < state.depth; k++)
      this.frames.push({ f: frameCode[k]!, pc: framePc[k]!, base: frameBase[k]! - base })
    this.frames.push({ f: at.f, pc: at.pc, base: at.fp - base })
    const end = at.fp + at.f.slots
    this.ints = I.slice(base, end)
    this.floats = F.slice(base, end)
    this.refs = R.slice(base, end)
  }

  /** Puts them back, from `base` on; gives what the host's answer throws. */
  private restore(base: number): unknown {
    const { f, pc, base: innermost } = this.frames.pop()!
    if (base + this.ints.length > REGISTERS || state.depth + this.frames.length >= state.maxDepth) exhausted()
    I.set(this.ints, base)
    F.set(this.floats, base)
    growRefs(base + this.refs.length)
    this.refs.forEach((r, k) => {
      R[base + k] = r
    })
    for (const frame of this.frames) {
      frameCode[state.depth] = frame.f
      framePc[state.depth] = frame.pc
      frameBase[state.depth++] = base + frame.base
    }
    Object.assign(at, { f, pc, fp: base + innermost })
    const { answer } = this
    this.answer = undefined
    return answer === undefined ? undefined : this.deliver(answer)
  }

  /** Finishes the host call that the innermost frame stands at. */
  private deliver(answer: Answer): unknown {
    const { f, pc, fp } = at
    if ('error' in answer) return answer.error
    const func = callee(f, pc, fp)
    const tail = isTailCall(f.code[pc]!)
    const to = tail ? fp : fp + f.code[pc + 1]!
    try {
      takeResults(func, to, leaveValues(func.type.results, answer.values))
    } catch (e) {
      return new HostThrow(e)
    }
    if (tail) Object.assign(at, { f: { ...f, code: LEAVE }, pc: 0 })
    else at.pc = pc + callLength(f.code[pc]!)
    return undefined
  }
}

const LEAVE = Int32Array.of(Inner.leave)
