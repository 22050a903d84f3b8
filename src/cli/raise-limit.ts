// V8's limit on the size of functions that it optimises, for this process.
import { setFlagsFromString } from 'node:v8'

/** What it may be raised to, in bytes of bytecode. */
const RAISED = 16_777_216

/** Raises the limit; only functions that are called from now on see it. */
export function raiseLimit(): void {
  setFlagsFromString(`--max-optimized-bytecode-size=${RAISED}`)
}
