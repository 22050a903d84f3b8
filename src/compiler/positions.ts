// From places in generated code to the instructions that they came from, for backtraces. Each line has its instruction; where a trap is inside an
// expression that several instructions have become, the function is compiled once more with marks, which say what stands where. Running code pays nothing.
import type { FuncInst, ModuleInst } from '../runtime/instances.ts'
import { FuncCompiler } from './func.ts'
import { compileLoop } from './hot-loop.ts'
import { MARKS } from './operands.ts'
import { RESUMED } from './resolve.ts'
import type { Calls } from './straight.ts'

/** Where the code of an instruction begins in a line, and which follows after its end. */
interface Change {
  column: number
  offset: number
}

/** What is known of a function's code. */
interface Lines {
  /** Its name in the source. */
  readonly id: string
  /** Instruction offsets by line, and the row in stack traces of the line before the first of them. */
  readonly offsets: ArrayLike<number>
  readonly row: number
  readonly calls?: Calls
  changes?: readonly (readonly Change[])[]
}

/** By the offset of a loop that is compiled alone, RESUMED, or '' for the whole function. */
const lines = new WeakMap<FuncInst, Map<string, Lines>>()

export function keepLines(func: FuncInst, known: Lines, loop = ''): void {
  const of = lines.get(func)
  if (of === undefined) lines.set(func, new Map([[loop, known]]))
  else of.set(loop, known)
}

/**
 * The offset of the instruction at a row and column of a stack trace, both from 1, or -1.
 * @param loop the offset of a loop that was compiled alone, RESUMED, or ''
 */
export function offsetAt(inst: ModuleInst, index: number, row: number, column: number, loop: string): number {
  const func = inst.funcs[index]!
  const known = lines.get(func)?.get(loop)
  if (known === undefined) return -1
  const line = row - known.row - 1
  known.changes ??= changesOf(inst, func, known, loop)
  let offset = -1
  for (const change of known.changes[line] ?? []) if (change.column < column) offset = change.offset
  // The end of the stack is found in the function's head, before its first line.
  return offset >= 0 ? offset : (known.offsets[Math.max(line, 0)] ?? -1)
}

/** Nothing where the function does not compile to the same lines any more. */
function changesOf(inst: ModuleInst, func: FuncInst, { id, offsets, calls }: Lines, loop: string): Change[][] {
  const whole = () => new FuncCompiler(inst, func, undefined, true).compile(id, calls)
  const compiled = loop === '' || loop === RESUMED ? whole() : compileLoop(inst, func, Number(loop), id, true)!
  const same =
    compiled.offsets.length === offsets.length && compiled.offsets.every((offset, k) => offset === offsets[k])
  // The source's first line is the function's head.
  return same ? compiled.source.split('\n').slice(1).map(changesIn) : []
}

function changesIn(line: string): Change[] {
  const changes: Change[] = []
  const open: number[] = []
  let removed = 0
  for (const mark of line.matchAll(MARKS)) {
    if (mark[1] === undefined) open.pop()
    else open.push(Number(mark[1]))
    changes.push({ column: mark.index - removed, offset: open.at(-1) ?? -1 })
    removed += mark[0].length
  }
  return changes
}
