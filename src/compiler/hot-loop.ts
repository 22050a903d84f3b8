// One loop of a function as a function of its own, for an interpreter in the middle of it: takes the frame's registers, runs the loop, puts the registers
// back and says where it was left. A register's number is a local's slot, or behind them the height of a stack slot.
import type { FuncInst, ModuleInst } from '../runtime/instances.ts'
import { type FuncType, slotCount } from '../syntax/types.ts'
import type { Frame, LoopDraft } from './frame.ts'
import { type Compiled, FuncCompiler } from './func.ts'
import { F32X4, kindOf } from './operands.ts'
import { printFunction } from './split.ts'
import { type Line, Variables } from './tree.ts'

/** The register files by kind, and where the frame's registers begin: the parameters. No variable of the compiler's has such a name. */
const FILES = { i: 'I', d: 'F', r: 'R' } as const
const BASE = 'hb'
/** By which frame it was left, of those around it and itself, the function's first; and what the function returns. */
const LEFT = 'hw'
const RESULT = 'hv'

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
  const say = (text: string): Line => ({ text, offset })
  const variables = withParameters(loop.variables, type)
  const { loads, stores } = registersOf(loop, compiler.locals.count)
  const lines = [
    say(loads.join('')),
    say(loop.variables.names.map((v, k) => again(v, loop.variables.again[k]!)).join('')),
    say('L0:{'),
    ...rewrite(loop.lines, loop.frames),
    say('}'),
    say(stores.join('')),
    ...results(type).map(say),
    say(`return ${LEFT};`),
  ].filter((l) => l.text !== '')
  const printed = printFunction({ name: id, variables, params: 4, result: 'i', lines, prologue: '', epilogue: '' })
  const names = new Set([...loop.names, 'ret', ...printed.names, ...(loop.floats.size > 0 ? CONVERSIONS : [])])
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

const CONVERSIONS = ['f32_from_bits', 'f32_to_bits', 'f64_from_bits', 'f64_low_bits', 'f64_high_bits']

/** Statements that give the variables what is in their registers, and put it back. */
function registersOf({ variables, floats }: LoopDraft, locals: number): { loads: string[]; stores: string[] } {
  const at = (file: string, n: number) => `${file}[${BASE}+${n}]`
  /** The local held as floats that a slot belongs to, and the place of the slot in it. */
  const formOf = (slot: number) => {
    for (let k = 0; k < 4; k++) if (floats.has(slot - k)) return [floats.get(slot - k), k] as const
    return [undefined, 0] as const
  }
  const loads: string[] = []
  const stores: string[] = []
  variables.names.forEach((v, k) => {
    const [, letter, digits] = /^([lidr])(\d+)$/.exec(v) ?? []
    if (letter === undefined) return
    const n = Number(digits)
    const [form, place] = letter === 'l' ? formOf(n) : ([undefined, 0] as const)
    if (form === undefined) {
      const register = at(FILES[variables.kinds[k]!], n + (letter === 'l' ? 0 : locals))
      loads.push(`${v}=${register};`)
      stores.push(`${register}=${v};`)
    } else if (form === F32X4) {
      loads.push(`${v}=f32_from_bits(${at('I', n)});`)
      stores.push(`${at('I', n)}=f32_to_bits(${v});`)
    } else if (place < 2) {
      const [low, high] = [at('I', n + place), at('I', n + place + 1)]
      loads.push(`${v}=f64_from_bits(${low},${high});`)
      stores.push(`${low}=f64_low_bits(${v});${high}=f64_high_bits(${v});`)
    }
  })
  return { loads, stores }
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
