// Runs the loop, finds the handlers of exceptions in its frames, and makes backtraces from them.
import { Trap, type TrapFrame } from '../errors.ts'
import { trapOf } from '../runtime/boundary.ts'
import { errorOf, keepNative, keepRun, MAX_FRAMES, wasmFrame } from '../runtime/frames.ts'
import { ExnInst, HostThrow } from '../runtime/instances.ts'
import { mapOf } from './code-map.ts'
import { loop } from './dispatch.ts'
import { DELEGATE } from './frames.ts'
import { slotKinds } from './kinds.ts'
import type { Lowered } from './lowered.ts'
import { at, F, frameBase, frameCode, framePc, I, R, state } from './machine.ts'

/** Runs the loop until it returns to depth `entry` or pauses, and again from a handler after each exception that one catches; with `thrown`, begins with that. Gives whether it returned. */
export function run(entry: number, thrown?: unknown): boolean {
  for (let e = thrown; ; ) {
    if (e !== undefined && !unwind(e, entry)) throw trapWithFrames(e, entry)
    try {
      return loop(entry, at.f, at.f.code, at.f.views.dv, at.pc, at.fp, I, F, R)
    } catch (x) {
      e = x
    }
  }
}

/** Finds the innermost handler for what was thrown, in frames down to `entry`; sets `at` to where it goes on. */
function unwind(e: unknown, entry: number): boolean {
  if (!(e instanceof ExnInst || e instanceof HostThrow)) return false
  const { f, pc, fp } = at
  let [g, position, base] = [f, pc, fp]
  for (let depth = state.depth; ; ) {
    if (caught(g, position, base, e)) {
      state.depth = depth
      return true
    }
    if (depth === entry) {
      Object.assign(at, { f, pc, fp })
      return false
    }
    depth--
    g = frameCode[depth]!
    // The call is the instruction before the one that it returns to.
    position = framePc[depth]! - 1
    base = frameBase[depth]!
  }
}

/** Goes on in a handler of `f` that covers `pc`, if one catches `e`. */
function caught(f: Lowered, pc: number, fp: number, e: ExnInst | HostThrow): boolean {
  let position = pc
  // Inner handlers come before outer ones.
  for (let k = 0; k < f.handlers.length; k++) {
    const h = f.handlers[k]!
    if (position < h.start || position >= h.end) continue
    const clause = h.clauses.find((c) => c.tag < 0 || (e instanceof ExnInst && e.tag === f.inst.tags[c.tag]))
    if (clause === undefined) continue
    if (clause.tag === DELEGATE) {
      // Goes on as if thrown at the target: the handlers that cover it come later.
      position = clause.target
      continue
    }
    R[fp + h.caught] = e
    if (clause.tag >= 0) putPayload(e as ExnInst, fp + clause.payload)
    Object.assign(at, { f, pc: clause.target, fp })
    return true
  }
  return false
}

function putPayload(e: ExnInst, to: number): void {
  slotKinds(e.tag.type.params).forEach((kind, k) => {
    if (kind === 0) I[to + k] = e.payload.i[k]!
    else if (kind === 1) F[to + k] = e.payload.f[k]!
    else R[to + k] = e.payload.r[k]
  })
}

/** What leaves the interpreter: native errors become traps, and traps get their frames, innermost first. */
function trapWithFrames(e: unknown, entry: number): unknown {
  const trap = e instanceof Trap ? e : e instanceof Error ? trapOf(e) : undefined
  if (trap === undefined) return e
  if (at.f.tier !== undefined) {
    keepMixed(trap, e as Error, entry)
    return trap
  }
  if (trap.frames.length < MAX_FRAMES) trap.frames.push(frameOf(at.f, at.pc))
  for (let depth = state.depth - 1; depth >= entry && trap.frames.length < MAX_FRAMES; depth--)
    trap.frames.push(frameOf(frameCode[depth]!, framePc[depth]! - 1))
  return trap
}

/** Frames among those of another engine: whoever has the stack puts them in their place. */
function keepMixed(trap: Trap, e: Error, entry: number): void {
  if (e !== trap) keepNative(trap, e)
  const frames = [frameOf(at.f, at.pc)]
  for (let depth = state.depth - 1; depth >= entry && frames.length < MAX_FRAMES; depth--)
    frames.push(frameOf(frameCode[depth]!, framePc[depth]! - 1))
  keepRun(errorOf(trap), frames)
}

const frameOf = (f: Lowered, pc: number): TrapFrame => wasmFrame(f.inst, f.func.index, mapOf(f).offsetAt(pc))
