// Host environments: what host functions carry with them. An environment is initialised once, when the instance that imports its function exists, is
// cloned when another instance imports the function too, and is released once, when the instances that use it are disposed of.
import type { Instance } from './instance.ts'

/** State that a host function carries. All members are optional. */
export interface Environment {
  /**
   * Called once, when the instance that imports the function exists and before its user sees it; in the order of the functions' indices. What it throws
   * ends the instantiation with an EnvironmentError, which can be tried again.
   * Keep `instance.weak()` rather than the instance, which could never be collected otherwise.
   */
  initialize?(instance: Instance): void
  /** The environment for another instance that imports the function. Without it, instances share the one. */
  clone?(): Environment
  /** Called once, when every instance that uses it is disposed of or has been collected. */
  release?(): void
}

/** An environment in use. */
export class Cell {
  private initialised = false
  private released = false
  private users = 0

  constructor(readonly environment: Environment) {}

  /** The environment. @throws {Error} when it has been released */
  get value(): Environment {
    if (this.released)
      throw new Error('the environment of this host function has been released: its instance is disposed of')
    return this.environment
  }

  /** The cell for one more instance. */
  share(): Cell {
    const environment = this.value
    const cell = this.users > 0 && environment.clone !== undefined ? new Cell(environment.clone()) : this
    cell.users++
    return cell
  }

  /** Undoes share: the instance never came to exist. */
  unshare(): void {
    this.users--
  }

  initialize(instance: Instance): void {
    if (this.initialised) return
    this.environment.initialize?.(instance)
    this.initialised = true
  }

  /** One instance less. */
  drop(): void {
    if (--this.users > 0 || this.released) return
    this.released = true
    this.environment.release?.()
  }
}

/** The environments of one instance, in the order of its imports. It knows nothing of the instance, so that a finalizer may hold it. */
export class Environments {
  private cells: Cell[] = []

  add(cell: Cell): void {
    this.cells.push(cell)
  }

  /** Initialises those that are not yet; gives the index of the one that failed with what it threw. */
  initialize(instance: Instance): { index: number; error: unknown } | undefined {
    for (let index = 0; index < this.cells.length; index++) {
      try {
        this.cells[index]!.initialize(instance)
      } catch (error) {
        return { index, error }
      }
    }
    return undefined
  }

  /** Takes all back: the instance never came to exist. */
  forget(): void {
    for (const cell of this.cells) cell.unshare()
    this.cells = []
  }

  /** Releases all, once; throws what the first failing one threw, after the others. */
  release(): void {
    const { cells } = this
    this.cells = []
    const errors: unknown[] = []
    for (const cell of cells) {
      try {
        cell.drop()
      } catch (e) {
        errors.push(e)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

/** An environment's `initialize` threw. The instance exists, but nobody has seen it. */
export class EnvironmentError extends Error {
  override name = 'EnvironmentError'

  /** @internal */
  constructor(
    message: string,
    cause: unknown,
    private readonly goOn: () => Instance,
    private readonly abandon: () => void,
  ) {
    super(message, { cause })
  }

  /**
   * Goes on with the environment that failed; those before it stay as they are.
   * @throws {EnvironmentError} when one fails again
   */
  retry(): Instance {
    return this.goOn()
  }

  /** Releases the environments instead: the instance is not wanted any more. */
  dispose(): void {
    this.abandon()
  }
}
