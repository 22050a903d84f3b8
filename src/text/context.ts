// What the parsers of a module's fields share: the cursor, the index spaces with their symbolic identifiers, the types, the sections under
// construction and the names for the name section (specification: Text Format, Conventions, Contexts).

import { InvalidError, type MalformedError } from '../errors.ts'
import type { Names } from '../syntax/module.ts'
import type { FuncType, RecType, SubType, ValType } from '../syntax/types.ts'
import { ByteWriter } from '../util/byte-writer.ts'
import { type CustomText, parseCustom, parseHint, parseName } from './annotations.ts'
import { Cursor } from './cursor.ts'
import { type Annotation, Tok, type Tokens } from './tokens.ts'

/** One index space: symbolic identifiers and how many indices are bound. */
export class Space {
  readonly ids = new Map<string, number>()
  count = 0
  constructor(readonly what: string) {}
}

/** A section under construction: a vector of entries. */
export class Section {
  readonly out = new ByteWriter(256)
  count = 0
  /** The writer, for one more entry. */
  entry(): ByteWriter {
    this.count++
    return this.out
  }
}

type NameMap = Map<number, string>
type IndirectNameMap = Map<number, NameMap>

/** Names as they are collected. */
export class NameTable implements Names {
  module: string | undefined
  readonly funcs: NameMap = new Map()
  readonly locals: IndirectNameMap = new Map()
  readonly labels: IndirectNameMap = new Map()
  readonly types: NameMap = new Map()
  readonly tables: NameMap = new Map()
  readonly memories: NameMap = new Map()
  readonly globals: NameMap = new Map()
  readonly elems: NameMap = new Map()
  readonly datas: NameMap = new Map()
  readonly fields: IndirectNameMap = new Map()
  readonly tags: NameMap = new Map()
}

/** Kinds of module fields that have an index space of their own. */
export type SpaceName = 'types' | 'funcs' | 'tables' | 'memories' | 'globals' | 'elems' | 'datas' | 'tags'

export class ModuleContext extends Cursor {
  readonly spaces: Record<SpaceName, Space> = {
    types: new Space('type'),
    funcs: new Space('function'),
    tables: new Space('table'),
    memories: new Space('memory'),
    globals: new Space('global'),
    elems: new Space('elem segment'),
    datas: new Space('data segment'),
    tags: new Space('tag'),
  }
  /** How many indices of each space the fields parsed so far have taken. */
  readonly taken: Record<SpaceName, number> = {
    types: 0,
    funcs: 0,
    tables: 0,
    memories: 0,
    globals: 0,
    elems: 0,
    datas: 0,
    tags: 0,
  }
  readonly recTypes: RecType[] = []
  readonly types: SubType[] = []
  /** Field identifiers by type index. */
  readonly fields = new Map<number, Map<string, number>>()
  private readonly plainFuncTypes = new Map<string, number>()

  readonly imports = new Section()
  readonly funcs = new Section()
  readonly tables = new Section()
  readonly memories = new Section()
  readonly tags = new Section()
  readonly globals = new Section()
  readonly exports = new Section()
  readonly elems = new Section()
  readonly codes = new Section()
  readonly datas = new Section()
  start: number | undefined
  usesData = false
  readonly names = new NameTable()
  readonly customs: CustomText[] = []
  /** Branch hints by function index, then by offset in the body. */
  readonly hints = new Map<number, Map<number, number>>()
  /** The kind of the last definition, after which no import may stand. */
  defined: string | undefined

  /** The function that is being parsed. */
  func = -1
  readonly locals = new Map<string, number>()
  /** Identifiers of the enclosing blocks, innermost last. */
  readonly labels: (string | undefined)[] = []
  labelCount = 0

  /** The known annotations that nobody has taken yet, by the token that they stand before. */
  private readonly annotations: Map<number, Annotation[]> | undefined
  /** The branch hint for the next instruction, or -1. */
  hint = -1
  /** Whether limits of 32-bit tables and memories that exceed 32 bits are malformed, as before WebAssembly 3.0. */
  narrowLimits = false

  constructor(tokens: Tokens, pos: number) {
    super(tokens, pos)
    for (const annotation of tokens.annotations) {
      if (annotation.before < pos) continue
      this.annotations ??= new Map()
      const there = this.annotations.get(annotation.before)
      if (there) there.push(annotation)
      else this.annotations.set(annotation.before, [annotation])
    }
  }

  // ---- Annotations ----

  /** Whether a known annotation stands before the current token. */
  get annotated(): boolean {
    return this.annotations?.has(this.pos) ?? false
  }

  /** Takes all annotations before the current token. */
  private takeAnnotations(): readonly Annotation[] {
    const taken = this.annotations?.get(this.pos)
    if (taken === undefined) return []
    this.annotations!.delete(this.pos)
    return taken
  }

  /** The name that a `(@name "…")` here gives, or else the identifier. */
  named(id: string | undefined): string | undefined {
    const there = this.annotations?.get(this.pos)
    if (there?.[0]?.name !== 'name') return id
    const name = parseName(this.tokens, there.shift()!)
    if (there[0]?.name === 'name') throw this.tokens.malformed('@name annotation: multiple names', there[0].at)
    if (there.length === 0) this.annotations!.delete(this.pos)
    return name
  }

  /** Takes the annotations between two module fields; `first` tells whether no field came yet. */
  fieldAnnotations(first: boolean): void {
    for (const annotation of this.takeAnnotations()) {
      if (annotation.name === 'custom') this.customs.push(parseCustom(this.tokens, annotation))
      else if (annotation.name === 'anywasm.datacount') this.usesData = true
      else if (annotation.name !== 'name' || !first) throw this.misplaced(annotation, false)
      else if (this.moduleNamed) throw this.tokens.malformed('@name annotation: multiple module names', annotation.at)
      else {
        this.names.module = parseName(this.tokens, annotation)
        this.moduleNamed = true
      }
    }
  }
  private moduleNamed = false

  /** Takes the annotations before an instruction. */
  instrAnnotations(): void {
    for (const annotation of this.takeAnnotations()) {
      if (annotation.name !== 'metadata.code.branch_hint') throw this.misplaced(annotation, true)
      if (this.hint >= 0)
        throw this.tokens.malformed('@metadata.code.branch_hint annotation: duplicate annotation', annotation.at)
      this.hint = parseHint(this.tokens, annotation)
    }
  }

  /** Complains about known annotations that the field which began at token `start` did not take. */
  noAnnotationsLeft(start: number): void {
    if (this.annotations === undefined) return
    for (const [before, [annotation]] of this.annotations)
      if (before > start && before < this.pos) throw this.misplaced(annotation!, true)
  }

  private misplaced(annotation: Annotation, inField: boolean): MalformedError {
    const reason =
      annotation.name !== 'metadata.code.branch_hint'
        ? `misplaced @${annotation.name} annotation`
        : `@metadata.code.branch_hint annotation: ${inField ? 'invalid placement' : 'not in a function'}`
    return this.tokens.malformed(reason, annotation.at)
  }

  /** The hint that was before this instruction, or -1. */
  takeHint(allowed: boolean): number {
    const { hint } = this
    if (hint < 0) return -1
    this.hint = -1
    if (allowed) return hint
    const { line, column } = this.error('')
    throw new InvalidError('@metadata.code.branch_hint annotation: invalid target', -1, line, column)
  }

  // ---- Index spaces ----

  /** Binds the next index of a space, under an identifier or none. */
  bind(space: SpaceName, id: string | undefined, token: number): void {
    const { ids, what } = this.spaces[space]
    if (id !== undefined) {
      if (ids.has(id)) throw this.error(`duplicate ${what} ${printId(id)}`, token)
      ids.set(id, this.spaces[space].count)
    }
    this.spaces[space].count++
  }

  /** Reads the identifier of a definition, which the first walk has bound; gives its index and notes its name. */
  define(space: SpaceName): number {
    const name = this.named(this.optionalId())
    const index = this.taken[space]++
    if (name !== undefined) this.names[space].set(index, name)
    return index
  }

  /** Whether an index comes next. */
  get atIndex(): boolean {
    const kind = this.kind()
    return kind === Tok.nat || kind === Tok.id
  }

  index(space: SpaceName): number {
    if (this.kind() !== Tok.id) return this.nat32()
    const { ids, what } = this.spaces[space]
    return this.lookup(ids, what)
  }

  indexOr0(space: SpaceName): number {
    return this.atIndex ? this.index(space) : 0
  }

  lookup(ids: ReadonlyMap<string, number>, what: string): number {
    const id = this.idAt(this.pos)
    const index = ids.get(id)
    if (index === undefined) throw this.error(`unknown ${what} ${printId(id)}`)
    this.pos++
    return index
  }

  local(): number {
    return this.kind() === Tok.id ? this.lookup(this.locals, 'local') : this.nat32()
  }

  label(): number {
    if (this.kind() !== Tok.id) return this.nat32()
    const id = this.idAt(this.pos)
    const at = this.labels.lastIndexOf(id)
    if (at < 0) throw this.error(`unknown label ${printId(id)}`)
    this.pos++
    return this.labels.length - 1 - at
  }

  field(type: number): number {
    if (this.kind() !== Tok.id) return this.nat32()
    const ids = this.fields.get(type)
    if (ids === undefined && this.types[type] === undefined) throw this.error(`unknown type ${type}`)
    return this.lookup(ids ?? new Map(), 'field')
  }

  /** Notes the name of a local, label or field. */
  nameInner(map: 'locals' | 'labels' | 'fields', outer: number, index: number, name: string): void {
    let inner = this.names[map].get(outer)
    if (inner === undefined) this.names[map].set(outer, (inner = new Map()))
    inner.set(index, name)
  }

  // ---- Types ----

  /** Adds a recursive group; its types take the next indices. */
  addRecType(rec: RecType): void {
    this.recTypes.push(rec)
    const index = this.types.length
    for (const sub of rec) this.types.push(sub)
    const [only] = rec
    if (rec.length !== 1 || !only!.final || only!.supers.length > 0 || only!.comp.kind !== 'func') return
    const key = typeKey(only!.comp.params, only!.comp.results)
    if (!this.plainFuncTypes.has(key)) this.plainFuncTypes.set(key, index)
  }

  /** The index of a plain function type, which is added if there is none. */
  implicitType(params: readonly ValType[], results: readonly ValType[]): number {
    const found = this.plainFuncTypes.get(typeKey(params, results))
    if (found !== undefined) return found
    this.addRecType([{ final: true, supers: [], comp: { kind: 'func', params, results } }])
    return this.types.length - 1
  }

  /** The function type with an index; `token` is where it was written. */
  funcType(index: number, token: number): FuncType {
    const comp = this.types[index]?.comp
    if (comp === undefined) throw this.error(`unknown type ${index}`, token)
    if (comp.kind !== 'func') throw this.error(`non-function type ${index}`, token)
    return comp
  }
}

const typeKey = (params: readonly ValType[], results: readonly ValType[]) => `${params.join()}:${results.join()}`

/** An identifier as errors show it. */
export const printId = (id: string): string =>
  /^[\w.+\-*/\\^~=<>!?@#$%&|:'`]+$/.test(id) ? `$${id}` : `$${JSON.stringify(id)}`
