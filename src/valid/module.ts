// Validates a module (specification: Validation, Modules), field by field in the specification's order. A validated module is sound for every
// engine; nothing here instantiates or lowers anything.

import { CodeReader } from '../binary/code.ts'
import { malformed } from '../binary/reader.ts'
import { InvalidError } from '../errors.ts'
import * as limit from '../syntax/limits.ts'
import { matchesVal } from '../syntax/match.ts'
import type { Elem, Func, ImportDesc, Module, SegmentMode, Table } from '../syntax/module.ts'
import { isDefaultable, type MemType, type ValType } from '../syntax/types.ts'
import { validateConst } from './const-expr.ts'
import { addressType, Context } from './context.ts'
import { FuncState } from './func.ts'
import { validateCode } from './instr.ts'
import { addRecType, checkMemType, globalType, tableType, tagType } from './types.ts'

/**
 * Validates a decoded module.
 * @throws InvalidError with the specification's wording, and the byte offset where an instruction is at fault
 */
export function validate(module: Module): void {
  const ctx = new Context()
  const v = new FuncState(ctx)
  checkCounts(module)
  for (const group of module.recTypes) addRecType(ctx, group)
  for (const { desc } of module.imports) addImport(ctx, desc)
  for (const tag of module.tags) ctx.tags.push(tagType(ctx, tag.type))
  for (const func of module.funcs) addFunc(ctx, func.type)
  declareFuncs(ctx, module)
  for (const memory of module.memories) addMemory(ctx, memory)
  for (const table of module.tables) addTable(v, table)
  for (const global of module.globals) {
    const type = globalType(ctx, global.type)
    validateConst(v, global.init, type.type)
    ctx.globals.push(type)
  }
  for (const data of module.datas) validateData(v, data.mode)
  ctx.dataCount = module.dataCount
  for (const elem of module.elems) addElem(v, elem)
  validateBodies(v, module)
  module.changesTables = ctx.changesTables
  if (module.start !== undefined) validateStart(ctx, module.start)
  validateExports(ctx, module)
}

function checkCounts(module: Module): void {
  const imported = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  for (const { desc } of module.imports) imported[desc.kind]++
  const check = (what: string, count: number, most: number) => {
    if (count > most) throw new InvalidError(`too many ${what}: ${count}, at most ${most}`)
  }
  check('types', module.types.length, limit.MAX_TYPES)
  check('imports', module.imports.length, limit.MAX_IMPORTS)
  check('functions', imported.func + module.funcs.length, limit.MAX_FUNCS)
  check('tables', imported.table + module.tables.length, limit.MAX_TABLES)
  check('memories', imported.memory + module.memories.length, limit.MAX_MEMORIES)
  check('globals', imported.global + module.globals.length, limit.MAX_GLOBALS)
  check('tags', imported.tag + module.tags.length, limit.MAX_TAGS)
  check('exports', module.exports.length, limit.MAX_EXPORTS)
  check('element segments', module.elems.length, limit.MAX_ELEM_SEGMENTS)
  check('data segments', module.datas.length, limit.MAX_DATA_SEGMENTS)
}

function addImport(ctx: Context, desc: ImportDesc): void {
  switch (desc.kind) {
    case 'func':
      addFunc(ctx, desc.type)
      return
    case 'table':
      ctx.tables.push(tableType(ctx, desc.type))
      return
    case 'memory':
      addMemory(ctx, desc.type)
      return
    case 'global':
      ctx.globals.push(globalType(ctx, desc.type))
      return
    case 'tag':
      ctx.tags.push(tagType(ctx, desc.type.type))
  }
}

function addFunc(ctx: Context, type: number): void {
  ctx.funcType(type, -1)
  ctx.funcs.push(ctx.typeId(type, -1))
}

/** Exports and element segments declare the functions they name; constant expressions do so as they are validated. */
function declareFuncs(ctx: Context, module: Module): void {
  for (const { kind, index } of module.exports) if (kind === 'func') ctx.declared.add(index)
  for (const { init } of module.elems)
    if (init.kind === 'funcs') for (const index of init.funcs) ctx.declared.add(index)
}

function addMemory(ctx: Context, type: MemType): void {
  checkMemType(type)
  ctx.addresses.push(addressType(type))
}

function addTable(v: FuncState, { type, init }: Table): void {
  const { ctx } = v
  const canonical = tableType(ctx, type)
  if (init !== undefined) validateConst(v, init, canonical.elem)
  else if (!isDefaultable(canonical.elem))
    throw new InvalidError(
      `type mismatch: non-defaultable element type ${ctx.name(canonical.elem)} needs an initial value`,
    )
  ctx.tables.push(canonical)
}

function validateData(v: FuncState, mode: SegmentMode): void {
  if (mode.kind !== 'active') return
  const address = v.ctx.memory(mode.index, mode.offset.start)
  validateConst(v, mode.offset, address)
}

function addElem(v: FuncState, elem: Elem): void {
  const { ctx } = v
  const type = ctx.valType(elem.type, -1)
  if (elem.init.kind === 'funcs') for (const index of elem.init.funcs) ctx.func(index, -1)
  else for (const expr of elem.init.exprs) validateConst(v, expr, type)
  if (elem.mode.kind === 'active') validateElemOffset(v, elem.mode, type)
  ctx.elems.push(type)
}

function validateElemOffset(v: FuncState, mode: SegmentMode & { kind: 'active' }, type: ValType): void {
  const { ctx } = v
  const at = mode.offset.start
  const table = ctx.table(mode.index, at)
  if (!matchesVal(ctx.reg, type, table.elem))
    throw new InvalidError(
      `type mismatch: element segment's type ${ctx.name(type)} does not match table's element type ${ctx.name(table.elem)}`,
      at,
    )
  validateConst(v, mode.offset, addressType(table))
}

function validateBodies(v: FuncState, module: Module): void {
  let r: CodeReader | undefined
  for (const func of module.funcs) {
    const { body } = func
    // Bodies of one binary share a reader; those from text may each have bytes of their own.
    if (r === undefined || r.bytes !== body.bytes) r = new CodeReader(body)
    r.pos = body.start
    r.end = body.end
    validateBody(v, func, r)
  }
}

function validateBody(v: FuncState, func: Func, r: CodeReader): void {
  const type = v.ctx.funcType(func.type, func.body.start)
  const locals = func.locals.reduce((n, run) => n + run.count, type.params.length)
  if (locals > limit.MAX_LOCALS)
    throw new InvalidError(
      `too many locals: ${locals} with the parameters, at most ${limit.MAX_LOCALS}`,
      func.body.start,
    )
  v.setLocals(type, func.locals, func.body.start)
  v.enter(r, type.results)
  validateCode(v)
  // The decoder may have left bodies unread.
  if (r.pos !== r.end) throw malformed('section size mismatch', r.pos)
}

function validateStart(ctx: Context, start: number): void {
  const { params, results } = ctx.signature(ctx.func(start, -1))
  if (params.length > 0 || results.length > 0)
    throw new InvalidError('start function must not have parameters or results')
}

function validateExports(ctx: Context, module: Module): void {
  for (const { kind, index } of module.exports) {
    if (kind === 'func') ctx.func(index, -1)
    else if (kind === 'table') ctx.table(index, -1)
    else if (kind === 'memory') ctx.memory(index, -1)
    else if (kind === 'global') ctx.global(index, -1)
    else ctx.tag(index, -1)
  }
  const names = new Set<string>()
  for (const { name } of module.exports) {
    if (names.has(name)) throw new InvalidError(`duplicate export name ${JSON.stringify(name)}`)
    names.add(name)
  }
}
