// TypeScript declarations of what `anywasm compile` writes. Names of the module stand in them as JSON.
import type { Module } from '../syntax/module.ts'
import { EXTERNREF, F32, F64, type FuncType, Heap, heapOf, I32, I64, V128, type ValType } from '../syntax/types.ts'
import { exportNames, type Format, quoted } from './ahead-output.ts'

/** TypeScript declarations of the script's exports. */
export function declarations(module: Module, format: Format, name: string): string {
  const names = module.exports.map((e) => `  readonly ${quoted(e.name)}: ${exportType(module, e.kind, e.index)}\n`)
  const constants = exportNames(module)
    .slice(2)
    .map((c) => `export const ${c}: ${CLASSES[c] ?? CLASS}\n`)
    .join('')
  const values = `${INSTANTIATE}${constants}`
  const types = `export interface Exports {\n${names.join('')}}\nexport interface Instance {\n  readonly exports: Exports\n}\n${importsType(module)}`
  if (format !== 'iife') return `${types}${values}`
  return `declare namespace ${name} {\n${`${types}${values}`.replace(/^/gm, '  ').trimEnd()}\n}\n`
}

const INSTANTIATE = `/** Makes an instance. */
export function instantiate(imports?: Imports): Promise<Instance>
/** The same at once; where the module's data is in a file beside the script, only after it has been read. */
export function instantiateSync(imports?: Imports): Instance
`
const CLASS = 'new (...args: any[]) => any'
const CLASSES: Readonly<Record<string, string>> = { LinkError: 'ErrorConstructor', RuntimeError: 'ErrorConstructor' }

function importsType(module: Module): string {
  const byModule = new Map<string, Map<string, string>>()
  for (const { module: from, name, desc } of module.imports) {
    const members = byModule.get(from) ?? new Map<string, string>()
    byModule.set(from, members)
    const type = desc.kind === 'func' ? signature(module, desc.type, true) : 'any'
    const known = members.get(name)
    members.set(name, known === undefined || known === type ? type : `(${known}) & (${type})`)
  }
  const groups = [...byModule].map(([from, members]) => {
    const lines = [...members].map(([name, type]) => `    readonly ${quoted(name)}: ${type}\n`)
    return `  readonly ${quoted(from)}: {\n${lines.join('')}  }\n`
  })
  return `export interface Imports {\n${groups.join('')}}\n`
}

function exportType(module: Module, kind: string, index: number): string {
  switch (kind) {
    case 'func': {
      const imported = module.imports.flatMap((i) => (i.desc.kind === 'func' ? [i.desc.type] : []))
      return signature(module, imported[index] ?? module.funcs[index - imported.length]!.type, false)
    }
    case 'memory':
      return '{ readonly buffer: ArrayBuffer; grow(pages: number): number }'
    case 'global': {
      const imported = module.imports.flatMap((i) => (i.desc.kind === 'global' ? [i.desc.type] : []))
      const { type, mutable } = imported[index] ?? module.globals[index - imported.length]!.type
      return `{ ${mutable ? '' : 'readonly '}value: ${valueType(type)} }`
    }
    case 'table':
      return '{ readonly length: number; get(index: number): any; set(index: number, value?: any): void; grow(delta: number, value?: any): number }'
    default:
      return 'object'
  }
}

/** @param given whether the user writes the function: what it gives may be loose */
function signature(module: Module, type: number, given: boolean): string {
  const { params, results } = module.types[type]!.comp as FuncType
  const list = params.map((t, k) => `p${k}: ${valueType(t)}`).join(', ')
  const types = results.map(valueType)
  const result =
    types.length === 0
      ? 'void'
      : types.length === 1
        ? types[0]
        : given
          ? `Iterable<${[...new Set(types)].join(' | ')}>`
          : `[${types.join(', ')}]`
  return `(${list}) => ${result}`
}

function valueType(t: ValType): string {
  switch (t) {
    case I32:
    case F32:
    case F64:
      return 'number'
    case I64:
      return 'bigint'
    case V128:
      return 'never'
    case EXTERNREF:
      return 'any'
  }
  return heapOf(t) === Heap.func ? '((...args: any[]) => any) | null' : 'any'
}
