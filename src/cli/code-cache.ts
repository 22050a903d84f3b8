// The cache of modules: that one is valid, and the code of its functions that have been called, as one script with V8's code cache.
// Which code that is, is the compiler's business (src/compiler/kept.ts); where files are is that of src/cli/cache-store.ts.
import { createHash } from 'node:crypto'
import { Script } from 'node:vm'
import { type Factory, factoryBody } from '../compiler/emit.ts'
import type { Compiled } from '../compiler/func.ts'
import type { CodeKeeper, KeptFunc } from '../compiler/kept.ts'
import { BUILD } from './build-info.ts'
import { entryName, readEntry, writeEntry } from './cache-store.ts'

/** Bytes of a module from which on keeping that it is valid pays. */
const VALID_FROM = 1 << 18

/** What stands for a module's contents in names of entries. */
export const contentHash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const validName = (content: string) => entryName('valid', BUILD, content)

/** Whether a module of these contents and this many bytes has been found valid before. */
export const knownValid = (content: string, bytes: number): boolean =>
  bytes >= VALID_FROM && readEntry(validName(content)) !== undefined

export function noteValid(content: string, bytes: number): void {
  if (bytes >= VALID_FROM) writeEntry(validName(content), new Uint8Array(0))
}

/** One function in the index of an entry. Its source is a run of the entry's text, its offsets one of the entry's numbers. */
interface Row {
  index: number
  id: string
  names: readonly string[]
  hasTailCall: boolean
  row: number
  text: readonly [from: number, to: number]
  offsets: readonly [from: number, to: number]
}

/** Sizes in bytes, before the parts. */
interface Sizes {
  index: number
  offsets: number
  text: number
  code: number
}

const SIZES = 16
/** How stack traces call generated code that has no file. */
const FILENAME = '<anonymous>'
/** The most text that is kept. */
const MOST_TEXT = 1 << 26
/** New functions that are worth writing everything again: this many, or this part of those known. */
const FEW = 8
const PART = 0.1

export class CodeCache implements CodeKeeper {
  private readonly known = new Map<number, Row>()
  private readonly fresh = new Map<number, { id: string; compiled: Compiled }>()
  private factories: readonly Factory[] = []
  private readonly places = new Map<number, number>()
  private text = ''
  private freshText = 0
  private offsets = new Int32Array(0)
  private readonly name: string

  /** @param variant what else the code depends on: options that change what the compiler does */
  constructor(content: string, variant: string) {
    this.name = entryName('functions', BUILD, process.version, process.arch, content, variant, ...process.execArgv)
    const entry = readEntry(this.name)
    if (entry !== undefined) this.load(entry)
  }

  private load(entry: Uint8Array): void {
    const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength)
    const sizes: Sizes = {
      index: bytes.readUInt32LE(0),
      offsets: bytes.readUInt32LE(4),
      text: bytes.readUInt32LE(8),
      code: bytes.readUInt32LE(12),
    }
    let at = SIZES
    const part = (length: number) => {
      at += length
      return bytes.subarray(at - length, at)
    }
    const index = part(sizes.index).toString('utf8')
    const offsets = part(sizes.offsets)
    const text = part(sizes.text).toString('latin1')
    const script = new Script(text, { filename: FILENAME, cachedData: part(sizes.code) })
    // Of another V8, or with other flags: compiling all at once would take longer than what is needed.
    if (script.cachedDataRejected) return
    this.text = text
    this.offsets = new Int32Array(new Uint8Array(offsets).buffer)
    this.factories = script.runInThisContext() as Factory[]
    for (const [place, row] of (JSON.parse(index) as Row[]).entries()) {
      this.known.set(row.index, row)
      this.places.set(row.index, place)
    }
  }

  find(index: number, id: string): KeptFunc | undefined {
    const row = this.known.get(index)
    if (row === undefined || row.id !== id) return undefined
    const { names, hasTailCall } = row
    const factory = this.factories[this.places.get(index)!]!
    return { factory, names, hasTailCall, row: row.row, offsets: this.offsets.subarray(...row.offsets) }
  }

  keep(index: number, id: string, compiled: Compiled): void {
    this.freshText += compiled.source.length
    if (this.text.length + this.freshText <= MOST_TEXT) this.fresh.set(index, { id, compiled })
  }

  /** Writes what is known now, if enough has been added. */
  save(): void {
    if (this.fresh.size < Math.max(FEW, this.known.size * PART)) return
    const made = this.collect()
    // Brackets around functions have V8 compile them at once, so that they are in its cache.
    const script = new Script(made.text, { filename: FILENAME })
    const parts = [Buffer.from(JSON.stringify(made.rows)), made.offsets, Buffer.from(made.text, 'latin1')]
    const all = [...parts, script.createCachedData()]
    const sizes = Buffer.alloc(SIZES)
    for (const [k, part] of all.entries()) sizes.writeUInt32LE(part.length, k * 4)
    writeEntry(this.name, Buffer.concat([sizes, ...all]))
  }

  private collect(): { rows: Row[]; text: string; offsets: Uint8Array } {
    const rows: Row[] = []
    const texts = ['[']
    const numbers: number[] = []
    let at = 1
    let line = 1
    const add = (index: number, id: string, f: Omit<Compiled, 'source'>, factory: string) => {
      const from = numbers.length
      for (let k = 0; k < f.offsets.length; k++) numbers.push(f.offsets[k]!)
      const { names, hasTailCall } = f
      const text = [at, at + factory.length] as const
      rows.push({ index, id, names, hasTailCall, row: line + 1, text, offsets: [from, numbers.length] })
      texts.push(factory, ',\n')
      at += factory.length + 2
      line += lines(factory) + 1
    }
    for (const r of this.known.values()) {
      if (this.fresh.has(r.index)) continue
      const offsets = Array.from(this.offsets.subarray(...r.offsets))
      add(r.index, r.id, { ...r, offsets }, this.text.slice(...r.text))
    }
    for (const [index, { id, compiled }] of this.fresh)
      add(index, id, compiled, `(function($){${factoryBody(eager(compiled.source), compiled.names)}})`)
    return { rows, text: `${texts.join('')}]`, offsets: new Uint8Array(Int32Array.from(numbers).buffer) }
  }
}

/** The source with parentheses around the function that it returns, which V8 then compiles at once. */
const eager = (source: string): string =>
  source.replace(/^return (function[\s\S]*)/m, (_all, func: string) => `return (${func})`)

function lines(text: string): number {
  let n = 0
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) n++
  return n
}
