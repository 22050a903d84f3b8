// Module: a compiled module, immutable and free of any store, so that many instances share it. Compiling decodes and validates; engines make code of a
// function when it is first called.
import { decode } from '../binary/decode.ts'
import { decodeNames } from '../binary/name-section.ts'
import { sourceMapUrl, useSourceMap } from '../debug/locate.ts'
import { CompileError, InvalidError } from '../errors.ts'
import type { ImportDesc, Module as Syntax } from '../syntax/module.ts'
import { parseModule } from '../text/parse.ts'
import { checkArgument } from '../util/options.ts'
import { featuresOf } from '../valid/features.ts'
import { validate } from '../valid/module.ts'
import { copyBytes, type ModuleSource, type ModuleStream, readAll } from './bytes.ts'
import type { EngineBase } from './engine.ts'
import { printable } from './handles.ts'
import { pack, unpack } from './serial.ts'
import { type ExternKind, type ExternType, fromDesc } from './types.ts'
import { type MemoryUsage, moduleUsage } from './usage.ts'

/** What a module needs from outside. */
export interface ImportType {
  readonly module: string
  readonly name: string
  readonly type: ExternType
}
/** What a module offers. */
export interface ExportType {
  readonly name: string
  readonly type: ExternType
}

/** A compiled module (specification: Appendix, Embedding, Modules). */
export class Module {
  /** @internal */
  readonly syntax: Syntax
  /** Its name, from its name section. */
  readonly name: string | undefined
  private readonly types: { imports?: readonly ImportType[]; exports?: readonly ExportType[] } = {}

  /**
   * Compiles at once. A string is the module's text, anything else its binary, which is copied.
   * @throws {CompileError} when it is malformed, invalid, or uses a feature that the engine does not have
   */
  constructor(
    readonly engine: EngineBase,
    source: ModuleSource,
  ) {
    checkArgument('the first argument of a module', 'an Engine', engine, 'executor')
    const bytes = typeof source === 'string' ? parseModule(source) : copyBytes(source)
    this.syntax = decode(bytes, true)
    engine.executor.expect?.(this.syntax)
    validate(this.syntax)
    checkFeatures(engine, this.syntax)
    this.name = decodeNames(this.syntax).module
  }

  /**
   * Compiles what arrives in pieces or later: a response, a stream, or a promise of any source.
   * @throws {CompileError} by rejection, as the constructor does
   */
  static async compile(
    engine: EngineBase,
    source: ModuleSource | ModuleStream | Promise<ModuleSource | ModuleStream>,
  ): Promise<Module> {
    return new Module(engine, await readAll(await source))
  }

  /** Why the source is no valid module for this engine; undefined when it is one. */
  static validate(engine: EngineBase, source: ModuleSource): CompileError | undefined {
    try {
      new Module(engine, source)
      return undefined
    } catch (e) {
      if (e instanceof CompileError) return e
      throw e
    }
  }

  /**
   * A module from what `serialize` gave.
   * @throws {CompileError} when it comes from another version, is damaged, or is no such thing
   */
  static deserialize(engine: EngineBase, bytes: Uint8Array): Module {
    return new Module(engine, unpack(bytes))
  }

  /** Bytes to keep the module by; `deserialize` takes them in the same version of anywasm only. */
  serialize(): Uint8Array {
    return pack(this.syntax.bytes)
  }

  /** What it imports, in order. */
  get imports(): readonly ImportType[] {
    this.types.imports ??= this.syntax.imports.map(({ module, name, desc }) => ({
      module,
      name,
      type: fromDesc(desc, this.syntax.types),
    }))
    return this.types.imports
  }

  /** What it exports, in order. */
  get exports(): readonly ExportType[] {
    if (this.types.exports === undefined) {
      const descs = indexSpaces(this.syntax)
      this.types.exports = this.syntax.exports.map(({ name, kind, index }) => ({
        name,
        type: fromDesc(descs[kind][index]!, this.syntax.types),
      }))
    }
    return this.types.exports
  }

  /** Copies of the contents of its custom sections of this name, in order. */
  customSections(name: string): Uint8Array[] {
    return this.syntax.customs.filter((c) => c.name === name).map((c) => c.bytes.slice())
  }

  /** Where its source map is, by its `sourceMappingURL` section. */
  get sourceMapUrl(): string | undefined {
    return sourceMapUrl(this.syntax)
  }

  /**
   * Gives it a source map, so that backtraces tell places in its source; without one they use the module's own DWARF, or a map that is in the module.
   * @throws {SyntaxError} for what is no source map of version 3
   */
  useSourceMap(map: string | object): void {
    useSourceMap(this.syntax, map)
  }

  /** The bytes that it keeps. */
  memoryUsage(): MemoryUsage {
    return moduleUsage([this.syntax])
  }

  toString(): string {
    const { funcs, imports, exports, bytes } = this.syntax
    const name = this.name === undefined ? '' : ` ${JSON.stringify(this.name)}`
    return `Module${name} { ${bytes.length} bytes, ${funcs.length} functions, ${imports.length} imports, ${exports.length} exports }`
  }
}
printable(Module)

function checkFeatures(engine: EngineBase, module: Syntax): void {
  const missing = featuresOf(module).filter((f) => !engine.features.has(f))
  if (missing.length > 0)
    throw new InvalidError(`the module uses ${missing.join(', ')}, which the engine's features do not include`)
}

/** What each index of each kind is: imported ones first. */
function indexSpaces(m: Syntax): Record<ExternKind, readonly ImportDesc[]> {
  const imported = (kind: ExternKind) => m.imports.map((i) => i.desc).filter((d) => d.kind === kind)
  return {
    func: [...imported('func'), ...m.funcs.map(({ type }): ImportDesc => ({ kind: 'func', type }))],
    table: [...imported('table'), ...m.tables.map(({ type }): ImportDesc => ({ kind: 'table', type }))],
    memory: [...imported('memory'), ...m.memories.map((type): ImportDesc => ({ kind: 'memory', type }))],
    global: [...imported('global'), ...m.globals.map(({ type }): ImportDesc => ({ kind: 'global', type }))],
    tag: [...imported('tag'), ...m.tags.map((type): ImportDesc => ({ kind: 'tag', type }))],
  }
}
