// call_indirect through a table that nothing can change: a switch over the functions in it, which V8 compiles to a jump and may inline the callees of.
import { FuncInst, type ModuleInst } from '../runtime/instances.ts'
import { slotsOf } from '../runtime/values.ts'
import { isCommon } from './common.ts'

/** Largest table, and most functions of one type in it, that a switch is made for: beyond, finding the case costs more than the call. */
const MAX_TABLE = 256
const MAX_TARGETS = 16

/** Whether a call of type `id` through a table goes by a switch. */
export function hasDispatcher(inst: ModuleInst, table: number, id: number): boolean {
  const { elems } = inst.tables[table]!
  if (elems.length > MAX_TABLE || isCommon(inst) || !isFixed(inst, table)) return false
  const n = targets(inst, table, id).size
  return n > 0 && n <= MAX_TARGETS
}

/** Whether only the element segments of its own module ever write to a table. */
function isFixed({ module, tables }: ModuleInst, table: number): boolean {
  if (module.changesTables !== false || table < tables.length - module.tables.length) return false
  return !module.exports.some((e) => e.kind === 'table' && e.index === table)
}

/** The functions in a table that type `id` may call, and where they are. */
export function targets(inst: ModuleInst, table: number, id: number): Map<FuncInst, number[]> {
  const { depth } = inst.store.registry.types[id]!
  const out = new Map<FuncInst, number[]>()
  inst.tables[table]!.elems.forEach((f, at) => {
    if (!(f instanceof FuncInst) || f.def.supers[depth] !== id) return
    const places = out.get(f)
    if (places === undefined) out.set(f, [at])
    else places.push(at)
  })
  return out
}

/** Dispatchers made: V8 shares what it knows between functions of one text, and would fold no constants in them. */
let made = 0

/** The dispatcher's source, which takes the index and then the arguments; what it refers to, by name. */
export function dispatcher(
  inst: ModuleInst,
  table: number,
  id: number,
): { source: string; bound: Record<string, unknown> } {
  const bound: Record<string, unknown> = {}
  const cases: string[] = []
  let args = ''
  for (const [f, places] of targets(inst, table, id)) {
    const slots = slotsOf(f.type.params)
    args = Array.from({ length: slots }, (_, k) => `,a${k}`).join('')
    const name = `f${cases.length}`
    bound[name] = f
    cases.push(`${places.map((at) => `case ${at}:`).join('')}return ${name}.code(${args.slice(1)})`)
  }
  return { source: `return function C${++made}(x${args}){switch(x){${cases.join(';')}}return fail(x)}`, bound }
}
