// Functions that are added to a module whose structs, arrays and exceptions are counted: those by which an object is remembered (runtime/census.ts); and
// what constant expressions make, which the host evaluates.
import { CodeReader } from '../binary/code.ts'
import { exceptionBytes } from '../runtime/census.ts'
import { elementBytes } from '../runtime/gc.ts'
import type { ModuleInst } from '../runtime/instances.ts'
import type { Code, Elem, Func, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import { concrete, EXNREF, type FieldType, type FuncType, I32, isRef, refType, type ValType } from '../syntax/types.ts'
import { HOOK } from './shape.ts'
import { Body, plain } from './synth.ts'

/** What a function that counts objects is made of. */
export interface CountedKind {
  readonly bytes: number
  readonly type: FuncType
  readonly locals: Func['locals']
  body(): Code
}

/** Where the counter lies, the table of hooks, and the types of the hooks in it. */
export interface CounterPlace {
  readonly left: number
  readonly table: number
  readonly made: number
  readonly thrown: number
}

/** Bytes of an object without its contents, in V8. */
const STRUCT = 16
export const ARRAY = 24

const widthOf = (t: ValType): number => (isRef(t) ? 8 : elementBytes(t))
const bytesOf = (fields: readonly FieldType[]): number => fields.reduce((sum, f) => sum + widthOf(f.type), STRUCT)

/** Structs or arrays of a type. */
export function objects(module: Module, index: number, place: CounterPlace): CountedKind {
  const { comp } = module.types[index]!
  const t = refType(false, concrete(index))
  const type = plain([t], [t])
  if (comp.kind === 'struct') {
    const bytes = bytesOf(comp.fields)
    const body = () => {
      const b = new Body().op(Op.local_get, 0).i32(bytes)
      return hook(b, HOOK.made, place.made, place.table).op(Op.local_get, 0).end()
    }
    return { bytes, type, locals: [], body }
  }
  const bytes = comp.kind === 'array' ? widthOf(comp.field.type) : 0
  const body = () => {
    const b = new Body().op(Op.global_get, place.left)
    b.op(Op.local_get, 0).op(Op.array_len).i32(bytes).op(Op.i32_mul).i32(ARRAY).op(Op.i32_add).op(Op.local_tee, 1)
    b.op(Op.i32_sub).op(Op.global_set, place.left).op(Op.global_get, place.left).i32(0).op(Op.i32_lt_s).block(Op.if_)
    hook(b.op(Op.local_get, 0).op(Op.local_get, 1), HOOK.made, place.made, place.table)
    return b.op(Op.end).op(Op.local_get, 0).end()
  }
  return { bytes, type, locals: [{ count: 1, type: I32 }], body }
}

/** Exceptions with a tag: the function catches the one that it throws, since it is an object only then. */
export function exceptions(tag: number, params: readonly ValType[], place: CounterPlace): CountedKind {
  const type = plain(params, [])
  const bytes = exceptionBytes(type)
  const body = () => {
    const b = new Body().block(Op.block, EXNREF).block(Op.try_table)
    // One handler: all exceptions, as references, to the block.
    b.w.raw(Uint8Array.of(1, 3, 0))
    for (const k of params.keys()) b.op(Op.local_get, k)
    b.op(Op.throw_, tag).op(Op.end).op(Op.unreachable).op(Op.end).op(Op.local_tee, params.length).i32(bytes)
    return hook(b, HOOK.thrown, place.thrown, place.table).op(Op.local_get, params.length).op(Op.throw_ref).end()
  }
  return { bytes, type, locals: [{ count: 1, type: EXNREF }], body }
}

function hook(b: Body, index: number, type: number, table: number): Body {
  return b.i32(index).op(Op.call_indirect, type, table).op(Op.drop)
}

/** Bytes of the arrays that an instance's constant expressions make with a length of their own. */
export function constantBytes(inst: ModuleInst): number {
  const { module } = inst
  const globals: number[] = []
  for (const g of inst.globals) globals.push(g.type.type === I32 ? (g.value as number) : 0)
  const exprs = [...module.tables.flatMap(({ init }) => init ?? []), ...module.elems.flatMap(exprsOf)]
  let sum = 0
  for (const { init } of module.globals) {
    const { bytes, value } = measure(module, init, globals)
    globals.push(value)
    sum += bytes
  }
  return exprs.reduce((n, code) => n + measure(module, code, globals).bytes, sum)
}

const exprsOf = ({ init }: Elem): readonly Code[] => (init.kind === 'exprs' ? init.exprs : [])

/** A constant expression's int32, if that is what it gives, and the bytes of its arrays. */
function measure(module: Module, code: Code, globals: readonly number[]): { value: number; bytes: number } {
  const r = new CodeReader(code)
  const stack: number[] = []
  let bytes = 0
  const pop = () => stack.pop() ?? 0
  for (let op = r.op(); op !== Op.end; op = r.op()) {
    const { pos } = r
    const comp = op === Op.array_new || op === Op.array_new_default ? module.types[r.u32()]!.comp : undefined
    if (comp?.kind === 'array') {
      bytes += ARRAY + (pop() >>> 0) * widthOf(comp.field.type)
      if (op === Op.array_new_default) stack.push(0)
    } else if (op === Op.i32_const) stack.push(r.s32())
    else if (op === Op.global_get) stack.push(globals[r.u32()] ?? 0)
    else if (op === Op.i32_add) stack.push(pop() + pop())
    else if (op === Op.i32_sub) stack.push(-pop() + pop())
    else if (op === Op.i32_mul) stack.push(Math.imul(pop(), pop()))
    else {
      r.pos = pos
      r.skipImms(op)
      if (op !== Op.struct_new && op !== Op.array_new_fixed) stack.push(0)
    }
  }
  return { value: pop() | 0, bytes }
}
