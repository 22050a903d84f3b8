// One loop of a function as a function of its own, for an interpreter in the middle of it: takes the frame's registers, runs the loop, puts the registers
// back and says where it was left. A register's number is a local's slot, or behind them the height of a stack slot.
import type { FuncInst, ModuleInst } from '../runtime/instances.ts'
import { type FuncType, slotCount } from '../syntax/types.ts'
import type { Frame } from './frame.ts'
import { type Compiled, FuncCompiler } from './func.ts'
import { kindOf } from './operands.ts'
import { printFunction } from './split.ts'
import { type Line, Variables } from './tree.ts'

/** The register files by kind, and where the frame's registers begin: the parameters. */
const FILES = { i: 'I', d: 'F', r: 'R' } as const
const BASE = 'b'
/** By which frame it was left, of those around it and itself, the function's first; and what the function returns. */
const LEFT = 'w'
const RESULT = 'v'

/**
 * A function (I, F, R, base) that gives the number of the frame to whose end it goes, or for a loop around it, whose start.
 * @param offset of the loop's instruction
 * @param id the function's name in the source
 * @param mark whether to mark code by the instructions it came from
 * @returns undefined where the loop can't run alone
 */
export function compileLoop(
  inst: ModuleInst,
  func: FuncInst,
  offset: number,
  id: string,
  mark = false,
): Compiled | undefined {
  const compiler = new FuncCompiler(inst, func, undefined, mark)
  const loop = compiler.compileLoop(offset)
  // Handlers would find the registers as they were.
  if (loop === undefined || loop.frames.some((f) => f.kind.startsWith('try') || f.kind.startsWith('catch')))
    return undefined
  const { type } = func
  const slots = inst.module.funcs[func.index - inst.importedFuncs]!.locals
  const locals = loop.variables.names.filter((v) => /^l\d+$/.test(v)).length
  if (slots.some((run) => slotCount(run.type) === 4) || type.params.some((t) => slotCount(t) === 4)) return undefined
  const say = (text: string): Line => ({ text, offset })
  const variables = withParameters(loop.variables, type)
  const registers = registersOf(loop.variables, locals)
  const lines = [
    say(registers.map(([v, place]) => `${v}=${place};`).join('')),
    say(loop.variables.names.map((v, k) => again(v, loop.variables.again[k]!)).join('')),
    say('L0:{'),
    ...rewrite(loop.lines, loop.frames),
    say('}'),
    say(registers.map(([v, place]) => `${place}=${v};`).join('')),
    ...results(type).map(say),
    say(`return ${LEFT};`),
  ].filter((l) => l.text !== '')
  const printed = printFunction({ name: id, variables, params: 4, result: 'i', lines, prologue: '', epilogue: '' })
  const names = new Set([...loop.names, 'ret', ...printed.names])
  return { source: printed.source, names: [...names], offsets: printed.offsets, hasTailCall: false }
}

const again = (v: string, value: string): string => (value === '' ? '' : `${v}=${value};`)

function withParameters(own: Variables, type: FuncType): Variables {
  const out = new Variables()
  for (const file of Object.values(FILES)) out.add(file, 'r', '')
  out.add(BASE, 'i', '')
  out.add(LEFT, 'i', '0')
  const kind = type.results.length === 0 ? 'i' : kindOf(type.results[0]!)
  out.add(RESULT, kind, kind === 'r' ? 'null' : '0')
  own.names.forEach((v, k) => {
    const declared = own.declaration(k)
    out.add(v, own.kinds[k]!, declared.slice(v.length + 1), own.again[k])
  })
  return out
}

/** The variables that have a register, and its place. */
function registersOf({ names, kinds }: Variables, locals: number): [string, string][] {
  return names.flatMap((v, k): [string, string][] => {
    const at = /^([lidr])(\d+)$/.exec(v)
    if (at === null) return []
    return [[v, `${FILES[kinds[k]!]}[${BASE}+${Number(at[2]) + (at[1] === 'l' ? 0 : locals)}]`]]
  })
}

/** Jumps out of the loop become ways to leave it. */
function rewrite(lines: readonly Line[], frames: readonly Frame[]): Line[] {
  const ways = new Map<string, number>()
  frames.slice(0, -1).forEach((f, k) => {
    ways.set(`L${f.id}`, k)
    ways.set(`N${f.id}`, k)
  })
  const leave = (way: number) => `${LEFT}=${way};break L0`
  const text = (line: string) =>
    line.replace(/\b(?:(?:break|continue) ([LN]\d+)(?![\w$])|return\b *([^;{}]*))/g, (whole, label, value) => {
      if (label !== undefined) return ways.has(label) ? `{${leave(ways.get(label)!)}}` : whole
      return `{${value === '' ? '' : `${RESULT}=${value};`}${leave(0)}}`
    })
  return [
    { text: `${LEFT}=${frames.length - 1};`, offset: -1 },
    ...lines.map((l) => ({ text: text(l.text), offset: l.offset })),
  ]
}

/** Puts the results of a `return` where the interpreter has them. */
function results(type: FuncType): string[] {
  const kinds = type.results.flatMap((t) => Array.from({ length: slotCount(t) }, () => kindOf(t)))
  if (kinds.length === 0) return []
  const stores = kinds.map((kind, k) => {
    const lane =
      k === 0
        ? RESULT
        : kind === 'i'
          ? k === 1
            ? 'ret.hi'
            : `ret.i[${k}]`
          : kind === 'd'
            ? `ret.f[${k}]`
            : `ret.r[${k}]`
    return `${FILES[kind]}[${BASE}+${k}]=${lane};`
  })
  return [`if(${LEFT}===0){`, stores.join(''), '}']
}
