// What the compiler wants to know of a body before it emits it: one pass over the instructions, in time linear in their number. Emission itself is
// func.ts's; dead code is counted here though it is not emitted, which only makes the facts more careful.
import { CALLS, CodeReader, opensBlock, TAIL_CALLS } from '../binary/code.ts'
import { rows } from '../syntax/instructions.ts'
import type { Code } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'

/** Facts about one loop, those of the loops inside included. */
export interface Loop {
  /** Whether something in it may replace the views of memories: a call or a growth. */
  calls: boolean
  /** The first 31 memories that it accesses, a bit each. */
  memories: number
  /** Whether it stands in another loop, and whether one stands in it. */
  nested: boolean
  nests: boolean
  /** Branches back to its start. */
  edges: number
  /** Locals it mentions; only kept for loops outside of all others. */
  locals: Set<number>
}

/** Memories beyond these have no local view. */
export const VIEWS = 31

const REPLACING: ReadonlySet<Op> = new Set([...CALLS, Op.memory_grow, Op.memory_size, Op.table_grow])
/** Whether the views of memories may have been replaced after `op`; growth by other threads becomes visible in atomic operations. */
export const replacesViews = (op: Op): boolean => REPLACING.has(op) || op >= Op.memory_atomic_notify

export interface Facts {
  /** The loops by the offsets of their instructions. */
  readonly loops: ReadonlyMap<number, Loop>
  readonly hasTailCall: boolean
  /** Whether it calls itself. */
  readonly recursive: boolean
}

/** @param index the function's own */
export function analyse(body: Code, index: number): Facts {
  return new Analysis(body, index).run()
}

class Analysis implements Facts {
  private readonly r: CodeReader
  readonly loops = new Map<number, Loop>()
  hasTailCall = false
  recursive = false
  /** Open blocks, a loop's facts or undefined, and the loops among them. */
  private readonly blocks: (Loop | undefined)[] = [undefined]
  private readonly open: Loop[] = []

  constructor(
    body: Code,
    private readonly index: number,
  ) {
    this.r = new CodeReader(body)
  }

  run(): Facts {
    while (this.blocks.length > 0) this.step(this.r.op())
    return this
  }

  private step(op: Op): void {
    const { r, open } = this
    switch (op) {
      case Op.local_get:
      case Op.local_set:
      case Op.local_tee: {
        const local = r.u32()
        open[0]?.locals.add(local)
        return
      }
      case Op.br:
      case Op.br_if:
        this.edge(r.u32())
        return
      case Op.br_table:
        for (const label of new Set(r.labels())) this.edge(label)
        return
      case Op.loop:
        this.enter(r.at)
        r.block()
        return
      case Op.end:
      case Op.delegate:
        r.skipImms(op)
        this.leave()
        return
    }
    if (op === Op.call) this.call(r.u32())
    else r.skipImms(op)
    if (TAIL_CALLS.has(op)) this.hasTailCall = true
    if (opensBlock(op)) this.blocks.push(undefined)
    const loop = open[open.length - 1]
    if (loop === undefined) return
    if (replacesViews(op)) loop.calls = true
    if (rows[op]!.imms[0] !== 'memarg') return
    if (r.memory < VIEWS) loop.memories |= 1 << r.memory
  }

  private call(index: number): void {
    if (index === this.index) this.recursive = true
  }

  private edge(label: number): void {
    const target = this.blocks[this.blocks.length - 1 - label]
    if (target !== undefined) target.edges++
  }

  private enter(at: number): void {
    const { open } = this
    const nested = open.length > 0
    if (nested) open[open.length - 1]!.nests = true
    const loop: Loop = { calls: false, memories: 0, nested, nests: false, edges: 0, locals: new Set() }
    this.loops.set(at, loop)
    this.blocks.push(loop)
    open.push(loop)
  }

  private leave(): void {
    const loop = this.blocks.pop()
    if (loop === undefined) return
    this.open.pop()
    const outer = this.open[this.open.length - 1]
    if (outer === undefined) return
    outer.calls ||= loop.calls
    outer.memories |= loop.memories
  }
}
