// The host module that the specification's scripts import as "spectest" (specification: interpreter, Scripts, "Spectest host module").
import { hostFunc } from '../runtime/boundary.ts'
import type { Extern } from '../runtime/instances.ts'
import type { Store } from '../runtime/store.ts'
import type { Value } from '../runtime/values.ts'
import { F32, F64, FUNCREF, I32, I64, type Limits, type ValType } from '../syntax/types.ts'

const limits = (address: 'i32' | 'i64', min: bigint, max: bigint): Limits => ({ address, min, max })

const PRINTERS: readonly (readonly [name: string, params: readonly ValType[]])[] = [
  ['print', []],
  ['print_i32', [I32]],
  ['print_i64', [I64]],
  ['print_f32', [F32]],
  ['print_f64', [F64]],
  ['print_i32_f32', [I32, F32]],
  ['print_f64_f64', [F64, F64]],
]

const GLOBALS: readonly (readonly [name: string, type: ValType, value: Value])[] = [
  ['global_i32', I32, 666],
  ['global_i64', I64, 666n],
  ['global_f32', F32, Math.fround(666.6)],
  ['global_f64', F64, 666.6],
]

/** The exports of a new spectest module. `print` gets what the module's functions print, one line a call. */
export function spectest(store: Store, print: (line: string) => void): Map<string, Extern> {
  const out = new Map<string, Extern>()
  for (const [name, params] of PRINTERS) {
    const [id] = store.registry.add([[{ final: true, supers: [], comp: { kind: 'func', params, results: [] } }]])
    const def = store.registry.types[id!]!
    out.set(
      name,
      hostFunc(def, (args) => {
        print(args.map(String).join(' '))
        return []
      }),
    )
  }
  for (const [name, type, value] of GLOBALS) {
    out.set(name, store.newGlobal({ type, mutable: false }, value))
  }
  out.set('table', store.newTable({ limits: limits('i32', 10n, 20n), elem: FUNCREF }))
  out.set('table64', store.newTable({ limits: limits('i64', 10n, 20n), elem: FUNCREF }))
  for (const shared of [false, true]) {
    const type = { limits: limits('i32', 1n, 2n), shared, pageSizeLog2: 16 }
    out.set(shared ? 'shared_memory' : 'memory', store.newMemory(type))
  }
  return out
}
