// The engines for the threads of a guest: each worker loads this module, decodes the program and makes its instance on the shared memory.
import { decode } from '../binary/decode.ts'
import { locate } from '../debug/locate.ts'
import { engineByName } from '../presets/engines.ts'
import type { MemInst } from '../runtime/instances.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { Store } from '../runtime/store.ts'
import type { Module } from '../syntax/module.ts'
import type { MemType } from '../syntax/types.ts'
import type { ThreadRuntime } from '../wasi/thread-protocol.ts'
import type { Control } from './limits.ts'
import { externs, facade, type Given } from './link.ts'

/** What the command line posts as a program. It has been validated. */
export interface ThreadCode {
  bytes: Uint8Array
  engine: string
  file: string
  control: Control
}

/** What it posts as the memory. */
export interface ThreadMemory {
  engine: string
  control: Control
  type: MemType
  maxPages: number
  /** The memory's own. */
  handle: unknown
}

interface Program {
  module: Module
  code: ThreadCode
}

/** The worker's one store. */
let store: Store | undefined
function storeOf({ engine, control }: Pick<ThreadCode, 'engine' | 'control'>): Store {
  if (store === undefined) {
    store = new Store(engineByName(engine)!, control.limits, control.metering, control.options)
    store.locate = locate
  }
  return store
}

export const threadRuntime: ThreadRuntime = {
  compile(code: ThreadCode): Program {
    return { module: decode(code.bytes), code }
  },
  memory({ type, maxPages, handle, ...made }: ThreadMemory): MemInst {
    return storeOf(made).newMemory(type, maxPages, handle)
  },
  instantiate({ module, code }: Program, given: Given) {
    const store = storeOf(code)
    return facade(store, instantiate(store, module, externs(store, module, given), code.file))
  },
}
