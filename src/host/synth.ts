// Small modules that are made here: to call functions whose values JavaScript has no form for, to make functions, memories, tables, globals and tags
// of any type. Types are those of a store's registry; a module gets the groups that it needs, renumbered.
import { encode, writeOp } from '../binary/encode.ts'
import { writeValType } from '../binary/write-types.ts'
import type { Code, Custom, Export, Func, Import, Module } from '../syntax/module.ts'
import { Op } from '../syntax/opcode.ts'
import type { DefType, TypeRegistry } from '../syntax/type-registry.ts'
import {
  CONCRETE,
  type CompType,
  type FuncType,
  INDEX_MASK,
  isConcrete,
  isRef,
  type RecType,
  type SubType,
  typeIndexOf,
  type ValType,
} from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { erased } from './erase.ts'
import { type Native, type NativeExports, type NativeImports, type NativeModule, native } from './native.ts'

/** The host's WebAssembly, where this engine runs. */
export function host(): Native {
  const found = native()
  if (found === undefined) throw new Error("the host has no WebAssembly: the engine 'host' can't run here")
  return found
}

/** Instructions of one body or constant expression. */
export class Body {
  readonly w = new ByteWriter()
  op(op: Op, ...imms: number[]): this {
    writeOp(this.w, op)
    for (const imm of imms) this.w.u32(imm)
    return this
  }
  i32(value: number): this {
    writeOp(this.w, Op.i32_const)
    this.w.s32(value)
    return this
  }
  i64(value: bigint): this {
    writeOp(this.w, Op.i64_const)
    this.w.s64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(64, value) >> 32n))
    return this
  }
  /** A block instruction with at most one result. */
  block(op: Op, result?: ValType): this {
    writeOp(this.w, op)
    if (result === undefined) this.w.byte(0x40)
    else writeValType(this.w, result)
    return this
  }
  end(): Code {
    writeOp(this.w, Op.end)
    const bytes = this.w.take()
    return { bytes, start: 0, end: bytes.length }
  }
}

export const plain = (params: readonly ValType[], results: readonly ValType[]): FuncType => ({
  kind: 'func',
  params,
  results,
})

/** The name of these modules, by which their frames are told from the guest's. */
export const SYNTH_NAME = 'anywasm:synth'
const NAME: Custom = { name: 'name', bytes: moduleName(), after: 0 }

function moduleName(): Uint8Array {
  const content = new ByteWriter()
  content.name(SYNTH_NAME)
  const w = new ByteWriter()
  w.byte(0)
  w.append(content)
  return w.take()
}

/** A module in the making. */
export class Synth {
  private readonly types: SubType[] = []
  private readonly groups: RecType[] = []
  /** Registry id to index here. */
  private readonly known = new Map<number, number>()
  private readonly imports: Import[] = []
  private readonly funcs: Func[] = []
  private readonly exports: Export[] = []
  private importedFuncs = 0
  readonly memories: Module['memories'][number][] = []
  readonly tables: Module['tables'][number][] = []
  readonly globals: Module['globals'][number][] = []
  readonly tags: Module['tags'][number][] = []
  start: number | undefined = undefined

  constructor(private readonly registry: TypeRegistry) {}

  /** The index of a defined type. */
  def(def: DefType): number {
    const found = this.known.get(def.id)
    if (found !== undefined) return found
    const first = def.group
    const ids = Array.from({ length: def.groupSize }, (_, k) => first + k)
    const subs = ids.map((id) => this.registry.types[id]!.sub)
    for (const sub of subs) {
      for (const id of sub.supers) if (id < first) this.def(this.registry.types[id]!)
      for (const t of typesIn(sub.comp))
        if (isRef(t) && isConcrete(t) && typeIndexOf(t) < first) this.def(this.registry.types[typeIndexOf(t)]!)
    }
    ids.forEach((id, k) => {
      this.known.set(id, this.types.length + k)
    })
    const group = subs.map((sub) => ({
      final: sub.final,
      supers: sub.supers.map((id) => this.known.get(id)!),
      comp: this.comp(sub.comp),
    }))
    this.groups.push(group)
    for (const sub of group) this.types.push(sub)
    return this.known.get(def.id)!
  }

  /** The index of a function type of registry types, as a type of its own. */
  type(type: FuncType): number {
    const comp = this.comp(type)
    this.groups.push([{ final: true, supers: [], comp }])
    return this.types.push({ final: true, supers: [], comp }) - 1
  }

  /** A registry type as one of this module. */
  val(given: ValType): ValType {
    const t = erased(given)
    if (!isRef(t) || !isConcrete(t)) return t
    return (t & ~INDEX_MASK) | CONCRETE | this.def(this.registry.types[typeIndexOf(t)]!)
  }

  private comp(comp: CompType): CompType {
    const field = (f: { type: ValType; mutable: boolean }) => ({ ...f, type: this.val(f.type) })
    if (comp.kind === 'func')
      return plain(
        comp.params.map((t) => this.val(t)),
        comp.results.map((t) => this.val(t)),
      )
    if (comp.kind === 'struct') return { kind: 'struct', fields: comp.fields.map(field) }
    return { kind: 'array', field: field(comp.field) }
  }

  /** Imports before functions. */
  importFunc(name: string, type: number): number {
    this.imports.push({ module: '', name, desc: { kind: 'func', type } })
    return this.importedFuncs++
  }

  import(name: string, desc: Import['desc']): void {
    this.imports.push({ module: '', name, desc })
  }

  func(type: number, locals: readonly ValType[], body: Code): number {
    const runs = locals.map((t) => ({ count: 1, type: this.val(t) }))
    return this.importedFuncs + this.funcs.push({ type, locals: runs, body }) - 1
  }

  export(name: string, kind: Export['kind'], index: number): void {
    this.exports.push({ name, kind, index })
  }

  bytes(): Uint8Array {
    return encode({
      bytes: new Uint8Array(0),
      recTypes: this.groups,
      types: this.types,
      imports: this.imports,
      funcs: this.funcs,
      tables: this.tables,
      memories: this.memories,
      tags: this.tags,
      globals: this.globals,
      exports: this.exports,
      start: this.start,
      elems: [],
      datas: [],
      dataCount: undefined,
      customs: [NAME],
    })
  }

  compile(): NativeModule {
    return new (host().Module)(this.bytes())
  }
}

export const run = (module: NativeModule, imports: Record<string, unknown> = {}): NativeExports => {
  const all: NativeImports = { '': imports }
  return new (host().Instance)(module, all).exports
}

function typesIn(comp: CompType): readonly ValType[] {
  if (comp.kind === 'func') return [...comp.params, ...comp.results]
  return comp.kind === 'struct' ? comp.fields.map((f) => f.type) : [comp.field.type]
}
