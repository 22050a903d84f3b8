// What the options of `anywasm run` mean to WASI: folders, variables, arguments, standard input, sockets.
import { openSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { NodeListener } from '../wasi/sockets-node.ts'
import type { WASIOptions } from '../wasi/wasi.ts'
import { EXIT, Failure, systemReason } from './failure.ts'
import type { ControlOptions } from './limits.ts'

export interface RunOptions extends ControlOptions {
  engine: string
  dir?: string[]
  mapdir?: string[]
  volume?: string[]
  env?: string[]
  envInherit?: boolean
  forwardHostEnv?: boolean
  invoke?: string
  argv0?: string
  stdin?: string
  tcplisten?: string[]
  cache?: boolean
  /** Whether to raise V8's limit on the size of functions that it optimises. */
  raiseLimit?: boolean
  /** Whether to say which engine runs it, and why. */
  verbose?: boolean
}

/** Options that only concern what the program sees, or where code comes from. */
const OUTSIDE: readonly (keyof RunOptions)[] = [
  'engine',
  'dir',
  'mapdir',
  'volume',
  'env',
  'envInherit',
  'forwardHostEnv',
  'invoke',
  'argv0',
  'stdin',
  'tcplisten',
  'cache',
  'verbose',
]

/** The other options as text: code made under some is not used under others. */
export function variantOf(o: RunOptions): string {
  const others = Object.entries(o).filter(([name]) => !OUTSIDE.some((k) => k === name))
  return JSON.stringify(others.sort(([a], [b]) => (a < b ? -1 : 1)))
}

interface Folder {
  option: string
  host: string
  guest: string
}

/** Splits at `::`, or at the last `:` that is not a Windows drive's. undefined when a side is missing. */
function pair(text: string): [string, string] | undefined {
  const double = text.indexOf('::')
  const at = double < 0 ? text.indexOf(':', /^[A-Za-z]:[\\/]/.test(text) ? 2 : 0) : double
  const [left, right] = [text.slice(0, at), text.slice(at + (double < 0 ? 1 : 2))]
  return at <= 0 || right === '' ? undefined : [left, right]
}

/** Folders in the order of the options: HOST, HOST::GUEST, or turned round for --mapdir. */
export function folders(o: Pick<RunOptions, 'dir' | 'mapdir' | 'volume'>): Folder[] {
  const split = (option: string, form: string) => (text: string) => {
    const parts = pair(text)
    if (parts === undefined) throw new Failure(`${option} ${text}: expected ${form}`, EXIT.usage)
    return { option: `${option} ${text}`, parts }
  }
  return [
    ...(o.dir ?? []).map((text): Folder => {
      const at = text.indexOf('::')
      const [host, guest] = at < 0 ? [text, text] : [text.slice(0, at), text.slice(at + 2)]
      if (host === '' || guest === '') throw new Failure(`--dir ${text}: expected HOST or HOST::GUEST`, EXIT.usage)
      return { option: `--dir ${text}`, host, guest }
    }),
    ...(o.mapdir ?? [])
      .map(split('--mapdir', 'GUEST::HOST'))
      .map(({ option, parts: [guest, host] }) => ({ option, host, guest })),
    ...(o.volume ?? [])
      .map(split('--volume', 'HOST:GUEST'))
      .map(({ option, parts: [host, guest] }) => ({ option, host, guest })),
  ]
}

function preopens(o: RunOptions): Record<string, string> {
  const out: Record<string, string> = {}
  for (const { option, host, guest } of folders(o)) {
    let isFolder: boolean
    try {
      isFolder = statSync(host).isDirectory()
    } catch (e) {
      throw new Failure(`${option}: ${systemReason(e).replace('no such file', 'no such folder')}`)
    }
    if (!isFolder) throw new Failure(`${option}: is a file, not a folder; give the folder that it is in`)
    Object.defineProperty(out, guest, { value: host, enumerable: true, configurable: true, writable: true })
  }
  return out
}

/** NAME=VALUE, or NAME for what the variable is here; later ones win. */
function environment(o: RunOptions): Record<string, string | undefined> {
  const out: Record<string, string | undefined> = o.envInherit || o.forwardHostEnv ? { ...process.env } : {}
  for (const text of o.env ?? []) {
    const at = text.indexOf('=')
    const name = at < 0 ? text : text.slice(0, at)
    if (name === '' || (at < 0 && process.env[name] === undefined))
      throw new Failure(
        `--env ${text}: expected NAME=VALUE, or the NAME of a variable that is set here and is to be passed on`,
        EXIT.usage,
      )
    const value = at < 0 ? process.env[name] : text.slice(at + 1)
    Object.defineProperty(out, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return out
}

function standardInput(file: string): number {
  try {
    if (statSync(file).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    return openSync(file, 'r')
  } catch (e) {
    throw new Failure(`--stdin ${file}: ${systemReason(e)}`)
  }
}

/** Wasmer's users write `--` between the file and its arguments; it is not the program's. */
export const withoutDashes = (args: readonly string[]) => (args[0] === '--' ? args.slice(1) : args)

/** Folders, variables, arguments and standard input. Opens the latter. */
export function wasiOptions(
  file: string,
  args: readonly string[],
  o: RunOptions,
): Pick<WASIOptions, 'args' | 'env' | 'preopens'> & { stdin?: number } {
  return {
    args: [o.argv0 ?? (file === '-' ? 'module.wasm' : basename(file)), ...withoutDashes(args)],
    env: environment(o),
    preopens: preopens(o),
    ...(o.stdin === undefined ? {} : { stdin: standardInput(o.stdin) }),
  }
}

/** HOST:PORT, where HOST may be an IPv6 address in brackets. They get the numbers after the folders, from 3. */
export async function listeners(addresses: readonly string[] = []): Promise<NodeListener[]> {
  if (addresses.length === 0) return []
  const { NodeListener } = await import('../wasi/sockets-node.ts')
  return addresses.map((a) => {
    const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(a) ?? []
    if (host === '' || Number(port) > 65535)
      throw new Failure(`--tcplisten ${a}: expected HOST:PORT, such as 127.0.0.1:8080`, EXIT.usage)
    try {
      const worker = new URL('../wasi/socket-worker.js', import.meta.url)
      return new NodeListener(host.replace(/^\[(.*)\]$/, '$1'), Number(port), worker)
    } catch (e) {
      throw new Failure(`--tcplisten ${a}: ${systemReason((e as Error).cause ?? e)}`)
    }
  })
}
