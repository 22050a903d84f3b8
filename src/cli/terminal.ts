// What is known of the process's terminals, and colours for them.
import { fstatSync } from 'node:fs'

/** Whether a descriptor of the process is a terminal. node:tty is slow to load, so it is only asked about devices. */
export function isTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(fd)
  } catch {
    return false
  }
}

/** Whether colours are wanted there (no-color.org). */
export const coloured = (fd: number): boolean =>
  (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb' && isTerminal(fd)

const RESET = '\x1b[0m'

export const bold = (text: string): string => `\x1b[1m${text}${RESET}`
export const red = (text: string): string => `\x1b[1;31m${text}${RESET}`
