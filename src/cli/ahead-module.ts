// From a valid module to the parts of the script that it becomes.
import { createHash } from 'node:crypto'
import { compileAhead } from '../compiler/ahead-source.ts'
import { aheadRealm } from '../presets/ahead.ts'
import { functionName } from '../runtime/frames.ts'
import type { Executor } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'
import type { Parts } from './ahead-output.ts'
import type { Target } from './ahead-runtime.ts'
import { typesOnly, withoutBodies } from './ahead-sections.ts'

/** Only the realm's types are asked for. */
const executor: Executor = { name: 'none', link: () => {}, frames: () => [] }

/** @param name the variable that a script defines */
export function compileParts(module: Module, target: Target, name: string): Parts {
  const types = typesOnly(module.bytes)
  const number = createHash('sha256').update(module.bytes).digest().readUInt32LE(0)
  const source = compileAhead(aheadRealm(executor, types).store, module, number, target === 'es5')
  const nameOf = (index: number) => functionName(module, index)
  return { module, number, source, nameOf, types, data: withoutBodies(module.bytes), name }
}
