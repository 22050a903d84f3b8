// `anywasm features`: what this host allows, what its own WebAssembly can do, and which engine `auto` takes.
import { mayGenerateCode } from '../compiler/emit.ts'
import { hostFeatures } from '../host/detect.ts'
import { ENGINES, engineByName } from '../presets/engines.ts'
import { ALL_FEATURES } from '../syntax/features.ts'
import { writeOut } from './output.ts'

/** V8's limit on the bytecode of a function that it optimises, in bytes. */
const V8_LIMIT = 61_440

export function features(json: boolean): void {
  const native = hostFeatures()
  const found = {
    auto: engineByName(native === undefined ? 'auto' : 'host')!.name,
    engines: Object.fromEntries(Object.keys(ENGINES).map((name) => [name, engineByName(name) !== undefined])),
    features: ALL_FEATURES,
    host: {
      codeGeneration: mayGenerateCode(),
      sharedMemory: typeof SharedArrayBuffer === 'function',
      resizableBuffers: 'resize' in ArrayBuffer.prototype,
      webAssembly: native ?? null,
      optimisedFunction: process.versions.v8 === undefined ? null : { bytes: V8_LIMIT, raisedBy: 'run --raise-limit' },
    },
  }
  writeOut(json ? `${JSON.stringify(found, undefined, 2)}\n` : shown(found))
}

const yes = (x: boolean): string => (x ? 'yes' : 'no')

function shown({ auto, engines, features: own, host }: Found): string {
  const rows: [string, string][] = [
    ['engine of auto', auto === 'host' ? 'host, where it can run the module, then tiered' : auto],
    ...Object.entries(engines).map(([name, can]): [string, string] => [
      name,
      can ? 'yes' : 'no: code generation is forbidden here',
    ]),
    ['anywasm runs', own.join(' ')],
    ['code generation', yes(host.codeGeneration)],
    ['shared memory', yes(host.sharedMemory)],
    ['resizable buffers', yes(host.resizableBuffers)],
    ['largest optimised', limitText(host.optimisedFunction)],
    ["host's WebAssembly", host.webAssembly === null ? 'none' : host.webAssembly.join(' ')],
  ]
  return rows.map(([name, value]) => `${`${name}:`.padEnd(20)}${value}\n`).join('')
}

const limitText = (limit: Found['host']['optimisedFunction']): string =>
  limit === null
    ? 'unknown'
    : `${limit.bytes} bytes of bytecode; larger functions are split; ${limit.raisedBy} lifts it`

interface Found {
  auto: string
  engines: Record<string, boolean>
  features: readonly string[]
  host: {
    codeGeneration: boolean
    sharedMemory: boolean
    resizableBuffers: boolean
    webAssembly: readonly string[] | null
    optimisedFunction: { bytes: number; raisedBy: string } | null
  }
}
