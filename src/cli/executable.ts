// `anywasm compile --executable`: a script and this Node in one file that runs by itself (Node's single executable applications).
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Module } from '../syntax/module.ts'
import type { Allowed } from './executable-main.ts'
import { Failure, systemFailure } from './failure.ts'
import { discard } from './output.ts'

const WASI_MODULES = ['wasi_snapshot_preview1', 'wasi_unstable']
/** What Node's binary has where a program may be put into it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

interface Postject {
  inject(
    file: string,
    resource: string,
    data: Buffer,
    options: { sentinelFuse: string; machoSegmentName: string },
  ): Promise<void>
}

/** @throws Failure where a module is no program that could run by itself */
export function checkProgram(file: string, { imports, exports }: Module): void {
  if (!exports.some((e) => e.kind === 'func' && e.name === '_start'))
    throw new Failure(`${file}: exports no _start, so it is no command; --executable is for WASI programs`)
  const other = imports.find((i) => !WASI_MODULES.includes(i.module))
  if (other !== undefined)
    throw new Failure(
      `${file}: imports ${JSON.stringify(other.module)} ${JSON.stringify(other.name)}, and an executable has nothing but WASI to give`,
    )
}

/**
 * @param program a script that defines the variable `program`
 * @throws Failure where this Node can't be made an executable, or a file not written
 */
export async function writeExecutable(output: string, program: string, allowed: Allowed): Promise<void> {
  const runner = readFileSync(new URL('../executable-main.js', import.meta.url), 'utf8')
  const dir = mkdtempSync(join(tmpdir(), 'anywasm-executable-'))
  try {
    const main = join(dir, 'main.cjs')
    writeFileSync(main, `${program}${runner}runner.start(program, ${JSON.stringify(allowed)});\n`)
    if (buildsItself()) node('--build-sea', { main, output: resolve(output) }, dir)
    else await inject(output, main, dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Node 25.5 and later put programs into themselves. */
function buildsItself(): boolean {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
  return major > 25 || (major === 25 && minor >= 5)
}

function node(flag: string, config: object, dir: string): void {
  const file = join(dir, 'config.json')
  writeFileSync(file, JSON.stringify({ ...config, disableExperimentalSEAWarning: true }))
  const { status, stderr } = spawnSync(process.execPath, [flag, file], { encoding: 'utf8' })
  if (status !== 0) throw new Failure(`compile: this Node makes no executable: ${stderr.trim().split('\n').at(-1)}`)
}

async function inject(output: string, main: string, dir: string): Promise<void> {
  const postject = findPostject()
  const bytes = readFileSync(process.execPath)
  if (!bytes.includes(FUSE))
    throw new Failure(
      `compile: this Node (${process.execPath}) was built without support for executables; use one from nodejs.org`,
    )
  const blob = join(dir, 'program.blob')
  node('--experimental-sea-config', { main, output: blob }, dir)
  const path = resolve(output)
  try {
    copyFileSync(process.execPath, path)
    chmodSync(path, 0o755)
    sign('--remove-signature', path)
    await quietly(() =>
      postject.inject(path, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: FUSE, machoSegmentName: 'NODE_SEA' }),
    )
    sign('--sign', '-', path)
  } catch (e) {
    discard(path)
    throw systemFailure(output, e)
  }
}

/** The user's own; it is too large to bring along. */
function findPostject(): Postject {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url])
    try {
      return createRequire(from)('postject') as Postject
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw e
    }
  throw new Failure(
    `compile: --executable needs the package postject on Node ${process.versions.node}: npm install --save-dev postject; or Node 25.5 or later, which needs nothing`,
  )
}

/** macOS runs nothing whose signature does not fit. */
function sign(...args: string[]): void {
  if (process.platform !== 'darwin') return
  const { status, stderr } = spawnSync('codesign', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`codesign: ${stderr}`)
}

/** postject warns of sections that it does not know, on standard output and error. */
async function quietly(task: () => Promise<void>): Promise<void> {
  const { log, warn, error } = console
  console.log = console.warn = console.error = () => {}
  try {
    await task()
  } finally {
    Object.assign(console, { log, warn, error })
  }
}
