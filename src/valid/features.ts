// Which features a valid module uses: by the instructions of its bodies and constant expressions, and by its types, limits and sections.
import { CodeReader, opensBlock } from '../binary/code.ts'
import type { Feature } from '../syntax/features.ts'
import { rows } from '../syntax/instructions.ts'
import type { Code, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import {
  BOT,
  EXTERNREF,
  FUNCREF,
  Heap,
  heapOf,
  isConcrete,
  isNullable,
  isRef,
  type Limits,
  type MemType,
  refType,
  V128,
  type ValType,
} from '../syntax/types.ts'

/** The features that a module uses, sorted; `mvp` only where it uses an instruction. */
export function featuresOf(module: Module): Feature[] {
  const found = new Set<Feature>()
  bodies(module, found)
  types(module, found)
  storage(module, found)
  if (module.dataCount !== undefined || module.datas.some((d) => d.mode.kind === 'passive')) found.add('bulk-memory')
  if (module.elems.some((e) => e.mode.kind === 'declarative')) found.add('reference-types')
  return [...found].sort()
}

function bodies(module: Module, found: Set<Feature>): void {
  for (const f of module.funcs) {
    instructions(f.body, found)
    for (const { type } of f.locals) valType(type, found)
  }
  for (const code of constants(module))
    for (const op of instructions(code, found)) if (EXTENDED.has(op)) found.add('extended-const')
}

function constants(module: Module): Code[] {
  const out = module.globals.map((g) => g.init)
  for (const { mode } of [...module.elems, ...module.datas]) if (mode.kind === 'active') out.push(mode.offset)
  for (const { init } of module.elems) if (init.kind === 'exprs') for (const code of init.exprs) out.push(code)
  for (const { init } of module.tables) if (init !== undefined) out.push(init)
  return out
}

/** Gives the instructions, each once. */
function instructions(code: Code, found: Set<Feature>): Set<Op> {
  const r = new CodeReader(code)
  const seen = new Set<Op>()
  while (!r.done) {
    const op = r.op()
    if (op === Op.ref_null) valType(refType(true, r.heap()), found)
    else if (op === Op.select_t) for (const t of r.types()) valType(t, found)
    else r.skipImms(op)
    if (opensBlock(op) && r.blockResult !== BOT) valType(r.blockResult, found)
    if (seen.has(op)) continue
    seen.add(op)
    found.add(rows[op]!.feature)
  }
  return seen
}

const EXTENDED = new Set([Op.i32_add, Op.i32_sub, Op.i32_mul, Op.i64_add, Op.i64_sub, Op.i64_mul])

function types(module: Module, found: Set<Feature>): void {
  for (const group of module.recTypes) if (group.length > 1) found.add('gc')
  for (const { comp, supers, final } of module.types) {
    if (comp.kind !== 'func' || supers.length > 0 || !final) found.add('gc')
    if (comp.kind !== 'func') continue
    if (comp.results.length > 1) found.add('multi-value')
    for (const t of comp.params) valType(t, found)
    for (const t of comp.results) valType(t, found)
  }
  for (const g of module.globals) valType(g.type.type, found)
}

function valType(t: ValType, found: Set<Feature>): void {
  if (t === V128) found.add('simd')
  if (!isRef(t)) return
  if (t === FUNCREF || t === EXTERNREF) found.add('reference-types')
  else if (heapOf(t) === Heap.exn || heapOf(t) === Heap.noexn) found.add('exceptions')
  else if (isConcrete(t) || (!isNullable(t) && (heapOf(t) === Heap.func || heapOf(t) === Heap.extern)))
    found.add('function-references')
  else found.add('gc')
}

function storage(module: Module, found: Set<Feature>): void {
  const memories: MemType[] = [...module.memories]
  const limits: Limits[] = module.tables.map((t) => t.type.limits)
  let tables = module.tables.length
  for (const { type, init } of module.tables) {
    if (type.elem !== FUNCREF) valType(type.elem, found)
    if (init !== undefined) found.add('function-references')
  }
  for (const { type } of module.elems) if (type !== FUNCREF) valType(type, found)
  for (const { desc } of module.imports) {
    if (desc.kind === 'memory') memories.push(desc.type)
    if (desc.kind === 'table') {
      limits.push(desc.type.limits)
      tables++
    }
    if (desc.kind === 'global') valType(desc.type.type, found)
    if (desc.kind === 'tag') found.add('exceptions')
  }
  if (module.tags.length > 0) found.add('exceptions')
  if (memories.length > 1) found.add('multi-memory')
  if (tables > 1) found.add('reference-types')
  for (const m of memories) {
    limits.push(m.limits)
    if (m.shared) found.add('threads')
    if (m.pageSizeLog2 !== 16) found.add('custom-page-sizes')
  }
  if (limits.some((l) => l.address === 'i64')) found.add('memory64')
}
