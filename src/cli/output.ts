// Where the command line's own words go: all of a text to standard output whatever takes it, and colours where a person reads them.
import { rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { EXIT, Failure, systemFailure, systemReason } from './failure.ts'
import { endProgress } from './progress.ts'
import { coloured, red } from './terminal.ts'

const cell = new Int32Array(new SharedArrayBuffer(4))
const PAUSE_MS = 2

/** Writes everything; a pipe may take it in parts. When the reader has gone, the command ends without a word. */
export function writeOut(content: string | Uint8Array): void {
  endProgress()
  let rest = typeof content === 'string' ? new TextEncoder().encode(content) : content
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException
      if (code === 'EPIPE') throw new Failure('', EXIT.pipe)
      if (code !== 'EAGAIN') throw new Failure(`standard output: ${systemReason(e)}`)
      Atomics.wait(cell, 0, 0, PAUSE_MS)
    }
  }
}

/** Deletes what was not written whole, which is worse than none; a device stays. */
export function discard(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) rmSync(path, { force: true })
}

/** Writes a file, whose folder there must be; `-` is standard output. */
export function writeFile(path: string, content: string | Uint8Array): void {
  endProgress()
  try {
    if (path === '-') writeOut(content)
    else writeFileSync(path, content)
  } catch (e) {
    if (e instanceof Failure) throw e
    const { code } = e as NodeJS.ErrnoException
    if (code === 'ENOSPC') discard(path)
    if (code === 'ENOENT') throw new Failure(path === '' ? '-o: expected a file to write' : `${path}: no such folder`)
    throw systemFailure(path, e)
  }
}

/** @throws Failure where what is written would replace what is read */
export function mustDiffer(command: string, input: string, output: string): void {
  if (input === '-' || output === '-') return
  const [from, to] = [input, output].map((path) => statSync(path, { throwIfNoEntry: false }))
  if (from?.isFile() && to !== undefined && from.ino === to.ino && from.dev === to.dev)
    throw new Failure(`${command}: ${output} is the module itself; name another file with -o`, EXIT.usage)
}

/** Writes to standard error, which may be closed. */
export function writeError(text: string): void {
  endProgress()
  try {
    writeSync(2, text)
  } catch {
    // Nobody is there to be told.
  }
}

/** Characters of a line that are shown. */
const LINE = 2000

/** A message whose names, which may be a module's, neither fill the screen nor command the terminal. */
const shown = (message: string): string =>
  message
    .split('\n')
    .map((line) => (line.length > LINE ? `${line.slice(0, LINE)}…` : line))
    .join('\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** A failure as it is shown: the part before the first colon tells that it is one, in red on a terminal. */
export function failureText(message: string): string {
  const text = shown(message)
  const [head, rest] = text.startsWith('error:') ? ['error:', text.slice(6)] : ['anywasm:', ` ${text}`]
  return `${coloured(2) ? red(head) : head}${rest}\n`
}
