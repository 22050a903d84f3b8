// What a function counts so that it can be controlled: fuel, interrupt checks, the depth of calls (runtime/metering.ts says what is due where). Fuel is a
// local, put into the meter before calls, returns and throws and taken from there behind calls and in handlers; a trap leaves the function through a
// catch around the whole body, which puts it back. Ticks are a local only in loops that call nothing, and in the meter everywhere else. Where such a
// loop is an innermost one, what is to be done when a counter ends stands outside of it (docs/rationale.md).
import { Exhaustion } from '../errors.ts'
import * as aggregates from '../runtime/aggregates.ts'
import type { ArrayInst } from '../runtime/gc.ts'
import { definitionAt, type ModuleInst } from '../runtime/instances.ts'
import { type Callees, isIdle, type LoopPlan, type Meter, outOfFuel, type Plan, planOf } from '../runtime/metering.ts'
import * as segments from '../runtime/segments.ts'
import type { Code } from '../syntax/module.ts'
import type { DefType } from '../syntax/type-registry.ts'
import { hasDispatcher, targets } from './dispatch.ts'

/** Writes statements, and makes names of the runtime known. */
interface Writer {
  line(code: string): void
  use(name: string): string
  /** Makes a variable for an int32. */
  counter(name: string): string
}

/** Most units that a turn of a loop may cost so that it can be paid for at its start. */
const MAX_TURN = 2 ** 28
/** Calls in a function's text between two checks. */
const UNCHECKED_CALLS = 64

export class Counters {
  private readonly plan: Plan | undefined
  private readonly fuel: boolean
  private readonly ticks: boolean
  private readonly depth: boolean
  /** Whether fuel is counted in the meter, where nothing has to put it back: in functions without loops and calls, and in those that are split. */
  private readonly direct: boolean = false
  /** Open frames outside the loop in which ticks are a local, or -1. */
  private outside = -1
  private callsSeen = 0
  /** The region that the start of its loop has charged. */
  private charged = -1

  constructor(
    private readonly c: Writer,
    inst: ModuleInst,
    self: number,
    body: Code,
    split = false,
  ) {
    const { meter, countsDepth } = inst.store
    this.fuel = meter.metered
    this.ticks = meter.interruptible && !(meter.metered && meter.cyclesCost) && !isIdle(body)
    this.depth = countsDepth
    if (!this.fuel && !this.ticks) return
    // What is called charges fuel, however short it is.
    this.plan = planOf(body, meter, this.fuel ? undefined : calleesOf(inst, self))
    this.direct = this.fuel && (split || (!this.plan.calls && this.plan.loops.size === 0))
  }

  /** Whether a catch around the body puts back what is a local, so that the body can't be split. */
  get whole(): boolean {
    return this.local && !this.depth
  }

  private get local(): boolean {
    return this.fuel && !this.direct
  }

  /** What comes before the body's statements, on the first line of the function. */
  prologue(): string {
    let code = ''
    if (this.depth) code += `let dp=meter.depth;if(dp>${this.c.use('maxDepth')})${this.c.use('tooDeep')}();`
    if (this.depth) code += `${this.c.use('meter')}.depth=dp+1;`
    if (this.local) code += `let fu=${this.c.use('meter')}.slice;`
    if (this.local || this.depth) code += 'try{'
    return code
  }

  /** What comes behind them. */
  epilogue(): string {
    if (!this.local && !this.depth) return ''
    const fuel = this.local ? 'if(fu>=0)meter.slice=fu;' : ''
    return `}catch(ex){${this.depth ? 'meter.depth=dp;' : ''}${fuel}throw ex}`
  }

  /** At the start of the function. One that only loops counts where it does. */
  enter(): void {
    if (this.ticks && this.plan!.calls) this.check(this.plan!.entry)
  }

  private check(units: number): void {
    const tick = this.c.use('tick')
    if (this.outside >= 0) this.c.line(`if((tk=tk-${units}|0)<0)tk=+${tick};tk=tk|0`)
    else this.c.line(`if((${this.c.use('meter')}.ticks-=${units})<0)+${tick}`)
  }

  /** What the instruction at `offset` charges: that of a region that begins with it. */
  chargeAt(offset: number): number {
    return this.fuel && offset !== this.charged ? (this.plan!.charges.get(offset) ?? 0) : 0
  }

  /** Charges a region. */
  charge(units: number): void {
    const refuel = this.c.use('refuel')
    const wrap = units < 2 ** 30 ? '|0' : ''
    if (this.direct) this.c.line(`if((${this.c.use('meter')}.slice-=${units})<0)${refuel}(meter.slice,${units})`)
    else this.c.line(`if((fu=fu-${units}${wrap})<0)fu=${refuel}(fu,${units})|0`)
  }

  /**
   * Before a loop.
   * @param frames how many are open
   * @param start offset of the first instruction of its body
   * @returns statements for the start of a loop around it, where one is needed
   */
  beforeLoop(at: number, frames: number, start: number): string[] | undefined {
    const loop = this.plan?.loops.get(at)
    if (loop === undefined) return undefined
    if (this.ticks && this.outside < 0 && !loop.calls) {
      this.outside = frames
      this.c.line(
        `${this.c.counter('tk')}=${this.c.use('meter')}.ticks${this.plan!.calls ? '' : `-${this.plan!.entry}|0`}`,
      )
    }
    const around: string[] = []
    if (this.paysAtStart(loop, start)) around.push(...this.payAhead(loop, this.plan!.charges.get(start)!))
    if (this.ticksOutside(loop)) around.push(`if(tk<0)tk=+${this.c.use('tick')};tk=tk|0`)
    return around.length > 0 ? around : undefined
  }

  private ticksOutside(loop: LoopPlan): boolean {
    return this.ticks && !loop.calls && !loop.nests
  }

  /** Whether a loop sees to it at the start of each turn that there is fuel for all of the turn, so that what gets more can stand outside. */
  private paysAtStart(loop: LoopPlan, start: number): boolean {
    return this.local && !loop.calls && !loop.nests && this.plan!.charges.has(start) && loop.total < MAX_TURN
  }

  /** Where all there is does not last for a turn, `fb` lets it begin all the same, and regions find out where it ends. */
  private payAhead(loop: LoopPlan, first: number): string[] {
    const { total } = loop
    const more = `if(fu<${total}){meter.slice=fu;fu=-1;fu=${this.c.use('payAhead')}(${first},${total})|0}`
    return total === first ? [more] : [more, `${this.c.counter('fb')}=fu<${total}?0:${total - first}`]
  }

  /** At the start of a loop's body; `around` is the label of the loop around it, if there is one. */
  loop(at: number, start: number, around: string): void {
    const loop = this.plan?.loops.get(at)
    if (loop === undefined) return
    if (this.paysAtStart(loop, start)) {
      const first = this.plan!.charges.get(start)!
      const bound = loop.total === first ? '0' : 'fb'
      this.c.line(`if((fu=fu-${first}|0)<${bound}){fu=fu+${first}|0;continue ${around}}`)
      this.charged = start
    }
    if (!this.ticks) return
    if (this.ticksOutside(loop)) this.c.line(`if((tk=tk-${loop.units}|0)<0)continue ${around}`)
    else if (!loop.recurs) this.check(loop.units)
  }

  /** Before a jump to a frame, by its number among the open ones, or to what follows it. */
  beforeJump(frame: number): void {
    if (this.outside > frame) this.c.line('meter.ticks=tk')
  }

  /** Before the end of a loop, by its number among the open frames, when it is reached. */
  beforeLoopEnd(frame: number): void {
    if (this.outside === frame) this.c.line('meter.ticks=tk')
  }

  /** After a loop. */
  afterLoop(frame: number): void {
    if (this.outside === frame) this.outside = -1
  }

  beforeCall(): void {
    // Functions that are called may count nothing.
    if (this.ticks && ++this.callsSeen % UNCHECKED_CALLS === 0) this.check(UNCHECKED_CALLS)
    if (this.local) this.c.line('meter.slice=fu;fu=-1')
  }

  /** After a call, and where something thrown has been caught. */
  afterCall(): void {
    if (this.local) this.c.line('fu=meter.slice')
  }

  beforeThrow(): void {
    this.beforeCall()
    this.beforeJump(-1)
  }

  beforeReturn(): void {
    if (this.local) this.c.line('meter.slice=fu')
    this.beforeJump(-1)
    if (this.depth) this.c.line('meter.depth=dp')
  }
}

/** What functions of an instance call, as their plans see it. */
function calleesOf(inst: ModuleInst, self: number): Callees {
  const idle = (f: number) => {
    const body = definitionAt(inst, f)?.body
    return body !== undefined && isIdle(body) ? body.end - body.start : 0
  }
  return {
    self,
    idle,
    idleIn(type, table) {
      const id = inst.typeIds[type]!
      if (!hasDispatcher(inst, table, id)) return 0
      const bytes = [...targets(inst, table, id).keys()].map((f) => (f.module === inst ? idle(f.index) : 0))
      return bytes.includes(0) ? 0 : Math.max(...bytes)
    },
  }
}

/** The names that controlled functions of an instance refer to. */
export function controlNames({ store }: ModuleInst): Record<string, unknown> {
  const { meter, limits } = store
  return {
    meter,
    maxDepth: Math.min(limits.callDepth, 65536),
    tooDeep: () => {
      throw new Exhaustion('call stack exhausted')
    },
    // Looks at the clock where it is converted to a number: V8 compiles a call that has not happened yet as a way back to slow code, which a long loop may
    // never leave again, but no conversion.
    tick: { valueOf: () => meter.tick() },
    refuel: (left: number, units: number): number => {
      meter.slice = left
      if (!meter.refill()) {
        meter.slice += units
        outOfFuel()
      }
      return meter.slice
    },
    payAhead: (first: number, all: number): number => {
      if (meter.fuel < first) outOfFuel()
      meter.refill(all)
      return meter.slice
    },
    ...(meter.interruptible ? bulkOperations(meter) : {}),
  }
}

/** Bytes of a bulk operation that compiling an instruction takes as long as, about. */
const COMPILE_BYTES = 512

/** Looks at times whether the call that a function is compiled for is to stop; where it is compiled for a backtrace, it is stopped already. */
export const clockOf = ({ store: { meter } }: ModuleInst, traced: boolean): (() => void) =>
  meter.interruptible && !traced ? () => meter.worked(COMPILE_BYTES) : () => {}

type Operation = (...args: never[]) => unknown
/** Operations whose last parameter is the meter. */
const BULK = {
  memoryInit: segments.memoryInit,
  memoryCopy: segments.memoryCopy,
  memoryFill: segments.memoryFill,
  memoryGrow: segments.memoryGrow,
  tableInit: segments.tableInit,
  tableCopy: segments.tableCopy,
  tableFill: segments.tableFill,
  tableGrow: segments.tableGrow,
  newArray: aggregates.arrayNewDefault,
  arrayNewData: aggregates.arrayNewData,
  arrayNewElem: aggregates.arrayNewElem,
  arrayCopy: aggregates.arrayCopy,
  arrayInitData: aggregates.arrayInitData,
  arrayInitElem: aggregates.arrayInitElem,
} satisfies Record<string, Operation>

/** The bulk operations, looking at times whether to stop. */
const bulkOperations = (meter: Meter): Record<string, unknown> => ({
  ...Object.fromEntries(
    Object.entries<Operation>(BULK).map(([name, operate]) => [
      name,
      (...args: unknown[]) => (operate as (...all: unknown[]) => unknown)(...args, meter),
    ]),
  ),
  arrayNew: (def: DefType, count: number, ...slots: unknown[]) => aggregates.filledArray(def, count, slots, meter),
  arrayFill: (a: ArrayInst | null, at: number, count: number, ...slots: unknown[]) =>
    aggregates.fillArray(a, at, count, slots, meter),
})
