// Which features a valid module uses: by the instructions of its bodies and constant expressions, and by its types, limits and sections.
import { CodeReader, skipExpr } from '../binary/code.ts'
import type { Feature } from '../syntax/features.ts'
import { rows } from '../syntax/instructions.ts'
import type { Code, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import {
  EXTERNREF,
  FUNCREF,
  Heap,
  heapOf,
  isConcrete,
  isNullable,
  isRef,
  type Limits,
  type MemType,
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
  const add = (code: Code, constant: boolean) => {
    const r = new CodeReader(code)
    skipExpr(
      r,
      (op) => {
        found.add(rows[op]!.feature)
        if (constant && EXTENDED.has(op)) found.add('extended-const')
      },
      true,
    )
  }
  for (const f of module.funcs) {
    add(f.body, false)
    for (const { type } of f.locals) valType(type, found)
  }
  for (const g of module.globals) add(g.init, true)
  for (const { mode } of [...module.elems, ...module.datas]) if (mode.kind === 'active') add(mode.offset, true)
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
