// Lines of the source from DWARF's .debug_line (DWARF 5, chapter 6.2; versions 2 to 5). Addresses are offsets in the code section's contents
// ("DWARF for WebAssembly"). What cannot be read ends its unit; what was read until then stands.
import { DwarfReader } from './reader.ts'

/** Where the code from an address on comes from. */
export interface Row {
  readonly address: number
  /** Index of `files`; -1 from where nothing is known on. */
  readonly file: number
  readonly line: number
  readonly column: number
}

export interface LineTable {
  /** By address. */
  readonly rows: readonly Row[]
  readonly files: readonly string[]
}

/** The sections that lines are read from. */
export interface LineSections {
  readonly line: Uint8Array
  readonly lineStr: Uint8Array | undefined
  readonly str: Uint8Array | undefined
}

/** All lines of a module. */
export function readLines(sections: LineSections): LineTable {
  const files = new Files()
  const rows: Row[] = []
  const r = new DwarfReader(sections.line)
  while (r.pos < r.end) {
    let end = r.end
    try {
      end = r.unit()
      const unit = new DwarfReader(sections.line, r.pos, end)
      unit.offsetSize = r.offsetSize
      new Unit(unit, sections, files, rows).read()
    } catch (e) {
      if (!(e instanceof RangeError)) throw e
    }
    r.pos = end
  }
  // Sequences may come in any order; where one ends at another's beginning, the beginning counts.
  const order = (row: Row) => (row.file < 0 ? 0 : 1)
  rows.sort((a, b) => a.address - b.address || order(a) - order(b))
  return { rows, files: files.names }
}

/** Characters of the names of all files: each may stand in a folder with a long name. */
const MAX_NAMES = 2 ** 26

class Files {
  readonly names: string[] = []
  private readonly known = new Map<string, number>()
  /** Characters of all names. */
  private length = 0

  index(name: string): number {
    let index = this.known.get(name)
    if (index === undefined) {
      this.length += name.length
      if (this.length > MAX_NAMES) throw new RangeError('the debug information has too many names')
      index = this.names.push(name) - 1
      this.known.set(name, index)
    }
    return index
  }
}

/** A path without steps to where one is. */
const tidy = (path: string): string => path.replace(/(^|\/)(?:\.\/)+/g, '$1')

const join = (directory: string, name: string): string =>
  tidy(directory === '' || /^([/\\]|[A-Za-z]:)/.test(name) ? name : `${directory.replace(/[/\\]$/, '')}/${name}`)

/** Opcodes of the line program. */
enum Lns {
  extended = 0,
  copy = 1,
  advance_pc = 2,
  advance_line = 3,
  set_file = 4,
  set_column = 5,
  negate_stmt = 6,
  set_basic_block = 7,
  const_add_pc = 8,
  fixed_advance_pc = 9,
  set_prologue_end = 10,
  set_epilogue_begin = 11,
  set_isa = 12,
}
enum Lne {
  end_sequence = 1,
  set_address = 2,
  define_file = 3,
}
/** Content types of entries in version 5. */
const PATH = 1
const DIRECTORY = 2

/** What linkers put for code that they have removed: all ones or nearly, or 0, where no function's code is. */
const isTombstone = (address: number, size: number): boolean => address === 0 || address >= 2 ** (8 * size) - 2

/** One unit: a header and a program. */
class Unit {
  private version = 0
  private minLength = 1
  private lineBase = 0
  private lineRange = 1
  private opcodeBase = 13
  private lengths: number[] = []
  private directories: string[] = []
  /** Indices of `files` by the unit's own file numbers. */
  private own: number[] = []
  // The machine's registers.
  private address = 0
  private file = 1
  private line = 1
  private column = 0
  private dead = false

  constructor(
    private readonly r: DwarfReader,
    private readonly sections: LineSections,
    private readonly files: Files,
    private readonly rows: Row[],
  ) {}

  read(): void {
    const { r } = this
    this.version = r.u16()
    if (this.version < 2 || this.version > 5) return
    // The sizes of addresses and segment selectors: what sets an address says its size itself.
    if (this.version === 5) r.skip(2)
    const length = r.offset()
    const program = r.pos + length
    this.minLength = r.u8()
    if (this.version >= 4) r.skip(1)
    r.skip(1)
    this.lineBase = r.i8()
    this.lineRange = r.u8() || 1
    this.opcodeBase = r.u8()
    this.lengths = Array.from({ length: Math.max(0, this.opcodeBase - 1) }, () => r.u8())
    if (this.version === 5) this.entries()
    else this.oldEntries()
    r.pos = program
    while (r.pos < r.end) this.step(r.u8())
  }

  /** Directories and files of versions 2 to 4: directory 0 is the compilation's, which only .debug_info names; files count from 1. */
  private oldEntries(): void {
    const { r } = this
    this.directories = ['']
    for (let name = r.text(); name !== ''; name = r.text()) this.directories.push(name)
    this.own = [-1]
    for (let name = r.text(); name !== ''; name = r.text()) this.defineFile(name)
  }

  private defineFile(name: string): void {
    const directory = this.r.uleb()
    this.r.uleb()
    this.r.uleb()
    this.own.push(this.files.index(join(this.directories[directory] ?? '', name)))
  }

  private entries(): void {
    const directories = this.entryList()
    const base = directories[0]?.path ?? ''
    this.directories = directories.map(({ path }, k) => (k === 0 ? path : join(base, path)))
    this.own = this.entryList().map(({ path, directory }) =>
      this.files.index(join(this.directories[directory] ?? '', path)),
    )
  }

  private entryList(): { path: string; directory: number }[] {
    const { r } = this
    const formats = Array.from({ length: r.u8() }, () => ({ content: r.uleb(), form: r.uleb() }))
    const count = r.uleb()
    // Such entries would take no bytes, however many there were.
    if (formats.length === 0) return []
    const out: { path: string; directory: number }[] = []
    for (let k = 0; k < count; k++) {
      const entry = { path: '', directory: 0 }
      for (const { content, form } of formats) {
        const value = this.form(form)
        if (content === PATH) entry.path = String(value)
        else if (content === DIRECTORY) entry.directory = Number(value)
      }
      out.push(entry)
    }
    return out
  }

  private form(form: number): string | number {
    const { r } = this
    switch (form) {
      case 0x08: // DW_FORM_string
        return r.text()
      case 0x1f: // DW_FORM_line_strp
        return textAt(this.sections.lineStr, r.offset())
      case 0x0e: // DW_FORM_strp
        return textAt(this.sections.str, r.offset())
      case 0x0b: // DW_FORM_data1
        return r.u8()
      case 0x05: // DW_FORM_data2
        return r.u16()
      case 0x06: // DW_FORM_data4
        return r.u32()
      case 0x07: // DW_FORM_data8
        return r.u64()
      case 0x0f: // DW_FORM_udata
        return r.uleb()
      case 0x1e: // DW_FORM_data16, a digest
        r.skip(16)
        return 0
      case 0x09: // DW_FORM_block
        r.skip(r.uleb())
        return 0
      default:
        throw new RangeError(`unknown form ${form}`)
    }
  }

  private step(op: number): void {
    if (op >= this.opcodeBase) {
      const adjusted = op - this.opcodeBase
      this.advance(Math.floor(adjusted / this.lineRange))
      this.line += this.lineBase + (adjusted % this.lineRange)
      this.emit()
      return
    }
    const { r } = this
    switch (op) {
      case Lns.extended:
        this.extended()
        return
      case Lns.copy:
        this.emit()
        return
      case Lns.advance_pc:
        this.advance(r.uleb())
        return
      case Lns.advance_line:
        this.line += r.sleb()
        return
      case Lns.set_file:
        this.file = r.uleb()
        return
      case Lns.set_column:
        this.column = r.uleb()
        return
      case Lns.negate_stmt:
      case Lns.set_basic_block:
      case Lns.set_prologue_end:
      case Lns.set_epilogue_begin:
        return
      case Lns.const_add_pc:
        this.advance(Math.floor((255 - this.opcodeBase) / this.lineRange))
        return
      case Lns.fixed_advance_pc:
        this.address += r.u16()
        return
      case Lns.set_isa:
        r.uleb()
        return
      default:
        for (let n = this.lengths[op - 1] ?? 0; n > 0; n--) r.uleb()
    }
  }

  private extended(): void {
    const { r } = this
    const length = r.uleb()
    const end = r.pos + length
    const op = length > 0 ? r.u8() : 0
    if (op === Lne.end_sequence) {
      if (!this.dead) this.rows.push({ address: this.address, file: -1, line: 0, column: 0 })
      Object.assign(this, { address: 0, file: 1, line: 1, column: 0, dead: false })
    } else if (op === Lne.set_address) {
      const size = length - 1
      this.address = r.uint(size)
      this.dead = isTombstone(this.address, size)
    } else if (op === Lne.define_file) this.defineFile(r.text())
    r.pos = end
  }

  private advance(operations: number): void {
    this.address += operations * this.minLength
  }

  private emit(): void {
    if (this.dead) return
    const file = this.own[this.file] ?? -1
    this.rows.push({ address: this.address, file: this.line > 0 ? file : -1, line: this.line, column: this.column })
  }
}

function textAt(section: Uint8Array | undefined, offset: number): string {
  return section === undefined ? '' : new DwarfReader(section, offset).text()
}
