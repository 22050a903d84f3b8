// What running costs, and what ends it: fuel by instruction, charged a region at a time, and interrupts by a deadline or a flag. The one statement of
// where regions end, so that all engines consume equally; how a check is made is each engine's.
import { Exhaustion } from '../errors.ts'
import { rows } from '../syntax/instructions.ts'
import { Op } from '../syntax/opcode.ts'

/** How a store meters what runs in it. Nothing is metered by default, and then costs nothing. */
export interface MeterOptions {
  /** Units of fuel to begin with, an integer from 0 to 2^53 - 1. Given, every function is metered. */
  fuel?: number
  /** Units that an instruction costs, by mnemonic (`i32.add`): integers from 0 to 65,535; 1 for those not named, 0 for `end` and `else`. */
  costs?: Readonly<Record<string, number>>
  /** Whether running code looks at the deadline and the flag. */
  interruptible?: boolean
}

/** A store's fuel and interrupts. */
export class Meter {
  /** Whether functions charge for what they run. */
  readonly metered: boolean
  /** Whether functions look at the deadline and the flag. */
  readonly interruptible: boolean
  /** Units left. */
  fuel: number
  /** Milliseconds since the epoch after which running code is stopped. */
  deadline = Number.POSITIVE_INFINITY
  /** Running code is stopped while its first element is not 0; it may be shared with other agents. */
  flag: Int32Array | undefined = undefined
  private readonly costs: Uint16Array

  constructor({ fuel, costs = {}, interruptible = false }: MeterOptions = {}) {
    this.metered = fuel !== undefined
    this.interruptible = interruptible
    this.fuel = fuel ?? Number.POSITIVE_INFINITY
    this.costs = Uint16Array.from(rows, (row) => (row === undefined ? 0 : (costs[row.name] ?? defaultCost(row.op))))
  }

  /** The units that an instruction costs. */
  costOf(op: Op): number {
    return this.costs[op]!
  }

  /** Throws when running code is to stop: the slow part of an interrupt check. */
  check(): void {
    if (this.flag !== undefined && Atomics.load(this.flag, 0) !== 0) throw new Exhaustion('interrupted')
    if (Date.now() >= this.deadline) throw new Exhaustion('deadline exceeded')
  }
}

const defaultCost = (op: Op): number => (op === Op.end || op === Op.else_ ? 0 : 1)

/** Throws what a region that cannot be paid for throws; the fuel stays as it is. */
export function outOfFuel(): never {
  throw new Exhaustion('out of fuel')
}

/** Whether an instruction is its region's last. The next one begins a region, as a function's first does. Calls end none. */
export function endsRegion(op: Op): boolean {
  switch (op) {
    case Op.unreachable:
    case Op.loop:
    case Op.if_:
    case Op.else_:
    case Op.catch_:
    case Op.catch_all:
    case Op.delegate:
    case Op.throw_:
    case Op.rethrow:
    case Op.throw_ref:
    case Op.end:
    case Op.br:
    case Op.br_if:
    case Op.br_table:
    case Op.br_on_null:
    case Op.br_on_non_null:
    case Op.br_on_cast:
    case Op.br_on_cast_fail:
    case Op.return_:
    case Op.return_call:
    case Op.return_call_indirect:
    case Op.return_call_ref:
      return true
  }
  return false
}
