// Where a generated module's choices come from: a list of numbers that fast-check makes and shrinks. Behind its end all choices are the first, so that
// a shorter tape makes a simpler module.

export class Tape {
  private at = 0
  constructor(private readonly numbers: Uint32Array) {}

  get spent(): boolean {
    return this.at >= this.numbers.length
  }

  u32(): number {
    return this.at < this.numbers.length ? this.numbers[this.at++]! : 0
  }

  /** A number in [0, n). */
  below(n: number): number {
    return this.u32() % n
  }

  /** True once in `n`, never behind the end. */
  once(n: number): boolean {
    return this.below(n) === n - 1 && n > 0 && !this.spent
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}
