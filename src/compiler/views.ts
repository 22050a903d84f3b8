// The views of memories in a function's locals: which of them are current at each point. A local saves the loads that a view costs. Loops that store
// set it each time around: so V8 knows the view for a constant even in code that it enters in the middle of the loop (docs/rationale.md).
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

  /** At the start of the body of a loop without calls: what it needs is loaded each time around. */
  enter(loop: Loop): void {
    for (let m = 0; m < VIEWS; m++)
      if (loop.memories & (1 << m)) {
        this.declarations.add(`H${m}=${this.e.use(`M${m}`)}`)
        this.load(m, `H${m}`)
      }
  }

  /** Before a loop without calls. */
  prepare(loop: Loop): void {
    for (let m = 0; m < VIEWS; m++) if (loop.memories & (1 << m)) this.of(m)
  }

  private load(memory: number, holder = this.e.use(`M${memory}`)): void {
    const name = `W${memory}`
    this.declarations.add(name)
    this.e.line(`${name}=${holder}.dv`)
    this.current |= 1 << memory
  }
}
