// Standard streams for hosts without file descriptors: nothing to read, output to the console line by line.

import type { Stream } from './fs.ts'

/** A stream at its end, which swallows what is written. */
export function emptyStream(): Stream {
  return { read: () => 0, write: (from) => from.length }
}

/** Output as lines of the console; what is left without a line feed goes out with `flush`. */
export class ConsoleStream implements Stream {
  private readonly decoder = new TextDecoder()
  private pending = ''

  /** @param print takes a line without its line feed, for instance `console.log` */
  constructor(private readonly print: (line: string) => void) {}

  write(from: Uint8Array): number {
    const lines = (this.pending + this.decoder.decode(from.slice(), { stream: true })).split('\n')
    this.pending = lines.pop() ?? ''
    for (const line of lines) this.print(line)
    return from.length
  }

  close(): void {
    this.flush()
  }

  flush(): void {
    this.pending += this.decoder.decode()
    if (this.pending) this.print(this.pending)
    this.pending = ''
  }
}
