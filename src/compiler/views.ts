// The views of memories in a function's locals: which of them are current at each point. A local saves what a view's holder costs, most of all in loops
// (docs/rationale.md).
import { type Loop, VIEWS } from './analysis.ts'

export interface ViewsEmitter {
  line(code: string): void
  use(name: string): string
}

export class Views {
  /** Memories whose local is current, a bit each. */
  current = 0
  /** Locals and what they start as. */
  readonly declarations = new Set<string>()

  constructor(private readonly e: ViewsEmitter) {}

  /** The view of a memory, current from here until something replaces views. */
  of(memory: number): string {
    if (memory >= VIEWS) return `${this.e.use(`M${memory}`)}.dv`
    if ((this.current & (1 << memory)) === 0) this.load(memory)
    return `W${memory}`
  }

  /** Before a loop without calls. */
  prepare(loop: Loop): void {
    for (let m = 0; m < VIEWS; m++) if (loop.memories & (1 << m)) this.of(m)
  }

  private load(memory: number): void {
    const name = `W${memory}`
    this.declarations.add(name)
    this.e.line(`${name}=${this.e.use(`M${memory}`)}.dv`)
    this.current |= 1 << memory
  }
}
