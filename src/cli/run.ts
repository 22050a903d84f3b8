// `anywasm run`: instantiates a module with WASI and starts it, or calls one of its exports.
import { writeSync } from 'node:fs'
import { decodeNames } from '../binary/name-section.ts'
import { ENGINE_NAMES, engineByName } from '../presets/engines.ts'
import { invoke } from '../runtime/boundary.ts'
import type { FuncInst, ModuleInst } from '../runtime/instances.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { Store } from '../runtime/store.ts'
import type { Value } from '../runtime/values.ts'
import type { Module } from '../syntax/module.ts'
import { F32, I32, I64, isRef, type ValType } from '../syntax/types.ts'
import { NodeListener } from '../wasi/sockets-node.ts'
import { WASI } from '../wasi/wasi.ts'
import { EXIT, explain, Failure } from './failure.ts'
import { externs, facade } from './link.ts'
import { loadModule, moduleBytes } from './load.ts'
import { runThreads, sharedMemory } from './threads.ts'

export interface RunOptions {
  engine: string
  dir?: string[]
  env?: string[]
  invoke?: string
  tcplisten?: string[]
}

/** HOST or HOST::GUEST, the guest's name being the host's where it isn't given. */
function preopens(dirs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    dirs.map((d) => {
      const at = d.indexOf('::')
      return at < 0 ? [d, d] : [d.slice(at + 2), d.slice(0, at)]
    }),
  )
}

function environment(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((p) => {
      const at = p.indexOf('=')
      if (at <= 0) throw new Failure(`--env ${p}: expected NAME=VALUE`, EXIT.usage)
      return [p.slice(0, at), p.slice(at + 1)]
    }),
  )
}

/** HOST:PORT, where HOST may be an IPv6 address in brackets. They get the numbers after the folders, from 3. */
function listeners(addresses: readonly string[]): NodeListener[] {
  return addresses.map((a) => {
    const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(a) ?? []
    if (host === '' || Number(port) > 65535) throw new Failure(`--tcplisten ${a}: expected HOST:PORT`, EXIT.usage)
    try {
      return new NodeListener(
        host.replace(/^\[(.*)\]$/, '$1'),
        Number(port),
        new URL('../wasi/socket-worker.js', import.meta.url),
      )
    } catch (e) {
      throw new Failure(`--tcplisten ${a}: ${(e as Error).message}`)
    }
  })
}

/** Runs a program and gives its exit code. */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<number> {
  const engine = engineByName(options.engine)
  if (engine === undefined)
    throw new Failure(
      `--engine ${options.engine}: not available here; choose one of ${ENGINE_NAMES.join(', ')}`,
      EXIT.usage,
    )
  let module: Module | undefined
  try {
    module = loadModule(file)
    const store = new Store(engine)
    const shared = sharedMemory(module)
    if (shared !== undefined && options.invoke === undefined) {
      const code = { bytes: moduleBytes(file), engine: options.engine, file }
      return await runThreads(store, code, shared, wasiOptions(file, args, options))
    }
    const wasi = makeWasi(file, args, options)
    const inst = instantiate(store, module, externs(store, module, wasi.getImportObject()), file)
    if (options.invoke !== undefined) return invokeExport(store, inst, options.invoke, args)
    return start(store, inst, wasi, file)
  } catch (e) {
    throw explain(e, file, module && decodeNames(module))
  }
}

function wasiOptions(file: string, args: readonly string[], options: RunOptions) {
  return {
    args: [file, ...args],
    env: environment(options.env ?? []),
    preopens: preopens(options.dir ?? []),
  }
}

function makeWasi(file: string, args: readonly string[], options: RunOptions): WASI {
  try {
    return new WASI({ ...wasiOptions(file, args, options), sockets: listeners(options.tcplisten ?? []) })
  } catch (e) {
    if (e instanceof Failure) throw e
    throw new Failure(`--dir: ${(e as Error).message}`)
  }
}

function start(store: Store, inst: ModuleInst, wasi: WASI, file: string): number {
  if (!inst.exports.has('_start')) {
    const funcs = [...inst.exports].filter(([, x]) => x.kind === 'func').map(([name]) => name)
    throw new Failure(
      `${file}: exports no _start, so it is no command; call one of its functions with --invoke NAME (${funcs.slice(0, 8).join(', ') || 'it exports none'})`,
    )
  }
  return wasi.start(facade(store, inst)) ?? 0
}

function argument(text: string | undefined, t: ValType, name: string): Value {
  if (text === undefined || isRef(t))
    throw new Failure(`--invoke ${name}: an argument is missing or can't be written on a command line`, EXIT.usage)
  try {
    if (t === I64) return BigInt.asIntN(64, BigInt(text))
    const x = Number(text)
    if (text.trim() === '' || (Number.isNaN(x) && text !== 'nan')) throw new SyntaxError()
    return t === I32 ? x | 0 : t === F32 ? Math.fround(x) : x
  } catch {
    throw new Failure(`--invoke ${name}: ${text} is no number`, EXIT.usage)
  }
}

function invokeExport(store: Store, inst: ModuleInst, name: string, args: readonly string[]): number {
  const func = inst.exports.get(name)
  if (func?.kind !== 'func') throw new Failure(`--invoke ${name}: the module exports no such function`)
  const { params } = (func as FuncInst).type
  if (args.length !== params.length)
    throw new Failure(`--invoke ${name}: takes ${params.length} arguments, got ${args.length}`, EXIT.usage)
  const results = invoke(
    store,
    func,
    params.map((t, k) => argument(args[k], t, name)),
  )
  if (results.length > 0) writeSync(1, `${results.map(String).join(' ')}\n`)
  return 0
}
