// Threads of scripts: which ones have to run at the same time, and what such a thread needs to run in another agent. Starting agents is the
// embedder's matter (specification: threads proposal, interpreter, Scripts).
import { hasWait } from '../binary/code.ts'
import { decode } from '../binary/decode.ts'
import type { Extern, MemInst } from '../runtime/instances.ts'
import type { MemType } from '../syntax/types.ts'
import { type Command, moduleBytes } from './script.ts'

/** A shared memory under the name by which an instance exports it. */
export interface SharedMemory {
  name: string
  type: MemType
  maxPages: number
  handle: unknown
}

/** A thread for another agent; it can be cloned into one. */
export interface ThreadJob {
  /** The whole script. */
  source: string | Uint8Array
  file: string
  /** Where the thread's command is: its index among the script's commands, then among that thread's, and so on. */
  path: readonly number[]
  /** The instances that the thread sees, with what can be shared of them. */
  shared: readonly { id: string; memories: readonly SharedMemory[] }[]
}

/** What of an instance's exports another agent can share: its shared memories. */
export const sharedMemories = (exports: ReadonlyMap<string, Extern>): SharedMemory[] =>
  [...exports]
    .filter((x): x is [string, MemInst] => x[1].kind === 'memory' && x[1].type.shared)
    .map(([name, { type, maxPages, handle }]) => ({ name, type, maxPages, handle }))

/** Whether the commands may wait for another thread, which they would do for ever if threads ran one after the other. */
export function mayWait(commands: readonly Command[]): boolean {
  return commands.some((command) => {
    if (command.kind === 'thread') return mayWait(command.commands)
    if (command.kind !== 'module') return false
    try {
      return decode(moduleBytes(command.source)).funcs.some(({ body }) => hasWait(body))
    } catch {
      // What is wrong with the module shows when the command runs.
      return false
    }
  })
}

/** How many commands a command is, those in it included. */
export const countCommands = (command: Command): number =>
  command.kind === 'thread' ? command.commands.reduce((n, inner) => n + countCommands(inner), 1) : 1
