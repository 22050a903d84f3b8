// What is known of the slots of vector locals, in code that nothing else leads to: bits that are zero, and what tells the lanes of a mask. That is kept
// in variables beside the local's own; V8 drops those of the two that nothing reads.
import { type Entry, name } from './operands.ts'
import { maskSlot } from './vector.ts'

interface Writer {
  line(code: string): void
  scratch(name: string): string
}

export class Known {
  private readonly slots = new Map<number, readonly Entry[]>()

  /** The entries of a local, where something is known. */
  of(local: number): readonly Entry[] | undefined {
    return this.slots.get(local)
  }

  forget(local: number): void {
    this.slots.delete(local)
  }

  clear(): void {
    this.slots.clear()
  }

  /** Before a local's variables are set to `slots`: keeps what is known of these. */
  keep(e: Writer, local: number, variables: readonly string[], slots: Entry[]): void {
    if (slots.every((s) => s.mask === undefined && !s.zeros)) return
    const known = variables.map((v, k) => {
      const { mask, zeros } = slots[k]!
      if (mask === undefined) return { ...name(v), zeros }
      const kept = { ...mask, name: e.scratch(`m${v.slice(1)}`) }
      e.line(`${kept.name}=${mask.name}`)
      slots[k] = maskSlot(slots[k]!, kept)
      return { ...name(v), mask: kept }
    })
    this.slots.set(local, known)
  }
}
