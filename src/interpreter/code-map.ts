// Where a function's register code comes from: for backtraces, and for loops that are taken over. Both are rare, so nothing of it is kept with the code; the
// function is lowered once more, with a map that is told.
import type { Frame } from './frames.ts'
import { Lowerer } from './lower.ts'
import type { Lowered } from './lowered.ts'

/** A loop that something may take over. */
export interface LoopEntry {
  /** Offset of the body's instruction, as a reader has it behind the opcode. */
  readonly offset: number
  /** Where to go on for a branch to each of the frames around it, the function's first: behind them, or where they start if they are loops. */
  readonly targets: readonly number[]
}

export class CodeMap {
  /** Pairs of code position and byte offset, ascending. */
  private readonly offsets: number[] = []
  /** By code position of their `hot`: the offset, and the frames around it and its own. */
  private readonly loops = new Map<number, { offset: number; frames: readonly Frame[] }>()
  /** Where a function is left whose results lie in its first registers. */
  left = -1

  /** An instruction is emitted. */
  add(at: number, offset: number): void {
    this.offsets.push(at, offset)
  }

  /** The last instruction is taken back. */
  takeBack(): void {
    this.offsets.length -= 2
  }

  addLoop(at: number, offset: number, frames: readonly Frame[]): void {
    this.loops.set(at, { offset, frames: [...frames] })
  }

  /** The byte offset of the instruction that the code at a position belongs to. */
  offsetAt(pc: number): number {
    const { offsets } = this
    let offset = -1
    for (let k = 0; k < offsets.length && offsets[k]! <= pc; k += 2) offset = offsets[k + 1]!
    return offset
  }

  /** The loop whose `hot` is at a position. */
  loopAt(pc: number): LoopEntry {
    const { offset, frames } = this.loops.get(pc)!
    const target = (f: Frame) => (f.kind === 'func' ? this.left : f.kind === 'loop' ? f.start : f.stop)
    const around = frames.slice(0, -1).map(target)
    return { offset, targets: [...around, frames[frames.length - 1]!.stop] }
  }
}

/** The map of a function's code. */
export function mapOf(f: Lowered): CodeMap {
  if (f.map === undefined) {
    f.map = new CodeMap()
    new Lowerer(f.inst, f.func, f.tier, f.map).lower()
  }
  return f.map
}
